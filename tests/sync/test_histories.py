"""Histories of other services beside the account: no play twice, none lost, in whatever order."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from rewind_gql.demo import files, histories
from rewind_gql.demo.life import life as invented
from rewind_gql.demo.records import Life
from rewind_gql.domains.listening import derive
from rewind_gql.domains.listening.tables import Play
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import queries
from rewind_gql.sync.imports import import_file
from rewind_gql.sync.planning import plan_file
from tests.databases import ME
from tests.sources.pretend import Rig, rig_on

UNTIL = datetime(2025, 6, 1, 12, tzinfo=UTC)
WRITERS = {
    **histories.WRITERS,
    "apple_music archive": histories.apple_music,
    "listenbrainz archive": histories.listenbrainz,
}
Write = Callable[[Life, Path], None]


@pytest.fixture(scope="module")
def life() -> Life:
    """A few months of a life."""
    return invented(UNTIL, plays=400, years=1)


@pytest.fixture
async def both(
    store: Store, settings: Callable[..., Settings], life: Life
) -> AsyncIterator[Callable[[], Any]]:
    """Makes the rig of a Last.fm account, on both databases."""

    def make() -> Any:
        return rig_on(store, settings, "lastfm", life)

    return make


@pytest.fixture
async def quick(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> AsyncIterator[Callable[[], Any]]:
    """Makes the rig of a Last.fm account, on SQLite."""

    def make() -> Any:
        return rig_on(sqlite_store, settings, "lastfm", life)

    return make


def written(write: Write, life: Life, folder: Path) -> Path:
    """The life as a file."""
    path = folder / "history"
    write(life, path)
    return path


async def count(store: Store) -> int:
    """How many plays there are."""
    async with store.write() as conn:
        found = await conn.execute(select(func.count()).select_from(Play))
        return int(found.scalar_one())


async def assert_plays(rig: Rig, life: Life) -> None:
    """The plays are those of the life, and their counts agree with them."""
    assert await count(rig.store) == len(life.listens)
    assert await rig.store.ask(derive.drift, ME) == []


@pytest.mark.parametrize("name", WRITERS)
async def test_a_history_after_the_account_adds_nothing(
    quick: Callable[[], Any], life: Life, tmp_path: Path, name: str
) -> None:
    async with quick() as rig:
        await rig.sync()

        report = await import_file(rig.deps, ME, written(WRITERS[name], life, tmp_path))

        assert (report.inserted, report.failed, report.error) == (0, 0, None)
        await assert_plays(rig, life)


@pytest.mark.parametrize("name", WRITERS)
async def test_the_account_after_a_history_completes_it(
    quick: Callable[[], Any], life: Life, tmp_path: Path, name: str
) -> None:
    path = written(WRITERS[name], life, tmp_path)
    async with quick() as rig:
        await import_file(rig.deps, ME, path)
        again = await import_file(rig.deps, ME, path)

        await rig.sync()

        assert (again.inserted, again.updated) == (0, 0)
        await assert_plays(rig, life)


@pytest.mark.parametrize("name", ["spotify-account-json", "apple_music archive"])
async def test_a_history_known_less_exactly_on_both_databases(
    both: Callable[[], Any], life: Life, tmp_path: Path, name: str
) -> None:
    path = written(WRITERS[name], life, tmp_path)
    async with both() as rig:
        first = await import_file(rig.deps, ME, path)
        await rig.sync()
        second = await import_file(rig.deps, ME, path)

        assert first.inserted > 390
        assert (second.inserted, second.updated) == (0, 0)
        await assert_plays(rig, life)


async def test_every_history_one_after_the_other_in_any_order_adds_nothing(
    quick: Callable[[], Any], life: Life, tmp_path: Path
) -> None:
    writers = list({**WRITERS, "lastfm": files.ghan_csv}.values())
    random.Random(5).shuffle(writers)
    async with quick() as rig:
        for write in writers:
            await import_file(rig.deps, ME, written(write, life, tmp_path))
        before = await count(rig.store)
        for write in writers:
            report = await import_file(rig.deps, ME, written(write, life, tmp_path))
            assert report.inserted == 0

        await rig.sync()

        assert before == len(life.listens)
        await assert_plays(rig, life)


async def test_a_plan_tells_what_would_come_of_a_file_and_stores_nothing(
    both: Callable[[], Any], life: Life, tmp_path: Path
) -> None:
    async with both() as rig:
        path = written(histories.spotify_account, life, tmp_path)
        planned = await plan_file(rig.deps, ME, path)
        stored = await count(rig.store), await rig.store.ask(queries.runs_count, ME)
        done = await import_file(rig.deps, ME, path)
        after = await plan_file(rig.deps, ME, path)

        [part], [known] = planned.parts, after.parts
        assert stored == (0, 0)
        assert (part.format, part.inserted, part.failed) == ("spotify-account-json", 399, 0)
        assert (part.inserted, part.skipped) == (done.inserted, 1)
        assert (known.inserted, known.skipped) == (0, 400)
        assert part.since is not None
        assert part.until is not None
        assert part.since <= life.listens[0].at < life.listens[-1].at <= UNTIL


async def test_the_parts_of_an_archive_are_planned_each_by_itself(
    quick: Callable[[], Any], life: Life, tmp_path: Path
) -> None:
    named: list[str] = []
    async with quick() as rig:
        path = written(histories.apple_music, life, tmp_path)

        planned = await plan_file(rig.deps, ME, path, on_format=named.append)

        assert [part.format for part in planned.parts] == [
            "apple_music-activity-csv",
            "apple_music-daily-csv",
            "apple_music-library-json",
        ]
        assert [part.inserted > 0 for part in planned.parts] == [True, True, False]
        assert named == [", ".join(part.format for part in planned.parts)]
