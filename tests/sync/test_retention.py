"""What the ledger forgets: progress first, then events, then runs, which leave their sums."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import col, select

from rewind_gql import clock
from rewind_gql.settings import SyncSettings
from rewind_gql.sync import ledger
from rewind_gql.sync.ledger.rows import emit
from rewind_gql.sync.tables import Counter, DailyRuns, Event, Run
from tests.databases import ME
from tests.sync.engine import Engine, pages

KEEP = SyncSettings()


async def _age(engine: Engine, **by: int) -> None:
    """Let everything so far have happened that long ago."""
    then = clock.now() - timedelta(**by)
    await engine.change(update(Event).values(ts=then))
    await engine.change(update(Run).where(col(Run.ended_at).is_not(None)).values(ended_at=then))


async def _prune(engine: Engine) -> int:
    return await ledger.prune(engine.store, settings=KEEP)


async def test_fresh_things_stay(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0)}
    await engine.sync()
    await _age(engine, hours=23)

    assert await _prune(engine) == 0


async def test_progress_goes_a_day_after_the_end_and_the_rest_stays(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0)}
    done = await engine.sync()
    await _age(engine, hours=25)

    await _prune(engine)

    assert [event.stage for event in await engine.events(done.id)] == [
        "queued",
        "started",
        "completed",
    ]
    assert await engine.column(Counter, "pruned_seq") == [0]


async def test_progress_of_a_run_under_way_stays_however_old(engine: Engine) -> None:
    run_id = await engine.trigger()
    await engine.change(update(Run).values(stage="saving"))
    async with engine.store.write() as conn:
        await emit(conn, ME, run_id)
    await engine.change(update(Event).values(ts=clock.EPOCH))

    assert await _prune(engine) == 0


async def test_events_go_after_a_month_and_runs_stay(engine: Engine) -> None:
    done = await engine.sync()
    await _age(engine, days=31)

    await _prune(engine)

    assert await engine.events(done.id) == []
    assert await engine.count(Run) == 1
    assert await engine.column(Counter, "pruned_seq") == [done.last_seq]


async def test_the_mark_of_what_is_gone_passes_over_steps_of_work(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0)}
    done = await engine.sync()
    steps = [event for event in await engine.events(done.id) if event.stage == "saving"]
    then = clock.now() - timedelta(days=31)
    await engine.change(update(Event).where(col(Event.seq) <= steps[0].seq).values(ts=then))
    await engine.change(update(Run).values(ended_at=then))

    await _prune(engine)

    assert [event.stage for event in await engine.events(done.id)][-1] == "completed"
    assert await engine.column(Counter, "pruned_seq") == [2]  # queued and started


def _row(at: datetime, took_s: int, **given: Any) -> dict[str, Any]:
    row = ledger.blank(ME, source="pull", provider="songs", domain="listening", sync_type="x")
    times = {"queued_at": at, "started_at": at, "ended_at": at + timedelta(seconds=took_s)}
    return {**row, "stage": "completed", "status": "success", **times, **given}


async def test_old_runs_are_folded_into_their_day(engine: Engine) -> None:
    day = clock.midnight((clock.now() - timedelta(days=410)).date())
    rows = [_row(day, took, items_inserted=2) for took in range(1, 21)]
    rows += [_row(day, 1, status="failed"), _row(day, 1, status="partial", items_updated=5)]
    recent = _row(clock.now() - timedelta(days=399), 1)
    await engine.sync()
    await engine.change(insert(Run).values([*rows, recent]))

    gone = await _prune(engine)

    async with engine.store.write() as conn:
        sums = [dict(each) for each in (await conn.execute(select(DailyRuns.__table__))).mappings()]  # type: ignore[attr-defined]
    assert gone == 22
    assert [run for run in await engine.column(Run, "id") if run == recent["id"]]
    assert sums == [
        {
            "user_id": ME,
            "domain": "listening",
            "provider": "songs",
            "day": day,
            "runs": 22,
            "failed": 1,
            "partial": 1,
            "items": 45,
            "p50_ms": 9_000,
            "p95_ms": 19_000,
        }
    ]


async def test_more_runs_of_a_day_add_to_its_sum(engine: Engine) -> None:
    day = clock.midnight((clock.now() - timedelta(days=410)).date())
    await engine.sync()
    for _ in range(2):
        await engine.change(insert(Run).values([_row(day, 10) for _ in range(300)]))
        await _prune(engine)

    assert await engine.column(DailyRuns, "runs") == [600]
    assert await engine.column(DailyRuns, "p95_ms") == [10_000]


async def test_skipped_deliveries_go_after_three_days(engine: Engine) -> None:
    at = clock.now() - timedelta(days=4)
    await engine.sync()
    skipped = _row(at, 1, source="webhook", status="skipped", last_seq=1_000)
    await engine.change(insert(Run).values([skipped, _row(at, 1, source="webhook")]))

    assert await _prune(engine) == 1
    assert await engine.column(Counter, "pruned_seq") == [1_000]
