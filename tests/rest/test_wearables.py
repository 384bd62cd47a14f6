"""The sync status of Open Wearables: what is told of events, runs and history, and to whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from rewind_gql import clock
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger
from tests.databases import ME, OTHER, UUIDS
from tests.rest.test_system import source
from tests.serving import Api, desk_of, new_key, serving
from tests.sync.told import NOON, SECOND, event_row, happen, part_row, run_row, write

MINE = f"/api/v1/users/{UUIDS[ME]}/sync"
THEIRS = f"/api/v1/users/{UUIDS[OTHER]}/sync"
EVENT_KEYS = [
    "run_id", "user_id", "provider", "source", "stage", "status", "event_id", "message",
    "progress", "items_processed", "items_total", "error", "metadata", "started_at", "ended_at",
    "timestamp",
]  # fmt: skip
RUN_KEYS = [
    "run_id", "user_id", "provider", "source", "stage", "status", "message", "progress",
    "items_processed", "items_total", "error", "started_at", "ended_at", "last_update",
]  # fmt: skip
RECORD_KEYS = [
    "run_key", "user_id", "provider", "source", "scope", "status", "trace_id", "requested_start",
    "requested_end", "started_at", "ended_at", "items_inserted", "items_updated", "error",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _at_one() -> Any:
    """It is one o'clock, an hour after what happens in these tests."""
    with time_machine.travel(NOON + timedelta(hours=1), tick=True):
        yield


async def test_nothing_yet_is_an_empty_list(api: Api) -> None:
    answered = await api.ask(f"{MINE}/recent")

    assert (answered.status_code, answered.json()) == (200, [])
    assert answered.headers["content-type"] == "application/json"


async def test_an_event_has_all_its_keys(api: Api) -> None:
    event = event_row(
        "pull_a", 1, progress=0.123456, items_processed=3, items_total=9, message="3 of 9"
    )
    await write(api.desk.store, runs=[run_row("pull_a", last_seq=1)], events=[event])

    (told,) = (await api.ask(f"{MINE}/recent")).json()

    assert list(told) == EVENT_KEYS
    assert told == {
        "run_id": "pull_a",
        "user_id": UUIDS[ME],
        "provider": "lastfm",
        "source": "pull",
        "stage": "fetching",
        "status": "in_progress",
        "event_id": str(event["event_id"]),
        "message": "3 of 9",
        "progress": 0.1235,
        "items_processed": 3,
        "items_total": 9,
        "error": None,
        "metadata": {"attempt": 1},
        "started_at": "2026-03-18T12:00:00Z",
        "ended_at": None,
        "timestamp": "2026-03-18T12:00:00Z",
    }


async def test_instants_that_are_not_whole_seconds_have_six_decimals(api: Api) -> None:
    at = NOON + timedelta(milliseconds=120)
    await write(
        api.desk.store, runs=[run_row("pull_a", last_seq=1)], events=[event_row("pull_a", 1, at=at)]
    )

    (told,) = (await api.ask(f"{MINE}/recent")).json()

    assert told["timestamp"] == "2026-03-18T12:00:00.120000Z"


async def test_of_201_events_the_newest_200_are_told_newest_first(api: Api) -> None:
    runs = [run_row("pull_a", last_seq=201)]
    events = [event_row("pull_a", seq, at=NOON + seq * SECOND) for seq in range(1, 202)]
    await write(api.desk.store, runs=runs, events=events)

    told = (await api.ask(f"{MINE}/recent?limit=200")).json()

    assert [each["event_id"] for each in told] == [
        str(each["event_id"]) for each in reversed(events[1:])
    ]


async def test_fifty_events_are_told_unless_asked_otherwise(api: Api) -> None:
    events = [event_row("pull_a", seq) for seq in range(1, 61)]
    await write(api.desk.store, runs=[run_row("pull_a", last_seq=60)], events=events)

    assert len((await api.ask(f"{MINE}/recent")).json()) == 50


async def test_an_event_of_25_hours_ago_is_not_told(api: Api) -> None:
    await happen(api.desk.store, 1, at=clock.now() - timedelta(hours=25))
    await happen(api.desk.store, 2, at=clock.now() - timedelta(hours=23))

    events = (await api.ask(f"{MINE}/recent")).json()
    runs = (await api.ask(f"{MINE}/runs")).json()

    assert [event["run_id"] for event in events] == ["run_2"]
    assert [run["run_id"] for run in runs] == ["run_2"]


