"""What is asked of the ledger: health, runs, parts, events, sources, rejects."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from rewind_gql import clock
from rewind_gql.sources.base import Batch, reject
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice, slice_of
from rewind_gql.sync import ledger, queries
from rewind_gql.sync.tables import Run
from tests.databases import ME, OTHER
from tests.sync.engine import Engine, pages

NOW = clock.now()
ALL = Slice(limit=100)


def _row(ago_s: float, status: str = "success", **given: Any) -> dict[str, Any]:
    """A run that started so long ago and took a second."""
    row = ledger.blank(ME, source="pull", provider="songs", domain="listening", sync_type="x")
    at = NOW - timedelta(seconds=ago_s)
    over = status != "in_progress"
    return {
        **row,
        "status": status,
        "stage": "completed" if over else "fetching",
        "queued_at": at,
        "started_at": at,
        "ended_at": at + timedelta(seconds=1) if over else None,
        **given,
    }


async def _insert(store: Store, *rows: dict[str, Any]) -> None:
    async with store.write() as conn:
        await conn.execute(insert(Run), list(rows))


async def _rate(store: Store, domain: str = "listening") -> float:
    health = await store.ask(queries.health, ME, now=NOW)
    return next(each.error_rate for each in health if each.domain == domain)


async def test_health_names_six_domains_before_anything_ran(store: Store) -> None:
    health = await store.ask(queries.health, ME, now=NOW)

    assert [(each.domain, each.latest, each.error_rate) for each in health] == [
        (domain, None, 0.0)
        for domain in ("listening", "running", "watching", "collecting", "reading", "attending")
    ]


async def test_health_names_further_domains_once_they_ran(store: Store) -> None:
    await _insert(store, _row(5, domain="focus"))

    health = await store.ask(queries.health, ME, now=NOW)

    assert [each.domain for each in health][6:] == ["focus"]


async def test_the_latest_run_has_started_was_not_cancelled_and_is_no_housekeeping(
    store: Store,
) -> None:
    wanted = _row(50, "failed")
    await _insert(
        store,
        _row(60),
        wanted,
        _row(40, "cancelled"),
        _row(30, housekeeping=True),
        _row(20, "in_progress", started_at=None, stage="queued"),
        _row(10, domain="collecting"),
        _row(5, user_id=OTHER),
    )

    health = await store.ask(queries.health, ME, now=NOW)

    assert health[0].latest is not None
    assert health[0].latest.id == wanted["id"]


async def test_of_two_runs_of_one_instant_the_later_event_counts(store: Store) -> None:
    rows = [_row(50, last_seq=9), _row(50, last_seq=11), _row(50, last_seq=10)]
    await _insert(store, *rows)

    health = await store.ask(queries.health, ME, now=NOW)

    assert health[0].latest is not None
    assert health[0].latest.id == rows[1]["id"]


@pytest.mark.parametrize(
    ("statuses", "rate"),
    [
        (["failed", "success"], 0.5),
        (["failed"] + ["success"] * 7, 0.13),
        (["failed", "partial", "success"], 0.33),
        (["failed", "skipped", "cancelled", "in_progress"], 1.0),
        (["skipped"], 0.0),
    ],
)
async def test_the_error_rate_is_failed_of_finished_rounded_half_up(
    store: Store, statuses: list[str], rate: float
) -> None:
    await _insert(store, *(_row(60 + n, status) for n, status in enumerate(statuses)))

    assert await _rate(store) == rate


async def test_the_error_rate_is_of_the_last_day_and_without_housekeeping(store: Store) -> None:
    day = 24 * 3600
    await _insert(
        store, _row(day + 1, "failed"), _row(60, "failed", housekeeping=True), _row(day - 1)
    )

    assert await _rate(store) == 0.0


async def test_health_takes_as_many_statements_however_many_runs(
    store: Store, statements: list[str]
) -> None:
    await store.ask(queries.health, ME, now=NOW)
    few = len(statements)
    await _insert(store, *(_row(60 + n) for n in range(200)))
    statements.clear()

    await store.ask(queries.health, ME, now=NOW)

    assert len(statements) == few == 9


async def test_hot_statements_walk_indexes_only(sqlite_store: Store) -> None:
    seen: list[str] = []
    sqlite_store.watchers.append(seen.append)
    await sqlite_store.ask(queries.health, ME, now=NOW)
    await sqlite_store.ask(queries.runs, ME, part=ALL)
    await sqlite_store.ask(queries.active_runs_by_source, ME, [1])
    plans = []
    for sql in set(seen):
        async with sqlite_store.write() as conn:
            bare = sql.replace(":", "@")
            rows = await conn._connection.exec_driver_sql(  # plans have no API
                f"EXPLAIN QUERY PLAN {bare}", dict.fromkeys(_names(sql), 0)
            )
            plans.append((sql, [row[3] for row in rows]))

    for sql, plan in plans:
        own = [step for step in plan if "json_each" not in step and "LIST SUBQUERY" not in step]
        assert not [step for step in own if re.match(r"SCAN (?!CONSTANT)", step)], (sql, plan)
        if "GROUP BY" not in sql and "source_ids" not in sql:
            assert not [step for step in own if "TEMP B-TREE" in step], (sql, plan)


def _names(sql: str) -> set[str]:
    return set(text(sql)._bindparams)  # the names of a compiled text


async def test_runs_page_both_ways_newest_first(store: Store) -> None:
    rows = [_row(100 - n) for n in range(5)]
    await _insert(store, *rows)
    newest = [row["id"] for row in reversed(rows)]
    ask = {"list_name": queries.RUNS, "types": queries.RUNS_TYPES}

    first = await store.ask(queries.runs, ME, part=slice_of(**ask, first=2))  # type: ignore[arg-type]
    second = await store.ask(
        queries.runs,
        ME,
        part=slice_of(**ask, first=2, after=first.cursors[-1]),  # type: ignore[arg-type]
    )
    back = await store.ask(
        queries.runs,
        ME,
        part=slice_of(**ask, last=2, before=second.cursors[0]),  # type: ignore[arg-type]
    )
    last = await store.ask(queries.runs, ME, part=slice_of(**ask, last=2))  # type: ignore[arg-type]

    assert [run.id for run in first.items] == newest[:2]
    assert [run.id for run in second.items] == newest[2:4]
    assert [run.id for run in back.items] == newest[:2]
    assert [run.id for run in last.items] == newest[3:]
    assert [first.has_next, second.has_next, back.has_previous] == [True, True, False]


async def test_runs_fit_every_filter_and_are_counted_alike(store: Store) -> None:
    await _insert(
        store,
        _row(1, "failed"),
        _row(2),
        _row(3, domain="collecting", provider="shelf"),
        _row(4, user_id=OTHER),
    )
    filters: list[dict[str, str]] = [
        {},
        {"domain": "listening"},
        {"provider": "shelf"},
        {"status": "failed", "domain": "listening"},
        {"status": "failed", "domain": "listening", "provider": "shelf"},
    ]

    pages_ = [await store.ask(queries.runs, ME, part=ALL, **each) for each in filters]
    counts = [await store.ask(queries.runs_count, ME, **each) for each in filters]

    assert [len(found.items) for found in pages_] == counts == [3, 2, 1, 1, 0]


async def test_batches_of_runs_cost_one_statement(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0)}
    ids = [(await engine.sync()).id for _ in range(3)]
    seen: list[str] = []
    engine.store.watchers.append(seen.append)
    ask = engine.store.ask

    runs = await ask(queries.runs_by_id, ME, [*ids, "pull_nothing"])
    parts = await ask(queries.parts_by_run, ME, ids)
    events = await ask(queries.events_by_run, ME, ids, part=ALL)
    latest = await ask(queries.latest_runs_by_source, ME, [engine.source_id])
    active = await ask(queries.active_runs_by_source, ME, [engine.source_id])

    assert len(seen) == 5
    assert set(runs) == set(ids) == set(events)
    assert all({"first", "second"} <= {part.part for part in parts[run_id]} for run_id in ids)
    assert latest[engine.source_id].id == ids[-1]
    assert active == {}


async def test_the_active_run_of_a_source(engine: Engine) -> None:
    run_id = await engine.trigger()

    active = await engine.store.ask(queries.active_runs_by_source, ME, [engine.source_id])

    assert active[engine.source_id].id == run_id


async def test_events_of_each_run_page_both_ways(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0, 3)}
    ids = [(await engine.sync()).id for _ in range(2)]
    whole = [event.seq for event in await engine.events(ids[0])]
    first = await engine.store.ask(queries.events_by_run, ME, ids, part=Slice(limit=2))
    last = await engine.store.ask(
        queries.events_by_run, ME, ids, part=Slice(limit=2, backward=True)
    )
    behind = await engine.store.ask(
        queries.events_by_run, ME, ids, part=Slice(limit=100, after=(whole[1],))
    )

    assert [event.seq for event in first[ids[0]].items] == whole[:2]
    assert [event.seq for event in last[ids[0]].items] == whole[-2:]
    assert [event.seq for event in behind[ids[0]].items] == whole[2:]
    assert len(first[ids[1]].items) == 2


async def test_nothing_of_another_user_is_found(engine: Engine) -> None:
    done = await engine.sync()
    ask = engine.store.ask

    found = [
        await ask(queries.run, OTHER, id=done.id),
        await ask(queries.runs_by_id, OTHER, [done.id]),
        await ask(queries.parts_by_run, OTHER, [done.id]),
        (await ask(queries.events_by_run, OTHER, [done.id], part=ALL))[done.id].items,
        await ask(queries.sources, OTHER),
        await ask(queries.latest_runs_by_source, OTHER, [engine.source_id]),
    ]

    assert not any(found)


async def test_sources_by_domain_and_their_error_rates(engine: Engine) -> None:
    source_id = engine.source_id
    statuses = ("failed", "success", "partial")
    await _insert(
        engine.store,
        *(_row(60 + n, status, source_id=source_id) for n, status in enumerate(statuses)),
    )

    by_domain = await engine.store.ask(queries.sources_by_domain, ME, ["listening", "reading"])
    since = NOW - timedelta(hours=1)
    rates = await engine.store.ask(queries.errors_by_source, ME, [source_id, 9_999], since=since)

    assert {each.sync_type for each in by_domain["listening"]} == {"scrobbles", "extra"}
    assert "reading" not in by_domain
    assert (rates[source_id].error, rates[source_id].partial) == (0.33, 0.33)
    assert rates[9_999].error == 0.0


async def test_rejects_page_both_ways_newest_first(engine: Engine) -> None:
    engine.script.steps = {"first": [Batch((), [reject(n, f"reason {n}") for n in range(3)])]}
    await engine.sync()

    first = await engine.store.ask(queries.rejects, ME, part=Slice(limit=2))
    last = await engine.store.ask(queries.rejects, ME, part=Slice(limit=2, backward=True))

    assert [each.reason for each in first.items] == ["reason 2", "reason 1"]
    assert [each.reason for each in last.items] == ["reason 1", "reason 0"]
