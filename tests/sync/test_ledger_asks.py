"""What people ask of the ledger: triggers that race and repeat, cancel, retry, pause."""

import asyncio
from datetime import timedelta

import pytest

from rewind_gql.errors import SourceBusy
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries, run
from rewind_gql.sync.tables import Run
from tests.databases import ME, OTHER
from tests.sync.engine import Engine, pages


async def _ask(engine: Engine, **given: object) -> ledger.Triggered:
    asked = {"source_id": engine.source_id, "trigger": "manual", **given}
    async with engine.store.write() as conn:
        return await ledger.trigger(conn, ME, **asked)  # type: ignore[arg-type]


async def test_twenty_racing_triggers_make_one_run(engine: Engine) -> None:
    made = await asyncio.gather(*(_ask(engine) for _ in range(20)))

    assert len({each.run_id for each in made}) == 1
    assert sorted(each.coalesced for each in made) == [False] + [True] * 19
    assert await engine.count(Run) == 1


async def test_a_run_begins_queued_with_one_event(engine: Engine) -> None:
    run_id = await engine.trigger()

    queued = await engine.run(run_id)

    assert run_id.startswith("pull_")
    assert len(run_id) == len("pull_") + 16
    assert (queued.stage, queued.status, queued.attempt) == ("queued", "in_progress", 1)
    assert [event.stage for event in await engine.events(run_id)] == ["queued"]
    assert (await engine.source()).last_run_id == run_id


async def test_other_arguments_while_one_runs_are_refused_with_that_run(engine: Engine) -> None:
    run_id = await engine.trigger()

    with pytest.raises(ledger.AlreadyRunning) as refused:
        await engine.trigger(args={"skip_parts": ["first"]})

    assert refused.value.run_id == run_id
    assert refused.value.extensions == {"code": "SYNC_ALREADY_RUNNING", "runId": run_id}


async def test_the_account_is_held_by_one_run_of_any_kind(engine: Engine) -> None:
    await engine.trigger()
    found = await engine.store.ask(queries.sources, ME)
    other = next(each.id for each in found if each.sync_type == "extra")

    with pytest.raises(ledger.AlreadyRunning):
        await engine.trigger(source_id=other)


async def test_a_backfill_does_not_wait_for_the_live_run(engine: Engine) -> None:
    await engine.trigger()

    backfill = await engine.trigger(scope="historical")

    assert backfill.startswith("bf_")


async def test_the_end_of_a_run_frees_the_account(engine: Engine) -> None:
    first = await engine.sync()

    second = await engine.trigger()

    assert second != first.id


async def test_an_idempotency_key_gives_the_first_run_even_after_its_end(engine: Engine) -> None:
    first = await engine.sync(idempotency_key="tap-1")

    again = await _ask(engine, idempotency_key="tap-1")
    other = await _ask(engine, idempotency_key="tap-2")

    assert again.run_id == first.id
    assert other.run_id != first.id


async def test_a_key_that_joined_a_run_finds_it_again_later(engine: Engine) -> None:
    run_id = await engine.trigger()
    joined = await _ask(engine, idempotency_key="tap")
    await run.run(engine.deps, run_id, 1)

    again = await _ask(engine, idempotency_key="tap")

    assert joined == ledger.Triggered(run_id, coalesced=True)
    assert again.run_id == run_id


async def test_what_belongs_to_somebody_else_is_not_there(engine: Engine) -> None:
    run_id = await engine.trigger()

    async with engine.store.write() as conn:
        with pytest.raises(ledger.SourceNotFound):
            await ledger.trigger(conn, OTHER, source_id=engine.source_id, trigger="manual")
        with pytest.raises(ledger.RunNotFound):
            await ledger.cancel(conn, OTHER, run_id=run_id)
        with pytest.raises(ledger.RunNotFound):
            await ledger.retry(conn, OTHER, run_id=run_id)
        with pytest.raises(ledger.SourceNotFound):
            await ledger.pause(conn, OTHER, source_id=engine.source_id)


async def _cancel(store: Store, run_id: str) -> str:
    async with store.write() as conn:
        return (await ledger.cancel(conn, ME, run_id=run_id)).status


async def test_cancelling_a_queued_run_ends_it_at_once_and_only_once(engine: Engine) -> None:
    run_id = await engine.trigger()

    answers = [await _cancel(engine.store, run_id) for _ in range(2)]

    assert answers == ["cancelled", "cancelled"]
    events = await engine.events(run_id)
    assert [event.stage for event in events] == ["queued", "cancelled"]
    assert events[-1].ended_at is not None


async def test_a_cancelled_run_is_not_worked_on(engine: Engine) -> None:
    run_id = await engine.trigger()
    await _cancel(engine.store, run_id)

    after = await run.run(engine.deps, run_id, 1)

    assert after.status == "cancelled"
    assert engine.script.begun == []


async def test_a_run_that_was_done_before_it_could_stop_is_still_the_answer(
    engine: Engine,
) -> None:
    run_id = await engine.trigger()
    async with engine.store.write() as conn:
        await ledger.claim(conn, run_id, 1, worker="w", lease=timedelta(minutes=1))
        asked = await ledger.cancel(conn, ME, run_id=run_id)
        await ledger.close(conn, ME, run_id, 1, "success")

    again = await _cancel(engine.store, run_id)

    assert (asked.status, again) == ("in_progress", "success")


async def test_a_finished_run_cannot_be_cancelled(engine: Engine) -> None:
    done = await engine.sync()

    with pytest.raises(ledger.RunFinished):
        await _cancel(engine.store, done.id)


async def test_a_retry_is_a_new_run_of_what_did_not_go_well(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0), "second": [SourceBusy("down"), *pages(3)]}
    failed = await engine.sync()
    async with engine.store.write() as conn:
        made = await ledger.retry(conn, ME, run_id=failed.id)

    again = await run.run(engine.deps, made.run_id, 1)

    assert (failed.status, again.status) == ("partial", "success")
    assert (again.retry_of, again.trigger) == (failed.id, "retry")
    assert [name for name, _ in engine.script.begun] == ["first", "second", "second"]


async def test_a_retry_can_repeat_everything(engine: Engine) -> None:
    done = await engine.sync()
    async with engine.store.write() as conn:
        made = await ledger.retry(conn, ME, run_id=done.id, only_failed_parts=False)

    await run.run(engine.deps, made.run_id, 1)

    assert [name for name, _ in engine.script.begun] == ["first", "second"] * 2


async def test_a_run_under_way_cannot_be_retried(engine: Engine) -> None:
    run_id = await engine.trigger()

    async with engine.store.write() as conn:
        with pytest.raises(ledger.AlreadyRunning):
            await ledger.retry(conn, ME, run_id=run_id)


async def test_a_source_paused_by_a_person_runs_again_when_resumed(engine: Engine) -> None:
    async with engine.store.write() as conn:
        paused = await ledger.pause(conn, ME, source_id=engine.source_id)
    with pytest.raises(ledger.SourcePaused):
        await engine.trigger()
    async with engine.store.write() as conn:
        resumed = await ledger.resume(conn, ME, source_id=engine.source_id)

    done = await engine.sync()

    assert (paused.paused, paused.pause_reason) == (True, "manual")
    assert (resumed.paused, resumed.pause_reason) == (False, None)
    assert done.status == "skipped"