async def test_a_run_that_brought_nothing_is_a_success_that_was_skipped(api: Api) -> None:
    event = event_row("wh_a", 1, stage="completed", status="skipped", source="webhook")
    await write(
        api.desk.store, runs=[run_row("wh_a", status="skipped", last_seq=1)], events=[event]
    )

    (told,) = (await api.ask(f"{MINE}/recent")).json()
    (run,) = (await api.ask(f"{MINE}/runs")).json()

    assert (told["status"], told["metadata"]["skipped"]) == ("success", True)
    assert run["status"] == "success"


@pytest.mark.parametrize(("trigger", "source"), [("webhook", "webhook"), ("schedule", "pull")])
async def test_a_linked_account_is_told_by_how_its_data_came(
    api: Api, trigger: str, source: str
) -> None:
    given: dict[str, Any] = {"source": "linked_account", "trigger": trigger, "last_seq": 1}
    event = event_row("link_a", 1, source="linked_account", meta={"trigger": trigger})
    await write(api.desk.store, runs=[run_row("link_a", **given)], events=[event])

    (told,) = (await api.ask(f"{MINE}/recent")).json()
    (run,) = (await api.ask(f"{MINE}/runs")).json()
    (record,) = (await api.ask(f"{MINE}/history")).json()

    assert (told["source"], told["metadata"]["linked"]) == (source, True)
    assert (run["source"], record["source"]) == (source, source)


async def test_an_error_is_told_of_what_failed_or_was_partial_alone(api: Api) -> None:
    statuses = ("failed", "partial", "cancelled", "success")
    runs = [run_row(name, status=name, error="oh", last_seq=n) for n, name in enumerate(statuses)]
    events = [event_row(name, n, status=name, error="oh") for n, name in enumerate(statuses)]
    await write(api.desk.store, runs=runs, events=events)

    told = (await api.ask(f"{MINE}/recent")).json()
    runs_told = (await api.ask(f"{MINE}/runs")).json()
    records = (await api.ask(f"{MINE}/history")).json()

    for listed in (told, runs_told, records):
        assert {each["status"] for each in listed if each["error"] == "oh"} == {"failed", "partial"}


async def test_the_last_event_of_a_real_run_tells_what_it_brought(api: Api) -> None:
    store = api.desk.store
    source_id = await source(api)
    async with store.write() as conn:
        asked = await ledger.trigger(conn, ME, source_id=source_id, trigger="manual")
    async with store.write() as conn:
        claimed = await ledger.claim(conn, asked.run_id, 1, worker="w", lease=timedelta(minutes=1))
        assert claimed is not None
        counts: dict[str, Any] = {"items_inserted": 4, "items_updated": 1, "unit": "scrobble"}
        await ledger.close(conn, ME, asked.run_id, 1, "success", **counts)

    last, started, queued = (await api.ask(f"{MINE}/recent")).json()

    assert [each["stage"] for each in (queued, started, last)] == ["queued", "started", "completed"]
    assert queued["started_at"] is None
    assert started["started_at"] == last["started_at"] is not None
    assert (last["progress"], last["ended_at"] is not None) == (1.0, True)
    assert list(last["metadata"]) == ["attempt", "unit", "inserted", "updated"]
    assert last["metadata"] == {"attempt": 1, "unit": "scrobble", "inserted": 4, "updated": 1}


async def test_a_run_is_told_by_its_row(api: Api) -> None:
    given: dict[str, Any] = {
        "items_processed": 7,
        "items_total": 9,
        "progress": 1.0,
        "message": "7 new",
    }
    run = run_row("pull_a", last_seq=2, **given)
    events = [event_row("pull_a", 1), event_row("pull_a", 2, at=NOON + SECOND)]
    await write(api.desk.store, runs=[run], events=events)

    (told,) = (await api.ask(f"{MINE}/runs")).json()

    assert list(told) == RUN_KEYS
    assert told == {
        "run_id": "pull_a",
        "user_id": UUIDS[ME],
        "provider": "lastfm",
        "source": "pull",
        "stage": "completed",
        "status": "success",
        "error": None,
        "started_at": "2026-03-18T12:00:00Z",
        "ended_at": "2026-03-18T12:01:00Z",
        "last_update": "2026-03-18T12:00:01Z",
        **given,
    }


