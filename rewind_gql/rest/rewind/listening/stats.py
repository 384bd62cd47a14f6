"""Listening in numbers over REST: all of it, by day, by month, and days in a row."""

from typing import Annotated, Literal

from annotated_doc import Doc
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import queries, views
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Range
from rewind_gql.rest.rewind.listening.parts import CACHE, LASTING, TAG, lasting, year_within
from rewind_gql.rest.rewind.parts import number
from rewind_gql.rest.shim import Call, Said

Year = Annotated[int | None, Doc("From 2000 to next year; this year unless told.")]
Metric = Annotated[
    Literal["scrobbles", "artists", "albums", "tracks"],
    Doc("Plays, or how many different artists, albums or tracks."),
]
_FIELDS = {"scrobbles": "plays", "artists": "artists", "albums": "albums", "tracks": "tracks"}


class Stats(TypedDict):
    """Listening in numbers."""

    total_scrobbles: int
    unique_artists: int
    unique_albums: int
    unique_tracks: int
    registered_date: str | None
    years_tracking: int
    scrobbles_per_day: float


class Day(TypedDict):
    """The plays of a day."""

    date: str
    count: int


class Calendar(TypedDict):
    """The days of a year that have a play."""

    year: int
    days: list[Day]
    total: int
    max_day: Day


class Point(TypedDict):
    """A number of one month."""

    period: str
    value: int


class Trends(TypedDict):
    """A number, month by month."""

    metric: str
    data: list[Point]


class Streak(TypedDict):
    """Days in a row that go on until now."""

    days: int
    start_date: str | None
    total_scrobbles: int


class EndedStreak(Streak):
    """Days in a row."""

    end_date: str | None


class Streaks(TypedDict):
    """The newest days in a row, and the most there were."""

    current: Streak
    longest: EndedStreak


async def stats(call: Call, *, window: clock.Window) -> Stats:
    """Listening stats

    Plays that are not hidden and how many different things are among them; of everything, or of the
    dates given. The average is over the days since the account was opened, or over the dates.
    """
    since, until = window
    found = await call.ask(queries.stats, now=clock.present(), since=since, until=until)
    totals = found.totals
    return {
        "total_scrobbles": totals.plays,
        "unique_artists": totals.artists,
        "unique_albums": totals.albums,
        "unique_tracks": totals.tracks,
        "registered_date": clock.iso(found.registered_at) if found.registered_at else None,
        "years_tracking": found.years,
        "scrobbles_per_day": number(found.plays_per_day),
    }


async def calendar(call: Call, *, year: Year = None) -> Said:
    """Listening calendar

    Plays on each UTC day of a year; days without any are left out.
    """
    chosen = clock.today().year if year is None else year_within(year)
    days = await call.ask(queries.days, **clock.year_window(chosen)._asdict())
    counted: list[Day] = [{"date": day.day.isoformat(), "count": day.plays} for day in days]
    nothing: Day = {"date": "", "count": 0}
    body: Calendar = {
        "year": chosen,
        "days": counted,
        "total": sum(day["count"] for day in counted),
        "max_day": max(counted, key=lambda day: day["count"], default=nothing),
    }
    return Said(200, body, lasting(chosen).headers)


async def trends(call: Call, *, metric: Metric = "scrobbles", window: Range) -> Said:
    """Listening trends

    A number for each UTC month of a range that has a play, the oldest first.
    """
    since, until = window
    months = await call.ask(queries.month_totals, since=since, until=until)
    field = _FIELDS[metric]
    body: Trends = {
        "metric": metric,
        "data": [
            {"period": each.month.isoformat()[:7], "value": getattr(each, field)} for each in months
        ],
    }
    moving = until is None or until > clock.midnight(clock.month_start(clock.today()))
    return Said(200, body, (CACHE if moving else LASTING).headers)


async def streaks(call: Call) -> Streaks:
    """Listening streaks

    UTC days in a row that each have a play. The current ones go on to today or yesterday.
    """
    found = await call.ask(queries.streaks, today=clock.today())
    longest = found.longest
    ended = longest.end.isoformat() if longest.end else None
    return {"current": _streak(found.current), "longest": {**_streak(longest), "end_date": ended}}


def _streak(run: views.Run) -> Streak:
    return {
        "days": run.days,
        "start_date": run.start.isoformat() if run.start else None,
        "total_scrobbles": run.plays,
    }


ROUTES = (
    REWIND.page("/listening/stats", stats, cache=CACHE, name="getListeningStats", tag=TAG),
    REWIND.page(
        "/listening/calendar",
        calendar,
        cache=CACHE,
        returns=Calendar,
        name="getListeningCalendar",
        tag=TAG,
    ),
    REWIND.page(
        "/listening/trends",
        trends,
        cache=CACHE,
        returns=Trends,
        name="getListeningTrends",
        tag=TAG,
    ),
    REWIND.page("/listening/streaks", streaks, cache=CACHE, name="getListeningStreaks", tag=TAG),
)
