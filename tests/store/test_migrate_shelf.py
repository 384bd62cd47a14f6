"""Copies that were owned before there was a shelf are on it after the upgrade."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy import text as sql

from rewind_gql.auth.tables import User
from rewind_gql.domains.collecting import derive, intake, tables
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store, parse_url, writer_engine
from tests.databases import ME, Databases, fill
from tests.domains.collecting.made import DAY, NOON, copy, credit, release


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old' / 'rewind.db'}"
    return await databases.postgresql(template="template0")


@pytest.fixture
def before_the_shelf(tmp_path: Path) -> Path:
    """The migrations as they were before the shelf."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    for version in (scripts / "versions").glob("v*.py"):
        if version.name >= "v0004":
            version.unlink()
    return scripts


async def told(tmp_path: Path) -> tuple[dict[str, list[dict[str, Any]]], list[Any]]:
    """Rows of some copies as they were stored before, and what is filed of them now."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    await fill(url)
    store = await Store.open(url)
    both = (credit("Björk", 3), credit("Can (2)", 4))
    of = [
        release(1, "Ágætis  byrjun", genres=("Rock", "Pop"), styles=("Drone",), formats=()),
        release(2, "Low", year=None, credits=both, formats=("CD", "Vinyl")),
    ]
    copies = [
        copy(1, of[0], NOON, folder="Jazz", rating=4),
        copy(2, of[0], NOON + DAY),
        copy(3, of[1], NOON, added_offset_min=840),
    ]
    async with store.write() as conn:
        stored = await intake.copies(conn, ME, copies, source="discogs")
        await derive.derive(conn, ME, stored.touched)
        kinds = (User, tables.Release, tables.Artist, tables.ReleaseArtist, tables.Item)
        rows = {}
        for kind in kinds:
            table: Any = kind.__table__  # type: ignore[attr-defined]  # every table model has one
            found = await conn.execute(table.select())
            rows[table.name] = [dict(row._mapping) for row in found.fetchall()]
    for row in rows["collecting_release"]:
        del row["title_key"]
    filed = await filed_of(store)
    await store.close()
    return rows, filed


async def filed_of(store: Store) -> list[Any]:
    """Everything that is filed and counted, and the titles as lists sort them."""
    async with store.write() as conn:
        found: list[Any] = []
        for kind in (tables.Shelved, tables.Facet, tables.Tally):
            table: Any = kind.__table__  # type: ignore[attr-defined]
            rows = (await conn.execute(table.select())).fetchall()
            found.append(sorted((tuple(row) for row in rows), key=plain))
        keys = await conn.execute(sql("SELECT title_key FROM collecting_release ORDER BY id"))
        return [*found, [row[0] for row in keys.fetchall()]]


def plain(row: tuple[Any, ...]) -> str:
    """Any order that is the same on both databases."""
    return str([str(each) if isinstance(each, datetime) else each for each in row])


async def test_old_copies_are_filed_as_new_ones_are(
    empty: str, before_the_shelf: Path, tmp_path: Path
) -> None:
    rows, filed = await told(tmp_path)
    await migrate.upgrade(empty, scripts=before_the_shelf)
    engine = writer_engine(parse_url(empty))
    models = {"auth_user": User, "collecting_release": tables.Release}
    models |= {"collecting_artist": tables.Artist, "collecting_item": tables.Item}
    models |= {"collecting_release_artist": tables.ReleaseArtist}
    async with engine.begin() as connection:
        for name, each in rows.items():
            await connection.execute(insert(models[name]), each)
    await engine.dispose()

    await migrate.upgrade(empty)

    store = await Store.open(empty)
    assert await filed_of(store) == filed
    async with store.write() as conn:
        await derive.rebuild(conn, ME)
    assert await filed_of(store) == filed
    await store.close()
