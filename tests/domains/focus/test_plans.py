"""How SQLite finds rows at 100,000 sessions: by index, with statistics or without."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from rewind_gql.domains.focus import derive, devices, intake, stored, timers
from rewind_gql.domains.focus.queries import account, history, machines, totals
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Read
from rewind_gql.store.sqlite import DIALECT
from tests.databases import ME, Databases

SESSIONS = 100_000
MODULES = (derive, devices, intake, stored, timers, account, history, machines, totals)

# Devices are a handful, sorted after they are read; so are timers, and the sums by name.
MAY_SORT = re.compile(r"history\._TIMERS|machines\._DEVICES|totals\.(_BY|_RUNS)")
# What is small for every person is found by the person: devices, timers, preferences, totals. The
# rest reads everything of a person, and says so.
BY_PERSON = re.compile(
    r"machines\.(_DEVICES|_ALL)|history\._TIMERS|timers\._FORGET|account\.|"
    r"totals\.(_COMPLETED|_RUNS|_ENDED)|derive\.(_CLEAR|_STORED|_SUMS|_FIRST|_LAST)"
)
# With statistics SQLite knows that so few devices are read quicker than looked up.
READS_ALL = re.compile(r"derive\.(_STORED|_SUMS)|machines\.|totals\._COMPLETED")
ROWS = {"Insert", "Update", "Delete"}


def statements() -> Iterator[tuple[str, Any]]:
    """Every prepared statement of focus but those of conflicts, by where it stands."""
    for module in MODULES:
        for name, value in vars(module).items():
            yield from _within(f"{_short(module)}.{name}", value)


def _short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _within(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Read) or type(value).__name__ in ROWS:
        yield name, value
    elif isinstance(value, dict) and "postgresql" in value:
        yield from _within(name, value["sqlite"])
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _within(f"{name}[{key}]", each)
    elif isinstance(value, list):
        for key, each in enumerate(value):
            yield from _within(f"{name}[{key}]", each)


def sql_of(statement: Any) -> str:
    """The text of a statement on SQLite."""
    if isinstance(statement, Read):
        return statement.prepared(DIALECT).sql
    return str(statement.compile(dialect=DIALECT))


HOT = {name: each for name, each in statements() if "pg_" not in sql_of(each)}


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with so many sessions, counted."""
    return asyncio.run(fill(databases, tmp_path_factory.mktemp("plans")))


async def fill(databases: Databases, folder: Path) -> Path:
    """A SQLite file with so many sessions, counted."""
    url = await databases.sqlite(folder)
    path = Path(str(make_url(url).database))
    with sqlite3.connect(path) as db:
        db.execute(
            "INSERT INTO focus_session (user_id, client_session_id, device_id, source, start_at, "
            "end_at, duration_min, kind, category, project, note, state, revision, payload_hash, "
            "skew_ms, received_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            f"WHERE i < {SESSIONS}) SELECT 1, printf('%032x', i), 'mac-app-' || (i % 3), 'mac_app',"
            "(1420000000 + i * 3000) * 1000000, (1420001500 + i * 3000) * 1000000, 25, 'focus', "
            "'', 'project ' || (i % 3), '', CASE i % 25 WHEN 0 THEN 'cancelled' WHEN 1 THEN "
            "'deleted' ELSE 'completed' END, 1, '', 0, (1420001500 + i * 3000) * 1000000 FROM n"
        )
        for day in range(50):
            db.execute(
                "INSERT INTO focus_device (user_id, device_id, device_type, state, first_seen_at, "
                "last_seen_at, pending_reported, token_epoch) VALUES (1, ?, 'cli', 'active', 0, "
                "?, 0, 0)",
                (f"cli-{day}", day),
            )
    db.close()
    store = await Store.open(url)
    async with store.write() as conn:
        await derive.rebuild(conn, ME)
    await store.close()
    return path


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def plans(request: pytest.FixtureRequest, filled: Path) -> Iterator[sqlite3.Connection]:
    """The filled file, before and after SQLite looked at what is in it."""
    path = filled.with_suffix(f".{request.param.split()[0]}")
    shutil.copyfile(filled, path)
    connection = sqlite3.connect(path)
    if request.param == "with statistics":
        connection.execute("ANALYZE")
    yield connection
    connection.close()
    path.unlink()


def plan_of(db: sqlite3.Connection, statement: Any) -> list[str]:
    """The steps SQLite would take."""
    sql = sql_of(statement)
    bound = dict.fromkeys(re.findall(r":(\w+)", sql))
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", bound)]


def test_every_kind_of_statement_is_looked_at() -> None:
    assert len(HOT) > 30
    assert {name.partition(".")[0] for name in HOT} >= {_short(module) for module in MODULES}


def test_statements_find_their_rows_by_index(plans: sqlite3.Connection) -> None:
    wrong = {}
    for name, statement in HOT.items():
        steps = [
            step
            for step in plan_of(plans, statement)
            if "BLOOM" in step
            or "AUTOMATIC" in step
            or (step.startswith("SCAN focus_") and not READS_ALL.search(name))
            or ("TEMP B-TREE" in step and not MAY_SORT.search(name))
        ]
        if steps:
            wrong[name] = steps

    assert wrong == {}


def test_no_statement_finds_sessions_by_their_person_alone(plans: sqlite3.Connection) -> None:
    found = {
        name: step
        for name, statement in HOT.items()
        for step in plan_of(plans, statement)
        if "(user_id=?)" in step and not BY_PERSON.search(name)
    }

    assert found == {}


@pytest.mark.parametrize("backward", [False, True])
def test_a_page_of_sessions_is_walked_in_the_order_of_its_index(
    plans: sqlite3.Connection, *, backward: bool
) -> None:
    assert plan_of(plans, history._SESSIONS[backward]) == [
        "SEARCH focus_session USING INDEX focus_session_newest "
        "(user_id=? AND start_at>? AND start_at<?)"
    ]


def test_sessions_are_counted_by_an_index_without_deleted_ones(plans: sqlite3.Connection) -> None:
    assert plan_of(plans, history._COUNT) == [
        "SEARCH focus_session USING INDEX focus_session_newest "
        "(user_id=? AND start_at>? AND start_at<?)"
    ]


def test_the_newest_end_is_the_first_of_its_index(plans: sqlite3.Connection) -> None:
    assert plan_of(plans, totals._ENDED) == [
        "SEARCH focus_session USING INDEX focus_session_ended (user_id=?)"
    ]


def test_the_uuids_of_a_device_are_walked_newest_first(plans: sqlite3.Connection) -> None:
    assert plan_of(plans, history._RECENT_UUIDS) == [
        "SEARCH focus_session USING INDEX focus_session_received (user_id=? AND device_id=?)"
    ]


def test_the_sessions_of_a_day_are_found_by_their_start(plans: sqlite3.Connection) -> None:
    assert plan_of(plans, derive._TIMED) == [
        "SEARCH focus_session USING INDEX focus_session_timed "
        "(user_id=? AND start_at>? AND start_at<?)"
    ]
