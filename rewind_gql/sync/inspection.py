"""Whether the ledger is consistent with itself: questions `rewind doctor` and the tests ask."""

from sqlalchemy import and_, bindparam, func, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync.ledger.words import STAGE_OF
from rewind_gql.sync.tables import Counter, Event, Run, RunPart, Source

SHOWN = 20
ENDED_SILENTLY = "ended without its last event"
OWNED_BY_NOBODY = "is owned by a worker that is lost"

_MINE = col(Run.user_id) == bindparam("user_id")
_ENDED = col(Run.ended_at).is_not(None)

_RUNS: dict[str, Read[str]] = {
    ENDED_SILENTLY: Read(
        select(col(Run.id)).where(
            _MINE,
            _ENDED,
            ~select(col(Event.seq))
            .where(col(Event.run_id) == col(Run.id), col(Event.ended_at).is_not(None))
            .exists(),
            col(Run.ended_at) > bindparam("kept"),
        ),
        str,
    ),
    "has more than one last event": Read(
        select(col(Run.id))
        .join(Event, col(Event.run_id) == col(Run.id))
        .where(_MINE, col(Event.ended_at).is_not(None))
        .group_by(col(Run.id))
        .having(func.count() > 1),
        str,
    ),
    "has a stage that does not fit its status": Read(
        select(col(Run.id)).where(
            _MINE,
            or_(
                and_(col(Run.status) == "in_progress", _ENDED),
                *(
                    and_(col(Run.status) == status, col(Run.stage) != stage)
                    for status, stage in STAGE_OF.items()
                ),
            ),
        ),
        str,
    ),
    "counts its items wrongly": Read(
        select(col(Run.id)).where(
            _MINE,
            col(Run.items_processed)
            != col(Run.items_inserted) + col(Run.items_updated) + col(Run.items_skipped),
        ),
        str,
    ),
    "is not the sum of its parts": Read(
        select(col(Run.id))
        .join(RunPart, col(RunPart.run_id) == col(Run.id))
        .where(_MINE)
        .group_by(
            col(Run.id), col(Run.items_inserted), col(Run.items_updated), col(Run.items_skipped)
        )
        .having(
            or_(
                func.sum(col(RunPart.inserted)) != col(Run.items_inserted),
                func.sum(col(RunPart.updated)) != col(Run.items_updated),
                func.sum(col(RunPart.skipped)) != col(Run.items_skipped),
            )
        ),
        str,
    ),
    "has ended with a part under way": Read(
        select(col(Run.id))
        .join(RunPart, col(RunPart.run_id) == col(Run.id))
        .where(_MINE, _ENDED, col(RunPart.status) == "in_progress")
        .distinct(),
        str,
    ),
    OWNED_BY_NOBODY: Read(
        select(col(Run.id)).where(_MINE, ~_ENDED, col(Run.lease_until) < bindparam("now")), str
    ),
}

_EVENTS: Read[tuple[int, int | None, int | None]] = Read(
    select(func.count(), func.min(col(Event.seq)), func.max(col(Event.seq))).where(
        col(Event.user_id) == bindparam("user_id")
    )
)
_COUNTED = Read(
    select(col(Counter.last_seq)).where(col(Counter.user_id) == bindparam("user_id")), int
)
_PRUNED = Read(
    select(col(Counter.pruned_seq)).where(col(Counter.user_id) == bindparam("user_id")), int
)
_PAUSED: Read[tuple[str, str, str | None]] = Read(
    select(col(Source.provider), col(Source.sync_type), col(Source.pause_reason)).where(
        col(Source.user_id) == bindparam("user_id"), col(Source.paused)
    )
)


async def faults(conn: Conn, user_id: int, *, event_days: int = 30) -> list[str]:
    """What contradicts itself in the ledger, a sentence each; empty when all is well."""
    now = clock.now()
    asked = {
        ENDED_SILENTLY: {"kept": now - event_days * clock.DAY},
        OWNED_BY_NOBODY: {"now": now},
    }
    found = []
    for words, read in _RUNS.items():
        runs = await conn.rows(read, user_id=user_id, **asked.get(words, {}))
        found += [f"Run {run} {words}." for run in runs[:SHOWN]]
    return found + await _sequence(conn, user_id)


async def _sequence(conn: Conn, user_id: int) -> list[str]:
    """Gaps in the numbers of events that were never pruned."""
    count, first, last = await conn.value(_EVENTS, user_id=user_id)
    counted = await conn.first(_COUNTED, user_id=user_id) or 0
    pruned = await conn.first(_PRUNED, user_id=user_id) or 0
    if last is not None and last > counted:
        return [f"Event {last} is beyond the counter, {counted}."]
    if first is not None and last is not None and not pruned and count != last - first + 1:
        return [f"{last - first + 1 - count} events are missing between {first} and {last}."]
    return []


async def paused(conn: Conn, user_id: int) -> list[str]:
    """Sources that wait for somebody, a sentence each."""
    found = await conn.rows(_PAUSED, user_id=user_id)
    return [f"{provider} {kind} is paused: {reason}." for provider, kind, reason in found]
