"""Periods that end today, and the buckets a window of time is drawn in."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from rewind_gql import clock
from rewind_gql.clock import Window
from rewind_gql.domains.listening.records import Period
from rewind_gql.errors import BadInput

Granularity = Literal["day", "week", "month", "year"]

WEEK = timedelta(days=7)
LATEST = 9_000
MOST_POINTS = 10_000
_SHORTEST: dict[Granularity, int] = {"day": 1, "week": 7, "month": 28, "year": 365}
# How many UTC days a list of a period covers, today included; None: all there are.
DAYS: dict[Period, int | None] = {
    "7day": 7,
    "1month": 30,
    "3month": 90,
    "6month": 180,
    "12month": 365,
    "overall": None,
}
# In how many buckets a period is drawn: whole days up to today, or whole weeks with this one.
_DRAWN: dict[Period, tuple[Granularity, int]] = {
    "7day": ("day", 7),
    "1month": ("day", 28),
    "3month": ("week", 13),
    "6month": ("week", 26),
    "12month": ("week", 52),
}
# The longest window that is drawn by days, by weeks, by months.
_LONGEST: tuple[tuple[Granularity, timedelta], ...] = (
    ("day", timedelta(days=62)),
    ("week", timedelta(days=366)),
    ("month", timedelta(days=5 * 365 + 2)),
)


class Span(NamedTuple):
    """A window and the buckets it is drawn in; the first and last may reach beyond it."""

    granularity: Granularity
    since: datetime
    until: datetime

    @property
    def buckets(self) -> list[date]:
        """The first day of each bucket, oldest first."""
        last = self.until.date()
        # As a number, for there is no day before the first that there is.
        stop = last.toordinal() + (self.until > clock.midnight(last))
        return starts(self.granularity, self.since.date(), stop)


def check_points(span: Span) -> None:
    """Raises `BadInput` for a window of more than 10,000 buckets, or one too far off."""
    if span.until.year > LATEST:
        raise BadInput(f"The window goes on after the year {LATEST}", path="until")
    if (span.until - span.since).days > MOST_POINTS * _SHORTEST[span.granularity]:
        raise BadInput(f"The window has more than {MOST_POINTS:,} buckets", path="granularity")


def starts(granularity: Granularity, first: date, stop: int) -> list[date]:
    """The first day of that day's bucket and of all after it that begin before the day `stop`.

    Days are many, so they are numbers here: 1 January of the year 1 is 1.
    """
    begin, after = _STEPS[granularity]
    start = begin(first)
    if granularity in _EVEN:
        return list(map(date.fromordinal, range(start.toordinal(), stop, _EVEN[granularity])))
    found = []
    while start.toordinal() < stop:
        found.append(start)
        start = after(start)
    return found


def week_start(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def window_of(period: Period, today: date) -> Window:
    """The instants of a list of that period: whole UTC days that end with today."""
    days = DAYS[period]
    if days is None:
        return Window(None, None)
    tomorrow = clock.midnight(today + clock.DAY)
    return Window(tomorrow - timedelta(days=days), tomorrow)


def drawn(period: Period, today: date, first: datetime | None) -> Span | None:
    """How a period is drawn; all time by years from `first` on, and not at all without one."""
    if period == "overall":
        if first is None:
            return None
        until = clock.midnight(clock.next_year(max(today, first.date())))
        return Span("year", clock.midnight(clock.year_start(first.date())), until)
    granularity, count = _DRAWN[period]
    if granularity == "day":
        end = today + clock.DAY
        return Span("day", clock.midnight(end - timedelta(days=count)), clock.midnight(end))
    end = week_start(today) + WEEK
    return Span("week", clock.midnight(end - count * WEEK), clock.midnight(end))


def drawn_window(window: Window, today: date, life: tuple[datetime, datetime]) -> Span:
    """How a window is drawn: the longer it is, the coarser; open ends are those of `life`.

    By years, only those of the life are drawn: a window may be ten thousand years long.
    """
    first, last = life
    end = max(clock.midnight(today + clock.DAY), last + clock.MICROSECOND)
    since = window.since or min(first, window.until or first)
    until = window.until or max(end, since)
    for granularity, longest in _LONGEST:
        if until - since <= longest:
            return Span(granularity, since, until)
    return Span("year", max(since, first), min(until, end))


def drawn_year(year: int, month: int | None) -> Span:
    """How a year is drawn by its months, or a month of it by its days."""
    if month is None:
        first = date(year, 1, 1)
        return Span("month", clock.midnight(first), clock.midnight(clock.next_year(first)))
    first = date(year, month, 1)
    return Span("day", clock.midnight(first), clock.midnight(clock.next_month(first)))


_STEPS: dict[Granularity, tuple[Callable[[date], date], Callable[[date], date]]] = {
    "day": (lambda day: day, lambda day: day + clock.DAY),
    "week": (week_start, lambda day: day + WEEK),
    "month": (clock.month_start, clock.next_month),
    "year": (clock.year_start, clock.next_year),
}
_EVEN: dict[Granularity, int] = {"day": 1, "week": 7}
"""The buckets that all have so many days."""
