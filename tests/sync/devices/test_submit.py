"""Uploads in the ledger: one run each, whole or not at all, conflicts found on the way."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from rewind_gql.domains.focus import queries as focus
from rewind_gql.domains.focus.records import Device
from rewind_gql.domains.focus.tables import Receipt, Session
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import FAILURES, Store
from rewind_gql.store.page import Slice
from rewind_gql.sync import health, queries
from rewind_gql.sync.devices import timers
from rewind_gql.sync.devices.reading import cancellation
from rewind_gql.sync.devices.report import report
from rewind_gql.sync.devices.submit import LATE, submit
from rewind_gql.sync.devices.views import Submission, Submitted
from rewind_gql.sync.tables import Event, Reject, Run, RunPart
from tests.databases import ME, OTHER
from tests.sync.devices import made
from tests.sync.devices.made import NOON, NOW, body

MINUTE = timedelta(minutes=1)
NO_BAD = {
    "sqlite": "CREATE TRIGGER no_bad BEFORE INSERT ON focus_session WHEN NEW.note = 'bad' "
    "BEGIN SELECT RAISE(ABORT, 'no'); END",
    "postgresql": "ALTER TABLE focus_session ADD CHECK (note <> 'bad')",
}


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """The day of the examples."""
    with time_machine.travel(NOW, tick=False):
        yield


async def send(
    store: Store, *sessions: Any, device: str | None = "mac", mode: str = "duplicates", **given: Any
) -> Submitted:
    """One upload of a device."""
    key = given.pop("key", None)
    named = Device(device_id=device) if device else None
    sent = Submission(sessions=sessions, device=named, **given)
    settings = SyncSettings(auto_resolve=mode)  # type: ignore[arg-type]
    return await submit(store, settings, given.get("user", ME), sent, idempotency_key=key)


async def run_of(store: Store, done: Submitted) -> Any:
    return await store.ask(queries.run, ME, id=done.run_id)


async def events_of(store: Store, done: Submitted) -> Any:
    found = await store.ask(queries.events_by_run, ME, [done.run_id], part=Slice(limit=50))
    return found[done.run_id].items


async def test_an_upload_is_a_whole_run(store: Store) -> None:
    done = await send(store, body(1), body(2, start=NOON + 60 * MINUTE), body(3, duration=99))

    run = await run_of(store, done)
    assert run.id.startswith("sdk_")
    assert (run.transport, run.domain, run.provider) == ("sdk", "focus", "mac_app")
    assert (run.sync_type, run.trigger, run.unit) == ("sessions", "device", "session")
    assert (run.stage, run.status, run.progress) == ("completed", "partial", 1.0)
    assert (run.items_inserted, run.items_failed, run.items_total) == (2, 1, 3)
    assert (run.covered_from, run.covered_to) == (NOON, NOON + 85 * MINUTE)
    assert run.error == "duration does not match start_time and end_time"
    (event,) = await events_of(store, done)
    assert (event.stage, event.status, event.seq) == ("completed", "partial", run.last_seq)
    assert event.ended_at is not None


async def test_the_run_names_its_device(store: Store) -> None:
    await send(store, body(1), device="mac-app-v1.0")

    assert await made.rows(store, Run, "device_id", "provider") == [("mac-app-v1.0", "mac_app")]
    assert await made.rows(store, RunPart, "part", "status", "inserted") == [
        ("sessions", "success", 1)
    ]


@pytest.mark.parametrize(
    ("sessions", "status"),
    [
        ([body(1)], "skipped"),
        ([body(2, start=NOON + 60 * MINUTE)], "success"),
        ([body(1), body(9, duration=99)], "partial"),
        ([body(9, duration=99)], "failed"),
        ([body(1, note="x")], "success"),
        ([body(1, minutes=40)], "success"),
    ],
)
async def test_its_outcome_follows_its_sessions(
    store: Store, sessions: list[Any], status: str
) -> None:
    await send(store, body(1))

    done = await send(store, *sessions)

    run = await run_of(store, done)
    assert run.status == status
    assert run.stage == ("failed" if status == "failed" else "completed")
    assert (run.error_kind == "data") is (status in ("failed", "partial"))


async def test_rejects_are_kept_once(store: Store) -> None:
    bad = body(1, duration=99)

    await send(store, bad)
    await send(store, bad, {"secret": {"token": "abc"}})

    kept = await made.rows(store, Reject, "reason", "place", "provider", "part")
    assert ("duration does not match start_time and end_time", "session 1") in [
        row[:2] for row in kept
    ]
    assert {row[3] for row in kept} == {"sessions"}
    assert len(kept) == 2


async def test_uploads_are_the_domain_focus_of_health(store: Store) -> None:
    await send(store, body(1))

    states = await store.ask(health.state, ME, now=NOW)

    assert states[-1].domain.domain == "focus"
    assert states[-1].domain.latest is not None


async def test_all_of_it_is_one_transaction(store: Store) -> None:
    async with store.write() as conn:
        await conn.execute(text("DROP TABLE sync_reject"))

    with pytest.raises(FAILURES):
        await send(store, body(1), body(2, duration=99), key="abc")

    counts = [await made.count(store, table) for table in (Session, Run, Event, Receipt)]
    assert counts == [0, 0, 0, 0]
    assert await store.ask(focus.all_devices, ME) == []


async def test_what_the_database_refuses_does_not_take_others_with_it(store: Store) -> None:
    async with store.write() as conn:
        await conn.execute(text(NO_BAD[store.dialect]))

    done = await send(store, body(1), body(2, start=NOON + 60 * MINUTE, note="bad"), body(1))

    assert [item.status for item in done.results] == ["created", "rejected", "duplicate"]
    assert done.results[1].error == "session cannot be stored"
    assert (await run_of(store, done)).status == "partial"


async def test_an_overlap_is_found_in_the_upload_itself(store: Store) -> None:
    await send(store, body(1, project="A"))

    done = await send(store, body(2, start=NOON + 10 * MINUTE, project="B"), device="web")

    (item,) = done.results
    (conflict,) = await store.ask(focus.conflicts, ME)
    assert (item.status, item.conflict_id) == ("created", conflict.id)


async def test_sessions_that_touch_do_not_contradict(store: Store) -> None:
    done = await send(store, body(1), body(2, start=NOON + 25 * MINUTE))

    assert [item.conflict_id for item in done.results] == [None, None]


async def test_a_third_one_joins_the_conflict(store: Store) -> None:
    for number, project in enumerate("ABC", 1):
        start = NOON + 10 * number * MINUTE
        await send(store, body(number, start=start, project=project), device=project)

    found = await store.ask(focus.conflicts, ME)

    assert len(found) == 1
    members = await store.ask(focus.members_by_conflict, ME, [found[0].id])
    assert len(members[found[0].id]) == 3


async def test_a_duplicate_settles_itself_with_an_event_of_its_own(store: Store) -> None:
    first = await send(store, body(1))

    done = await send(store, body(2, start=NOON + timedelta(seconds=20)), device="web")

    assert done.results[0].id == first.results[0].id
    assert done.results[0].conflict_id is None
    settled, ended = await events_of(store, done)
    assert (settled.stage, settled.status, settled.ended_at) == ("saving", "in_progress", None)
    assert settled.meta["resolution"] == "KEEP_ONE"
    assert (ended.stage, ended.status) == ("completed", "success")
    assert await store.ask(focus.conflicts, ME) == []
    total, _, _ = await store.ask(focus.summary, ME)
    assert total == 1


async def test_sent_again_a_merged_one_keeps_its_number(store: Store) -> None:
    await send(store, body(1))
    twin = body(2, start=NOON + timedelta(seconds=20))
    first = await send(store, twin, device="web")

    again = await send(store, twin, device="web")

    assert (again.results[0].status, again.results[0].id) == ("duplicate", first.results[0].id)


async def test_what_comes_late_for_a_merged_one_is_kept_with_the_reason(store: Store) -> None:
    await send(store, body(1))
    twin = body(2, start=NOON + timedelta(seconds=20))
    await send(store, twin, device="web")

    late = await send(store, twin | {"note": "written later"}, device="web")

    [kept] = (await store.ask(queries.rejects, ME, part=Slice(limit=9))).items
    assert late.results[0].status == "duplicate"
    assert (kept.run_id, kept.reason) == (late.run_id, LATE)
    assert "written later" in kept.raw


async def test_nothing_settles_itself_when_that_is_off(store: Store) -> None:
    await send(store, body(1), mode="off")

    done = await send(store, body(2), device="web", mode="off")

    assert done.results[0].conflict_id is not None


async def test_the_newest_upload_that_failed_is_a_delay(store: Store) -> None:
    await send(store, body(1))
    await send(store, body(2, duration=99))

    failed = await store.ask(report, ME, now=NOW)
    await send(store, body(3, start=NOON + 60 * MINUTE))
    after = await store.ask(report, ME, now=NOW)

    assert (failed.overall, after.overall) == ("delayed", "healthy")


async def test_the_clock_of_the_device_is_kept_beside_the_times(store: Store) -> None:
    await send(store, body(1), client_time=NOW + timedelta(hours=1))

    assert await made.rows(store, Session, "skew_ms") == [3_600_000]


async def test_a_cancelled_session_can_contradict_too(store: Store) -> None:
    await send(store, body(1, project="A"))
    given = {"session_id": str(made.uuid(2)), "elapsed_minutes": 200}

    record = cancellation(given, now=NOON + 200 * MINUTE, device_id="web")
    await timers.cancel(store, SyncSettings(auto_resolve="off"), ME, record)

    assert len(await store.ask(focus.conflicts, ME)) == 1


async def test_whoever_watches_is_told_of_an_upload(store: Store) -> None:
    told: list[set[int]] = []
    store.announced.append(told.append)

    await send(store, body(1))

    assert {ME} in told


async def test_the_same_ids_of_two_people_are_two_sessions(store: Store) -> None:
    settings = SyncSettings()
    for user in (ME, OTHER):
        await submit(store, settings, user, Submission(sessions=[body(1)]))

    assert await made.rows(store, Session, "user_id") == [ME, OTHER]


async def test_500_sessions_take_few_statements_each(store: Store, statements: list[str]) -> None:
    await send(store, *made.in_a_row(500))

    assert len(statements) < 1_200
