"""What stands beside every copy: filed as it comes, counted as it goes, rebuilt the same."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import time_machine
from sqlalchemy import text as sql

from rewind_gql.domains.collecting import account, derive, intake, queries, records
from rewind_gql.domains.collecting.filing import KINDS
from rewind_gql.store import versions
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.collecting.made import DAY, NOON, copy, credit, release

LOW = release(1, "Low", genres=("Rock", "Pop"), styles=("Ambient",), year=1977)
CAN = release(
    2, "Ege Bamyasi", genres=("Rock",), year=None, formats=("CD",), credits=(credit("Can", 8),)
)


async def store_copies(store: Store, *batch: records.Copy, user: int = ME) -> None:
    """Store copies and file them."""
    async with store.write() as conn:
        stored = await intake.copies(conn, user, batch, source="discogs")
        await derive.derive(conn, user, stored.touched)


async def counted(store: Store, user: int = ME) -> Mapping[str, Any]:
    """Every count by kind."""
    return {
        kind: {each.name: each.copies for each in found}
        for kind in KINDS
        if (found := await store.ask(queries.filed_under, user, kind=kind))
    }


async def rows(store: Store) -> list[Any]:
    """Everything that is filed and counted."""
    tables = ("collecting_shelved", "collecting_facet", "collecting_tally")
    async with store.write() as conn:
        return [
            sorted(
                map(tuple, (await conn.execute(sql(f"SELECT * FROM {each}"))).fetchall()), key=str
            )
            for each in tables
        ]


async def test_copies_are_counted_under_all_that_they_are(store: Store) -> None:
    await store_copies(store, copy(1, LOW, folder="Berlin"), copy(2, LOW), copy(3, CAN))

    assert await counted(store) == {
        "format": {"Vinyl": 2, "CD": 1},
        "genre": {"Rock": 3, "Pop": 2},
        "style": {"Ambient": 2},
        "artist": {"Maren Voss": 2, "Can": 1},
        "decade": {"1970s": 2},
        "folder": {"Berlin": 1},
    }


async def test_an_edit_moves_a_copy_to_its_new_names(store: Store) -> None:
    await store_copies(store, copy(1, LOW), copy(2, CAN))

    edited = release(1, "Low", genres=("Electronic",), year=1978, formats=("Cassette",))
    await store_copies(store, copy(1, edited, folder="Berlin"))

    assert await counted(store) == {
        "format": {"CD": 1, "Cassette": 1},
        "genre": {"Electronic": 1, "Rock": 1},
        "artist": {"Can": 1, "Maren Voss": 1},
        "decade": {"1970s": 1},
        "folder": {"Berlin": 1},
    }


async def test_a_copy_that_goes_is_counted_no_more(store: Store) -> None:
    await store_copies(store, copy(1, LOW), copy(2, CAN))

    async with store.write() as conn:
        await intake.remove_copies_except(conn, ME, {2}, reported=1, confirmed=True)

    assert await counted(store) == {
        "format": {"CD": 1},
        "genre": {"Rock": 1},
        "artist": {"Can": 1},
    }
    assert [len(each) for each in await rows(store)] == [1, 3, 3]


async def test_a_rebuild_comes_to_the_same(store: Store) -> None:
    await store_copies(store, copy(1, LOW, folder="Berlin"), copy(2, CAN))
    await store_copies(store, copy(9, LOW), user=OTHER)
    before = await rows(store)

    async with store.write() as conn:
        await derive.rebuild(conn, ME)

    assert await rows(store) == before


async def test_a_day_is_that_of_the_clock_the_date_was_written_by(store: Store) -> None:
    new_year = NOON.replace(month=1, day=1, hour=5)
    await store_copies(
        store,
        copy(1, LOW, new_year, added_offset_min=-480),
        copy(2, CAN, new_year, added_offset_min=60),
    )

    before = await store.ask(queries.calendar, ME, year=2024)
    after = await store.ask(queries.calendar, ME, year=2025)

    assert [(each.day, each.count) for each in before.days] == [(date(2024, 12, 31), 1)]
    assert [(each.day, each.count) for each in after.days] == [(date(2025, 1, 1), 1)]


async def test_a_price_is_filed_with_its_page(store: Store) -> None:
    await store_copies(store, copy(1, LOW), copy(2, LOW), copy(3, CAN))
    pages = [
        records.ReleaseDetail(discogs_id=1, lowest_price=2.35, currency="EUR"),
        records.ReleaseDetail(discogs_id=2, lowest_price=9.0, currency="USD"),
    ]
    async with store.write() as conn:
        stored = await intake.details(conn, ME, pages, source="discogs")
        await derive.derive(conn, ME, stored.touched)

    stats = await store.ask(queries.record_stats, ME)

    assert (stats.estimated_value, stats.currency) == (4.7, "EUR")


async def test_a_worth_is_kept_once_a_month(store: Store) -> None:
    await store_copies(store, copy(1, LOW))
    for days, cents in ((0, 100), (3, 200), (31, 300)):
        told = records.Worth(
            currency="EUR", minimum_cents=cents, median_cents=cents * 2, maximum_cents=cents * 3
        )
        with time_machine.travel(NOON + days * DAY):
            async with store.write() as conn:
                await account.worth(conn, ME, [told], source="discogs")

    points = await store.ask(queries.value_history, ME)
    april = await store.ask(queries.value_history, ME, since=(NOON + 40 * DAY).date())

    assert [(each.month, each.minimum, each.copies) for each in points] == [
        (date(2025, 3, 1), 2.0, 1),
        (date(2025, 4, 1), 3.0, 1),
    ]
    assert april == points[1:]
    assert points[0].lowest_asked is None


async def test_names_that_are_told_again_are_written_only_if_they_are_others(
    store: Store,
) -> None:
    folders = [records.Folder(folder_id=at, name=name) for at, name in ((9, "New"), (2, "Jazz"))]
    field = records.NoteField(field_id=3, name="Notes", kind="dropdown", options=("a", "b"))
    others = [replace(folders[0], name="Newer"), folders[1]], [replace(field, options=("a",))]
    told = []

    for given in ((folders, [field]), (folders, [field]), (folders[::-1], [field]), others):
        async with store.write() as conn:
            await account.names(conn, ME, folders=given[0], fields=given[1])
        told.append((await store.ask(versions.numbers, ME))["collecting"])

    assert told[0] == told[1] == told[2] < told[3]
    assert [each.name for each in await store.ask(queries.folders, ME)] == ["Jazz", "Newer"]
    assert [each.options for each in await store.ask(queries.note_fields, ME)] == [["a"]]


async def test_folders_are_told_empty_ones_too(store: Store) -> None:
    async with store.write() as conn:
        folders = [
            records.Folder(folder_id=at, name=name) for at, name in ((2, "Jazz"), (9, "New"))
        ]
        fields = [records.NoteField(field_id=3, name="Notes", kind="textarea")]
        await account.names(conn, ME, folders=folders, fields=fields)
    await store_copies(store, copy(1, LOW, folder="Jazz"), copy(2, CAN, folder="Attic"))

    found = await store.ask(queries.folders, ME)

    assert [(each.name, each.copies) for each in found] == [("Jazz", 1), ("New", 0), ("Attic", 1)]
    assert [each.name for each in await store.ask(queries.note_fields, ME)] == ["Notes"]
    assert await store.ask(queries.note_fields, OTHER) == []