async def test_history_goes_back_beyond_the_window(api: Api) -> None:
    await happen(api.desk.store, 1, at=NOON - timedelta(days=90))

    (told,) = (await api.ask(f"{MINE}/history")).json()

    assert list(told) == RECORD_KEYS
    assert (told["run_key"], told["trace_id"]) == ("run_1", "run_1")
    assert (told["scope"], told["status"]) == ("live", "success")


async def test_history_is_asked_by_scope_and_since(api: Api) -> None:
    await happen(api.desk.store, 1, at=NOON - timedelta(days=2))
    await happen(api.desk.store, 2)
    await happen(api.desk.store, 3, scope="historical")

    async def keys(query: str) -> list[str]:
        return [run["run_key"] for run in (await api.ask(f"{MINE}/history?{query}")).json()]

    assert await keys("since=2026-03-18") == ["run_3", "run_2"]
    assert await keys("since=2026-03-18T12:00:01Z") == []
    assert await keys("since=2026-03-18T14:00:00%2B02:00&scope=historical") == ["run_3"]
    assert await keys("limit=1") == ["run_3"]


async def test_a_run_that_waits_tells_when_it_was_asked_for(api: Api) -> None:
    given: dict[str, Any] = {"status": "in_progress", "stage": "queued", "started_at": None}
    await write(api.desk.store, runs=[run_row("pull_a", **given)])

    (told,) = (await api.ask(f"{MINE}/history")).json()

    assert (told["started_at"], told["ended_at"]) == ("2026-03-18T12:00:00Z", None)


async def test_a_run_of_history_has_its_kinds_of_data(api: Api) -> None:
    part = part_row("pull_a", "plays", covered_from=NOON, covered_to=NOON + SECOND)
    await write(api.desk.store, runs=[run_row("pull_a")], parts=[part])

    told = (await api.ask("/api/v1/sync/history/pull_a")).json()

    assert list(told) == [*RECORD_KEYS, "data_types"]
    assert told["data_types"] == [
        {
            "data_type": "plays",
            "kind": "event",
            "status": "success",
            "native_type": None,
            "reported_records": 5,
            "items_inserted": 3,
            "items_updated": 1,
            "covered_start": "2026-03-18T12:00:00Z",
            "covered_end": "2026-03-18T12:00:01Z",
            "error_code": None,
            "error": None,
            "attempt": 1,
        }
    ]


async def test_the_owner_sees_the_runs_of_everybody(api: Api) -> None:
    await happen(api.desk.store, 1)
    await happen(api.desk.store, 2, at=NOON + SECOND, user_id=OTHER)

    told = (await api.ask("/api/v1/sync/runs", key="admin")).json()

    assert list(told[0]) == RUN_KEYS
    assert [(run["run_id"], run["user_id"]) for run in told] == [
        ("run_2", UUIDS[OTHER]),
        ("run_1", UUIDS[ME]),
    ]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("limit=1", ["run_4"]),
        (f"user_id={UUIDS[OTHER]}", ["run_4"]),
        ("provider=discogs", ["run_3"]),
        ("status=success", ["run_4", "run_3", "run_2"]),
        ("status=failed", ["run_1"]),
        ("source=webhook", ["run_2"]),
        ("source=sdk&provider=lastfm", []),
        ("user_id=00000000-0000-4000-8000-00000000000f", []),
        ("page=7&x", ["run_4", "run_3", "run_2", "run_1"]),
    ],
)
async def test_the_runs_of_everybody_are_chosen_by_filters(
    api: Api, query: str, fits: list[str]
) -> None:
    store = api.desk.store
    await happen(store, 1, status="failed")
    await happen(store, 2, at=NOON + SECOND, status="skipped", source="webhook")
    await happen(store, 3, at=NOON + 2 * SECOND, provider="discogs")
    await happen(store, 4, at=NOON + 3 * SECOND, user_id=OTHER)

    told = (await api.ask(f"/api/v1/sync/runs?{query}", key="admin")).json()

    assert [run["run_id"] for run in told] == fits


