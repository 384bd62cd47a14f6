"""Discogs' own oddities."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.demo.records import Copy, Life, Sleeve, SleeveArtist, SleeveFormat, SleeveLabel
from rewind_gql.demo.upstreams.edits import put, without
from rewind_gql.demo.upstreams.effects import answer, asking, broken, too_many
from rewind_gql.domains.collecting import queries, tables
from rewind_gql.domains.collecting.records import Release
from rewind_gql.errors import SourceBusy, SourceChanged
from rewind_gql.ports.http import USER_AGENT
from rewind_gql.settings import Settings
from rewind_gql.sources import discogs
from rewind_gql.sources.base import Unreadable
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger
from tests.databases import ME
from tests.sources.pretend import Rig, rig_on

PACIFIC = timezone(timedelta(hours=-7))
ADDED = datetime(2024, 6, 1, 20, 0, 0, tzinfo=PACIFIC)
LISTING = "/folders/0/releases"
BASIC: dict[str, Any] = {"id": 7, "title": "Nevermind", "year": 1991, "master_id": 13814}


def sleeve(number: int, **given: Any) -> Sleeve:
    """A release."""
    plain: dict[str, Any] = {
        "release_id": number,
        "master_id": 0,
        "title": f"Record {number}",
        "year": 1991,
        "artists": (SleeveArtist(number, f"Artist {number}"),),
        "labels": (SleeveLabel(1, "4AD", "none"),),
        "formats": (SleeveFormat("Vinyl", "1", descriptions=("LP",)),),
        "genres": ("Rock",),
        "styles": (),
        "country": "UK",
        "released": "1991-00-00",
        "tracklist": (("A1", "One", "4:45"),),
        "have": 1,
        "want": 2,
        "lowest_price": None,
        "for_sale": 0,
        "notes": "",
        "barcode": "",
    }
    return Sleeve(**{**plain, **given})


def copy(number: int, of: Sleeve | None = None, **given: Any) -> Copy:
    """A copy, the next one added a minute later."""
    added_at = ADDED + timedelta(minutes=number)
    plain = {"folder_id": 1, "rating": 0, "added_at": added_at, "notes": ()}
    return Copy(**{"instance_id": 1_000 + number, "sleeve": of or sleeve(number), **plain, **given})


@pytest.fixture
async def rigged(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> AsyncIterator[Callable[..., Any]]:
    """Makes the rig of a shelf with these copies."""

    def make(*copies: Copy) -> Any:
        shelf = replace(life, copies=copies, wants=())
        return rig_on(sqlite_store, settings, "discogs", shelf)

    return make


async def column(rig: Rig, table: Any, name: str) -> list[Any]:
    """One column of a table, in the order of the rows."""
    async with rig.store.write() as conn:
        found = await conn.execute(select(col(getattr(table, name))).order_by(col(table.id)))
        return list(found.scalars())


async def owned(rig: Rig) -> set[int]:
    """The instances that are stored."""
    return {at for kind, at in await rig.stored() if kind == "copy"}


async def test_two_copies_of_one_release_are_two(rigged: Callable[..., Any]) -> None:
    twice = sleeve(1)
    async with rigged(copy(1, twice), copy(2, twice)) as rig:
        done = await rig.sync()

        assert done.items_inserted == 2
        assert await owned(rig) == {1_001, 1_002}
        assert len(await column(rig, tables.Release, "id")) == 1


async def test_year_0_is_unknown(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1, sleeve(1, year=0))) as rig:
        await rig.sync()

        assert await column(rig, tables.Release, "year") == [None]


async def test_the_date_keeps_the_clock_it_was_written_with(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1)) as rig:
        await rig.sync()

        assert await column(rig, tables.Item, "added_at") == [ADDED + timedelta(minutes=1)]
        assert await column(rig, tables.Item, "added_offset_min") == [-7 * 60]


async def test_a_namesakes_number_stays_in_the_name(rigged: Callable[..., Any]) -> None:
    nirvana = sleeve(1, artists=(SleeveArtist(9, "Nirvana (2)"),))
    async with rigged(copy(1, nirvana)) as rig:
        await rig.sync()

        assert await column(rig, tables.Artist, "name") == ["Nirvana (2)"]
        assert await column(rig, tables.Artist, "cross_key") == ["nirvana"]


async def test_folders_and_fields_have_the_names_their_owner_gave_them(
    rigged: Callable[..., Any],
) -> None:
    async with rigged(copy(1, folder_id=4471234, notes=((1, "Mint (M)"), (3, "A gift")))) as rig:
        await rig.sync()

        assert await column(rig, tables.Item, "folder") == ["Jazz"]
        assert await column(rig, tables.Item, "notes") == [
            [{"name": "Media Condition", "value": "Mint (M)"}, {"name": "Notes", "value": "A gift"}]
        ]


async def test_notes_may_be_missing(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1, notes=((3, "Unseen"),))) as rig:
        rig.faults.add(without("releases", 0, "notes"), match=LISTING)

        done = await rig.sync()

        assert (done.status, await column(rig, tables.Item, "notes")) == ("success", [[]])


async def test_a_single_page_has_no_addresses_of_others(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1)) as rig:
        rig.faults.add(put("pagination", "urls", value={}), match=LISTING)

        assert (await rig.sync()).status == "success"


async def test_what_a_whole_walk_did_not_see_is_removed(rigged: Callable[..., Any]) -> None:
    async with rigged(*map(copy, range(150))) as rig:
        await rig.sync()
        rig.state.remove(1_007)

        await rig.sync()

        assert await owned(rig) == {1_000 + number for number in range(150)} - {1_007}


async def test_nothing_is_removed_before_the_walk_is_whole(rigged: Callable[..., Any]) -> None:
    async with rigged(*map(copy, range(150))) as rig:
        await rig.sync()
        rig.state.remove(1_149)
        rig.faults.add(broken(), match="page=2", times=None)

        done = await rig.sync()

        assert done.status in ("failed", "partial")
        assert 1_149 in await owned(rig)


async def test_nothing_is_removed_when_the_walk_saw_another_number(
    rigged: Callable[..., Any],
) -> None:
    async with rigged(*map(copy, range(50))) as rig:
        await rig.sync()
        rig.state.remove(1_007)
        rig.faults.add(put("pagination", "items", value=50), match=LISTING)

        await rig.sync()

        assert 1_007 in await owned(rig)


async def test_a_shelf_that_shrinks_by_half_waits_for_a_word(rigged: Callable[..., Any]) -> None:
    async with rigged(*map(copy, range(40))) as rig:
        await rig.sync()
        for number in range(20):
            rig.state.remove(1_000 + number)
        rig.state.add(copy(77))

        done = await rig.sync()

        row = await rig.row()
        assert done.status in ("failed", "partial")
        assert row.pause_reason == "needs_confirmation"
        assert await owned(rig) == {1_000 + number for number in range(40)} | {1_077}


async def test_a_great_loss_goes_once_a_person_has_confirmed_it(rigged: Callable[..., Any]) -> None:
    async with rigged(*map(copy, range(40))) as rig:
        await rig.sync()
        for number in range(20):
            rig.state.remove(1_000 + number)
        await rig.sync()

        async with rig.store.write() as conn:
            await ledger.resume(conn, ME, source_id=(await rig.row()).id)
        done = await rig.sync()

        assert done.status == "success"
        assert await owned(rig) == {1_000 + number for number in range(20, 40)}


async def test_an_empty_answer_empties_nothing(rigged: Callable[..., Any]) -> None:
    async with rigged(*map(copy, range(5))) as rig:
        await rig.sync()
        for number in range(5):
            rig.state.remove(1_000 + number)

        await rig.sync()

        assert len(await owned(rig)) == 5


async def test_a_page_for_another_is_not_taken(rigged: Callable[..., Any]) -> None:
    async with rigged(*map(copy, range(150))) as rig:
        rig.faults.add(asking(page="1"), match="page=2", times=2)

        with pytest.raises(SourceBusy, match="page 1 for 2"):
            await rig.batches()
        done = await rig.sync()

        assert done.status == "success"
        assert len(await owned(rig)) == 150


async def test_a_list_that_shrinks_while_it_is_read_is_read_again(
    rigged: Callable[..., Any],
) -> None:
    async with rigged(*map(copy, range(150))) as rig:
        rig.faults.add(answer(404, body={"message": "Page 2 out of range"}), match="page=2")

        done = await rig.sync()

        assert done.status == "success"
        assert len(await owned(rig)) == 150


async def test_a_release_page_that_is_gone_does_not_stop_the_others(
    rigged: Callable[..., Any],
) -> None:
    async with rigged(*map(copy, range(1, 13))) as rig:
        await rig.sync()
        gone = answer(404, body={"message": "Release not found."})
        rig.faults.add(gone, match="/releases/3?", times=None)

        done = await rig.sync("details")
        again = await rig.sync("details")

        assert done.items_inserted == 11
        assert again.status == "skipped"
        assert rig.faults.count("/releases/3?") == 1


async def test_every_request_says_who_asks(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1)) as rig:
        await rig.sync()

        assert {asked.headers["user-agent"] for asked in rig.faults.requests} == {USER_AGENT}


async def test_without_a_user_it_is_the_owner_of_the_token(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1)) as rig:
        rig.deps = replace(
            rig.deps, settings=rig.deps.settings.model_copy(update={"discogs_user": None})
        )

        batches = await rig.batches()

        assert [len(batch.records) for batch in batches] == [1, 0]
        assert rig.faults.count("/oauth/identity") == 1


async def test_too_many_requests_without_a_word_are_a_minute(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1)) as rig:
        rig.faults.add(too_many(body={"message": "You are making requests too quickly."}))

        with pytest.raises(SourceBusy) as busy:
            await rig.batches()

        assert busy.value.retry_after == 60


@pytest.mark.parametrize("catno", ["none", "None", ""])
def test_no_catalogue_number_is_written_as_a_word(catno: str) -> None:
    assert discogs.parse_label({"name": "4AD", "catno": catno}).catno is None


def test_a_blank_picture_is_none() -> None:
    release = discogs.parse_release(BASIC | {"thumb": "", "cover_image": "https://x/spacer.gif"})

    assert (release.thumb_url, release.cover_url) == (None, None)


def test_numbers_beyond_reason_are_unknown() -> None:
    release: Release = discogs.parse_release(BASIC | {"year": 10**12, "master_id": "x"})

    assert (release.year, release.master_id) == (None, None)


def test_a_date_without_an_offset_is_refused() -> None:
    raw = {"id": 7, "instance_id": 1, "date_added": "2024-06-01T20:00:00"}

    with pytest.raises(Unreadable, match="no offset"):
        discogs.parse_copy(raw | {"basic_information": BASIC}, {}, {})


def test_a_want_without_a_date_is_a_want() -> None:
    want = discogs.parse_want({"basic_information": BASIC, "rating": 0})

    assert (want.added_at, want.release.discogs_id) == (None, 7)


def test_a_releases_page_gives_its_best_picture_and_its_price() -> None:
    pictures = [{"type": "secondary", "uri": "b.jpg"}, {"type": "primary", "uri": "a.jpg"}]
    community = {"have": 10, "want": 3}
    raw = {"id": 7, "images": pictures, "lowest_price": 4.5, "community": community}

    detail = discogs.parse_detail(raw | {"released": "1977-00-00"}, "EUR")

    assert (detail.cover_url, detail.lowest_price, detail.currency) == ("a.jpg", 4.5, "EUR")
    assert (detail.community_have, detail.community_want) == (10, 3)
    assert detail.released == "1977-00-00"


def test_a_release_nobody_sells_has_no_price_and_no_currency() -> None:
    detail = discogs.parse_detail({"id": 7, "lowest_price": None, "images": []}, "EUR")

    assert (detail.lowest_price, detail.currency, detail.cover_url) == (None, None, None)


async def test_what_the_collection_is_worth_is_kept(rigged: Callable[..., Any]) -> None:
    priced = sleeve(1, lowest_price=10.0)
    async with rigged(copy(1, priced), copy(2, priced)) as rig:
        done = await rig.sync()

        (point,) = await rig.store.ask(queries.value_history, ME)
        assert point.currency == "EUR"
        assert 0 < point.minimum < point.median < point.maximum
        assert (point.copies, done.items_inserted) == (2, 2)


async def test_a_worth_only_its_owner_is_told_fails_nothing(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1)) as rig:
        refused = answer(403, {"content-type": "application/json"}, {"message": "Not yours."})
        rig.faults.add(refused, match="/collection/value", times=None)

        done = await rig.sync()

        assert done.status == "success"
        assert await rig.store.ask(queries.value_history, ME) == []


async def test_folders_and_fields_are_known_by_name(rigged: Callable[..., Any]) -> None:
    async with rigged(copy(1, folder_id=4471234)) as rig:
        await rig.sync()

        folders = await rig.store.ask(queries.folders, ME)
        fields = await rig.store.ask(queries.note_fields, ME)
        assert [(each.name, each.copies) for each in folders] == [
            ("Uncategorized", 0),
            ("Jazz", 1),
            ("Living room", 0),
        ]
        assert [each.name for each in fields] == ["Media Condition", "Sleeve Condition", "Notes"]
        assert "Mint (M)" in fields[0].options


@pytest.mark.parametrize(
    ("amount", "currency", "cents"),
    [
        ("€1,204.99", "EUR", 120_499),
        ("£2.50", "GBP", 250),
        ("¥12,345", "JPY", 1_234_500),
        ("1.204,99 €", "EUR", 120_499),
        ("CA$5.00", "CAD", 500),
        ("$0.00", "USD", 0),
    ],
)
def test_amounts_are_read_as_people_write_them(amount: str, currency: str, cents: int) -> None:
    told = discogs.parse_worth({"minimum": amount, "median": amount, "maximum": amount}, None)

    assert (told.currency, told.minimum_cents) == (currency, cents)


@pytest.mark.parametrize("amount", ["", "€", "n/a", "."])
def test_what_is_no_amount_is_a_changed_answer(amount: str) -> None:
    with pytest.raises(SourceChanged):
        discogs.parse_worth({"minimum": amount, "median": amount, "maximum": amount}, "EUR")
