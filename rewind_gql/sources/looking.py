"""Asking a provider about one thing of the library after the other, whatever becomes of each."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from rewind_gql.domains.listening.enrichment.records import Looked, Wanted
from rewind_gql.errors import SourceBusy, SourceChanged, SourceError
from rewind_gql.sources.base import STUMBLES, Batch, Reject, reason_of, reject

R = TypeVar("R", bound=Looked)

AT_ONCE = 10
"""Answers that are stored together: some seconds' worth."""
STOP_AFTER = 3
"""Errors in a row after which it is the provider that is broken, not what it was asked about."""


async def looked_up(
    wanted: Sequence[Wanted],
    look: Callable[[Wanted], Awaitable[R]],
    failed: Callable[..., R],
    *,
    at_once: int = AT_ONCE,
) -> AsyncIterator[Batch[R]]:
    """What `look` finds out about each; one it cannot answer is asked about again later.

    `failed` makes the record of one that had an error. A provider that wants a pause, or that has
    no good answer several times in a row, ends it after what was found so far.
    """
    found: list[R] = []
    rejects: list[Reject] = []
    errors = 0
    for number, each in enumerate(wanted, 1):
        try:
            found.append(await look(each))
            errors = 0
        except (SourceBusy, SourceChanged, *STUMBLES) as odd:
            errors += 1
            if errors >= STOP_AFTER or getattr(odd, "kind", "") == "rate_limit":
                yield Batch(found, rejects, total=len(wanted), progress_done=number - 1)
                raise
            why = odd.message if isinstance(odd, SourceError) else reason_of(odd)
            found.append(failed(wanted=each, error=why))
            rejects.append(_rejected(each, why))
        if len(found) >= at_once:
            yield Batch(found, rejects, total=len(wanted), progress_done=number)
            found, rejects = [], []
    yield Batch(found, rejects, total=len(wanted), progress_done=len(wanted))


def _rejected(wanted: Wanted, why: str) -> Reject:
    names = dict.fromkeys(filter(None, (wanted.artist, wanted.name)))
    return reject({"id": wanted.id, "name": ", ".join(names)}, why)
