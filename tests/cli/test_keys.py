"""`rewind keys`: made, listed, taken back."""

import json
from pathlib import Path

import pytest

from rewind_gql.auth.keys import well_formed
from tests.cli.world import rewind


@pytest.mark.parametrize(
    ("scope", "prefix"),
    [("read", "rw_live_"), ("admin", "rw_admin_"), ("scrobble", "rw_scrob_")],
)
def test_a_new_key_is_one_object_with_id_key_and_scope(
    scope: str, prefix: str, tmp_path: Path
) -> None:
    done = rewind("keys", "create", "--scope", scope, "--name", "N", "--json", folder=tmp_path)

    made = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert (made["id"], made["scope"], made["name"]) == (1, scope, "N")
    assert made["key"].startswith(prefix)
    assert well_formed(made["key"])


def test_a_key_is_shown_at_its_making_alone(synced: Path) -> None:
    made = rewind("keys", "create", "--name", "[/my] site", folder=synced)
    key = made.out.splitlines()[0]

    listed = rewind("keys", "list", folder=synced)

    assert well_formed(key)
    assert "Keep it now" in made.out
    assert "[/my] site" in listed.out
    assert key not in listed.said
    assert not any(key.encode() in file.read_bytes() for file in (synced / "data").iterdir())


def test_a_revoked_key_stays_in_the_list_as_such(synced: Path) -> None:
    rewind("keys", "create", "--name", "one", folder=synced)

    gone = rewind("keys", "revoke", "1", "--json", folder=synced)

    listed = json.loads(rewind("keys", "list", "--json", folder=synced).out)
    assert json.loads(gone.out)["is_active"] is False
    assert [(key["id"], key["is_active"]) for key in listed] == [(1, False)]


def test_no_keys_yet_says_how_to_make_one(synced: Path) -> None:
    assert "rewind keys create" in rewind("keys", "list", folder=synced).out
