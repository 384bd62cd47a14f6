"""Plays that were stored before months were packed play by play are packed after the upgrade."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from rewind_gql.auth.tables import User
from rewind_gql.domains.listening import derive, packs, tables
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store, parse_url, writer_engine
from tests.databases import ME, Databases, fill
from tests.domains.listening.plays import DAY, NOON, everything, hide, play, store_plays

MODELS: tuple[Any, ...] = (
    *(User, tables.Artist, tables.Album, tables.Track, tables.Play),
    *(tables.Rollup, tables.Breadth),
)


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old' / 'rewind.db'}"
    return await databases.postgresql(template="template0")


@pytest.fixture
def before_the_packs(tmp_path: Path) -> Path:
    """The migrations as they were before plays were packed."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    for version in (scripts / "versions").glob("v*.py"):
        if version.name >= "v0007":
            version.unlink()
    return scripts


async def told(tmp_path: Path) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Rows of some plays in three months, of one artist who is hidden and one without an album."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    await fill(url)
    store = await Store.open(url)
    heard = [play(f"a{n}", f"t{n}", album=f"b{n}", at=NOON + 3 * n * DAY) for n in range(20)]
    await store_plays(store, *heard, play("bare", "song", at=NOON))
    await hide(store, tables.Artist, (await everything(store, tables.Artist))[3].id)
    rows = []
    async with store.write() as conn:
        for model in MODELS:
            found = (await conn.execute(model.__table__.select())).fetchall()
            rows.append((model, [dict(row._mapping) for row in found]))
    await store.close()
    return rows


async def test_old_plays_are_packed_as_new_ones_are(
    empty: str, before_the_packs: Path, tmp_path: Path
) -> None:
    rows = await told(tmp_path)
    await migrate.upgrade(empty, scripts=before_the_packs)
    engine = writer_engine(parse_url(empty))
    async with engine.begin() as connection:
        for model, each in rows:
            await connection.execute(insert(model), each)
    await engine.dispose()

    await migrate.upgrade(empty)

    store = await Store.open(empty)
    packed = {(row.kind, row.month) for row in await everything(store, tables.Pack)}
    months = {row.bucket for row in await everything(store, tables.Breadth) if row.grain == "month"}
    assert packed == {(kind, month) for kind in packs.PACKED for month in months}
    assert await store.ask(derive.drift, ME) == []
    await store.close()
