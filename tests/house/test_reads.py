"""What every read of listening and collecting asks the database, and that each one is measured."""

import random
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine

from benchmarks import whole
from benchmarks.database import END
from benchmarks.questions import questions
from benchmarks.reads import NOW, asking
from rewind_gql.across import cross_reference, wantlist
from rewind_gql.auth import keys
from rewind_gql.rest.rewind import collecting, listening
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME, Databases
from tests.domains.listening.plays import pack, play, store_plays
from tests.oracle.lives import tag

PLAYS = 125_000  # the questions are about a life as long as that; few of its plays are stored
FEW, MANY = 8, 30
MOST = {
    "/listening/now-playing": 8,
    "/listening/recent": 2,
    "/listening/recent/albums": 4,
    "/listening/top/artists": 9,
    "/listening/top/albums": 10,
    "/listening/top/tracks": 11,
    "/listening/stats": 4,
    "/listening/calendar": 2,
    "/listening/streaks": 1,
    "/listening/trends": 6,
    "/listening/genres": 6,
    "/listening/history": 7,
    "/listening/artists": 7,
    "/listening/albums": 8,
    "/listening/artists/1": 10,
    "/listening/albums/1": 5,
    "/listening/years": 3,
    "/listening/year/2025": 20,
    "/collecting/vinyl": 4,
    "/collecting/recent": 2,
    "/collecting/stats": 4,
    "/collecting/wantlist": 3,
    "/collecting/formats": 1,
    "/collecting/genres": 1,
    "/collecting/calendar": 1,
    "/collecting/artists": 2,
    "/collecting/cross-reference": 4,
    "/collecting/media": 4,
    "/collecting/media/recent": 2,
    "/collecting/media/stats": 5,
    "/collecting/media/formats": 1,
    "/collecting/media/cross-reference": 6,
    "listening.topArtists": 5,
    "listening.topAlbums": 6,
    "listening.topTracks": 7,
    "listening.recent": 3,
    "listening.totals": 2,
    "listening.stats": 3,
    "listening.days": 2,
    "listening.months": 2,
    "listening.trends": 2,
    "listening.overTime": 2,
    "listening.calendar": 2,
    "listening.streaks": 5,
    "listening.genres": 3,
    "listening.years": 3,
    "listening.artists": 3,
    "listening.albums": 3,
    "listening.artist": 3,
    "listening.album": 3,
    "listening.track": 3,
    "collecting.playedNotOwned": 2,
    "collecting.ownedNeverPlayed": 2,
    "collecting.wantedAndPlayed": 2,
    "collecting.valueHistory": 1,
    "collecting.items": 4,
    "collecting.crossReference": 2,
    "collecting.crossReferenceSummary": 1,
    "collecting.stats": 4,
    "collecting.counts": 1,
    "collecting.decades": 1,
    "collecting.folders": 2,
    "collecting.films": 5,
    "collecting.filmStats": 5,
    "collecting.filmsWatched": 2,
}
"""Statements of each path and field, that of whoever asks included; of all forms the most."""


def asked_of_rest() -> Iterable[str]:
    """The REST paths of both tags, a number in them left out."""
    for route in (*listening.ROUTES, *collecting.ROUTES):
        if route.method == "GET" and "/admin/" not in route.path:
            yield re.sub(r"\{\w+\}", "*", route.path)


def test_every_path_is_measured() -> None:
    measured = {
        re.sub(r"/\d+$", "/*", text.removeprefix("/v1").partition("?")[0])
        for each in questions(PLAYS)
        for text in each.asked
        if not each.graphql
    }

    assert set(asked_of_rest()) <= measured


async def lived(databases: Databases, folder: Path, size: int) -> tuple[Settings, str]:
    """So many of everything, heard again and again over two years; and a key."""
    address = await databases.sqlite(folder)
    settings = Settings(data_dir=folder, database_url=address, secret="s" * 64)  # type: ignore[arg-type]
    store = await Store.open(address)
    heard = [
        play(
            f"Artist {n} of the North",
            f"Track {n} of the North",
            album=f"Album {n} of the North",
            at=END - timedelta(days=at, hours=n),
        )
        for n in range(1, size + 1)
        for at in range(0, 720, 6)
    ]
    await store_plays(store, *heard)
    await tag(store, {n: ("Rock", "Jazz", "Folk")[n % 3] for n in range(1, size + 1)})
    await pack(store)
    await whole.shelve_records(store, ME, random.Random(size), owned=size, wanted=size)
    await whole.shelve_films(store, ME, count=size)
    async with store.write() as conn:
        await cross_reference.refresh(conn, ME)
        await wantlist.refresh(conn, ME)
        given: dict[str, Any] = {"name": "reads", "scope": "admin", "rate_limit_rpm": 1_000_000}
        _, key = await keys.create(conn, ME, pepper=keys.pepper(settings.secret_bytes()), **given)
    await store.close()
    return settings, key


async def counted(settings: Settings, key: str) -> dict[str, int]:
    """The statements of each read, the most of those it asks in turn, once all is warm."""
    found: dict[str, int] = {}
    with time_machine.travel(NOW, tick=True):
        async with asking(settings, key) as asker:
            # Nothing has the number 42 where there are so few.
            for question in (each for each in questions(PLAYS) if "/42" not in each.name):
                for text in (question.asked[0], *question.asked[:3]):
                    asker.statements.clear()
                    await asker.answer(text, graphql=question.graphql)
                    found[question.name] = max(found.get(question.name, 0), len(asker.statements))
    return found


async def test_no_read_asks_more_of_a_longer_list(databases: Databases, tmp_path: Path) -> None:
    for name in ("few", "many"):
        (tmp_path / name).mkdir()

    few = await counted(*await lived(databases, tmp_path / "few", FEW))
    many = await counted(*await lived(databases, tmp_path / "many", MANY))

    grown = {name: (few[name], count) for name, count in many.items() if count > few[name]}
    assert grown == {}
    most: dict[str, int] = {}
    for name, count in many.items():
        path = re.split("[ ,]", name)[0]
        most[path] = max(most.get(path, 0), count)
    assert most == MOST
