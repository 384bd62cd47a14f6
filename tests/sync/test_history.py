"""Lists of what happened: recent events, runs heard of lately, everybody's, and one in detail."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rewind_gql.store.engine import Store
from rewind_gql.store.read import Read
from rewind_gql.sync import history
from tests.databases import ME, OTHER, UUIDS
from tests.sync.told import NOON, SECOND, event_row, happen, part_row, run_row, write

MINE, THEIRS = UUID(UUIDS[ME]), UUID(UUIDS[OTHER])
HOUR = timedelta(hours=1)


async def test_recent_events_are_those_of_the_window_newest_first(store: Store) -> None:
    await happen(store, 1, 2, 3, 4)

    found = await store.ask(history.recent, ME, since=NOON + SECOND, limit=2)

    assert [event.seq for event in found] == [4, 3]


async def test_an_event_of_the_windows_first_instant_is_in_it(store: Store) -> None:
    await happen(store, 1, 2, 3)

    found = await store.ask(history.recent, ME, since=NOON + SECOND)

    assert [event.seq for event in found] == [3, 2]


async def test_events_are_told_in_order_of_their_numbers_when_the_clock_was_set_back(
    store: Store,
) -> None:
    await write(
        store,
        runs=[run_row("pull_a", last_seq=2)],
        events=[event_row("pull_a", 1, at=NOON + SECOND), event_row("pull_a", 2, at=NOON)],
    )

    found = await store.ask(history.recent, ME, since=NOON)

    assert [event.seq for event in found] == [2, 1]


async def test_another_persons_and_mere_maintenance_are_left_out(store: Store) -> None:
    await happen(store, 1)
    await happen(store, 2, user_id=OTHER)
    await happen(store, 3, housekeeping=True)

    events = await store.ask(history.recent, ME, since=NOON)
    runs = await store.ask(history.updated, ME, since=NOON)
    past = await store.ask(history.past, ME)

    assert [event.seq for event in events] == [1]
    assert [run.run_id for run in runs] == ["run_1"]
    assert [run.run_id for run in past] == ["run_1"]


async def test_runs_are_told_by_their_rows_the_last_heard_of_first(store: Store) -> None:
    await write(
        store,
        runs=[
            run_row("pull_a", last_seq=3, items_processed=7, items_total=9, message="7 new"),
            run_row("pull_b", last_seq=2),
        ],
        events=[
            event_row("pull_a", 1),
            event_row("pull_b", 2),
            event_row("pull_a", 3, at=NOON + HOUR),
        ],
    )

    found = await store.ask(history.updated, ME, since=NOON)

    assert [run.run_id for run in found] == ["pull_a", "pull_b"]
    first = found[0]
    assert (first.items_processed, first.items_total, first.message) == (7, 9, "7 new")
    assert (first.user_id, first.started_at, first.updated_at) == (MINE, NOON, NOON + HOUR)


async def test_a_run_not_heard_of_in_the_window_is_left_out(store: Store) -> None:
    await happen(store, 1, 2, 3)

    found = await store.ask(history.updated, ME, since=NOON + 2 * SECOND)

    assert [run.run_id for run in found] == ["run_3"]


async def test_no_runs_are_told_where_nothing_happened(store: Store) -> None:
    await happen(store, 1)

    assert await store.ask(history.updated, ME, since=NOON + HOUR) == []
    assert await store.ask(history.recent, ME, since=NOON + HOUR) == []


async def test_a_run_handed_on_names_whose_it_was(store: Store) -> None:
    await happen(store, 1, source="linked_account", primary_user_id=OTHER)

    found = await store.ask(history.updated, ME, since=NOON)

    assert found[0].primary_user_id == THEIRS


async def everybody(store: Store, **given: Any) -> list[str]:
    """The ids of everybody's runs that fit."""
    return [run.run_id for run in await store.system(history.everybody, **given)]


async def test_everybodys_runs_are_those_of_all_people_newest_first(store: Store) -> None:
    await happen(store, 1, 2)
    await happen(store, 3, at=NOON + HOUR, user_id=OTHER)

    assert await everybody(store) == ["run_3", "run_2", "run_1"]
    assert await everybody(store, limit=1) == ["run_3"]


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"person": THEIRS}, ["theirs"]),
        ({"provider": "discogs"}, ["discogs"]),
        ({"statuses": ("failed", "cancelled")}, ["failed"]),
        ({"source": "linked_account"}, ["handed", "linked"]),
        ({"told_source": "webhook"}, ["hook", "handed"]),
        ({"told_source": "backfill"}, []),
        ({"person": MINE, "provider": "discogs", "statuses": ("failed",)}, []),
        ({"person": UUID(int=9)}, []),
    ],
)
async def test_everybodys_runs_are_chosen_by_filters(
    store: Store, given: dict[str, Any], fits: list[str]
) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "linked": {"source": "linked_account"},
        "handed": {"source": "linked_account", "trigger": "webhook"},
        "hook": {"source": "webhook", "trigger": "webhook"},
        "failed": {"status": "failed"},
        "discogs": {"provider": "discogs"},
        "theirs": {"user_id": OTHER},
    }
    rows = [
        run_row(name, at=NOON + place * SECOND, **kind)
        for place, (name, kind) in enumerate(kinds.items())
    ]
    await write(store, runs=rows)

    assert await everybody(store, **given) == fits


