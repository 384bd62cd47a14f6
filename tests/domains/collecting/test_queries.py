"""What is asked of collecting: lists in order from either end, batches, bad input, plans."""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from rewind_gql.across import cross_reference, unowned
from rewind_gql.across.films import counts as film_counts
from rewind_gql.across.films import lists, watched
from rewind_gql.across.films import numbers as film_numbers
from rewind_gql.clock import EPOCH
from rewind_gql.domains.collecting import derive, filing, intake, queries, releases, views
from rewind_gql.domains.collecting.queries import browse, counts, crossed, library, stats, wanted
from rewind_gql.domains.collecting.queries.parts import Form
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Page, Slice, slice_of
from rewind_gql.store.read import Read
from rewind_gql.store.sqlite import DIALECT
from tests.databases import ME, OTHER
from tests.domains.collecting.made import HOUR, NOON, copy, credit, release, want

MATCH_TYPES = ("exact", "fuzzy", "artist_only", "none")


async def shelve(store: Store, count: int, *, user: int = ME) -> list[views.Item]:
    """Own `count` copies, two of them always added at one instant; newest first."""
    batch = [
        copy(
            100 + at,
            release(at + 1, f"Tide {at}", credits=(credit(f"Voss {at}", at),)),
            NOON + (at // 2) * HOUR,
        )
        for at in range(count)
    ]
    async with store.write() as conn:
        stored = await intake.copies(conn, user, batch, source="discogs")
        await derive.derive(conn, user, stored.touched)
    return (await store.ask(queries.items, user, part=Slice(limit=200))).items


async def compare(store: Store, shelf: list[views.Item]) -> list[views.Match]:
    """Give every copy a match, with ties in plays."""
    matches = [
        views.Match(
            item_id=item.id,
            album_id=None,
            album_name=None,
            artist_name=None,
            plays=plays,
            last_played_at=None,
            match_type=MATCH_TYPES[at % 3] if plays else MATCH_TYPES[at % 4],
            confidence=0.5,
            added_at=item.added_at,
        )
        for at, item in enumerate(shelf)
        for plays in [(at * 7) % 5]
    ]
    async with store.write() as conn:
        await derive.cross_references(conn, ME, matches, items=[item.id for item in shelf])
    return matches


def by_plays(match: views.Match) -> tuple[Any, ...]:
    return match.plays, match.added_at, match.item_id


def by_added(match: views.Match) -> tuple[Any, ...]:
    return match.added_at, match.item_id


Ask = Callable[[Slice], Awaitable[Page[Any]]]


async def walk(ask: Ask, name: str, types: tuple[type, ...], *, backward: bool) -> list[Any]:
    """Every item of a list, page by page from one end, in the list's order."""
    found: list[Any] = []
    at: str | None = None
    while True:
        given: dict[str, Any] = {"last": 3, "before": at} if backward else {"first": 3, "after": at}
        page = await ask(slice_of(name, types, **given))
        found = [*page.items, *found] if backward else [*found, *page.items]
        if not (page.has_previous if backward else page.has_next):
            return found
        at = page.cursors[0 if backward else -1]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("sort", queries.SORTS)
@pytest.mark.parametrize("only", queries.FILTERS)
async def test_the_cross_reference_page_by_page_is_the_whole_list(
    store: Store, sort: queries.Sort, only: queries.Filter, backward: bool
) -> None:
    matches = await compare(store, await shelve(store, 20))
    kept = {
        "all": matches,
        "listened": [each for each in matches if each.plays],
        "unlistened": [each for each in matches if not each.plays],
    }[only]
    expected = sorted(kept, key=by_plays if sort == "plays" else by_added, reverse=True)

    async def ask(part: Slice) -> Page[views.MatchedItem]:
        return await store.ask(queries.cross_reference, ME, part=part, sort=sort, filter=only)

    types = queries.CROSS_REFERENCE_TYPES[sort]
    found = await walk(ask, queries.CROSS_REFERENCE[sort], types, backward=backward)

    assert [each.match for each in found] == expected
    assert all(each.item.id == each.match.item_id for each in found)
    assert all(each.release.id == each.item.release_id for each in found)


@pytest.mark.parametrize("sort", queries.SORTS)
@pytest.mark.parametrize("only", queries.FILTERS)
async def test_pages_by_number_are_the_same_list(
    store: Store, sort: queries.Sort, only: queries.Filter
) -> None:
    await compare(store, await shelve(store, 20))
    whole = await store.ask(
        queries.cross_reference, ME, part=Slice(limit=100), sort=sort, filter=only
    )

    pages = [
        await store.ask(
            queries.cross_reference_page, ME, sort=sort, filter=only, limit=3, page=number
        )
        for number in range(1, 9)
    ]

    assert [each for items, _ in pages for each in items] == whole.items
    assert {total for _, total in pages} == {len(whole.items)}


async def test_a_page_past_the_end_is_empty(store: Store) -> None:
    await compare(store, await shelve(store, 4))

    far = await store.ask(queries.cross_reference_page, ME, limit=100, page=10**15)

    assert far == ([], 4)


@pytest.mark.parametrize("backward", [False, True])
async def test_items_page_by_page_are_the_whole_list(store: Store, backward: bool) -> None:
    shelf = await shelve(store, 11)

    async def ask(part: Slice) -> Page[views.Item]:
        return await store.ask(queries.items, ME, part=part)

    types = queries.ITEMS_TYPES["date_added"]
    found = await walk(ask, queries.ITEMS["date_added"], types, backward=backward)

    assert found == shelf
    assert found == sorted(shelf, key=lambda it: (it.added_at, it.id), reverse=True)
    assert await store.ask(queries.items_count, ME) == 11


@pytest.mark.parametrize("backward", [False, True])
async def test_wants_page_by_page_are_the_whole_list(store: Store, backward: bool) -> None:
    lines = [
        want(release(at), NOON + timedelta(days=at) if at % 3 else None) for at in range(1, 12)
    ]
    async with store.write() as conn:
        await intake.wants(conn, ME, lines, source="discogs")

    async def ask(part: Slice) -> Page[views.Want]:
        return await store.ask(queries.wants, ME, part=part)

    types = queries.WANTS_TYPES["date_added"]
    found = await walk(ask, queries.WANTS["date_added"], types, backward=backward)

    expected = sorted(found, key=lambda it: (it.added_at or EPOCH, it.id), reverse=True)
    assert found == expected
    assert len(found) == await store.ask(queries.wants_count, ME) == 11


@pytest.mark.parametrize(
    "key", [(2**62, NOON.year, 1), (-(2**62), 0, 0), (0, -(2**40), 2**62), (1, 1, -1)]
)
async def test_cursors_with_wild_numbers_are_answered(store: Store, key: tuple[int, ...]) -> None:
    await compare(store, await shelve(store, 4))

    for part in (Slice(limit=2, after=key), Slice(limit=2, before=key, backward=True)):
        await store.ask(queries.cross_reference, ME, part=part, sort="plays")
        await store.ask(queries.items, ME, part=Slice(limit=2, after=key[1:]))


async def test_a_cursor_beyond_all_dates_is_bad_input(store: Store) -> None:
    with pytest.raises(BadInput):
        await store.ask(queries.items, ME, part=Slice(limit=2, after=(2**62, 1)))


@pytest.mark.parametrize(("sort", "only"), [("title", "all"), ("plays", "heard"), ("", "")])
async def test_unknown_orders_and_filters_are_bad_input(store: Store, sort: Any, only: Any) -> None:
    part = Slice(limit=2)

    with pytest.raises(BadInput):
        await store.ask(queries.cross_reference, ME, part=part, sort=sort, filter=only)
    with pytest.raises(BadInput):
        await store.ask(queries.cross_reference_page, ME, sort=sort, filter=only)


async def test_nothing_is_there_before_the_first_comparison(store: Store) -> None:
    await shelve(store, 3)

    page, total = await store.ask(queries.cross_reference_page, ME)
    summary = await store.ask(queries.cross_reference_summary, ME)

    assert (page, total) == ([], 0)
    assert (summary.items, summary.listen_rate) == (0, 0.0)


@pytest.mark.parametrize("count", [0, 1, 7, 20])
async def test_the_summary_counts_what_is_there(store: Store, count: int) -> None:
    matches = await compare(store, await shelve(store, count) if count else [])

    summary = await store.ask(queries.cross_reference_summary, ME)

    albums = [each for each in matches if each.match_type in ("exact", "fuzzy")]
    matched = sum(each.match_type != "none" for each in matches)
    assert summary == views.MatchSummary(
        items=count,
        total_matches=matched,
        album_matches=len(albums),
        listened_count=sum(each.plays > 0 for each in albums),
        unlistened_count=sum(each.plays == 0 for each in matches),
    )
    assert summary.listen_rate == (matched / count if count else 0)


async def test_a_copy_left_out_of_new_matches_loses_its_old_one(store: Store) -> None:
    shelf = await shelve(store, 4)
    matches = await compare(store, shelf)

    async with store.write() as conn:
        every = [item.id for item in shelf]
        await derive.cross_references(conn, ME, matches[:3], items=every)

    assert (await store.ask(queries.cross_reference_summary, ME)).items == 3


async def test_batches_cost_one_statement_and_leave_out_what_is_not_there(
    store: Store, statements: list[str]
) -> None:
    shelf = await shelve(store, 20)
    await compare(store, shelf)
    async with store.write() as conn:
        await intake.wants(conn, ME, [want(release(1)), want(release(99))], source="discogs")
    ids = [item.id for item in shelf]
    release_ids = [item.release_id for item in shelf]
    batches: list[tuple[Any, list[int]]] = [
        (queries.items_by_id, ids),
        (queries.matches_by_item, ids),
        (queries.pins_by_item, ids),
        (queries.releases_by_id, release_ids),
        (queries.items_by_release, release_ids),
        (queries.wants_by_release, release_ids),
        (queries.wants_by_id, [1, 2]),
    ]
    for query, keys in batches:
        statements.clear()

        found = await store.ask(query, ME, [*keys, 10**9])

        assert len(statements) == 1, query
        assert set(found) <= set(keys)
        assert await store.ask(query, OTHER, keys) == {}
        assert await store.ask(query, ME, []) == {}


async def test_a_page_of_a_hundred_costs_few_statements(
    store: Store, statements: list[str]
) -> None:
    await compare(store, await shelve(store, 110))
    statements.clear()

    await store.ask(queries.cross_reference_page, ME, limit=100)
    first_page = len(statements)
    await store.ask(queries.cross_reference_page, ME, limit=5, page=20)

    assert first_page == 2
    assert len(statements) - first_page == 3


async def test_copies_of_a_release_come_newest_first(store: Store) -> None:
    both = [copy(100, at=NOON), copy(101, at=NOON + HOUR)]
    async with store.write() as conn:
        stored = await intake.copies(conn, ME, both, source="discogs")
        await derive.derive(conn, ME, stored.touched)
    shelf = (await store.ask(queries.items, ME, part=Slice(limit=5))).items

    found = await store.ask(queries.items_by_release, ME, [shelf[0].release_id])

    assert found == {shelf[0].release_id: shelf}


async def test_views_do_not_share_their_lists(store: Store) -> None:
    of = release(credits=(credit("Maren Voss"),), genres=("Rock",))
    async with store.write() as conn:
        await intake.copies(conn, ME, [copy(100, of)], source="discogs")
    (once,) = (await store.ask(queries.releases_by_id, ME, [1])).values()
    once.genres.append("Jazz")

    (again,) = (await store.ask(queries.releases_by_id, ME, [1])).values()

    assert again.genres == ["Rock"]


def reads(module: Any) -> list[tuple[str, Read[Any]]]:
    """Every prebuilt read of a module by the name it has there."""
    found = []
    for name, value in vars(module).items():
        held = value if isinstance(value, dict) else {"": value}
        found += [(f"{name}{at}", each) for at, each in held.items() if isinstance(each, Read)]
    return found


# In the background, a few times a sync: these want all there is, or merge what they find.
IN_BACKGROUND = {"_ALL", "_ALL_ITEMS", "_ALL_COPIES", "_ALL_WANTS", "_COUNT", "_TOUCHED"}


@pytest.mark.parametrize("analyzed", [False, True])
async def test_no_statement_sorts_or_looks_through_a_table(
    sqlite_store: Store, analyzed: bool
) -> None:
    await compare(sqlite_store, await shelve(sqlite_store, 150))
    database = sqlite3.connect(str(sqlite_store.url.database))
    if analyzed:
        database.execute("ANALYZE")
    bad = []
    modules: tuple[Any, ...] = (
        library,
        counts,
        crossed,
        cross_reference,
        intake,
        releases,
        derive,
        filing,
        wanted,
    )
    modules += (stats, unowned, film_counts, film_numbers, watched)
    for name, read in (each for module in modules for each in reads(module)):
        prepared = read.prepared(DIALECT)
        names = {**prepared.binders, **prepared.fixed}
        plan = database.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", dict.fromkeys(names))
        steps = [step[3] for step in plan.fetchall()]
        bad += [
            f"{name}: {step}"
            for step in steps
            if name not in IN_BACKGROUND
            and ("BLOOM" in step or _sorts(name, step) or _looks_through(step))
        ]
    database.close()

    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("analyzed", [False, True])
async def test_lists_are_read_in_the_order_of_an_index(sqlite_store: Store, analyzed: bool) -> None:
    await compare(sqlite_store, await shelve(sqlite_store, 150))
    database = sqlite3.connect(str(sqlite_store.url.database))
    if analyzed:
        database.execute("ANALYZE")
    forms = [Form(down=down, after=after) for down in (False, True) for after in (False, True)]
    every: frozenset[str] = frozenset()
    records = [
        browse._read(every, sort, form, whole=True) for sort in queries.ITEM_SORTS for form in forms
    ]
    films = [lists._read(every, sort, form) for sort in IN_ORDER for form in forms]
    found = []
    every_form: list[Read[Any]] = [*records, *films]
    for read in every_form:
        prepared = read.prepared(DIALECT)
        names = {**prepared.binders, **prepared.fixed}
        plan = database.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", dict.fromkeys(names))
        # The places of a page are put in order once more beside what stands there.
        found.append([step[3] for step in plan.fetchall()])
    database.close()

    assert [steps for steps in found if any(map(_looks_through, steps))] == []
    assert [steps for steps in found if "BLOOM" in str(steps)] == []
    # Equal titles are put in order by their media.
    whole = "USE TEMP B-TREE FOR ORDER BY"
    assert [steps for steps in found[len(records) :] if whole in steps] == []


@pytest.mark.parametrize("analyzed", [False, True])
async def test_filters_go_through_an_index_or_the_copies_of_one_user(
    sqlite_store: Store, analyzed: bool
) -> None:
    await compare(sqlite_store, await shelve(sqlite_store, 150))
    database = sqlite3.connect(str(sqlite_store.url.database))
    if analyzed:
        database.execute("ANALYZE")
    asked: list[Read[Any]] = []
    for names in map(frozenset, (["formats"], ["genres", "decades"], ["text", "min_rating"])):
        asked += [browse._read(names, "date_added", Form(), whole=True, near=near) for near in BOTH]
        asked.append(browse._count(names))
    for names in map(frozenset, (["watched"], ["genres", "watched"], ["genre", "formats"])):
        asked += [lists._near(names, "collected_at", Form()), lists._films(names)]
        asked += [lists._read(names, "collected_at", Form()), lists._count(names)]
    found = []
    for read in asked:
        prepared = read.prepared(DIALECT)
        names_ = {**prepared.binders, **prepared.fixed}
        plan = database.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", dict.fromkeys(names_))
        found.append([step[3] for step in plan.fetchall()])
    database.close()

    assert [steps for steps in found if any(map(_looks_through, steps))] == []
    assert [steps for steps in found if "BLOOM" in str(steps) or "AUTOMATIC" in str(steps)] == []


BOTH = (False, True)
# Films are few; by their year they are sorted.
IN_ORDER: tuple[lists.FilmSort, ...] = ("collected_at", "title")
# What is added up over a window.
SUMS = ("_LINES", "_FILED_FEW")


def _sorts(name: str, step: str) -> bool:
    return "TEMP B-TREE" in step and not name.startswith(SUMS)


def _looks_through(step: str) -> bool:
    table = re.match(r"SCAN (collecting|listening|watching)_", step)
    return table is not None and "USING" not in step
