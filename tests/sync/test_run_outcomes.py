"""How runs end: outcomes by their parts, cursors, faults, pauses, and what follows a run."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlmodel import col, select

from rewind_gql import clock
from rewind_gql.domains.base import Shrunk, Stored
from rewind_gql.domains.listening.tables import Gaps, Play
from rewind_gql.errors import SourceBusy, SourceChanged, SourceDenied
from rewind_gql.sources.base import Batch, NothingReadable, reject
from rewind_gql.store.engine import Writing
from rewind_gql.store.page import Slice
from rewind_gql.sync import ledger, queries, run
from rewind_gql.sync.tables import Source
from tests.databases import ME
from tests.sync.engine import Engine, pages, plays


async def _cursor(engine: Engine) -> dict[str, Any]:
    statement = select(col(Source.cursor)).where(col(Source.id) == engine.source_id)
    async with engine.store.write() as conn:
        found: dict[str, Any] = (await conn.execute(statement)).scalar_one()
    return found


async def test_every_page_of_every_part_is_stored(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0, 3), "second": pages(6)}

    done = await engine.sync()

    assert (done.status, done.stage, done.progress) == ("success", "completed", 1.0)
    assert (done.items_inserted, done.items_processed, done.items_total) == (9, 9, 9)
    assert await engine.count(Play) == 9
    assert await _cursor(engine) == {"first": "end", "second": "end"}


async def test_nothing_new_is_skipped_and_adds_nothing(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0)}
    await engine.sync()

    again = await engine.sync()

    assert (again.status, again.items_inserted, again.items_skipped) == ("skipped", 0, 3)
    assert await engine.count(Play) == 3


async def test_a_part_begins_where_the_last_run_left_its_cursor(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0, cursor={"at": 5})}
    first = await engine.sync()

    await engine.sync()

    begun = [at for name, at in engine.script.begun if name == "first"]
    assert [at.cursor for at in begun] == [None, {"at": 5}]
    assert [at.checkpoint for at in begun] == [None, None]
    assert first.started_at is not None
    assert begun[0].now >= first.started_at


async def test_a_failed_part_keeps_its_cursor_and_does_not_stop_the_others(engine: Engine) -> None:
    failing = [*pages(0, 3)[:1], SourceChanged("the answer has no list")]
    engine.script.steps = {"first": failing, "second": pages(6)}

    done = await engine.sync()

    assert (done.status, done.error_kind, done.error) == (
        "partial",
        "data",
        "the answer has no list",
    )
    assert await _cursor(engine) == {"second": "end"}
    parts = await engine.parts(done.id)
    assert (parts["first"].status, parts["first"].inserted) == ("failed", 3)
    assert (parts["second"].status, parts["second"].inserted) == ("success", 3)


async def test_the_run_after_a_failed_one_goes_on_at_its_checkpoint(engine: Engine) -> None:
    engine.script.steps = {"first": [*pages(0, 3)[:1], SourceBusy("down")]}
    failed = await engine.sync()
    engine.script.steps = {"first": pages(0, 3)}

    done = await engine.sync()

    assert (failed.status, done.status) == ("partial", "success")
    assert [at.checkpoint for name, at in engine.script.begun if name == "first"] == [None, 1]
    assert done.items_inserted == 3


async def test_no_good_part_is_a_failure(engine: Engine) -> None:
    engine.script.steps = {"first": [SourceBusy("down")], "second": [SourceChanged("odd")]}

    done = await engine.sync()

    assert (done.status, done.stage, done.progress) == ("failed", "failed", None)
    assert (done.error, done.error_kind) == ("down", "upstream")


async def test_refused_credentials_stop_the_run_and_pause_the_source(engine: Engine) -> None:
    engine.script.steps = {"first": [SourceDenied("no such key", code="10")]}

    done = await engine.sync()

    source = await engine.source()
    assert (done.status, done.error_kind, done.error_code) == ("failed", "auth", "10")
    assert [name for name, _ in engine.script.begun] == ["first"]
    assert (source.paused, source.pause_reason) == (True, "auth_required")


async def test_a_good_run_ends_the_pause(engine: Engine) -> None:
    engine.script.steps = {"first": [SourceDenied("no such key")]}
    await engine.sync()

    await engine.sync()

    source = await engine.source()
    assert (source.paused, source.pause_reason, source.consecutive_failures) == (False, None, 0)


async def test_a_short_pause_is_waited_for_inside_the_run(engine: Engine) -> None:
    busy = SourceBusy("slow down", retry_after=0.05, kind="rate_limit")
    engine.script.steps = {"first": [*pages(0, 3), busy], "second": pages(6)}

    done = await engine.sync()

    assert (done.status, done.items_inserted) == ("success", 9)


async def test_a_long_pause_ends_the_run_and_moves_the_next_one(engine: Engine) -> None:
    busy = SourceBusy("come back", retry_after=5_000, kind="rate_limit")
    engine.script.steps = {"first": [busy], "second": pages(6)}

    done = await engine.sync()

    source = await engine.source()
    assert (done.status, done.error_kind) == ("failed", "rate_limit")
    assert [name for name, _ in engine.script.begun] == ["first"]
    assert source.backoff_until is not None
    assert source.backoff_until > clock.now() + timedelta(seconds=4_900)
    assert source.next_due_at == source.backoff_until


async def test_pauses_without_a_page_between_them_come_to_an_end(engine: Engine) -> None:
    busy = [SourceBusy("slow down", retry_after=0.01) for _ in range(9)]
    engine.script.steps = {"first": list(busy)}

    done = await engine.sync()

    assert done.error == "slow down"
    assert len([name for name, _ in engine.script.begun if name == "first"]) == 4


async def test_failures_back_off_and_the_fifth_pauses(engine: Engine) -> None:
    waits = []
    for _ in range(5):
        engine.script.steps = {name: [SourceBusy("down")] for name in ("first", "second")}
        began = clock.now()
        await engine.sync()
        source = await engine.source()
        assert source.backoff_until is not None
        waits.append((source.backoff_until - began).total_seconds())

    assert [48 < waits[0] < 73, 96 < waits[1] < 145, 192 < waits[2] < 289] == [True] * 3
    assert (source.consecutive_failures, source.pause_reason) == (5, "failing")


async def test_a_bug_fails_the_run_with_one_log_line_and_frees_the_account(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0), "second": [ZeroDivisionErrorOfOurs("token=abc123")]}

    with structlog.testing.capture_logs() as logs:
        done = await engine.sync()

    assert (done.status, done.error_kind) == ("failed", "internal")
    assert done.error == "ZeroDivisionErrorOfOurs: token=[secret]"
    assert [(line["run"], line["event"]) for line in logs if line["log_level"] == "error"] == [
        (done.id, "failed")
    ]
    parts = await engine.parts(done.id)
    assert (parts["first"].status, parts["second"].status) == ("success", "failed")
    assert await engine.trigger() != done.id


class ZeroDivisionErrorOfOurs(RuntimeError):
    """A bug, for a test."""


async def test_an_answer_the_source_stumbles_over_has_changed(engine: Engine) -> None:
    engine.script.steps = {"first": [KeyError("recenttracks")], "second": pages(0)}

    done = await engine.sync()

    assert (done.status, done.error_kind, done.error_code) == ("partial", "data", "shape")


async def test_unreadable_items_are_kept_once_and_the_rest_lands(engine: Engine) -> None:
    bad = reject({"name": "?", "token": "abc"}, "no date", place="page 1, item 2")
    engine.script.steps = {"first": [Batch(plays(0), [bad])]}

    runs = [await engine.sync() for _ in range(2)]

    kept = (await engine.store.ask(queries.rejects, ME, part=Slice(limit=10))).items
    assert [(run_.status, run_.items_failed) for run_ in runs] == [("partial", 1)] * 2
    assert [(each.reason, each.place, each.run_id) for each in kept] == [
        ("no date", "page 1, item 2", runs[1].id)
    ]
    assert "abc" not in kept[0].raw


async def test_a_page_of_nothing_but_rejects_fails_its_part_and_is_kept(engine: Engine) -> None:
    bad = [reject(n, "no date") for n in range(3)]
    engine.script.steps = {"first": [NothingReadable("None could be read", bad)]}

    done = await engine.sync()

    kept = await engine.store.ask(queries.rejects, ME, part=Slice(limit=10))
    assert (done.status, done.items_failed, len(kept.items)) == ("partial", 3, 3)


async def test_work_beside_the_records_is_counted_and_undone_with_them(engine: Engine) -> None:
    async def removed(conn: Writing, user_id: int) -> Stored:
        return Stored(updated=2)

    async def shrunk(conn: Writing, user_id: int) -> Stored:
        raise Shrunk("90 of 100 would go", code="needs_confirmation")

    first = replace(pages(0)[0], before=removed)
    second = replace(pages(3)[0], after=shrunk)
    engine.script.steps = {"first": [first], "second": [second]}

    done = await engine.sync()

    assert (done.items_inserted, done.items_updated) == (3, 2)
    assert await engine.count(Play) == 3
    assert await _cursor(engine) == {"first": "end"}
    assert (await engine.source()).pause_reason == "needs_confirmation"


async def test_resuming_what_needs_a_confirmation_confirms_it_for_one_run(engine: Engine) -> None:
    for reason in ("manual", "needs_confirmation"):
        async with engine.store.write() as conn:
            await ledger.pause(conn, ME, source_id=engine.source_id, reason=reason)
            await ledger.resume(conn, ME, source_id=engine.source_id)
        await engine.sync()

    await engine.sync()

    begun = [at.confirmed for name, at in engine.script.begun if name == "first"]
    assert begun == [False, True, False]


async def test_what_follows_is_brought_up_to_date_only_after_a_change(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0)}

    changed, unchanged = await engine.sync(), await engine.sync()

    tasks = {name: part.status for name, part in (await engine.parts(changed.id)).items()}
    assert tasks["cross_reference"] == tasks["gaps"] == "success"
    assert set(await engine.parts(unchanged.id)) == {"first", "second"}
    assert await engine.count(Gaps) == 1


async def test_a_run_asked_to_stop_stops_within_a_heartbeat(engine: Engine) -> None:
    engine.script.steps = {"first": [*pages(0, 3)[:1], asyncio.Event()]}
    run_id = await engine.trigger()
    working = asyncio.create_task(run.run(engine.deps, run_id, 1))
    await engine.until_stored(3)
    async with engine.store.write() as conn:
        asked = await ledger.cancel(conn, ME, run_id=run_id)

    done = await asyncio.wait_for(working, 1)

    assert (asked.status, done.status, done.stage) == ("in_progress", "cancelled", "cancelled")
    assert done.items_inserted == 3
    assert await engine.count(Play) == 3
    assert await _cursor(engine) == {}


async def test_a_stopping_worker_gives_its_run_back(engine: Engine) -> None:
    engine.script.steps = {"first": [*pages(0, 3)[:1], asyncio.Event()]}
    run_id = await engine.trigger()
    working = asyncio.create_task(run.run(engine.deps, run_id, 1))
    await engine.until_stored(3)

    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    waiting = await engine.run(run_id)
    assert (waiting.stage, waiting.status, waiting.attempt) == ("queued", "in_progress", 2)
    assert engine.queue.runs() == [(run_id, 2)]
    engine.script.steps = {"first": pages(0, 3)}
    done = await run.run(engine.deps, run_id, 2)
    assert (done.status, done.items_inserted, await engine.count(Play)) == ("success", 6, 6)
    assert [at.checkpoint for name, at in engine.script.begun if name == "first"] == [None, 1]


async def test_the_end_of_a_run_has_the_schedule_looked_at(engine: Engine) -> None:
    await engine.sync()

    assert [name for name, _ in engine.queue.waiting] == ["tick"]


async def test_an_unknown_run_is_told(engine: Engine) -> None:
    with pytest.raises(ledger.RunNotFound):
        await run.run(engine.deps, "pull_0000000000000000", 1)
