"""How SQLite finds rows at 100,000 sessions: by index, with statistics or without."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from rewind_gql.domains.focus.conflicts import ledger, rows
from rewind_gql.domains.focus.queries import conflicts
from rewind_gql.store.read import Read
from rewind_gql.store.sqlite import DIALECT
from tests.databases import Databases

SESSIONS = 100_000
CONFLICTS = 5_000
READS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (conflicts, ledger, rows)
    for name, value in vars(module).items()
    if isinstance(value, Read)
}


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with so many sessions and conflicts."""
    url = asyncio.run(databases.sqlite(tmp_path_factory.mktemp("plans")))
    path = Path(str(make_url(url).database))
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    with sqlite3.connect(path) as db:
        db.execute(
            "INSERT INTO focus_session (id, user_id, client_session_id, source, start_at, end_at, "
            "duration_min, kind, category, project, note, state, revision, payload_hash, skew_ms, "
            f"received_at) {numbers.format(SESSIONS)} SELECT i, 1, printf('%032x', i), 'cli', "
            "(1600000000 + i * 1800) * 1000000, (1600001500 + i * 1800) * 1000000, 25, 'focus', "
            "'', '', '', 'completed', 1, '', 0, 0 FROM n"
        )
        db.execute(
            "INSERT INTO focus_conflict (id, user_id, type, fingerprint, state, auto_resolvable, "
            f"suggestion, detected_at) {numbers.format(CONFLICTS)} SELECT i, 1, "
            "'session_overlap', i, iif(i % 100, 'resolved', 'open'), 0, 'MERGE', i FROM n"
        )
        db.execute(
            "INSERT INTO focus_conflict_member (conflict_id, session_id) "
            f"{numbers.format(2 * CONFLICTS)} SELECT (i + 1) / 2, i FROM n"
        )
    db.close()
    return path


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def plans(request: pytest.FixtureRequest, filled: Path) -> Iterator[sqlite3.Connection]:
    """The filled file, before and after SQLite looked at what is in it."""
    path = filled.with_suffix(f".{request.param_index}")
    shutil.copyfile(filled, path)
    connection = sqlite3.connect(path)
    if request.param == "with statistics":
        connection.execute("ANALYZE")
    yield connection
    connection.close()
    path.unlink()


def plan_of(db: sqlite3.Connection, read: Read[object]) -> list[str]:
    """The steps SQLite would take."""
    sql = read.prepared(DIALECT).sql
    bound = dict.fromkeys(re.findall(r":(\w+)", sql))
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", bound)]


@pytest.mark.parametrize("name", READS)
def test_rows_are_found_by_index(plans: sqlite3.Connection, name: str) -> None:
    steps = plan_of(plans, READS[name])

    assert [step for step in steps if re.match(r"SCAN focus_|.*(AUTOMATIC|BLOOM)", step)] == []
    assert [step for step in steps if "(user_id=?)" in step and "session" in step] == []


def test_neighbours_are_found_between_two_instants(plans: sqlite3.Connection) -> None:
    steps = " / ".join(plan_of(plans, rows._MEETING))

    assert "INDEX focus_session_timed (user_id=? AND start_at>? AND start_at<?)" in steps
