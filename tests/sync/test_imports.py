"""Files and accounts come in by two doors and meet: nothing twice, nothing lost, all said."""

import asyncio
import multiprocessing
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from rewind_gql import clock
from rewind_gql.demo import files
from rewind_gql.demo.life import life as invented
from rewind_gql.demo.records import Life
from rewind_gql.domains.collecting import queries as collecting
from rewind_gql.domains.collecting.tables import Item, Want
from rewind_gql.domains.listening import derive
from rewind_gql.domains.listening import queries as listening
from rewind_gql.domains.listening.tables import Play
from rewind_gql.errors import BadInput
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.imports import ImportReport, import_file
from rewind_gql.sync.tables import Reject, Run
from tests.databases import ME
from tests.sources.pretend import Idle, Rig, rig_on

UNTIL = datetime(2025, 6, 1, 12, tzinfo=UTC)
GHAN = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
PLAYS = {
    "ghan csv": files.ghan_csv,
    "ghan json": files.ghan_json,
    "lastfm-to-csv": files.lastfm_to_csv,
    "lastfmstats csv": files.lastfmstats_csv,
    "lastfmstats json": files.lastfmstats_json,
    "pylast csv": files.pylast_csv,
}
SHELF = {"collection": files.collection_csv, "wantlist": files.wantlist_csv}
Write = Callable[[Life, Path], None]


@pytest.fixture(scope="module")
def life() -> Life:
    """A few months of a life."""
    return invented(UNTIL, plays=400, years=1)


@pytest.fixture
async def both(
    store: Store, settings: Callable[..., Settings], life: Life
) -> AsyncIterator[Callable[[str], Any]]:
    """Makes the rig of an account, on both databases."""

    def make(name: str) -> Any:
        return rig_on(store, settings, name, life)

    return make


