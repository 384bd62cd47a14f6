"""The person's own calendar: which day an instant lies on, and how a session spreads over days."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rewind_gql import clock


@lru_cache(8_192)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a calendar day, in UTC.

    Where clocks skip midnight it is the moment they do; where they show it twice, the first.
    """
    return clock.utc(datetime.combine(day, time(), zone))


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day an instant lies on.

    A day begins once. Where clocks are put back over midnight, the evening they repeat belongs to
    the day that had begun.
    """
    day = at.astimezone(zone).date()
    return day + clock.DAY if midnight(day + clock.DAY, zone) <= at else day


def split(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[date, int]]:
    """The whole seconds of [`since`, `until`) by calendar day, oldest first.

    The day it begins on is always among them, days without a second are not. Fractions are cut
    from both ends, so that the parts always add up to the whole.
    """
    day = day_of(since, zone)
    first, at, end = day, _seconds(since), _seconds(until)
    while at < end or day == first:
        border = min(_seconds(midnight(day + clock.DAY, zone)), end)
        if border > at or day == first:
            yield day, max(border - at, 0)
        at, day = max(border, at), day + clock.DAY


class Pages:
    """The calendar days from `first` to `last`, for spreading many sessions over them quickly."""

    def __init__(self, first: date, last: date, zone: ZoneInfo) -> None:
        self._days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
        borders = [*self._days, last + clock.DAY]
        self._borders = [_seconds(midnight(day, zone)) for day in borders]

    def split(self, since: datetime, until: datetime) -> Iterator[tuple[date, int, bool]]:
        """What `split` gives of these days, and whether it is the day it began on."""
        at, end = _seconds(since), min(_seconds(until), self._borders[-1])
        place = bisect_right(self._borders, at) - 1
        if 0 <= place < len(self._days):
            border = max(min(self._borders[place + 1], end), at)
            yield self._days[place], border - at, True
            at = border
        at, place = max(at, self._borders[0]), place + 1
        while at < end:
            border = min(self._borders[place + 1], end)
            if border > at:
                yield self._days[place], border - at, False
            at, place = border, place + 1


def _seconds(at: datetime) -> int:
    """Whole seconds since 1970, rounded down; quicker than by division."""
    since = at - clock.EPOCH
    return since.days * 86_400 + since.seconds


def days_of(since: datetime, until: datetime, zone: ZoneInfo) -> set[date]:
    """The calendar days `split` gives."""
    return {day for day, _ in split(since, until, zone)}
