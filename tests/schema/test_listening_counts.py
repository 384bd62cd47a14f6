"""Listening in numbers as GraphQL tells it: any window, any time zone."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from rewind_gql.domains.listening import queries
from rewind_gql.store.page import Slice
from tests.oracle.lives import tag
from tests.schema.conftest import Asking
from tests.schema.life import HOUR, NOON, hear, play

pytestmark = pytest.mark.either

LATER = datetime(2025, 3, 10, 12, tzinfo=UTC)


async def told(ask: Asking, query: str, now: datetime = LATER) -> Any:
    """What of listening is answered at that instant."""
    with time_machine.travel(now, tick=False):
        return (await ask.data(f"{{ listening {{ {query} }} }}"))["listening"]


async def at_night(ask: Asking) -> None:
    """Hear something late on 2 and on 3 March by UTC, which is the 3rd and the 4th in Oslo."""
    async with ask.deps.store.write() as conn:
        for days in (1, 2):
            at = NOON.replace(hour=23, minute=30) + days * 24 * HOUR
            await hear(conn, play("Faust", "IV", "Jennifer", at))


async def test_stats_of_a_window(ask: Asking) -> None:
    data = await told(
        ask,
        """stats { totals { plays artists } days playsPerDay firstPlayedAt registeredAt years }
        later: stats(since: "2025-03-01T13:00:00Z", until: "2025-03-02T00:00:00Z") {
          totals { plays } days playsPerDay }""",
    )

    assert data["stats"] == {
        "totals": {"plays": 6, "artists": 3},
        "days": 9,
        "playsPerDay": 0.7,
        "firstPlayedAt": "2025-03-01T12:00:00Z",
        "registeredAt": None,
        "years": 0,
    }
    assert data["later"] == {"totals": {"plays": 5}, "days": 1, "playsPerDay": 5.0}


async def test_a_calendar_follows_the_clocks_of_its_zone(own_ask: Asking) -> None:
    await at_night(own_ask)

    days = "days { start plays } total maxDay { start plays }"
    data = await told(
        own_ask,
        f"""calendar {{ year {days} }} oslo: calendar(timeZone: "Europe/Oslo") {{ {days} }}
        empty: calendar(year: 2001) {{ year {days} }}""",
    )

    def points(name: str) -> list[tuple[str, int]]:
        return [(day["start"], day["plays"]) for day in data[name]["days"]]

    assert points("calendar") == [("2025-03-01", 6), ("2025-03-02", 1), ("2025-03-03", 1)]
    assert points("oslo") == [("2025-03-01", 6), ("2025-03-03", 1), ("2025-03-04", 1)]
    assert data["calendar"]["maxDay"] == {"start": "2025-03-01", "plays": 6}
    assert data["empty"] == {"year": 2001, "days": [], "total": 0, "maxDay": None}


async def test_streaks_follow_the_clocks_of_their_zone(own_ask: Asking) -> None:
    await at_night(own_ask)

    run = "days start end plays"
    data = await told(
        own_ask,
        f"""streaks {{ current {{ {run} }} longest {{ {run} }} }}
        oslo: streaks(timeZone: "Europe/Oslo") {{ current {{ {run} }} longest {{ {run} }} }}""",
        datetime(2025, 3, 4, 23, 30, tzinfo=UTC),
    )

    utc = {"days": 3, "start": "2025-03-01", "end": "2025-03-03", "plays": 8}
    oslo = {"days": 2, "start": "2025-03-03", "end": "2025-03-04", "plays": 2}
    assert data["streaks"] == {"current": utc, "longest": utc}
    assert data["oslo"] == {"current": oslo, "longest": oslo}


async def test_plays_over_time_have_zeros_unless_told(ask: Asking) -> None:
    window = 'since: "2025-02-26T00:00:00Z", until: "2025-03-05T00:00:00Z"'
    data = await told(
        ask,
        f"""weeks: overTime({window}, granularity: WEEK) {{ start plays }}
        days: overTime({window}, granularity: DAY, filled: false) {{ start plays }}
        months: overTime {{ start plays }}""",
    )

    assert data["weeks"] == [
        {"start": "2025-02-24", "plays": 6},
        {"start": "2025-03-03", "plays": 0},
    ]
    assert data["days"] == data["months"] == [{"start": "2025-03-01", "plays": 6}]


async def test_months_and_years_tell_how_much_was_different(ask: Asking) -> None:
    data = await told(
        ask,
        """trends { month plays artists albums tracks }
        years { year plays artists topArtist { name } }
        recentAlbums(first: 2) { album { name } artist { name } lastPlayedAt }""",
    )

    assert data["trends"] == [
        {"month": "2025-03-01", "plays": 6, "artists": 3, "albums": 4, "tracks": 5}
    ]
    assert data["years"] == [{"year": 2025, "plays": 6, "artists": 3, "topArtist": {"name": "Low"}}]
    assert [each["album"]["name"] for each in data["recentAlbums"]] == [
        "Secret Name",
        "Ege Bamyasi",
    ]


async def test_genres_are_grouped_by_iso_weeks(own_ask: Asking) -> None:
    names = await own_ask.deps.store.ask(_artists, 1)
    genres = {"Low": "Slowcore", "Can": "Krautrock", "Neu!": "Krautrock"}
    await tag(own_ask.deps.store, {each: genres[name] for name, each in names.items()})

    data = await told(
        own_ask,
        """genres(groupBy: WEEK, limit: 1) { start plays genres { name plays } }
        zoned: genres(groupBy: WEEK, limit: 1, timeZone: "Asia/Tokyo") { start plays }""",
    )

    assert data["genres"] == [
        {
            "start": "2025-02-24",
            "plays": 6,
            "genres": [{"name": "Krautrock", "plays": 3}, {"name": "Other", "plays": 3}],
        }
    ]
    assert data["zoned"] == [{"start": "2025-02-24", "plays": 6}]


async def _artists(conn: Any, user_id: int) -> dict[str, int]:
    page = await queries.artists(conn, user_id, part=Slice(limit=20))
    return {artist.name: artist.id for artist in page.items}


async def test_an_artist_is_known_by_place_best_and_time(ask: Asking) -> None:
    data = await told(
        ask,
        """artists(sort: PLAYS, first: 1) { nodes {
          name rank firstPlayedAt lastPlayedAt
          topAlbums { plays album { name } }
          topTracks(first: 1) { plays track { name } album { name } }
          listeningOverTime(granularity: MONTH) { start plays }
        } }""",
    )

    assert data["artists"]["nodes"] == [
        {
            "name": "Low",
            "rank": 1,
            "firstPlayedAt": "2025-03-01T12:00:00Z",
            "lastPlayedAt": "2025-03-01T17:00:00Z",
            "topAlbums": [],
            "topTracks": [
                {"plays": 2, "track": {"name": "Starfire"}, "album": {"name": "Secret Name"}}
            ],
            "listeningOverTime": [{"start": "2025-03-01", "plays": 3}],
        }
    ]


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ('calendar(timeZone: "Mars/Base") { year }', "timeZone"),
        ("calendar(year: 1969) { year }", "year"),
        ("calendar(year: 2030) { year }", "year"),
        ('streaks(timeZone: "Oslo") { current { days } }', "timeZone"),
        ("genres(limit: 0) { start }", "limit"),
        ("recentAlbums(first: 21) { lastPlayedAt }", "first"),
        ('overTime(since: "0001-01-01T00:00:00Z", granularity: DAY) { start }', "granularity"),
        ('overTime(until: "9999-12-31T00:00:00Z", granularity: YEAR) { start }', "until"),
        ("artists { nodes { topTracks(first: 51) { plays } } }", "first"),
    ],
)
async def test_a_wrong_argument_is_named(quick_ask: Asking, query: str, argument: str) -> None:
    with time_machine.travel(LATER, tick=False):
        result = await quick_ask.run(f"{{ listening {{ {query} }} }}")

    assert result.errors is not None
    told_of = {(error.extensions or {}).get("argument") for error in result.errors}
    assert told_of == {argument}
