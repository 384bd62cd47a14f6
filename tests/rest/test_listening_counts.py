"""Stats, calendar, trends, streaks and years over REST."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from rewind_gql.domains.listening import intake, records
from tests.databases import ME
from tests.rest.life import EVENING, hear, play
from tests.serving import Api

L = "/v1/listening"
NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)


def at(text: str, track: str = "one", artist: str = "Low", album: str | None = None) -> Any:
    """A play at that instant."""
    instant = datetime.fromisoformat(text).replace(tzinfo=UTC)
    minutes = int((instant - EVENING).total_seconds() // 60)
    return play(track, artist, minutes=minutes, album=album)


async def told(api: Api, path: str, now: datetime = NOW) -> Any:
    """What is answered at that instant."""
    with time_machine.travel(now, tick=False):
        answered = await api.ask(f"{L}{path}")
    assert answered.status_code == 200, answered.text
    return answered.json()


async def kept_for(api: Api, path: str) -> str:
    """For how long an answer may be kept."""
    with time_machine.travel(NOW, tick=False):
        answered = await api.ask(f"{L}{path}")
    return answered.headers["cache-control"]


async def register(api: Api, instant: datetime) -> None:
    """Say when the account was opened."""
    profile = records.Profile(name="me", url=None, country=None, plays=9, registered_at=instant)
    async with api.desk.store.write() as conn:
        await intake.profile(conn, ME, [profile], source="lastfm")


async def test_stats_of_nothing_are_zeros(api: Api) -> None:
    assert await told(api, "/stats") == {
        "total_scrobbles": 0,
        "unique_artists": 0,
        "unique_albums": 0,
        "unique_tracks": 0,
        "registered_date": None,
        "years_tracking": 0,
        "scrobbles_per_day": 0,
    }


async def test_stats_are_spread_over_the_days_since_the_account_was_opened(api: Api) -> None:
    await register(api, datetime(2026, 8, 10, tzinfo=UTC))
    await hear(api.desk.store, at("2026-08-19"), at("2026-08-19T01:00", "two", "Can", "x"))

    body = await told(api, "/stats")
    later = await told(api, "/stats", datetime(2037, 8, 11, tzinfo=UTC))

    assert (body["total_scrobbles"], body["unique_albums"]) == (2, 1)
    assert (body["unique_artists"], body["unique_tracks"]) == (2, 2)
    assert body["registered_date"] == "2026-08-10T00:00:00.000Z"
    assert (body["scrobbles_per_day"], body["years_tracking"]) == (0.2, 0)
    assert later["years_tracking"] == 11


async def test_stats_without_a_known_beginning_are_spread_over_the_days_since_the_first_play(
    api: Api,
) -> None:
    await hear(api.desk.store, *(at(f"2026-08-10T{n:02}:00") for n in range(15)))

    body = await told(api, "/stats")

    assert (body["scrobbles_per_day"], body["registered_date"]) == (1.5, None)


@pytest.mark.parametrize(
    ("query", "per_day"),
    [
        ("date=2026-02-03", 30),
        ("from=2026-02-01&to=2026-02-28", 1.1),
        ("from=2026-02-03", 0.2),
        ("to=2026-02-04", 15),
        ("from=2026-02-03T10:00:00Z&to=2026-02-03T11:00:00Z", 3),
    ],
)
async def test_dates_are_what_an_average_is_spread_over(
    quick_api: Api, query: str, per_day: float
) -> None:
    plays = [at("2026-02-03T08:10"), at("2026-02-03T22:40")]
    plays += [at(f"2026-02-03T12:{n:02}") for n in range(25)]
    await hear(quick_api.desk.store, *plays, *(at(f"2026-02-03T10:0{n}") for n in range(3)))
    await register(quick_api, datetime(2020, 1, 1, tzinfo=UTC))

    body = await told(quick_api, f"/stats?{query}")

    assert body["scrobbles_per_day"] == per_day
    assert (body["registered_date"], body["years_tracking"]) == (None, 0)


async def test_a_calendar_has_the_days_with_a_play_and_the_first_best_one(api: Api) -> None:
    await hear(
        api.desk.store,
        at("2023-12-31T23:59"), at("2024-02-29"), at("2024-03-01"), at("2024-03-01T05:00"),
        at("2024-12-31T23:59"), at("2024-12-31T23:58"), at("2025-01-01"),
    )  # fmt: skip

    body = await told(api, "/calendar?year=2024")
    empty = await told(api, "/calendar")

    assert body == {
        "year": 2024,
        "days": [
            {"date": "2024-02-29", "count": 1},
            {"date": "2024-03-01", "count": 2},
            {"date": "2024-12-31", "count": 2},
        ],
        "total": 5,
        "max_day": {"date": "2024-03-01", "count": 2},
    }
    assert (empty["year"], empty["max_day"]) == (2026, {"date": "", "count": 0})


async def test_trends_leave_out_months_without_a_play(api: Api) -> None:
    await hear(
        api.desk.store,
        at("2026-01-05", "a", "Low", "x"), at("2026-01-06", "a", "Low", "x"),
        at("2026-01-07", "b", "Can"), at("2026-03-02", "c", "Can", "y"),
    )  # fmt: skip

    async def values(metric: str, more: str = "") -> list[tuple[str, int]]:
        body = await told(api, f"/trends?metric={metric}{more}")
        assert body["metric"] == metric
        return [(each["period"], each["value"]) for each in body["data"]]

    assert await values("scrobbles") == [("2026-01", 3), ("2026-03", 1)]
    assert await values("artists") == [("2026-01", 2), ("2026-03", 1)]
    assert await values("albums") == [("2026-01", 1), ("2026-03", 1)]
    assert await values("tracks") == [("2026-01", 2), ("2026-03", 1)]
    assert await values("tracks", "&from=2026-01-06&to=2026-01-06") == [("2026-01", 1)]
    assert await values("artists", "&from=2026-01-06") == [("2026-01", 2), ("2026-03", 1)]


@pytest.mark.parametrize(
    ("now", "current"),
    [
        ("2026-03-09T10:00", {"days": 2, "start_date": "2026-03-07", "total_scrobbles": 6}),
        ("2026-03-10T00:00", {"days": 0, "start_date": None, "total_scrobbles": 0}),
    ],
)
async def test_a_streak_goes_on_until_a_whole_day_was_missed(
    api: Api, now: str, current: Any
) -> None:
    counts = {1: 3, 2: 5, 3: 1, 7: 4, 8: 2}
    await hear(
        api.desk.store,
        *(at(f"2026-03-{day:02}T0{n}:00") for day, count in counts.items() for n in range(count)),
    )

    body = await told(api, "/streaks", datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert body == {
        "current": current,
        "longest": {
            "days": 3,
            "start_date": "2026-03-01",
            "total_scrobbles": 9,
            "end_date": "2026-03-03",
        },
    }


async def test_a_single_day_is_a_streak_with_its_plays(api: Api) -> None:
    await hear(api.desk.store, at("2026-01-05"), at("2026-01-05T01:00"))

    longest = (await told(api, "/streaks"))["longest"]

    assert (longest["days"], longest["total_scrobbles"]) == (1, 2)
    assert longest["start_date"] == longest["end_date"] == "2026-01-05"


async def test_years_are_told_newest_first_with_the_most_played_artist_by_name(api: Api) -> None:
    await hear(
        api.desk.store,
        at("2024-05-01", "t", "Zola"), at("2024-06-01", "t", "Abba"),
        at("2026-06-01", "t", "Low", "x"),
    )  # fmt: skip

    years = (await told(api, "/years"))["data"]

    assert [(year["year"], year["top_artist"]["name"]) for year in years] == [
        (2026, "Low"),
        (2024, "Abba"),
    ]
    assert (years[0]["total_scrobbles"], years[0]["unique_albums"]) == (1, 1)
    assert years[1]["unique_artists"] == 2


async def test_a_year_is_looked_back_on(api: Api) -> None:
    await hear(
        api.desk.store,
        at("2026-01-05", "a", "Low", "x"), at("2026-03-05", "a", "Low", "x"),
        at("2026-03-31T23:00", "b", "Can"),
    )  # fmt: skip

    year = await told(api, "/year/2026?include_sparklines=true")
    month = await told(api, "/year/2026?month=3&include_sparklines=1")
    plain = await told(api, "/year/2001")

    assert list(year) == [
        "year", "total_scrobbles", "unique_artists", "unique_albums", "unique_tracks",
        "top_artists", "top_albums", "top_tracks", "monthly",
    ]  # fmt: skip
    assert year["top_artists"][0]["sparkline"] == {
        "granularity": "month",
        "points": [1, 0, 1, *[0] * 9],
    }
    assert year["top_albums"][0]["artist"] == "Low"
    assert year["monthly"] == [
        {"month": "2026-01", "scrobbles": 1, "unique_artists": 1, "unique_albums": 1},
        {"month": "2026-03", "scrobbles": 2, "unique_artists": 2, "unique_albums": 1},
    ]
    assert (month["month"], month["total_scrobbles"], month["monthly"]) == (3, 2, [])
    assert len(month["top_tracks"][0]["sparkline"]["points"]) == 31
    assert (plain["total_scrobbles"], plain["top_artists"], plain["monthly"]) == (0, [], [])


async def test_what_is_over_may_be_kept_for_longer(api: Api) -> None:
    day, hour = "private, max-age=86400", "private, max-age=3600"

    for path, kept in {
        "/calendar?year=2025": day, "/calendar?year=2026": hour, "/calendar": hour,
        "/year/2025": day, "/year/2026": hour, "/trends": hour, "/trends?to=2026-07": day,
        "/trends?to=2026-08-01": hour, "/stats": hour, "/recent/albums": "private, max-age=30",
    }.items():  # fmt: skip
        assert await kept_for(api, path) == kept, path


WRONG = [
    *(("/top/artists", query, path) for query, path in [
        ("period=8day", "period"), ("period=", "period"), ("period=7day&period=7day", "period"),
        ("page=0", "page"), ("page=x", "page"), ("limit=51", "limit"), ("limit=-1", "limit"),
        ("date=2025-02-31", "date"), ("date=2025-2-3", "date"), ("from=soon", "from"),
        ("to=2025-13", "to"), ("from=2026-02&to=2026-01", "from"),
    ]),
    ("/top/tracks", "artist_id=0", "artist_id"), ("/top/tracks", "artist_id=x", "artist_id"),
    ("/top/tracks", "artist_id=1&artist_name=a", "artist_name"),
    ("/top/tracks", "artist_name=", "artist_name"),
    ("/top/tracks", "artist_name=%00", "artist_name"),
    ("/recent/albums", "limit=21", "limit"), ("/recent/albums", "limit=0", "limit"),
    ("/stats", "date=nonsense", "date"), ("/history", "limit=201", "limit"),
    ("/history", "from=2025-02-30", "from"), ("/history", "artist=%00", "artist"),
    ("/artists", "sort=recent", "sort"), ("/artists", "order=up", "order"),
    ("/artists", "limit=101", "limit"), ("/albums", "sort=plays", "sort"),
    ("/artists/12abc", "", "id"), ("/artists/-1", "", "id"), ("/albums/1.5", "", "id"),
    ("/calendar", "year=1999", "year"), ("/calendar", "year=2028", "year"),
    ("/calendar", "year=x", "year"), ("/trends", "metric=plays", "metric"),
    ("/trends", "to=x", "to"), ("/year/1999", "", "year"), ("/year/2028", "", "year"),
    ("/year/x", "", "year"), ("/year/2025", "month=13", "month"),
    ("/year/2025", "month=0", "month"),
    ("/genres", "group_by=day", "group_by"), ("/genres", "limit=51", "limit"),
    ("/genres", "compare_to=last_year", "compare_to"), ("/genres", "date=x", "date"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "query", "named"), WRONG)
async def test_a_wrong_parameter_is_refused_by_name(
    quick_api: Api, path: str, query: str, named: str
) -> None:
    with time_machine.travel(NOW, tick=False):
        answered = await quick_api.ask(f"{L}{path}?{query}")

    body = answered.json()
    assert (answered.status_code, body["status"]) == (400, 400)
    assert [detail["path"] for detail in body["details"]] == [named]
    assert answered.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/artists/99999", "/albums/99999", "/albums/0"])
async def test_an_unknown_id_is_not_found(quick_api: Api, path: str) -> None:
    answered = await quick_api.ask(f"{L}{path}")

    assert (answered.status_code, answered.json()["status"]) == (404, 404)
    assert answered.headers["cache-control"] == "no-store"


async def test_another_day_is_another_week(quick_api: Api) -> None:
    await hear(quick_api.desk.store, at("2026-08-13T23:59"))

    first = await told(quick_api, "/top/tracks", NOW - timedelta(days=1))
    second = await told(quick_api, "/top/tracks", NOW)

    assert (len(first["data"]), len(second["data"])) == (1, 0)
