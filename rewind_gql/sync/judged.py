"""What can be said of a source or a run at an instant: pure functions of their views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from annotated_doc import Doc

from rewind_gql.sync import views

Freshness = Literal["fresh", "late", "stale", "never", "paused"]

LATE = 1.5
STALE = 3.0
FINAL = ("auth", "data")
"""Kinds of error that come back until a person, or the provider, does something."""


@dataclass(slots=True, kw_only=True)
class Failure:
    """Why a run failed."""

    kind: Annotated[str, Doc("One of auth, rate_limit, network, upstream, data, internal, lost.")]
    code: Annotated[str | None, Doc("The provider's own code, where it gave one.")]
    message: Annotated[str, Doc("What went wrong, with secrets taken out.")]
    retryable: Annotated[bool, Doc("Whether trying again may help by itself.")]


def failure(run: views.Run) -> Failure | None:
    """Why the run failed; None when nothing went wrong."""
    if run.error is None and run.error_kind is None:
        return None
    kind = run.error_kind or "internal"
    message = run.error or run.message or "It failed"
    return Failure(kind=kind, code=run.error_code, message=message, retryable=kind not in FINAL)


def freshness(source: views.Source, now: datetime) -> Freshness:
    """How new what we have of a source is, by its own schedule.

    `late` from one and a half intervals after the newest good run, `stale` from three.
    """
    if source.paused:
        return "paused"
    if source.last_success_at is None:
        return "never"
    intervals = (now - source.last_success_at) / timedelta(seconds=source.interval_s)
    if intervals > STALE:
        return "stale"
    return "late" if intervals > LATE else "fresh"


def eta_s(run: views.Run, now: datetime) -> int | None:
    """Seconds until the run is likely to end; None where nothing can be said."""
    if run.ended_at or not run.started_at or not run.progress:
        return None
    spent = (now - run.started_at).total_seconds()
    return max(0, round(spent * (1 - run.progress) / run.progress))


def duration_ms(run: views.Run, now: datetime) -> int | None:
    """Milliseconds of work, until now for a run under way; None before it began."""
    if run.started_at is None:
        return None
    return max(0, ((run.ended_at or now) - run.started_at) // timedelta(milliseconds=1))


def can_cancel(run: views.Run) -> bool:
    """Whether it can still be asked to stop."""
    return run.ended_at is None and run.cancel_requested_at is None


def can_retry(run: views.Run) -> bool:
    """Whether it can be run again: it has ended, and came from a source rather than a file."""
    return run.ended_at is not None and run.source_id is not None


def rate(run: views.Run, now: datetime) -> float | None:
    """Items a second since the run began; None where nothing can be said."""
    if run.started_at is None or not run.items_processed:
        return None
    spent = ((run.ended_at or now) - run.started_at).total_seconds()
    return run.items_processed / spent if spent > 0 else None


_HELP = {
    "auth": "The provider does not accept the credentials any more: renew {needs} in the settings, "
    "restart, and resume this source.",
    "rate_limit": "The provider asked for a pause. It goes on by itself{when}.",
    "network": "The provider could not be reached. It is tried again by itself{when}.",
    "upstream": "The provider has trouble of its own. It is tried again by itself{when}.",
    "data": "The provider sent something that cannot be read. Look whether there is a newer "
    "version of Rewind GQL; nothing that is stored was touched.",
    "internal": "This is a mistake of ours; the server's log says more.",
    "lost": "The worker stopped before it was done. It is tried again by itself{when}.",
}
_PAUSED = {
    "manual": "Paused by you. Resume it to sync again.",
    "needs_confirmation": "The last run would have removed a great part of what is stored. If that "
    "is right, confirm it by resuming; if not, look at the account first.",
}


def advice(source: views.Source, run: views.Run | None, needs: Sequence[str]) -> str | None:
    """What a person can do about a source, whose settings are `needs`; None when all is well."""
    if source.pause_reason in _PAUSED:
        return _PAUSED[source.pause_reason]
    kind = run.error_kind if run else None
    if source.pause_reason == "auth_required":
        kind = "auth"
    if kind is None:
        return None
    due = source.next_due_at
    when = f" at {due:%H:%M} UTC" if due and not source.paused else ""
    words = _HELP.get(kind, _HELP["internal"]).format(needs=" and ".join(needs), when=when)
    if source.pause_reason == "failing":
        words += f" It failed {source.consecutive_failures} times in a row, so it is tried rarely."
    return words
