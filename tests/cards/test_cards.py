"""What each card tells: the numbers of the domains' own questions, on the person's own days."""

from datetime import UTC, date, datetime

import pytest

from rewind_gql.cards.asked import When, days_of, read
from rewind_gql.cards.shown import CARDS
from rewind_gql.domains.collecting import queries as collecting
from rewind_gql.domains.listening import queries as listening
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from tests.cards.life import NOW, UTC_ZONE, heard, shown
from tests.databases import ME, OTHER
from tests.rest.life import copy, hear, own

ALL = tuple(CARDS)
YEAR = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2027, 1, 1, tzinfo=UTC)}


def facts(picture: object) -> list[tuple[str, str]]:
    """The large numbers of a card, and what they are of."""
    return [(fact.value, fact.words) for fact in picture.facts]  # type: ignore[attr-defined]  # of those with facts


async def some_life(store: Store) -> None:
    """Plays of three artists on four days of two years, and two records."""
    await hear(
        store,
        *heard("2026-03-16T10:00", "2026-03-17T10:00", "2026-03-17T11:00", "2026-01-05T09:00"),
        *heard("2026-03-17T12:00", artist="Slint", album="Spiderland"),
        *heard("2025-12-31T23:30", artist="Can", album=None),
    )
    await own(store, copy(21, "Double Negative", "Low"), copy(22, "Spiderland", "Slint", hours=1))


@pytest.mark.parametrize("name", ALL)
async def test_an_empty_library_is_told_as_such(store: Store, name: str) -> None:
    picture = await shown(store, name)

    assert picture.head.title
    assert not getattr(picture, "tiles", ())
    assert not getattr(picture, "rows", ())


@pytest.mark.parametrize("name", ALL)
async def test_one_play_makes_every_card(store: Store, name: str) -> None:
    await hear(store, *heard("2026-03-18T12:00"))

    picture = await shown(store, name)

    if name != "collection-by-decade":
        assert "1 play" in picture.head.desc or "Low song by Low" in picture.head.desc


@pytest.mark.parametrize("name", ALL)
async def test_nobody_sees_what_is_anothers(store: Store, name: str) -> None:
    empty = await shown(store, name)
    await some_life(store)

    assert await shown(store, name, user_id=OTHER) == empty


async def test_the_calendars_numbers_are_those_of_the_questions(store: Store) -> None:
    await some_life(store)

    card = await shown(store, "listening-calendar", year="2026")

    days = await store.ask(listening.days, ME, **YEAR)
    assert {each.day: each.plays for each in card.days if each.plays} == {
        each.day: each.plays for each in days
    }
    assert facts(card) == [
        ("5", "plays"),
        ("3", "days with music"),
        ("2 days", "longest streak"),
        ("2 days", "current streak"),
    ]
    assert card.head.note == "Most on 17 Mar 2026: 3 plays"


async def test_days_are_the_persons_own(store: Store) -> None:
    await some_life(store)

    here = await shown(store, "listening-calendar", zone="Europe/Oslo", year="2026")
    there = await shown(store, "listening-calendar", zone="America/Los_Angeles", year="2025")

    assert {each.day for each in here.days if each.plays} >= {date(2026, 1, 1)}
    assert [each.day for each in there.days if each.plays] == [date(2025, 12, 31)]


async def test_a_calendar_has_every_day_and_those_to_come_are_empty(store: Store) -> None:
    now = datetime(2024, 2, 28, 23, 30, tzinfo=UTC)

    leap = await shown(store, "listening-calendar", year="2024", now=now, zone="Europe/Oslo")
    rolling = await shown(store, "listening-calendar", now=now, zone="Europe/Oslo")

    known = [each.day for each in leap.days if each.plays is not None]
    assert (len(leap.days), known[-1]) == (366, date(2024, 2, 29))
    assert (len(rolling.days), rolling.days[-1].day) == (365, date(2024, 2, 29))


async def test_an_old_year_has_no_current_streak(store: Store) -> None:
    await some_life(store)

    card = await shown(store, "listening-calendar", year="2025")

    assert [words for _, words in facts(card)] == ["play", "day with music", "longest streak"]


