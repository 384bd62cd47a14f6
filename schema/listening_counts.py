"""Listening in numbers in GraphQL: by day, month and year of any time zone, and by genre."""

from datetime import datetime
from typing import Annotated, Any

from annotated_doc import Doc

from rewind_gql import clock
from rewind_gql.domains.listening import queries, views
from rewind_gql.errors import BadInput
from schema.context import Info
from schema.shape import Choice, choices, described, edge, shape
from schema.windows import Bounds, Window

EARLIEST = 1970


@choices
class Granularity(Choice):
    """What one point of plays over time stands for."""

    DAY = "day", "A day."
    WEEK = "week", "An ISO week, from Monday on."
    MONTH = "month", "A month."
    YEAR = "year", "A year."


@choices
class GenreGrouping(Choice):
    """What one period of genres is."""

    WEEK = "week", "An ISO week, from Monday on."
    MONTH = "month", "A month."
    YEAR = "year", "A year."


Zone = Annotated[
    str | None, Doc("Whose days and months are meant, such as Europe/Oslo; UTC unless told.")
]
Step = Annotated[Granularity, Doc("What one point stands for.")]
Filled = Annotated[bool, Doc("Whether points without a play are there.")]


@shape(views.Totals)
class ListeningTotals(views.Totals):
    """How much was heard in a window."""


@shape(views.DayCount)
class DayCount(views.DayCount):
    """The plays of one day."""


@shape(views.MonthCount)
class MonthCount(views.MonthCount):
    """The plays of one month."""


@shape(views.PlaysPoint)
class PlaysPoint(views.PlaysPoint):
    """The plays of one day, week, month or year."""


@shape(views.MonthTotals)
class ListeningMonth(views.MonthTotals):
    """How much was heard in a month, and how many different things."""


@shape(views.Run)
class ListeningRun(views.Run):
    """Consecutive days, each with a play."""


@shape(views.Streaks, current=ListeningRun, longest=ListeningRun)
class ListeningStreaks(views.Streaks):
    """Days in a row on which something was heard."""


@shape(views.GenreCount)
class GenreCount(views.GenreCount):
    """The plays of one genre."""


@shape(views.GenrePeriod, genres=list[GenreCount])
class GenrePeriod(views.GenrePeriod):
    """The genres heard in a week, month or year."""


@shape(views.Stats, totals=ListeningTotals)
class ListeningStats(views.Stats):
    """Listening in numbers."""


@described
class ListeningCalendar:
    """The days of a year that have a play."""

    year: Annotated[int, Doc("Calendar year.")]
    days: Annotated[list[PlaysPoint], Doc("Days with a play, the first one first.")]
    total: Annotated[int, Doc("Plays of all of them.")]
    max_day: Annotated[PlaysPoint | None, Doc("The first day with the most plays.")]


@described
class ListeningCounts:
    """What of listening is counted."""

    @edge(ListeningTotals)
    async def totals(self, info: Info, window: Window) -> views.Totals:
        """How much was heard in a window."""
        return await info.context.ask(queries.totals, **window.bounds())

    @edge(ListeningStats)
    async def stats(self, info: Info, window: Window) -> views.Stats:
        """How much was heard in a window, and on an average day of it."""
        return await info.context.ask(queries.stats, now=info.context.present, **window.bounds())

    @edge(list[DayCount])
    async def days(self, info: Info, window: Window) -> list[views.DayCount]:
        """Plays per UTC day of a window, days without a play left out."""
        return await info.context.ask(queries.days, **window.bounds())

    @edge(list[MonthCount])
    async def months(self, info: Info, window: Window) -> list[views.MonthCount]:
        """Plays per UTC month of a window, months without a play left out."""
        return await info.context.ask(queries.months, **window.bounds())

    @edge(list[ListeningMonth])
    async def trends(self, info: Info, window: Window) -> list[views.MonthTotals]:
        """UTC months of a window with how many different things were heard; empty ones left out."""
        return await info.context.ask(queries.month_totals, **window.bounds())

    @edge(list[PlaysPoint])
    async def over_time(
        self,
        info: Info,
        since: Annotated[datetime | None, Doc("From this instant on; the first play's.")] = None,
        until: Annotated[datetime | None, Doc("Up to but without it; the last play's.")] = None,
        granularity: Step = Granularity.MONTH,
        time_zone: Zone = None,
        filled: Filled = True,
    ) -> list[views.PlaysPoint]:
        """Plays of each day, week, month or year of any time zone, the oldest first."""
        found = await info.context.ask(
            queries.over_time,
            granularity=granularity.inside,
            zone=zone_of(time_zone),
            since=since,
            until=until,
            filled=filled,
        )
        info.context.spend(len(found))
        return found

    @edge(ListeningCalendar)
    async def calendar(
        self,
        info: Info,
        year: Annotated[int | None, Doc("Calendar year; the present one unless told.")] = None,
        time_zone: Zone = None,
    ) -> ListeningCalendar:
        """The plays on each day of a year, days without any left out."""
        zone = zone_of(time_zone)
        this_year = clock.day_at(info.context.present, zone).year
        chosen = this_year if year is None else year
        if not EARLIEST <= chosen <= this_year + 1:
            raise BadInput(f"year must be between {EARLIEST} and {this_year + 1}", path="year")
        since, until = clock.year_window(chosen, zone)
        asked: dict[str, Any] = {"granularity": "day", "zone": zone, "filled": False}
        days = await info.context.ask(queries.over_time, since=since, until=until, **asked)
        return ListeningCalendar(
            year=chosen,
            days=days,  # type: ignore[arg-type]  # a view stands for its shape
            total=sum(day.plays for day in days),
            max_day=max(days, key=lambda day: day.plays, default=None),  # type: ignore[arg-type]  # the same
        )

    @edge(ListeningStreaks)
    async def streaks(self, info: Info, time_zone: Zone = None) -> views.Streaks:
        """Days in a row on which something was heard."""
        now = info.context.present
        if time_zone is None:
            return await info.context.ask(queries.streaks, today=clock.day_at(now))
        return await info.context.ask(queries.local_streaks, zone=zone_of(time_zone), now=now)

    @edge(list[GenrePeriod])
    async def genres(
        self,
        info: Info,
        since: Annotated[datetime | None, Doc("From this instant on.")] = None,
        until: Annotated[datetime | None, Doc("Up to but without this instant.")] = None,
        group_by: Annotated[GenreGrouping, Doc("What one period is.")] = GenreGrouping.MONTH,
        limit: Annotated[int, Doc("Genres of a period at most, 1 to 50; the rest is one.")] = 10,
        time_zone: Zone = None,
    ) -> list[views.GenrePeriod]:
        """Plays by the genre of their artist, periods without any left out."""
        if not 1 <= limit <= 50:
            raise BadInput("limit must be between 1 and 50", path="limit")
        bounds: Bounds = {"since": since, "until": until}
        by = group_by.inside
        ask = info.context.ask
        if time_zone is None:
            return await ask(queries.genre_periods, group_by=by, limit=limit, **bounds)
        zone = zone_of(time_zone)
        return await ask(queries.local_genres, granularity=by, zone=zone, limit=limit, **bounds)


def zone_of(name: str | None) -> Any:
    """The time zone of that name. Raises `BadInput` naming the argument when there is none."""
    try:
        return clock.zone(name or "UTC")
    except BadInput as unknown:
        raise BadInput(unknown.message, path="time_zone") from unknown
