"""New sessions held against those that are there: conflicts found, and the safe ones settled."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from rewind_gql import clock
from rewind_gql.domains.base import Stored, Touched
from rewind_gql.domains.focus import derive, queries, turn
from rewind_gql.domains.focus.conflicts import detect, resolve
from rewind_gql.domains.focus.conflicts.rules import Limits
from rewind_gql.domains.focus.views import Conflict
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Store, Writing
from rewind_gql.sync import ledger


@dataclass(frozen=True, slots=True)
class Judged:
    """Open conflicts by session, and what was settled without a person."""

    conflict_of: dict[int, int] = field(default_factory=dict)
    steps: list[ledger.Step] = field(default_factory=list)


async def judge(
    conn: Writing,
    settings: SyncSettings,
    user_id: int,
    session_ids: Sequence[int],
    *,
    raised: Sequence[int] = (),
    touched: Touched | None = None,
    now: datetime,
) -> Judged:
    """Look for what these sessions contradict, settle what is safe, count their days again.

    `raised` are conflicts that were found already; `touched` the days that changed already.
    """
    touched = touched or Touched()
    judged = Judged()
    found = list(raised)
    if session_ids:
        found += await detect.detect(conn, user_id, session_ids, now=now, **_seconds(settings))
    if found:
        judged.steps.extend(await _settle(conn, settings, user_id, found, touched, now))
        still = await queries.conflicts_by_session(conn, user_id, session_ids)
        judged.conflict_of.update({session: ids[0] for session, ids in still.items()})
    await derive.derive(conn, user_id, touched)
    return judged


def limits(settings: SyncSettings) -> Limits:
    """From where on sessions disagree, as the settings say."""
    return Limits(
        tolerance_s=settings.overlap_tolerance_seconds, skew_warn_s=settings.skew_warn_seconds
    )


def _seconds(settings: SyncSettings) -> dict[str, int]:
    return asdict(limits(settings))


async def _settle(
    conn: Writing,
    settings: SyncSettings,
    user_id: int,
    found: Sequence[int],
    touched: Touched,
    now: datetime,
) -> list[ledger.Step]:
    settled, changed = await resolve.auto_resolve(
        conn,
        user_id,
        found,
        mode=settings.auto_resolve,
        now=now,
        limits=limits(settings),
    )
    touched.add(changed)
    return [_step(each) for each in settled]


def _step(settled: Conflict) -> ledger.Step:
    what = settled.type.replace("_", " ")
    meta = {"conflict_id": settled.id, "conflict": settled.type, "resolution": settled.resolution}
    return ledger.Step(f"{what} settled: {settled.resolution}", meta)


async def scan(store: Store, settings: SyncSettings, user_id: int, *, last_hours: int) -> list[int]:
    """Compare all sessions of the last hours afresh; gives the conflicts that were found.

    What is settled on the way is written down as a run of its own.
    """
    now, window = clock.now(), timedelta(hours=last_hours)
    touched = Touched()
    async with store.write() as conn:
        await turn.take(conn, user_id)
        found = await detect.scan(
            conn, user_id, since=now - window, until=now + window, now=now, **_seconds(settings)
        )
        steps = await _settle(conn, settings, user_id, found, touched, now)
        await derive.derive(conn, user_id, touched)
        if steps:
            await ledger.record(conn, user_id, _upkeep(steps, now))
            conn.announce(user_id)
    return found


def _upkeep(steps: Sequence[ledger.Step], now: datetime) -> ledger.OneShot:
    return ledger.OneShot(
        run_id=ledger.new_id("sdk"),
        provider="rewind",
        domain="focus",
        sync_type="conflicts",
        unit="conflict",
        begun_at=now,
        ended_at=clock.now(),
        stored=Stored(updated=len(steps)),
        trigger="system",
        steps=steps,
        housekeeping=True,
    )
