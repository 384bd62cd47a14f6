"""Copies, wants and details through both doors: nothing twice, nothing lost, nothing worsened."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text as sql

from rewind_gql import clock
from rewind_gql.domains.base import Shrunk, Stored
from rewind_gql.domains.collecting import derive, intake, queries, records, views
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from tests.databases import ME, OTHER
from tests.domains.collecting.made import DAY, HOUR, NOON, copy, credit, from_file, release, want

ALL = Slice(limit=200)


async def store_copies(store: Store, *batch: records.Copy, user: int = ME) -> Stored:
    async with store.write() as conn:
        stored = await intake.copies(conn, user, batch, source="discogs")
        await derive.derive(conn, user, stored.touched)
        return stored


async def store_wants(store: Store, *batch: records.Want) -> Stored:
    async with store.write() as conn:
        return await intake.wants(conn, ME, batch, source="discogs")


async def items(store: Store, user: int = ME) -> list[views.Item]:
    return (await store.ask(queries.items, user, part=ALL)).items


async def only_release(store: Store) -> views.Release:
    found = await store.ask(
        queries.releases_by_id, ME, [item.release_id for item in await items(store)]
    )
    assert len(found) == 1
    return next(iter(found.values()))


async def column(store: Store, statement: str) -> list[Any]:
    async with store.write() as conn:
        return [row[0] for row in (await conn.execute(sql(statement))).fetchall()]


def counts(stored: Stored) -> tuple[int, int, int]:
    return stored.inserted, stored.updated, stored.skipped


async def test_copies_stored_again_add_and_change_nothing(store: Store) -> None:
    batch = [copy(100), copy(101, release(2, "Low Tide"), NOON + HOUR)]

    first = await store_copies(store, *batch)
    second = await store_copies(store, *batch)

    assert counts(first) == (2, 0, 0)
    assert counts(second) == (0, 0, 2)
    assert len(first.touched.items) == 2
    assert second.touched.items == set()


async def test_two_copies_of_one_release_are_two_items(store: Store) -> None:
    await store_copies(store, copy(100), copy(101, at=NOON + HOUR))

    found = await items(store)

    assert len(found) == 2
    assert len({item.release_id for item in found}) == 1


async def test_two_users_keep_their_copies_apart(store: Store) -> None:
    await store_copies(store, copy(100), user=ME)
    await store_copies(store, copy(100), user=OTHER)

    mine, theirs = await items(store, ME), await items(store, OTHER)

    assert len(mine) == len(theirs) == 1
    assert await store.ask(queries.items_by_id, OTHER, [mine[0].id]) == {}
    assert await store.ask(queries.releases_by_id, OTHER, [mine[0].release_id]) == {}


async def test_an_edited_copy_is_updated_in_place(store: Store) -> None:
    await store_copies(store, copy(100, rating=0))
    before = await items(store)

    stored = await store_copies(store, copy(100, rating=5, folder="Jazz"))

    after = await items(store)
    assert counts(stored) == (0, 1, 0)
    assert after[0].id == before[0].id
    assert (after[0].rating, after[0].folder) == (5, "Jazz")


async def test_a_changed_title_touches_every_copy_of_the_release(store: Store) -> None:
    first = await store_copies(store, copy(100), copy(101))

    second = await store_copies(store, copy(100, release(title="Glass Harbor")))

    assert second.touched.items == first.touched.items


async def test_the_dates_offset_is_kept(store: Store) -> None:
    await store_copies(store, copy(100, at=NOON))

    item = (await items(store))[0]

    assert views.as_written(item.added_at, item.added_offset_min) == "2025-03-01T04:00:00-08:00"


async def test_credits_show_the_sleeves_name_and_artists_keep_the_catalogues(store: Store) -> None:
    credits_ = (credit("Maren Voss (2)", 7, join="&"), credit("Tide, The", 8, anv="The Tides"))

    await store_copies(store, copy(100, release(credits=credits_)))

    assert (await only_release(store)).artists == ["Maren Voss", "The Tides"]
    names = await column(store, "SELECT name FROM collecting_artist ORDER BY id")
    assert sorted(names) == ["Maren Voss (2)", "Tide, The"]
    keys = await column(store, "SELECT credit_key FROM collecting_release")
    assert keys == ["maren voss and the tide"]


async def test_one_release_in_a_batch_twice_is_stored_once(store: Store) -> None:
    stored = await store_copies(store, *(copy(100 + at) for at in range(3)))

    assert stored.inserted == 3
    assert await column(store, "SELECT count(*) FROM collecting_release") == [1]
    assert await column(store, "SELECT count(*) FROM collecting_release_artist") == [1]


async def test_a_release_that_lost_an_artist_loses_the_link(store: Store) -> None:
    both = (credit("Maren Voss", 7), credit("The Tide", 8))
    await store_copies(store, copy(100, release(credits=both)))

    await store_copies(store, copy(100, release(credits=both[1:])))

    assert (await only_release(store)).artists == ["The Tide"]
    assert await column(store, "SELECT count(*) FROM collecting_release_artist") == [1]


@pytest.mark.parametrize("file_first", [True, False])
async def test_both_doors_in_either_order_give_the_same_two_copies(
    store: Store, file_first: bool
) -> None:
    account = [copy(100), copy(101, at=NOON + DAY)]
    file = [from_file(0), from_file(1, at=NOON + DAY)]
    doors = [file, account] if file_first else [account, file]

    for door in [*doors, *doors]:
        await store_copies(store, *door)

    found = await items(store)
    assert [item.added_at for item in found] == [NOON + DAY, NOON]
    assert sorted(await column(store, "SELECT instance_id FROM collecting_item")) == [100, 101]


async def test_a_file_read_three_times_adds_nothing(store: Store) -> None:
    file = [from_file(0), from_file(1), from_file(0, release(2, "Low Tide"))]

    stored = [counts(await store_copies(store, *file)) for _ in range(3)]

    assert stored == [(3, 0, 0), (0, 0, 3), (0, 0, 3)]


async def test_a_file_with_other_dates_still_means_the_same_copies(store: Store) -> None:
    await store_copies(store, copy(100), copy(101))

    stored = await store_copies(store, from_file(0, at=NOON + 5 * DAY), from_file(1, at=NOON))

    assert counts(stored) == (0, 0, 2)
    assert {item.added_at for item in await items(store)} == {NOON}


async def test_a_new_instance_takes_over_the_files_row_of_the_same_minute(store: Store) -> None:
    await store_copies(store, from_file(0, at=NOON), from_file(1, at=NOON + DAY))
    of_the_day_after = (await items(store))[0].id

    await store_copies(store, copy(100, at=NOON + DAY + timedelta(seconds=30)))

    rows = await column(store, "SELECT id FROM collecting_item WHERE instance_id = 100")
    assert rows == [of_the_day_after]


async def test_the_minute_compared_is_the_one_on_the_owners_wall(store: Store) -> None:
    same_clock_elsewhere = NOON - timedelta(hours=8)
    await store_copies(store, from_file(0, at=NOON + DAY), from_file(1, at=NOON))
    first_row = (await items(store))[1].id

    await store_copies(store, copy(100, at=same_clock_elsewhere, added_offset_min=0))

    rows = await column(store, "SELECT id FROM collecting_item WHERE instance_id = 100")
    assert rows == [first_row]


async def test_a_file_never_worsens_what_the_account_told(store: Store) -> None:
    told = release(cover_url="https://img/cover.jpg", genres=("Rock",))
    await store_copies(store, copy(100, told, rating=4))

    await store_copies(store, from_file(0, release(title="GLASS HARBOUR"), rating=1))

    found = await only_release(store)
    assert (found.title, found.genres, found.cover_url) == (
        "Glass Harbour",
        ["Rock"],
        "https://img/cover.jpg",
    )
    assert (await items(store))[0].rating == 4


async def test_the_account_betters_what_a_file_told(store: Store) -> None:
    await store_copies(store, from_file(0, release(title="GLASS HARBOUR")))

    stored = await store_copies(store, copy(100))

    found = await only_release(store)
    assert counts(stored) == (0, 1, 0)
    assert (found.title, found.genres) == ("Glass Harbour", ["Rock"])
    assert await column(store, "SELECT discogs_id FROM collecting_artist") == [7]


async def test_a_merged_release_moves_its_instance(store: Store) -> None:
    await store_copies(store, copy(100, release(1)))
    before = (await items(store))[0].id

    await store_copies(store, copy(100, release(2)))

    found = await items(store)
    assert [item.id for item in found] == [before]
    moved = await store.ask(queries.releases_by_id, ME, [found[0].release_id])
    assert [each.discogs_id for each in moved.values()] == [2]


async def test_a_batch_costs_a_fixed_number_of_statements(
    store: Store, statements: list[str]
) -> None:
    costs = []
    for start, size in ((0, 3), (1000, 100)):
        statements.clear()
        of = [release(start + at, credits=(credit(f"A{start + at}", at),)) for at in range(1, size)]
        batch = [copy(each.discogs_id, each) for each in of]
        async with store.write() as conn:
            await intake.copies(conn, ME, batch, source="discogs")
        costs.append(len(statements))

    assert costs[0] == costs[1] <= 13  # the last one raises the versions


async def test_wants_are_stored_once_and_updated(store: Store) -> None:
    first = await store_wants(store, want(), want(release(2, "Low Tide"), NOON - DAY))
    again = await store_wants(store, want())
    edited = await store_wants(store, want(notes="for Ida", rating=3))

    lines = (await store.ask(queries.wants, ME, part=ALL)).items
    assert [counts(stored) for stored in (first, again, edited)] == [
        (2, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
    ]
    assert [(line.notes, line.rating) for line in lines] == [("for Ida", 3), (None, 0)]


def want_from_file(of: records.Release, **more: Any) -> records.Want:
    bare = from_file(0, of).release
    return records.Want(release=bare, added_at=None, **more)


@pytest.mark.parametrize("file_first", [True, False])
async def test_a_want_through_both_doors_keeps_the_accounts_words(
    store: Store, file_first: bool
) -> None:
    account = want(notes="for Ida", rating=2)
    file = want_from_file(release(), notes="old", rating=1)
    doors = [file, account] if file_first else [account, file]

    for door in [*doors, *doors]:
        await store_wants(store, door)

    lines = (await store.ask(queries.wants, ME, part=ALL)).items
    assert [(line.added_at, line.notes, line.rating) for line in lines] == [(NOON, "for Ida", 2)]


async def test_wants_without_a_date_come_last(store: Store) -> None:
    await store_wants(
        store, want_from_file(release(3)), want(release(1)), want(release(2), NOON + DAY)
    )

    lines = (await store.ask(queries.wants, ME, part=ALL)).items

    assert [line.added_at for line in lines] == [NOON + DAY, NOON, None]


DETAIL = records.ReleaseDetail(
    discogs_id=1,
    tracklist=(records.TrackLine(position="A1", title="Slack Water", duration="4:45"),),
    country="Norway",
    lowest_price=12.5,
    currency="EUR",
    for_sale=3,
    cover_url="https://img/large.jpg",
)


async def store_details(store: Store, *batch: records.ReleaseDetail) -> Stored:
    async with store.write() as conn:
        return await intake.details(conn, ME, batch, source="discogs")


async def test_details_outlive_the_lists_own_words(store: Store) -> None:
    small = release(cover_url="https://img/small.jpg")
    await store_copies(store, copy(100, small))
    await store_details(store, DETAIL)

    await store_copies(
        store, copy(100, release(title="Glass Harbor", cover_url="https://img/s2.jpg"))
    )

    found = await only_release(store)
    assert (found.title, found.cover_url) == ("Glass Harbor", "https://img/large.jpg")
    assert (found.country, found.lowest_price, found.for_sale) == ("Norway", 12.5, 3)
    assert [line.title for line in found.tracklist] == ["Slack Water"]


async def test_details_without_a_cover_leave_the_lists_cover(store: Store) -> None:
    await store_copies(store, copy(100, release(cover_url="https://img/small.jpg")))

    await store_details(store, records.ReleaseDetail(discogs_id=1))

    assert (await only_release(store)).cover_url == "https://img/small.jpg"


async def test_details_are_counted_and_unknown_ones_skipped(store: Store) -> None:
    await store_copies(store, copy(100))

    first = await store_details(store, DETAIL, records.ReleaseDetail(discogs_id=99))
    second = await store_details(store, DETAIL)
    none = await store_details(store, records.ReleaseDetail(discogs_id=99))

    assert [counts(each) for each in (first, second, none)] == [(1, 0, 1), (0, 1, 0), (0, 0, 1)]


async def pending(store: Store, limit: int = 10) -> list[int]:
    return await store.ask(queries.pending_details, ME, limit=limit)


async def test_details_never_tried_are_pending_first_and_failed_ones_after_a_day(
    store: Store,
) -> None:
    with time_machine.travel(NOON, tick=False) as then:
        await store_copies(store, *(copy(100 + at, release(at)) for at in (1, 2, 3)))
        async with store.write() as conn:
            await intake.details_failed(conn, ME, [1])
        await store_details(store, records.ReleaseDetail(discogs_id=2))
        at_once = await pending(store)
        then.move_to(NOON + DAY)
        a_day_later = await pending(store)
        then.move_to(NOON + 31 * DAY)
        a_month_later = await pending(store)

    assert at_once == [3]
    assert a_day_later == [3, 1]
    assert a_month_later == [3, 1, 2]


async def remove(
    store: Store, seen: Sequence[int], reported: int | None = None, user: int = ME
) -> Stored:
    async with store.write() as conn:
        return await intake.remove_copies_except(
            conn, user, {*seen}, reported=len(seen) if reported is None else reported
        )


async def ten(store: Store) -> None:
    await store_copies(store, *(copy(100 + at, release(at, f"Tide {at}")) for at in range(1, 11)))


async def test_a_copy_a_whole_walk_did_not_see_goes_with_its_release(store: Store) -> None:
    await ten(store)

    stored = await remove(store, range(101, 110))

    assert stored.updated == 1
    assert len(await items(store)) == 9
    assert await column(store, "SELECT count(*) FROM collecting_release") == [9]
    assert await column(store, "SELECT count(*) FROM collecting_release_artist") == [9]


async def test_removal_takes_cross_reference_and_pin_along(store: Store) -> None:
    await ten(store)
    gone = next(item for item in await items(store) if item.release_id == 10)
    async with store.write() as conn:
        at = clock.now()
        row = {"item": gone.id, "me": ME, "at": at}
        for table, columns, values in (
            (
                "collecting_cross_reference",
                "item_id, user_id, plays, match_type, confidence, added_at, updated_at",
                ":item, :me, 3, 'exact', 1.0, :at, :at",
            ),
            ("collecting_pin", "item_id, user_id, created_at", ":item, :me, :at"),
            ("collecting_matched_album", "item_id, album_id, user_id", ":item, 1, :me"),
        ):
            given = {k: v for k, v in row.items() if f":{k}" in values}
            if store.dialect == "sqlite" and "at" in given:
                given["at"] = clock.microseconds(at)
            await conn.execute(sql(f"INSERT INTO {table} ({columns}) VALUES ({values})"), given)

    await remove(store, range(101, 110))

    for table in ("collecting_cross_reference", "collecting_pin", "collecting_matched_album"):
        assert await column(store, f"SELECT count(*) FROM {table}") == [0]
    summary = await store.ask(queries.cross_reference_summary, ME)
    assert summary.items == 0


async def test_a_removed_copy_that_is_wanted_keeps_its_release(store: Store) -> None:
    await ten(store)
    await store_wants(store, want(release(10, "Tide 10")))

    await remove(store, range(101, 110))

    assert await column(store, "SELECT count(*) FROM collecting_release") == [10]


async def test_one_of_two_copies_goes_and_the_release_stays(store: Store) -> None:
    await ten(store)
    await store_copies(store, copy(200, release(10, "Tide 10")))

    await remove(store, range(101, 111))

    assert len(await items(store)) == 10
    assert await column(store, "SELECT count(*) FROM collecting_release") == [10]


async def test_an_artist_without_releases_goes_too(store: Store) -> None:
    await ten(store)
    alone = release(20, "Alone", credits=(credit("Odd One", 99),))
    await store_copies(store, copy(120, alone))

    await remove(store, range(101, 111))

    assert await column(store, "SELECT name FROM collecting_artist") == ["Maren Voss"]


async def test_copies_known_only_from_a_file_stay(store: Store) -> None:
    await ten(store)
    await store_copies(store, from_file(0, release(50, "Bootleg")))

    await remove(store, range(101, 111))

    assert len(await items(store)) == 11


async def test_a_disturbed_walk_removes_nothing(store: Store) -> None:
    await ten(store)

    stored = await remove(store, range(101, 110), reported=10)

    assert (stored.updated, len(await items(store))) == (0, 10)


@pytest.mark.parametrize("left", [[], [101, 102, 103, 104, 105, 106, 107]])
async def test_a_shrunken_collection_asks_a_person(store: Store, left: list[int]) -> None:
    await ten(store)

    with pytest.raises(Shrunk):
        await remove(store, left)

    assert len(await items(store)) == 10


async def test_a_fifth_may_go_unasked(store: Store) -> None:
    await ten(store)

    stored = await remove(store, range(101, 109))

    assert stored.updated == 2


async def test_another_users_copies_are_not_removed(store: Store) -> None:
    await ten(store)
    await store_copies(store, copy(500, release(77)), user=OTHER)

    await remove(store, range(101, 110))

    assert len(await items(store, OTHER)) == 1


async def test_wants_not_seen_go_and_those_from_a_file_stay(store: Store) -> None:
    await store_wants(store, *(want(release(at)) for at in range(1, 6)))
    await store_wants(store, want_from_file(release(9)))

    async with store.write() as conn:
        stored = await intake.remove_wants_except(conn, ME, {1, 2, 3, 4}, reported=4)

    assert stored.updated == 1
    assert await store.ask(queries.wants_count, ME) == 5
    assert await column(store, "SELECT count(*) FROM collecting_release") == [5]
