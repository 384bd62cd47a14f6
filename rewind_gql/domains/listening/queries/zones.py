"""The clocks of time zones, for thousands of days at once: as numbers, in microseconds."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from rewind_gql import clock

Numbers = NDArray[np.integer[Any]]
DAY_US = clock.DAY // clock.MICROSECOND
FIRST_DAY = clock.EPOCH.date().toordinal()
# Two centuries of one zone, or a few decades of some: 3 kB for each year.
YEARS = 400


def midnights(days: Sequence[date], zone: ZoneInfo) -> Numbers:
    """When each of these days begins in a zone, oldest first, in microseconds since 1970.

    A midnight that the clocks leave out is when they do; of two, it is the first.
    """
    ordinals = np.array([day.toordinal() for day in days], np.int64)
    return (ordinals - FIRST_DAY) * DAY_US - _ahead(ordinals, zone, _by_local_day)


def local_days(instants: Numbers, zone: ZoneInfo) -> Numbers:
    """The date in a zone at each of these instants, as days since 1970."""
    days = instants // DAY_US + FIRST_DAY
    ahead = _ahead(days, zone, _by_utc_day)
    # Where the clocks are changed on such a UTC day, each instant is looked at by itself.
    for at in np.flatnonzero(ahead != _ahead(days + 1, zone, _by_utc_day)).tolist():
        local = clock.from_microseconds(int(instants[at])).astimezone(zone)
        ahead[at] = _microseconds(local.utcoffset())
    return (instants + ahead) // DAY_US


def _ahead(
    ordinals: Numbers, zone: ZoneInfo, of_year: Callable[[ZoneInfo, int], Numbers]
) -> Numbers:
    """How far a zone is ahead of UTC at the beginning of each of these days."""
    if not ordinals.size:
        return ordinals
    first, last = (date.fromordinal(int(each)).year for each in (ordinals.min(), ordinals.max()))
    years = np.concatenate([of_year(zone, year) for year in range(first, last + 1)])
    found: Numbers = years[ordinals - date(first, 1, 1).toordinal()]
    return found


@lru_cache(YEARS)
def _by_local_day(zone: ZoneInfo, year: int) -> Numbers:
    """How far a zone is ahead at each of its midnights in a year."""
    return np.array([_microseconds(at.replace(tzinfo=zone).utcoffset()) for at in _days(year)])


@lru_cache(YEARS)
def _by_utc_day(zone: ZoneInfo, year: int) -> Numbers:
    """The same at each midnight of UTC."""
    days = (at.replace(tzinfo=UTC).astimezone(zone) for at in _days(year))
    return np.array([_microseconds(at.utcoffset()) for at in days])


def _days(year: int) -> list[datetime]:
    first = datetime(year, 1, 1)  # noqa: DTZ001  # whoever asks says of which zone
    length = clock.next_year(first.date()) - first.date()
    return [first + timedelta(days=day) for day in range(length.days)]


def _microseconds(ahead: timedelta | None) -> int:
    return (ahead or timedelta()) // clock.MICROSECOND
