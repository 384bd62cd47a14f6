"""Now, windows, periods and calendar buckets: the only reader of the clock."""

import re
from collections.abc import Iterable
from datetime import MINYEAR, UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rewind_gql import trace
from rewind_gql.errors import BadInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)

# The library takes any sign for the `T`, and digits without end.
_DATED = re.compile(r"\d{4}-?\d\d-?\d\d([Tt ].{2,30})?", re.ASCII)

Grain = Literal["day", "month", "year"]


class Window(NamedTuple):
    """Instants from `since` up to but without `until`; None leaves that end open."""

    since: datetime | None
    until: datetime | None


class Buckets(NamedTuple):
    """Whole calendar buckets `[since, until)` of one grain."""

    grain: Grain
    since: date
    until: date


def now() -> datetime:
    """The present instant, aware UTC. What an answer makes of it holds for no longer than that."""
    trace.fleeting()
    return datetime.now(UTC)


def present() -> datetime:
    """The same, for whoever tells `trace` how long that holds which is made of it."""
    return datetime.now(UTC)


def today(zone: tzinfo = UTC) -> date:
    """The present date, in UTC or another time zone. What is made of it holds to the day's end."""
    return day_at(present(), zone)


def day_at(present: datetime, zone: tzinfo = UTC) -> date:
    """The date of the present instant; what is made of it holds to the day's end."""
    day = present.astimezone(zone).date()
    trace.until(datetime.combine(day + DAY, time(), zone))
    return day


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, exact."""
    return (at - EPOCH) // MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The instant `value` microseconds after 1970, exact."""
    return EPOCH + timedelta(microseconds=value)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, rounded down."""
    return (at - EPOCH) // timedelta(seconds=1)


def from_seconds(value: float) -> datetime:
    """The instant `value` seconds after 1970. Raises `OverflowError` outside years 1 to 9999."""
    return EPOCH + timedelta(seconds=value)


def utc(at: datetime) -> datetime:
    """An aware instant in UTC. Raises `BadInput` where that lies outside years 1 to 9999."""
    try:
        return at.astimezone(UTC)
    except OverflowError as beyond:
        raise BadInput(f"{at.isoformat()} lies outside the years 1 to 9999") from beyond


def midnight(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


def span(days: Iterable[date]) -> Window:
    """The instants that enclose these UTC days; `days` must not be empty."""
    known = sorted(days)
    return Window(midnight(known[0]), midnight(known[-1] + DAY))


def iso(at: datetime) -> str:
    """`2026-03-18T21:00:00.000Z`: UTC with three decimals, cut off, never rounded up."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    # Half the time of an f-string; every row of every list has one of these.
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (  # noqa: UP031  # for its speed
        at.year,
        at.month,
        at.day,
        at.hour,
        at.minute,
        at.second,
        at.microsecond // 1000,
    )


def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Raises `BadInput` when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise BadInput(f"{name!r} is not an IANA time zone, such as Europe/Oslo") from unknown


def month_start(day: date) -> date:
    """The first day of that day's month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after that day's."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def year_start(day: date) -> date:
    """The first day of that day's year."""
    return day.replace(month=1, day=1)


def next_year(day: date) -> date:
    """The first day of the year after that day's."""
    return date(day.year + 1, 1, 1)


def year_before(at: datetime) -> datetime:
    """The same date and time a year before; 28 February for the 29th.

    Raises `BadInput` where there is no year before.
    """
    if at.year == MINYEAR:
        raise BadInput("There is no year before the year 1")
    leaping = (at.month, at.day) == (2, 29)
    return at.replace(year=at.year - 1, day=28 if leaping else at.day)


def year_window(year: int, zone: tzinfo = UTC) -> Window:
    """The instants of a year, in UTC or another time zone."""
    first, last = (datetime(each, 1, 1, tzinfo=zone).astimezone(UTC) for each in (year, year + 1))
    return Window(first, last)


def cover(since: date, until: date) -> list[Buckets]:
    """Whole years, months and days that together are exactly the UTC days `[since, until)`.

    At most five runs of buckets, in order: days, months, years, months, days; empty ones left out.
    """
    if since >= until:
        return []
    months = since if since.day == 1 else next_month(since)
    months_end = month_start(until)
    if months >= months_end:
        return [Buckets("day", since, until)]
    years = months if months.month == 1 else next_year(months)
    years_end = year_start(months_end)
    if years >= years_end:
        years = years_end = months_end
    marks = (since, months, years, years_end, months_end, until)
    grains: tuple[Grain, ...] = ("day", "month", "year", "month", "day")
    return [
        Buckets(grain, start, end)
        for grain, (start, end) in zip(grains, pairwise(marks), strict=True)
        if start < end
    ]


def parse_day(text: str) -> date:
    """A strict `YYYY-MM-DD`. Raises `BadInput` for any other form or an impossible date."""
    try:
        if len(text) != len("2025-02-17"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput(f"{text!r} is not a date of the form YYYY-MM-DD") from wrong


def parse_bound(text: str, *, closing: bool = False) -> datetime:
    """The instant a `from` (or, with `closing`, a `to`) stands for, as the edge of `[from, to)`.

    Takes `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or ISO 8601 with or without offset (none means UTC). A
    closing bare year, month or day runs through its last instant; a closing instant is included.
    Raises `BadInput` for anything else and for impossible dates.
    """
    try:
        return _closing(text) if closing else _opening(text)
    except (ValueError, OverflowError) as wrong:
        raise BadInput(
            f"{text!r} is not a date or time; use YYYY, YYYY-MM, YYYY-MM-DD or ISO 8601"
        ) from wrong


def _opening(text: str) -> datetime:
    """The first instant of the year, month, day or instant in `text`."""
    if text.isascii() and text.isdigit() and len(text) == len("2025"):
        return midnight(date(int(text), 1, 1))
    if len(text) == len("2025-02"):
        return midnight(date.fromisoformat(f"{text}-01"))
    if not _DATED.fullmatch(text):
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _closing(text: str) -> datetime:
    """The instant just after the year, month, day or instant in `text`."""
    start = _opening(text)
    ends = {
        len("2025"): lambda: midnight(next_year(start.date())),
        len("2025-02"): lambda: midnight(next_month(start.date())),
        len("20250217"): lambda: start + DAY,
        len("2025-02-17"): lambda: start + DAY,
    }
    end = ends.get(len(text))
    return end() if end else start + MICROSECOND