async def test_a_person_reads_their_own_with_any_key(api: Api) -> None:
    await happen(api.desk.store, 1, user_id=OTHER)
    theirs = await new_key(api.desk, "read", user_id=OTHER)

    recent = await api.ask(f"{THEIRS}/recent", key=theirs)
    detail = await api.ask("/api/v1/sync/history/run_1", key=theirs)

    assert len(recent.json()) == 1
    assert detail.json()["run_key"] == "run_1"


@pytest.mark.parametrize("path", ["recent", "runs", "history"])
async def test_the_owners_admin_key_reads_everybody(api: Api, path: str) -> None:
    await happen(api.desk.store, 1, user_id=OTHER)

    told = await api.ask(f"{THEIRS}/{path}", key="admin")
    detail = await api.ask("/api/v1/sync/history/run_1", key="admin")

    assert [each["user_id"] for each in told.json()] == [UUIDS[OTHER]]
    assert detail.status_code == 200


async def test_an_answer_that_is_known_already_is_not_sent_again(api: Api) -> None:
    await happen(api.desk.store, 1)
    tag = (await api.ask(f"{MINE}/recent")).headers["etag"]

    again = await api.ask(f"{MINE}/recent", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert "X-API-Key" in again.headers["vary"]


@pytest.mark.parametrize(
    ("path", "key", "many"),
    [
        (f"{MINE}/recent?limit=200", "read", 2),
        (f"{MINE}/runs?limit=200", "read", 2),
        (f"{MINE}/history?limit=200", "read", 2),
        (f"{MINE}/recent?limit=200", "admin", 2),
        (f"{THEIRS}/recent?limit=200", "admin", 3),
        ("/api/v1/sync/runs?limit=10000", "admin", 2),
        ("/api/v1/sync/history/run_1", "read", 3),
    ],
)
async def test_statements_do_not_grow_with_rows(
    api: Api, statements: list[str], path: str, key: str, many: int
) -> None:
    await happen(api.desk.store, *range(1, 101))
    statements.clear()

    answered = await api.ask(path, key=key)

    assert answered.status_code == 200
    assert len(statements) == many  # one of them for the key


async def test_upstream_passes_every_word_through(
    store: Store, settings: Callable[..., Settings]
) -> None:
    given: dict[str, Any] = {
        "source": "linked_account",
        "status": "skipped",
        "primary_user_id": OTHER,
    }
    event = event_row(
        "link_a", 1, source="linked_account", status="skipped", stage="completed",
        meta={"primary_user_id": UUIDS[OTHER]},
    )  # fmt: skip
    await write(store, runs=[run_row("link_a", last_seq=1, **given)], events=[event])
    await write(store, parts=[part_row("link_a", "plays", status="skipped")])
    async with serving(desk_of(store, settings(sync={"ow_compat": "upstream"}))) as api:
        (told,) = (await api.ask(f"{MINE}/recent")).json()
        (run,) = (await api.ask(f"{MINE}/runs")).json()
        (record,) = (await api.ask(f"{MINE}/history")).json()
        filters = "status=skipped&source=linked_account"
        listed = (await api.ask(f"/api/v1/sync/runs?{filters}", key="admin")).json()
        detail = (await api.ask("/api/v1/sync/history/link_a")).json()

    for each in (told, run, record):
        assert (each["source"], each["status"]) == ("linked_account", "skipped")
    assert told["primary_user_id"] == run["primary_user_id"] == UUIDS[OTHER]
    assert told["metadata"] == {"attempt": 1}
    assert listed == [run]
    assert detail["data_types"][0]["status"] == "skipped"


async def test_upstream_adds_one_key_and_no_other(
    store: Store, settings: Callable[..., Settings]
) -> None:
    await happen(store, 1)
    async with serving(desk_of(store, settings(sync={"ow_compat": "upstream"}))) as api:
        (told,) = (await api.ask(f"{MINE}/recent")).json()
        (run,) = (await api.ask(f"{MINE}/runs")).json()

    assert {*told} == {*EVENT_KEYS, "primary_user_id"}
    assert {*run} == {*RUN_KEYS, "primary_user_id"}
    assert told["primary_user_id"] is None
