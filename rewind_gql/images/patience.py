"""When a picture is looked for again: after days where none was found, sooner after an outage."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rewind_gql import clock

LOW_PX = 300
"""A picture whose shorter side is below this is shown, and a better one looked for later."""

_MISSED = (7 * clock.DAY, 30 * clock.DAY, 90 * clock.DAY)
_FAILED = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))
_LONGEST_PAUSE = clock.DAY
_SPREAD = 5  # at most a fifth longer, so that what failed together is not tried again together
_LOW = 30 * clock.DAY
_TERMS = {"tmdb": 150 * clock.DAY}
"""Sources whose terms ask that what is kept is looked at again; TMDB's say within six months."""


def after_miss(now: datetime, attempts: int) -> datetime:
    """When to look again after the `attempts`th search that found nothing."""
    return now + _step(_MISSED, attempts)


def after_failure(
    now: datetime, failures: int, *, who: str, retry_after: float | None = None
) -> datetime:
    """When to look again after the `failures`th search in a row that was cut short.

    Not before `retry_after` seconds, if somebody asked for that; `who` spreads the times out.
    """
    wait = _step(_FAILED, failures)
    wait += wait * (zlib.crc32(who.encode()) % 100) / 100 / _SPREAD
    asked = timedelta(seconds=min(retry_after or 0.0, _LONGEST_PAUSE.total_seconds()))
    return now + max(wait, asked)


def after_find(now: datetime, source: str, *, shorter_px: int) -> datetime | None:
    """When to look for a better or a newer picture than the one found; None: never."""
    waits = [_TERMS[source]] if source in _TERMS else []
    waits += [_LOW] if shorter_px < LOW_PX else []
    return now + min(waits) if waits else None


def after_choice(now: datetime, source: str) -> datetime | None:
    """When to look again at what a person chose, whose terms are those of `source`; None: never."""
    return now + _TERMS[source] if source in _TERMS else None


def settled(
    facts: Mapping[str, Any],
    now: datetime,
    *,
    is_override: bool,
    is_there: bool,
    known: Mapping[str, Any],
    retry_at: datetime | None,
) -> bool:
    """Whether there is nothing to look for: it is not yet time again, if ever.

    `facts` are what is known of the thing now, `known` what its last search went by.
    """
    if is_override or is_there:
        return retry_at is None or retry_at > now
    return retry_at is not None and retry_at > now and facts == known


def _step(waits: Sequence[timedelta], count: int) -> timedelta:
    return waits[min(max(count, 1), len(waits)) - 1]
