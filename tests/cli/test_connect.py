"""`rewind connect` and `rewind disconnect`: an account let in and shut out again."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rewind_gql.demo.cinema import cinema
from rewind_gql.demo.upstreams import trakt
from rewind_gql.demo.upstreams.effects import answer
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from tests.cli.world import UNTIL, rewind


@dataclass
class Account:
    """A pretend Trakt whose codes count as entered at once."""

    faults: Faults
    settings: dict[str, str]


@pytest.fixture
def account() -> Iterator[Account]:
    """An account with films."""
    faults = Faults()
    door = trakt.Doorman(approving=True, interval_s=0)
    with serve(trakt.app(trakt.Account(cinema(UNTIL)), faults, door)) as url:
        yield Account(
            faults,
            {
                "TRAKT_BASE_URL": url,
                "TRAKT_AUTH_BASE_URL": url,
                "TRAKT_CLIENT_ID": trakt.CLIENT_ID,
                "TRAKT_CLIENT_SECRET": trakt.CLIENT_SECRET,
            },
        )


def test_a_connected_account_is_synced(tmp_path: Path, account: Account) -> None:
    connected = rewind("connect", "trakt", folder=tmp_path, **account.settings)
    synced = rewind("sync", "trakt", "--json", folder=tmp_path, **account.settings)

    assert (connected.code, connected.out) == (0, "trakt is connected.\n")
    assert re.search(
        "Open https://trakt.tv/activate and enter [0-9A-Z]+ within 10 minutes", connected.err
    )
    assert [(run["sync_type"], run["status"]) for run in json.loads(synced.out)] == [
        ("trakt", "success"),
        ("history", "success"),
    ]


def test_without_a_connection_a_sync_says_what_to_do(tmp_path: Path, account: Account) -> None:
    synced = rewind("sync", "trakt", folder=tmp_path, **account.settings)
    listed = rewind("sources", folder=tmp_path, **account.settings)

    assert synced.code == 1
    assert "rewind connect trakt" in synced.err
    assert "not connected: rewind connect trakt" in listed.out


def test_a_disconnected_account_is_forgotten(tmp_path: Path, account: Account) -> None:
    rewind("connect", "trakt", folder=tmp_path, **account.settings)

    first = rewind("disconnect", "trakt", folder=tmp_path, **account.settings)
    second = rewind("disconnect", "trakt", "--json", folder=tmp_path, **account.settings)
    listed = rewind("sources", folder=tmp_path, **account.settings)

    assert (first.code, first.out) == (0, "trakt is disconnected.\n")
    assert "not connected: rewind connect trakt" in listed.out
    assert json.loads(second.out) == {"provider": "trakt", "was_connected": False}
    assert account.faults.count("/oauth/revoke") == 1


def test_a_denied_code_ends_in_words(tmp_path: Path, account: Account) -> None:
    account.faults.add(answer(418), match="/oauth/device/token")

    done = rewind("connect", "trakt", folder=tmp_path, **account.settings)

    assert (done.code, done.err.splitlines()[-1]) == (1, "rewind: Access was denied at Trakt")


@pytest.mark.parametrize("command", ["connect", "disconnect"])
def test_only_some_providers_are_connected(command: str, tmp_path: Path) -> None:
    other = rewind(command, "lastfm", folder=tmp_path)
    unset = rewind(command, "trakt", folder=tmp_path)

    assert (other.code, unset.code) == (1, 1)
    assert "'lastfm' cannot be connected; there is trakt" in other.err
    assert "TRAKT_CLIENT_ID, TRAKT_CLIENT_SECRET" in unset.err
