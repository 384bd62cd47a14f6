"""When the recurring jobs run: a table of names and times, the same for every kind of worker."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from arq.cron import CronJob, cron, next_cron

from rewind_gql.errors import BadSettings
from rewind_gql.settings import SyncSettings
from workers.jobs import HANDLERS

MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job and its times in UTC; a field left None means every one of them. Day 0 is Monday."""

    job: str
    second: frozenset[int] = frozenset({0})
    minute: frozenset[int] | None = None
    hour: frozenset[int] | None = None
    weekday: frozenset[int] | None = None
    enabled: bool = True

    def after(self, moment: datetime) -> datetime:
        """The next time after `moment`."""
        return next_cron(
            moment,
            second=set(self.second),
            minute=_times(self.minute),
            hour=_times(self.hour),
            weekday=_times(self.weekday),
            microsecond=0,
        )


def timetable(settings: SyncSettings) -> tuple[Entry, ...]:
    """The recurring jobs."""
    return (
        Entry(job="tick", second=frozenset(range(0, MINUTE_S, 15))),
        every(settings.reap_seconds, "reap"),
        every(min(settings.reap_seconds, settings.lease_seconds), "heal"),
        Entry(job="prune", hour=frozenset({4}), minute=frozenset({10})),
        Entry(job="sweep", hour=frozenset({4}), minute=frozenset({30})),
        Entry(job="check", weekday=frozenset({6}), hour=frozenset({4}), minute=frozenset({50})),
    )


def every(seconds: float, job: str) -> Entry:
    """An entry for about every so many seconds, from one second to one hour."""
    step = max(1, math.ceil(seconds))
    if step < MINUTE_S:
        return Entry(job=job, second=frozenset(range(0, MINUTE_S, step)))
    minutes = min(math.ceil(step / MINUTE_S), MINUTE_S)
    return Entry(job=job, minute=frozenset(range(0, MINUTE_S, minutes)))


def checked(entries: Iterable[Entry], handlers: Mapping[str, object] = HANDLERS) -> list[Entry]:
    """The entries that are enabled. Raises `BadSettings` for a job that nothing handles."""
    found = list(entries)
    for entry in found:
        if entry.job not in handlers:
            raise BadSettings(
                f"The timetable names the job {entry.job!r}, which nothing handles. "
                f"There are: {', '.join(sorted(handlers))}."
            )
    return [entry for entry in found if entry.enabled]


def cron_jobs(entries: Iterable[Entry]) -> list[CronJob]:
    """The entries as arq wants them; of several workers one runs each."""
    return [
        cron(
            HANDLERS[entry.job],
            name=f"cron:{entry.job}",
            second=set(entry.second),
            minute=_times(entry.minute),
            hour=_times(entry.hour),
            weekday=_times(entry.weekday),
            unique=True,
            keep_result=0,
        )
        for entry in checked(entries)
    ]


def _times(of: frozenset[int] | None) -> set[int] | None:
    return None if of is None else set(of)