async def test_a_run_whose_events_are_gone_was_last_heard_of_at_its_end(store: Store) -> None:
    await write(store, runs=[run_row("pull_a", last_seq=1)])

    found = await store.system(history.everybody)

    assert found[0].updated_at == NOON + timedelta(minutes=1)


async def test_history_goes_back_as_far_as_asked(store: Store) -> None:
    rows = [run_row("old", at=NOON - HOUR), run_row("now"), run_row("bulk", scope="historical")]
    await write(store, runs=rows)

    async def past(**given: Any) -> list[str]:
        return [run.run_id for run in await store.ask(history.past, ME, **given)]

    assert await past() == ["now", "bulk", "old"]
    assert await past(since=NOON) == ["now", "bulk"]
    assert await past(scope="historical") == ["bulk"]
    assert await past(limit=1) == ["now"]


async def test_a_run_is_told_with_its_parts(store: Store) -> None:
    parts = [
        part_row("pull_a", "tracks", updated_at=NOON + SECOND, error_code="8", attempt=2),
        part_row("pull_a", "plays"),
    ]
    await write(store, runs=[run_row("pull_a", requested_from=NOON - HOUR)], parts=parts)

    found = await store.ask(history.detail, ME, run_id="pull_a")

    assert found is not None
    assert (found.record.user_id, found.record.requested_from) == (MINE, NOON - HOUR)
    assert [part.part for part in found.parts] == ["plays", "tracks"]
    assert (found.parts[1].error_code, found.parts[1].attempt) == ("8", 2)


async def test_only_a_question_of_the_owners_finds_anybodys_run(store: Store) -> None:
    await happen(store, 1, user_id=OTHER)

    mine = await store.ask(history.detail, ME, run_id="run_1")
    anybodys = await store.system(history.anybodys_detail, run_id="run_1")

    assert mine is None
    assert anybodys is not None
    assert anybodys.record.user_id == THEIRS


async def test_people_are_found_by_their_uuid(store: Store) -> None:
    assert await store.system(history.person, uuid=THEIRS) == OTHER
    assert await store.system(history.person, uuid=UUID(int=9)) is None


@pytest.mark.parametrize(
    ("name", "many"),
    [("recent", 1), ("updated", 1), ("past", 1), ("everybody", 1)],
)
async def test_any_number_of_rows_costs_one_statement(
    store: Store, statements: list[str], name: str, many: int
) -> None:
    await happen(store, *range(1, 41))
    await happen(store, *range(41, 61), user_id=OTHER)
    statements.clear()

    if name == "everybody":
        found: Any = await store.system(history.everybody, limit=100)
    elif name == "past":
        found = await store.ask(history.past, ME, limit=100)
    else:
        found = await store.ask(getattr(history, name), ME, since=NOON, limit=100)

    assert len(found) >= 40
    assert len(statements) == many


async def test_a_run_in_detail_costs_two_statements(store: Store, statements: list[str]) -> None:
    parts = [part_row("pull_a", f"part {number}") for number in range(30)]
    await write(store, runs=[run_row("pull_a")], parts=parts)
    statements.clear()

    await store.ask(history.detail, ME, run_id="pull_a")

    assert len(statements) == 2


PLANS: dict[str, tuple[Read[Any], str]] = {
    "recent": (history._RECENT, r"INDEX sync_event_at \(user_id=\? AND ts>\?\)"),
    "updated": (history._UPDATED, r"INDEX sync_run_updated \(user_id=\? AND last_seq>\?\)"),
    "past": (history._PAST, r"INDEX sync_run_queued \(user_id=\? AND queued_at>\?\)"),
    "everybody": (history._everybody(()), r"SCAN sync_run USING INDEX sync_run_everybody"),
    "of one provider": (
        history._everybody(("provider",)),
        r"SCAN sync_run USING INDEX sync_run_everybody",
    ),
    "of one person": (
        history._everybody(("person",)),
        r"INDEX sync_run_queued \(user_id=\?\)|SCAN sync_run USING INDEX sync_run_everybody",
    ),
}


@pytest.mark.parametrize("name", PLANS)
async def test_lists_walk_an_index_in_their_order(sqlite_store: Store, name: str) -> None:
    read, walk = PLANS[name]

    plan = await _plan(sqlite_store, read)

    assert re.search(walk, plan), plan
    # The newest events are few when they are put into the order of their numbers.
    assert name == "recent" or "USE TEMP B-TREE FOR ORDER BY" not in plan, plan


async def _plan(store: Store, read: Read[Any]) -> str:
    """How SQLite goes about a read."""
    async with store.write() as conn:
        bare = read.prepared(conn.dialect).sql.replace(":", "@")
        names = re.findall(r"@(\w+)", bare)
        asked = f"EXPLAIN QUERY PLAN {bare}"
        steps: Any = await conn._connection.exec_driver_sql(
            asked, dict.fromkeys(names, 0)
        )  # plans have no API
        return "\n".join(step[3] for step in steps)
