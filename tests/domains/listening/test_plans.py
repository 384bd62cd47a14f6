"""How SQLite finds rows at 125,000 plays: by index, without sorting, with statistics or without."""

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

from rewind_gql.domains.listening import counting, derive, genres, intake, library, packs
from rewind_gql.domains.listening.queries import (
    account,
    browse,
    counts,
    detail,
    held,
    history,
    known,
    local,
    named,
    numbers,
    points,
    ranking,
    runs,
    scrobbles,
    summaries,
    window,
)
from rewind_gql.domains.listening.queries import genres as genre_queries
from rewind_gql.domains.listening.queries import library as pages
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Read
from rewind_gql.store.sqlite import DIALECT
from tests.databases import ME, Databases

PLAYS = 125_000
ARTISTS, ALBUMS, TRACKS = 3_000, 9_000, 40_000
# A statement is named for the last of these it is found in: where it is made.
MODULES = (
    *(intake, derive, counting, genres, packs, account, browse, counts, history, ranking, window),
    *(detail, held, known, local, named, numbers, points, runs, scrobbles, summaries),
)
# Those whose names are taken: a statement of theirs bears another name.
OTHERS = {"genre_queries": genre_queries, "pages": pages}

# What a page of a window's top list costs: it sorts its own sums. Ranks of all time, of a year and
# of the library are in order but for entities of equal plays. Distinct entities of a window are
# told apart by sorting; so are the counts a batch changes. One artist's belongings are few, and so
# are those of a few.
MAY_SORT = re.compile(
    r"ranking\.(IN_WINDOW|ALL_TIME|YEAR|MONTH|WINDOW|ARTIST)|counts\.(_COUNT|_TOTALS)|derive\._LIVE"
    r"|counting\._SUM|genres\._(BY_GENRE|DAYS_OF)|known\.|local\._CUT|genre_queries\._GENRES"
    r"|scrobbles\._(AT|COUNTS|GATHERED)|pages\._(ALL|PLAYED|FOUND\[\('album', True)"
    r"|summaries\._YEARS|history\._RECENT_PAGE|scrobbles\._WALKED"
)
# What reads everything of a user, and says so; parts of names are looked for in all names.
READS_ALL = re.compile(
    r"derive\.(_REBUILD|_GAPS|_REPEAT|_CLEAR)|counts\.(_ARTISTS|_ALBUMS)|counting\._NO_BREADTH"
    r"|packs\._(ALL|DROP_ALL|MISSING)|genres\._NAMES|genre_queries\._(NAMES|OF)"
    r"|named\._(ARTISTS|ALBUMS|MOST_PLAYED)"
    r"|pages\._(UNPLAYED|(FOUND|COUNT|IDS)\[\('\w+', False)"
)
# The first page of the whole library, or of all plays, in the order of an index.
BEGINS_A_LIST = re.compile(
    r"browse\._(ARTISTS|ALBUMS)_BY_NAME|pages\._ALL|scrobbles\._NEWEST_PLAYS"
)


def statements() -> Iterator[tuple[str, Any]]:
    """Every prepared statement of listening, by where it stands."""
    for module in MODULES:
        for name, value in vars(module).items():
            yield from _within(f"{_short(module)}.{name}", value)
    for short, other in OTHERS.items():
        for name, value in vars(other).items():
            yield from _within(f"{short}.{name}", value)
    for name in ("_ARTISTS", "_ALBUMS", "_TRACKS"):
        shelf = getattr(library, name)
        yield f"library.{name}.find", shelf.find
        yield f"library.{name}.add", shelf.add
        yield f"library.{name}.complete", shelf.complete


def _short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _within(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Read) or type(value).__name__ in ("Insert", "Update", "Delete"):
        yield name, value
    elif isinstance(value, dict) and "postgresql" in value:
        yield from _within(name, value["sqlite"])
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _within(f"{name}[{key}]", each)


def sql_of(statement: Any) -> str:
    """The text of a statement on SQLite."""
    if isinstance(statement, Read):
        return statement.prepared(DIALECT).sql
    return str(statement.compile(dialect=DIALECT))