@pytest.fixture
async def quick(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> AsyncIterator[Callable[[str], Any]]:
    """Makes the rig of an account, on SQLite."""

    def make(name: str) -> Any:
        return rig_on(sqlite_store, settings, name, life)

    return make


@pytest.fixture
def deps(sqlite_store: Store, settings: Callable[..., Settings]) -> Deps:
    """What an import needs, on SQLite."""
    return deps_on(sqlite_store, settings())


def deps_on(store: Store, settings: Settings) -> Deps:
    return Deps(store=store, settings=settings, jobs=Idle(), vault=Vault(b"v" * 64), worker="one")


def written(write: Write, life: Life, folder: Path) -> Path:
    """The life as a file."""
    path = folder / "export"
    write(life, path)
    return path


def ghan(folder: Path, rows: str) -> Path:
    """A file of these rows."""
    path = folder / "rows.csv"
    path.write_text(GHAN + rows, encoding="utf-8")
    return path


async def count(store: Store, table: Any) -> int:
    """How many rows a table has."""
    async with store.write() as conn:
        return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


async def assert_plays(rig: Rig, life: Life) -> None:
    """The plays are those of the life, and their counts agree with them."""
    assert await count(rig.store, Play) == len(life.listens)
    assert await rig.store.ask(derive.drift, ME) == []


@pytest.mark.parametrize("name", ["ghan csv", "lastfm-to-csv"])
async def test_the_account_and_then_its_file_on_both_databases(
    both: Callable[[str], Any], life: Life, tmp_path: Path, name: str
) -> None:
    async with both("lastfm") as rig:
        await rig.sync()

        report = await import_file(rig.deps, ME, written(PLAYS[name], life, tmp_path))

        assert (report.inserted, report.updated) == (0, 0)
        assert await rig.stored() == rig.pretend.expected(life)
        await assert_plays(rig, life)


@pytest.mark.parametrize("name", ["ghan csv", "lastfm-to-csv"])
async def test_a_file_and_then_its_account_on_both_databases(
    both: Callable[[str], Any], life: Life, tmp_path: Path, name: str
) -> None:
    async with both("lastfm") as rig:
        await import_file(rig.deps, ME, written(PLAYS[name], life, tmp_path))

        done = await rig.sync()

        assert done.items_inserted == 0
        assert await rig.stored() == rig.pretend.expected(life)
        await assert_plays(rig, life)


@pytest.mark.parametrize("name", [name for name in PLAYS if name != "ghan csv"])
async def test_every_file_three_times_around_the_account(
    quick: Callable[[str], Any], life: Life, tmp_path: Path, name: str
) -> None:
    path = written(PLAYS[name], life, tmp_path)
    async with quick("lastfm") as rig:
        first = await import_file(rig.deps, ME, path)
        second = await import_file(rig.deps, ME, path)
        await rig.sync()
        third = await import_file(rig.deps, ME, path)

        assert (first.status, first.inserted, first.failed) == ("success", len(life.listens), 0)
        assert [(each.inserted, each.updated) for each in (second, third)] == [(0, 0)] * 2
        assert await rig.stored() == rig.pretend.expected(life)
        await assert_plays(rig, life)


async def test_every_file_after_every_other_adds_nothing(
    quick: Callable[[str], Any], life: Life, tmp_path: Path
) -> None:
    async with quick("lastfm") as rig:
        for write in reversed(PLAYS.values()):
            await import_file(rig.deps, ME, written(write, life, tmp_path))

            await assert_plays(rig, life)


@pytest.mark.parametrize("name", SHELF)
async def test_the_shelf_and_then_its_file(
    both: Callable[[str], Any], life: Life, tmp_path: Path, name: str
) -> None:
    async with both("discogs") as rig:
        await rig.sync()

        report = await import_file(rig.deps, ME, written(SHELF[name], life, tmp_path))

        assert (report.inserted, report.updated) == (0, 0)
        assert await rig.stored() == rig.pretend.expected(life)


async def test_the_files_of_a_shelf_and_then_the_shelf(
    both: Callable[[str], Any], life: Life, tmp_path: Path
) -> None:
    async with both("discogs") as rig:
        for write in SHELF.values():
            path = written(write, life, tmp_path)
            reports = [await import_file(rig.deps, ME, path) for _ in range(3)]
            assert [each.inserted > 0 for each in reports] == [True, False, False]
            assert [each.updated for each in reports] == [0, 0, 0]
        assert await count(rig.store, Item) == len(life.copies)
        assert await count(rig.store, Want) == len(life.wants)

        done = await rig.sync()

        assert done.items_inserted == 0
        assert await rig.stored() == rig.pretend.expected(life)


async def test_what_was_heard_of_a_shelf_is_known_after_its_files(
    deps: Deps, life: Life, tmp_path: Path
) -> None:
    await import_file(deps, ME, written(files.collection_csv, life, tmp_path))
    before = await deps.store.ask(collecting.cross_reference_summary, ME)

    await import_file(deps, ME, written(files.ghan_csv, life, tmp_path))

    after = await deps.store.ask(collecting.cross_reference_summary, ME)
    assert before.total_matches == 0
    assert after.total_matches > 0


async def test_bad_rows_are_told_with_line_and_reason_and_the_rest_lands(
    deps: Deps, tmp_path: Path
) -> None:
    rows = "1773540842,,Low,,,,One,\nnever,,Low,,,,Two,\n1773540902,,,,,,Three,\n"

    report = await import_file(deps, ME, ghan(tmp_path, rows))

    assert (report.status, report.inserted, report.failed) == ("partial", 1, 2)
    assert [(each.place, each.reason) for each in report.rejects] == [
        ("line 3", "'never' is not a date of a known form"),
        ("line 4", "the artist has no name"),
    ]
    assert await count(deps.store, Reject) == 2


async def test_a_flood_of_bad_rows_is_counted_whole_and_kept_in_part(
    deps: Deps, tmp_path: Path
) -> None:
    rows = "".join(f"never,,Low,,,,{number},\n" for number in range(5_000))

    report = await import_file(deps, ME, ghan(tmp_path, rows + "1773540842,,Low,,,,One,\n"))

    assert (report.inserted, report.failed, len(report.rejects)) == (1, 5_000, 20)
    assert await count(deps.store, Reject) == 1_001


async def test_a_file_without_one_good_row_has_failed(deps: Deps, tmp_path: Path) -> None:
    report = await import_file(deps, ME, ghan(tmp_path, "never,,Low,,,,One,\n" * 3))

    assert (report.status, report.failed) == ("failed", 3)
    assert "None of 3 rows could be read" in (report.error or "")


async def test_a_file_without_rows_is_no_failure(deps: Deps, tmp_path: Path) -> None:
    report = await import_file(deps, ME, ghan(tmp_path, ""))

    assert (report.status, report.inserted, report.failed) == ("skipped", 0, 0)


async def test_an_unknown_file_is_refused_and_makes_no_run(deps: Deps, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,age\nann,3\n", encoding="utf-8")

    with pytest.raises(BadInput, match="no known format"):
        await import_file(deps, ME, path)

    assert await count(deps.store, Run) == 0


async def test_the_run_tells_where_it_came_from(deps: Deps, life: Life, tmp_path: Path) -> None:
    report = await import_file(deps, ME, written(files.ghan_csv, life, tmp_path))

    run = await deps.store.ask(ledger.run_of, ME, report.run_id)
    assert run.id.startswith("xml_")
    assert (run.transport, run.trigger, run.domain, run.provider) == (
        "xml_import",
        "import",
        "listening",
        "lastfm",
    )
    assert run.progress == 1.0
    assert run.items_total == run.items_processed == len(life.listens)
    assert (run.covered_from, run.covered_to) == (life.listens[0].at, life.listens[-1].at)


async def test_the_total_of_a_packed_file_is_right_in_the_end(
    deps: Deps, life: Life, tmp_path: Path
) -> None:
    packed = tmp_path / "shelf.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, write in SHELF.items():
            archive.write(written(write, life, tmp_path), f"folder/{name}.csv")
    seen: list[int] = []

    report = await import_file(deps, ME, packed, on_progress=lambda done, _: seen.append(done))

    run = await deps.store.ask(ledger.run_of, ME, report.run_id)
    assert report.format == "discogs-collection-csv, discogs-wantlist-csv"
    assert run.items_total == report.inserted == len(life.copies) + len(life.wants)
    assert seen == sorted(seen)


async def test_progress_is_told_in_bytes_up_to_the_last(
    deps: Deps, life: Life, tmp_path: Path
) -> None:
    path = written(files.ghan_csv, life, tmp_path)
    seen: list[tuple[int, int]] = []

    await import_file(deps, ME, path, on_progress=lambda *told: seen.append(told))

    size = path.stat().st_size
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)


async def test_one_file_twice_at_the_same_time_is_there_once(
    both: Callable[[str], Any], life: Life, tmp_path: Path
) -> None:
    path = written(files.ghan_csv, life, tmp_path)
    async with both("lastfm") as rig:
        reports = await asyncio.gather(*(import_file(rig.deps, ME, path) for _ in range(2)))

        assert sum(each.inserted for each in reports) == len(life.listens)
        await assert_plays(rig, life)


async def test_an_import_that_is_stopped_ends_its_run_and_can_begin_again(
    deps: Deps, tmp_path: Path
) -> None:
    path = ghan(tmp_path, many(20_000))
    half = asyncio.Event()
    importing = asyncio.create_task(import_file(deps, ME, path, on_progress=lambda *_: half.set()))
    await half.wait()

    importing.cancel()
    await asyncio.wait({importing})
    kept = await count(deps.store, Play)
    report: ImportReport = await import_file(deps, ME, path)

    runs = await deps.store.ask(queries.runs_count, ME)
    assert importing.cancelled()
    assert 0 < kept < 20_000
    assert (report.inserted, report.skipped) == (20_000 - kept, kept)
    assert runs == 2


@pytest.fixture
def killed() -> Iterator[list[multiprocessing.Process]]:
    """Processes that are gone when the test is."""
    started: list[multiprocessing.Process] = []
    yield started
    for process in started:
        process.kill()
        process.join()


async def test_an_import_that_is_killed_loses_and_doubles_nothing(
    store: Store,
    settings: Callable[..., Settings],
    tmp_path: Path,
    killed: list[Any],
) -> None:
    path = ghan(tmp_path, many(20_000))
    given = settings(database_url=store.url.render_as_string(hide_password=False))
    process = multiprocessing.get_context("spawn").Process(target=importer, args=(given, path))
    killed.append(process)
    process.start()
    await until_stored(store)

    process.kill()
    process.join()
    kept = await count(store, Play)
    report = await import_file(deps_on(store, given), ME, path)

    assert 0 < kept < 20_000
    assert report.inserted == 20_000 - kept
    assert await count(store, Play) == 20_000
    assert await store.ask(derive.drift, ME) == []


async def until_stored(store: Store) -> None:
    """Wait until another process has stored something."""
    for _ in range(10_000):
        if await store.ask(listening.plays_count, ME, since=clock.EPOCH, until=UNTIL):
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


def many(number: int) -> str:
    """Rows of that many plays, one a minute."""
    return "".join(f"{1_600_000_000 + at * 60},,Low,,,,{at % 97},\n" for at in range(number))


def importer(settings: Settings, path: Path) -> None:
    """Import a file; run in a process of its own."""

    async def work() -> None:
        store = await Store.open(settings.url)
        await import_file(deps_on(store, settings), ME, path)

    asyncio.run(work())
