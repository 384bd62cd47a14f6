"""The judge of the campaigns sees a row that is lost, one that is doubled, and a broken ledger."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from rewind_gql.demo.life import Life
from rewind_gql.domains.listening import DOMAIN, intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.store.engine import Store
from tests.cli.world import small_life
from tests.crash.judging import judge
from tests.databases import ME, Databases


@pytest.fixture(scope="module")
def someone() -> Life:
    return small_life(plays=200)


@pytest.fixture
async def url(databases: Databases, someone: Life, tmp_path: Path) -> AsyncIterator[str]:
    """A database that holds the plays of `someone`."""
    address = await databases.sqlite(tmp_path)
    plays = [
        Play(artist=each.artist, album=each.album, track=each.track, played_at=each.at)
        for each in someone.listens
    ]
    store = await Store.open(address)
    async with store.write() as conn:
        stored = await intake.plays(conn, ME, plays, source="lastfm")
        await DOMAIN.derive(conn, ME, stored.touched)
    await store.close()
    yield address
    await databases.drop(address)


def change(url: str, *statements: str) -> None:
    """Change the database behind the product's back."""
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0


async def test_a_database_that_holds_it_all_is_clean(url: str, someone: Life) -> None:
    verdict = await judge(url, someone, shelf=False)

    assert verdict.clean, f"{verdict} {verdict.faults}"


async def test_a_row_that_is_missing_is_lost(url: str, someone: Life) -> None:
    change(url, "DELETE FROM listening_play WHERE id = 7")

    verdict = await judge(url, someone, shelf=False)

    assert (verdict.lost, verdict.doubled) == (1, 0)
    assert any("total, all time" in fault for fault in verdict.faults)


async def test_a_row_that_is_there_twice_is_doubled(url: str, someone: Life) -> None:
    columns = "user_id, track_id, artist_id, album_id, played_at, exact, hidden, source"
    change(
        url,
        f"INSERT INTO listening_play ({columns}, ordinal) "
        f"SELECT {columns}, 9 FROM listening_play WHERE id = 7",
    )

    verdict = await judge(url, someone, shelf=False)

    assert (verdict.lost, verdict.doubled) == (0, 1)
    assert not verdict.clean


async def test_copies_and_wants_that_are_missing_are_lost(url: str, someone: Life) -> None:
    verdict = await judge(url, someone, shelf=True)

    assert verdict.lost == len(someone.copies) + len(someone.wants)