@pytest.mark.parametrize(
    "given",
    [{}, {"period": "overall"}, {"year": "2026"}, {"from_": "2026-03-17", "to": "2026-03-17"}],
)
async def test_top_lists_are_those_of_the_questions(store: Store, given: dict[str, str]) -> None:
    await some_life(store)

    artists = await shown(store, "top-artists", **given)
    albums = await shown(store, "top-albums", **given)

    when = When(UTC_ZONE, NOW)
    words = {name.rstrip("_"): value for name, value in given.items()}
    asked = read(CARDS["top-artists"].rules, words, today=when.today)
    since, until = days_of(asked, when).window(when)
    part = Slice(limit=10)
    heard_most = await store.ask(listening.top_artists, ME, since=since, until=until, part=part)
    on = await store.ask(listening.top_albums, ME, since=since, until=until, part=part)
    assert [(row.name, int(row.note.split()[0])) for row in artists.rows] == [
        (top.artist.name, top.plays) for top in heard_most.items
    ]
    assert [(tile.name, tile.by, int(tile.note.split()[0])) for tile in albums.tiles] == [
        (top.album.name, top.artist.name, top.plays) for top in on.items
    ]
    assert artists.rows[0].share == 1


async def test_a_limit_bounds_a_list(store: Store) -> None:
    await some_life(store)

    artists = await shown(store, "top-artists", limit="1")

    assert artists.head.desc == "1. Low, 4 plays"


async def test_months_are_those_of_the_questions_and_whole(store: Store) -> None:
    await some_life(store)

    card = await shown(store, "monthly-trend")

    months = await store.ask(listening.months, ME, since=None, until=None)
    assert {bar.words: bar.value for bar in card.bars if bar.value} == {
        "December 2025: 1 play": months[0].plays,
        "January 2026: 1 play": months[1].plays,
        "March 2026: 4 plays": months[2].plays,
    }
    assert [bar.label for bar in card.bars[:2]] == ["Apr", "May"]
    assert (len(card.bars), card.bars[9].label) == (12, "2026")
    assert facts(card) == [("6", "plays"), ("0.5", "on average"), ("4", "best, Mar 2026")]


async def test_months_to_come_are_not_shown(store: Store) -> None:
    await some_life(store)

    card = await shown(store, "monthly-trend", year="2026")

    assert [bar.value for bar in card.bars] == [1, 0, 4]


async def test_a_trend_of_very_many_years_is_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="at most 60 years"):
        await shown(store, "monthly-trend", from_="1900")


async def test_decades_are_those_of_the_questions_without_gaps(store: Store) -> None:
    await some_life(store)

    card = await shown(store, "collection-by-decade")

    found = await store.ask(collecting.filed_under, ME, kind="decade")
    assert [(bar.label, bar.value) for bar in card.bars] == [
        (each.name, each.copies) for each in found
    ]
    assert facts(card) == [("2", "records")]


async def test_a_year_in_numbers_is_that_of_the_questions(store: Store) -> None:
    await some_life(store)

    card = await shown(store, "year-in-numbers", year="2026")

    totals = await store.ask(listening.totals, ME, **YEAR)
    assert facts(card) == [
        (str(totals.plays), "plays"),
        (str(totals.artists), "artists"),
        (str(totals.albums), "albums"),
        (str(totals.tracks), "tracks"),
        ("3", "days with music"),
        ("2", "records added"),
    ]
    assert [(tile.note, tile.name) for tile in card.best] == [
        ("Top artist", "Low"),
        ("Top album", "Double Negative"),
        ("Top track", "Low song"),
    ]
    assert card.head.title == "2026 in numbers"


async def test_what_was_heard_last_is_told_by_the_persons_clock(store: Store) -> None:
    await some_life(store)

    card = await shown(store, "last-heard", limit="2", zone="Asia/Tokyo")

    assert [(row.name, row.by, row.note) for row in card.rows] == [
        ("Slint song", "Slint", "17 Mar 2026, 21:00"),
        ("Low song", "Low", "17 Mar 2026, 20:00"),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "the last 12 months"),
        ({"period": "overall"}, "all time"),
        ({"year": "2025"}, "2025"),
        ({"from_": "2025-02", "to": "2025-02"}, "1 Feb 2025 to 28 Feb 2025"),
        ({"from_": "2025-02-03", "to": "2025-02-03"}, "3 Feb 2025"),
        ({"from_": "2025"}, "since 1 Jan 2025"),
        ({"to": "2025"}, "until 31 Dec 2025"),
    ],
)
@pytest.mark.either
async def test_a_title_says_which_days_are_meant(
    store: Store, given: dict[str, str], words: str
) -> None:
    card = await shown(store, "top-albums", **given)

    assert card.head.title == f"Top albums, {words}"
