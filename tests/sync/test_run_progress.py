"""What a run tells while it works: stages, progress, counts, and events in one gapless order."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from sqlmodel import col, select

from rewind_gql.settings import Settings, SyncSettings
from rewind_gql.sources.base import Batch
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, run
from rewind_gql.sync.ledger.rows import emit
from rewind_gql.sync.tables import Event
from tests.databases import ME
from tests.sync.engine import Engine, Script, engine_on, pages, plays


async def test_every_stage_is_told_and_the_last_event_is_the_end(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0, 3)}

    done = await engine.sync()

    events = await engine.events(done.id)
    stages = [event.stage for event in events]
    assert stages[:2] == ["queued", "started"]
    assert {"fetching", "saving", "processing"} < set(stages)
    assert stages[-1] == "completed"
    assert stages.count("completed") == 1
    assert [event.ended_at is None for event in events] == [True] * (len(events) - 1) + [False]
    assert all(event.started_at == done.started_at for event in events[1:])


async def test_progress_never_falls_and_is_whole_only_at_the_end(engine: Engine) -> None:
    growing = [
        Batch(plays(0), checkpoint=1, total=6),
        Batch(plays(3), checkpoint=2, total=60),
        Batch(plays(6), checkpoint=3, total=9),
    ]
    engine.script.steps = {"first": growing, "second": pages(9)}

    done = await engine.sync()

    told = [event.progress for event in await engine.events(done.id)]
    known = [value for value in told if value is not None]
    assert known == sorted(known)
    assert all(value < 1 for value in known[:-1])
    assert known[-1] == done.progress == 1.0


async def test_mere_progress_is_marked_and_stages_and_parts_are_not(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0, 3, 6)}

    done = await engine.sync()

    events = await engine.events(done.id)
    assert [event.meta.get("kind") for event in events if event.stage == "saving"] == [
        None,  # the first page: a new stage
        "progress",
        "progress",
        None,  # how the part ended
    ]
    assert not any(event.meta.get("kind") for event in events if event.stage != "saving")


async def test_progress_is_unknown_while_the_total_is(engine: Engine) -> None:
    engine.script.steps = {"first": [Batch(plays(0))]}

    done = await engine.sync()

    events = await engine.events(done.id)
    saved = [event for event in events if event.stage == "saving"]
    assert (saved[0].progress, saved[0].items_total, saved[0].items_processed) == (None, None, 3)


async def test_the_total_is_never_below_what_was_processed(engine: Engine) -> None:
    engine.script.steps = {"first": [Batch(plays(0), total=1)]}

    done = await engine.sync()

    assert (done.items_processed, done.items_total) == (3, 3)


async def test_the_count_a_source_gives_comes_before_the_items(engine: Engine) -> None:
    half = replace(pages(0)[0], total=100, progress_done=50)
    engine.script.steps = {"first": [half], "second": []}

    done = await engine.sync()

    saving = [event.progress for event in await engine.events(done.id) if event.stage == "saving"]
    assert saving[0] == 0.25


async def test_events_of_pages_keep_their_distance(
    store: Store, settings: Callable[..., Settings]
) -> None:
    many = [Batch(plays(3 * n), checkpoint=n + 1, total=30) for n in range(10)]
    quiet = settings(sync=SyncSettings(progress_min_ms=60_000))
    engine = await engine_on(store, quiet, Script(steps={"first": many}))

    done = await engine.sync()

    saving = [event for event in await engine.events(done.id) if event.stage == "saving"]
    assert len(saving) < 5
    assert done.items_processed == 30


async def test_numbers_are_gapless_and_in_commit_order_for_a_reader_who_tails(
    engine: Engine,
) -> None:
    run_ids = [await engine.trigger(scope=f"s{n}" if n else "live") for n in range(4)]
    seen: list[int] = []
    done = asyncio.Event()

    async def write(run_id: str) -> None:
        for _ in range(25):
            async with engine.store.write() as conn:
                await emit(conn, ME, run_id)

    async def tail() -> None:
        while not done.is_set() or await _after(engine, seen):
            seen.extend(await _after(engine, seen))
            await asyncio.sleep(0)

    tailing = asyncio.create_task(tail())
    await asyncio.gather(*(write(run_id) for run_id in run_ids))
    done.set()
    await tailing

    assert seen == list(range(1, 4 + 100 + 1))


async def _after(engine: Engine, seen: list[int]) -> list[int]:
    last = seen[-1] if seen else 0
    statement = select(col(Event.seq)).where(col(Event.seq) > last).order_by(col(Event.seq))
    async with engine.store.write() as conn:
        return list((await conn.execute(statement)).scalars())


async def test_a_page_tells_whoever_imports(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0, 3)}
    run_id = await engine.trigger()
    async with engine.store.write() as conn:
        claimed = await ledger.claim(conn, run_id, 1, worker="one", lease=engine.deps.lease)
    assert claimed is not None
    told: list[int] = []

    await run.work(
        engine.deps,
        claimed,
        lambda: run.plan(engine.deps, claimed),
        on_page=lambda state: told.append(state.parts["first"].processed),
    )

    assert told == [3, 6]