_NAMES = {id(each): name for name, each in statements()}
HOT = {_NAMES[id(each)]: each for _, each in statements() if not READS_ALL.search(_NAMES[id(each)])}


@pytest.fixture(scope="module")
def library_path(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with so many plays, counted."""
    return asyncio.run(filled(databases, tmp_path_factory.mktemp("plans")))


async def filled(databases: Databases, folder: Path) -> Path:
    """A SQLite file with so many plays, counted."""
    url = await databases.sqlite(folder)
    path = Path(str(make_url(url).database))
    with sqlite3.connect(path) as db:
        fill(db)
    db.close()
    store = await Store.open(url)
    async with store.write() as conn:
        await derive.rebuild(conn, ME)
    await store.close()
    return path


def fill(db: sqlite3.Connection) -> None:
    """Names, and plays over ten years, in which the first of each kind are heard most."""
    named = "user_id, match_key, name, hidden, created_at"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    db.execute(
        f"INSERT INTO listening_artist (id, cross_key, {named}) {numbers.format(ARTISTS)} "
        "SELECT i, 'artist ' || i, 1, 'artist ' || i, 'Artist ' || i, 0, 0 FROM n"
    )
    db.execute(
        f"INSERT INTO listening_album (id, artist_id, {named}) {numbers.format(ALBUMS)} "
        f"SELECT i, i % {ARTISTS} + 1, 1, 'album ' || i, 'Album ' || i, 0, 0 FROM n"
    )
    db.execute(
        f"INSERT INTO listening_track (id, artist_id, album_id, {named}) {numbers.format(TRACKS)} "
        f"SELECT i, i % {ALBUMS} % {ARTISTS} + 1, i % {ALBUMS} + 1, 1, 'track ' || i, 'T ' || i, "
        "0, 0 FROM n"
    )
    skewed = f"(i * 7919 % {TRACKS}) * (i * 104729 % {TRACKS}) / {TRACKS} + 1"
    db.execute(
        "INSERT INTO listening_play (user_id, track_id, artist_id, album_id, played_at, ordinal, "
        f"exact, hidden, source) {numbers.format(PLAYS)} SELECT 1, t.id, t.artist_id, t.album_id, "
        "(1420000000 + i * 2500) * 1000000, 0, 1, 0, 'lastfm' "
        f"FROM n JOIN listening_track t ON t.id = {skewed}"
    )


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def plans(request: pytest.FixtureRequest, library_path: Path) -> Iterator[sqlite3.Connection]:
    """The filled file, before and after SQLite looked at what is in it."""
    path = library_path.with_suffix(f".{request.param_index}")
    shutil.copyfile(library_path, path)
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
    assert len(HOT) > 100
    looked_at = {name.partition(".")[0] for name in _NAMES.values()}
    assert looked_at >= {_short(module) for module in MODULES} | OTHERS.keys()


def test_hot_statements_find_their_rows_by_index(plans: sqlite3.Connection) -> None:
    wrong = {}
    for name, statement in HOT.items():
        steps = [
            step
            for step in plan_of(plans, statement)
            if "BLOOM" in step
            or "AUTOMATIC" in step
            or step.startswith("SCAN listening_")
            or ("TEMP B-TREE" in step and not MAY_SORT.search(name))
        ]
        if steps:
            wrong[name] = steps

    assert wrong == {}


def test_no_statement_finds_rows_by_their_user_alone(plans: sqlite3.Connection) -> None:
    found = {
        name: step
        for name, statement in HOT.items()
        for step in plan_of(plans, statement)
        if "(user_id=?)" in step and not BEGINS_A_LIST.search(name)
    }

    assert found == {}


def test_plays_are_walked_in_the_order_of_their_index(plans: sqlite3.Connection) -> None:
    newest, *names = plan_of(plans, history._RECENT[False])

    assert newest == (
        "SEARCH listening_play USING INDEX listening_play_window "
        "(user_id=? AND played_at>? AND played_at<?)"
    )
    assert len(names) == 3
    assert all("USING INTEGER PRIMARY KEY" in step for step in names)
