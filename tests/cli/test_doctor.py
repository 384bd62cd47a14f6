"""`rewind doctor`: finds what was broken on purpose, and nothing in what is well."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.auth import documents
from rewind_gql.auth.documents import Trusted
from rewind_gql.cli.doctor import examine
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.store.engine import Store
from rewind_gql.sync.credentials import Vault
from tests.cli.world import World, rewind
from tests.databases import ME

WRONG_COUNTS = (
    "UPDATE listening_rollup SET plays = plays + 1 WHERE kind = 'total' AND grain = 'all'",
    "DELETE FROM listening_rollup WHERE kind = 'track' AND grain = 'month'",
    "UPDATE listening_rollup SET entity_id = -entity_id WHERE kind = 'album'",
    "UPDATE listening_play SET hidden = 1 WHERE id = 1",
)
WRONG_LEDGER = (
    ("DELETE FROM sync_event WHERE ended_at IS NOT NULL", "ended without its last event"),
    ("DELETE FROM sync_event WHERE seq = 3", "1 events are missing between 1 and"),
    ("UPDATE sync_event SET seq = seq + 100000", "is beyond the counter"),
    ("UPDATE sync_run SET stage = 'queued'", "has a stage that does not fit its status"),
    ("UPDATE sync_run SET items_processed = -1", "counts its items wrongly"),
    ("UPDATE sync_run_part SET inserted = -1", "is not the sum of its parts"),
    ("UPDATE sync_run_part SET status = 'in_progress'", "has ended with a part under way"),
    (
        "UPDATE sync_run SET ended_at = NULL, lease_until = 1 WHERE sync_type = 'scrobbles'",
        "is owned by a worker that is lost",
    ),
)


def change(folder: Path, sql: str) -> None:
    """Change the database behind the product's back."""
    with closing(sqlite3.connect(folder / "data" / "rewind.db")) as connection, connection:
        assert connection.execute(sql).rowcount > 0


async def findings(folder: Path, *states: str, **given: Any) -> list[str]:
    """What doctor finds, of findings in these states."""
    found = await examine(Settings(data_dir=folder / "data", **given))
    return [f"{each.what}: {each.words}" for each in found if each.state in states]


def test_all_is_well_after_a_sync(synced: Path, world: World) -> None:
    done = rewind("doctor", folder=synced, **world.settings)

    assert (done.code, done.err) == (0, "")
    assert "✓ counts: equal the plays" in done.out
    assert "✓ ledger: is consistent" in done.out
    assert "✓ lastfm: has what it needs" in done.out
    assert "✗" not in done.out


def test_json_is_a_list_of_findings(synced: Path) -> None:
    done = rewind("doctor", "--json", folder=synced)

    found = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert {"what": "counts", "state": "ok", "words": "equal the plays"} in found
    assert {each["what"] for each in found if each["state"] == "note"} == {*SOURCES}


async def test_wrong_time_of_focus_is_found(synced: Path) -> None:
    change(synced, "INSERT INTO focus_total VALUES (1, 20000, 1500, 1, 0, 0)")

    (found,) = await findings(synced, "bad")

    assert found.startswith("focus: total on 2024-10-04: 1500 s in 1 sessions")


def test_wrong_counts_are_found_and_a_rebuild_mends_them(synced: Path) -> None:
    for wrong in WRONG_COUNTS:
        change(synced, wrong)
    before = rewind("doctor", folder=synced)

    rewind("rebuild", folder=synced)

    assert before.code == 1
    assert "✗ counts: total, all time: only the counts say" in before.out
    assert "(`rewind rebuild` counts again)" in before.out
    assert rewind("doctor", folder=synced).code == 0


@pytest.mark.parametrize("wrong", WRONG_COUNTS)
async def test_every_kind_of_wrong_count_is_found(wrong: str, synced: Path) -> None:
    change(synced, wrong)

    assert all(words.startswith("counts: ") for words in await findings(synced, "bad"))


@pytest.mark.parametrize(("wrong", "words"), WRONG_LEDGER)
async def test_a_ledger_that_contradicts_itself_is_found(
    wrong: str, words: str, synced: Path
) -> None:
    change(synced, wrong)

    assert words in " ".join(await findings(synced, "bad"))


async def test_a_secret_that_others_may_read_is_found(synced: Path) -> None:
    path = synced / "data" / "secret.key"
    path.chmod(0o644)

    assert await findings(synced, "bad") == [f"secret: others may read {path}; run chmod 600 on it"]


async def test_a_secret_that_is_too_short_is_found(synced: Path) -> None:
    (synced / "data" / "secret.key").write_text("short")

    assert "too short" in (await findings(synced, "bad"))[0]


async def test_a_damaged_credential_is_found(synced: Path) -> None:
    account = {"lastfm_api_key": "k", "lastfm_user": "marenok"}
    vault = Vault(Settings(data_dir=synced / "data").secret_bytes())
    store = await Store.open(f"sqlite:///{synced / 'data' / 'rewind.db'}")
    async with store.write() as conn:
        await vault.put(conn, ME, "lastfm", "marenok", "session", "hunter2")
    await store.close()
    sound = await findings(synced, "bad", **account)
    change(synced, "UPDATE sync_credential SET sealed = substr(sealed, 1, 20) || 'AAAA'")

    damaged = await findings(synced, "bad", **account)

    assert sound == []
    assert damaged == ["lastfm: The stored lastfm secret is damaged; enter it again."]


def test_a_damaged_file_is_found(synced: Path) -> None:
    path = synced / "data" / "rewind.db"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\xa5" * 20_000
    path.write_bytes(content)

    done = rewind("doctor", folder=synced)

    assert done.code == 1
    assert "✗ database file: " in done.out
    assert "put back a copy from backups/" in done.out
    assert "Traceback" not in done.said


async def test_a_file_that_is_no_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rewind.db").write_bytes(b"this is not a database" * 100)

    assert "file is not a database" in " ".join(await findings(tmp_path, "bad"))


async def test_an_account_nobody_has_connected_is_named(tmp_path: Path) -> None:
    given = {"trakt_client_id": "app", "trakt_client_secret": "secret"}

    found = await findings(tmp_path, "note", **given)

    assert "trakt: is not connected: rewind connect trakt" in found


async def test_a_trusted_document_that_cannot_be_run_any_more_is_found(synced: Path) -> None:
    store = await Store.open(f"sqlite:///{synced / 'data' / 'rewind.db'}")
    good, gone = Trusted("good", "{ viewer { scope } }"), Trusted("gone", "{ viewer { mood } }")
    async with store.write() as conn:
        await documents.add(conn, ME, [good, gone])
    await store.close()

    (found,) = await findings(synced, "bad")

    assert found.startswith("documents: gone cannot be run any more: line 1: Cannot query field")
