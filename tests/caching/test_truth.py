"""Whatever is written, by whom, and however late it is: what is kept is what would be answered."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine
from sqlmodel import select

from rewind_gql import clock
from rewind_gql.across import cross_reference
from rewind_gql.auth.tables import User
from rewind_gql.domains import DOMAINS
from rewind_gql.domains.collecting.tables import Item
from rewind_gql.domains.listening import filters
from rewind_gql.domains.listening.tables import Artist
from rewind_gql.images.records import Key
from rewind_gql.rest.rewind import ROUTES
from rewind_gql.rest.shim import Access
from rewind_gql.server.build import endpoint
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from schema.root import schema
from tests.databases import ME, OTHER, Databases
from tests.schema.conftest import Lives, lives
from tests.schema.life import hear, own, picture, play, want
from tests.schema.sessions import send, session
from tests.schema.test_recipes import RECIPES
from tests.serving import Api, desk_of, new_key, serving
from tests.sync.told import begin, end, tell

__all__ = ["lives"]

START = datetime(2025, 3, 2, 21, 30, tzinfo=UTC)
DOCUMENTS = [
    *RECIPES.values(),
    "{ viewer { userId timeZone scope } }",
    "{ syncRuns(first: 5) { nodes { id status durationMs } } }",
    "{ syncRuns(first: 5) { nodes { id status } } syncHealth { domain errorRate } }",
    "{ listening { stats { totals { plays } days playsPerDay } } }",
    "{ listening { streaks { current { days } } totals(period: LAST_7_DAYS) { plays } } }",
    '{ listening { streaks(timeZone: "Pacific/Auckland") { current { days } } } }',
    "{ listening { calendar { total } } focus { tracking { minutes } streak { current } } }",
    "{ devices { deviceId lastSeenAt } }",
    "{ focus { days { day minutes } timers { clientSessionId } } viewer { timeZone } }",
    "{ collecting { stats { totalItems addedThisYear } } }",
    "{ listening { nowPlaying { isPlaying } } }",
    "{ rateLimit { limit nodeCount } }",
    "{ listening { topArtists(first: 5) { nodes { artist { name image { url } } } } } }",
]
PATHS = [
    f"/v1{route.path}"
    for route in ROUTES
    if route.method == "GET" and route.access is Access.READ and "{" not in route.path
]


@dataclass
class World:
    """A life, told by an application that keeps answers and by one that does not."""

    store: Store
    kept: Api
    plain: Api
    graphql: list[Any]
    keys: dict[str, str]
    dice: random.Random
    at: time_machine.Traveller
    known: dict[tuple[Any, ...], tuple[bytes, str]] = field(default_factory=dict)
    number: int = 0

    def next(self) -> int:
        """A number that was not given before."""
        self.number += 1
        return self.number


async def _play(world: World) -> None:
    whose = world.dice.choice([ME, OTHER])
    heard = play("Low", "Hey What", f"Song {world.next() % 7}", clock.now())
    async with world.store.write() as conn:
        await hear(conn, heard, user_id=whose)
        await cross_reference.refresh(conn, whose)


async def _again(world: World) -> None:
    async with world.store.write() as conn:
        await hear(conn, play("Low", "Hey What", "Days", START))


async def _own(world: World) -> None:
    number = 100 + world.next()
    async with world.store.write() as conn:
        await own(conn, ("Low", f"Album {number}"), user_id=ME, start=number)
        await cross_reference.refresh(conn, ME)


async def _want(world: World) -> None:
    number = 700 + world.next()
    async with world.store.write() as conn:
        await want(conn, (number, "Can", f"Wish {number}"))


async def _sync(world: World) -> None:
    run = f"pull_{world.next()}"
    await begin(world.store, run)
    await tell(world.store, run)
    if world.dice.random() < 0.5:
        await end(world.store, run)


async def _hide(world: World) -> None:
    rule = {"filter_type": "custom", "scope": "artist", "reason": "test"}
    async with world.store.write() as conn:
        await filters.add(conn, ME, pattern=f"pattern {world.next()}", **rule)


async def _show(world: World) -> None:
    async with world.store.write() as conn:
        found = (await conn.execute(select(Artist.id).where(Artist.user_id == ME))).all()
        at = world.dice.choice(found)[0]
        shown = world.dice.choice([True, False, None])
        stored = await filters.set_shown(conn, ME, kind="artist", entity_id=at, shown=shown)
        await DOMAINS["listening"].derive(conn, ME, stored.touched)


async def _pin(world: World) -> None:
    async with world.store.write() as conn:
        items = (await conn.execute(select(Item.id).where(Item.user_id == ME))).all()
        await cross_reference.pin(conn, ME, item_id=world.dice.choice(items)[0], album_id=None)


async def _picture(world: World) -> None:
    async with world.store.write() as conn:
        found = (await conn.execute(select(Artist.id, Artist.user_id))).all()
        at, whose = world.dice.choice(found)
        await picture(conn, Key("listening", "artists", str(at)), user_id=whose)


async def _zone(world: World) -> None:
    zone = world.dice.choice(["Europe/Oslo", "Pacific/Auckland", "UTC"])
    async with world.store.write() as conn:
        await conn.execute(User.__table__.update().values(time_zone=zone))  # type: ignore[attr-defined]  # a table


async def _focus(world: World) -> None:
    number = 5_000 + world.next()
    await send(world.store, "mac", session(number, at=clock.now() - timedelta(hours=1)))


async def _used(world: World) -> None:
    await world.kept.desk.gate.usage.flush()


async def _later(world: World) -> None:
    step = world.dice.choice([1, 59, 3_600, 8 * 3_600, 86_400, 40 * 86_400])
    world.at.shift(step)


DEEDS: list[Callable[[World], Awaitable[None]]] = [
    _play, _again, _own, _want, _sync, _hide, _show, _pin, _picture, _zone, _focus, _used, _later,
]  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
async def world(
    request: pytest.FixtureRequest,
    lives: Lives,
    databases: Databases,
    tmp_path: Path,
    settings: Callable[..., Settings],
) -> AsyncIterator[World]:
    """A life of its own, on either database, that begins on an evening in March."""
    address = await lives.fresh(request.param, tmp_path)
    async with AsyncExitStack() as stack:
        stores = [await Store.open(address) for _ in range(3)]
        apis, ends = [], []
        for store, room in zip(stores, (32, 0), strict=False):
            desk = desk_of(store, settings(answer_cache_mb=room))
            ends.append(endpoint(desk))
            apis.append(await stack.enter_async_context(serving(desk, graphql=ends[-1])))
        first = apis[0].desk
        keys = {
            "read": await new_key(first, "read"),
            "admin": await new_key(first, "admin"),
            "other": await new_key(first, "read", user_id=OTHER),
        }
        with time_machine.travel(START, tick=False) as at:
            yield World(stores[2], apis[0], apis[1], ends, keys, random.Random(7), at)
        for store in stores:
            await store.close()
    await databases.drop(address)


async def _asked(api: Api, key: str, place: Any, headers: dict[str, str]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", **headers}
    method, path, given = place
    return await api.client.request(method, path, headers=headers, **given)


def _places() -> list[Any]:
    asked = [("GET", path, {}) for path in PATHS]
    for text in DOCUMENTS:
        asked.append(("POST", "/graphql", {"json": {"query": text}}))
        asked.append(("GET", "/graphql", {"params": {"query": text}}))
    return asked


async def _compare(world: World, place: Any, who: str) -> None:
    """Both applications answer the same; a client that has the answer is told so rightly."""
    spot = (who, place[0], place[1], str(place[2]))
    body, tag = world.known.get(spot, (b"", ""))
    conditional = {"If-None-Match": tag} if tag and place[0] == "GET" else {}

    told = await _asked(world.kept, world.keys[who], place, conditional)
    plain = await _asked(world.plain, world.keys[who], place, {})

    if told.status_code == 304:
        assert plain.status_code == 200
        assert plain.content == body, spot
    else:
        assert told.status_code == plain.status_code, spot
        assert told.headers.get("x-data-version") == plain.headers.get("x-data-version")
        if told.status_code == 200 and b'"requestId"' not in told.content:
            assert told.content == plain.content, spot
            world.known[spot] = (told.content, told.headers.get("etag", ""))


async def _live(world: World, rounds: int) -> None:
    places = _places()
    asked = []
    for _ in range(rounds):
        await world.dice.choice([*DEEDS, _later, _later])(world)
        # What was just asked is asked again; what was long ago, seldom.
        again = asked[-24:-12:2]
        asked += [(world.dice.choice(places), world.dice.choice([*world.keys])) for _ in range(12)]
        for place, who in [*again, *asked[-12:]]:
            await _compare(world, place, who)


def test_every_document_is_one() -> None:
    assert [schema.documents.find(text).errors for text in DOCUMENTS] == [[]] * len(DOCUMENTS)


async def test_what_is_kept_is_what_would_be_answered(world: World) -> None:
    await _live(world, 40)

    assert world.kept.desk.caching.answers.given > 20
    assert len(world.plain.desk.caching.answers) == 0


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_it_is_so_for_long(world: World) -> None:
    world.dice.seed()

    await _live(world, 300)
