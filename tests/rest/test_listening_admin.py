"""Syncs and lookups of listening asked for over REST, done by a worker over pretend providers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.upstreams import apple_music, itunes, lastfm
from rewind_gql.demo.upstreams.effects import answer
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.rest.rewind.listening import admin
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import run, sources
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from tests.databases import ME
from tests.demo.upstreams.shelves import a_life
from tests.rest.life import hear, play
from tests.serving import Api, desk_of, serving

pytestmark = pytest.mark.either

SYNC = "/v1/admin/sync/listening"
ALBUMS = "/v1/admin/sync/apple-music-albums"
TRACKS = "/v1/listening/admin/enrich-apple-music"
ARTISTS = "/v1/listening/admin/enrich-artists"
SHOP = Shop("test", [parse_album("Low|Hope|1994|Rock|L|Words; Lazy; Down; Lullaby", "test")])


class Working:
    """A queue whose syncs a worker does at once."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.tasks: list[asyncio.Task[Any]] = []

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **given: Any
    ) -> bool:
        if name == "sync":
            self.tasks.append(asyncio.create_task(run.run(self._deps, **given)))
        return True


@pytest.fixture
async def make(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> AsyncIterator[Callable[..., Any]]:
    """Makes the application over pretend providers; `given` are settings beside Last.fm's."""
    async with AsyncExitStack() as stack:
        faults = Faults()
        life = a_life()
        plays = stack.enter_context(serve(lastfm.app(lastfm.Scrobbles(life), faults)))
        shop = stack.enter_context(serve(itunes.app(SHOP, faults)))
        catalogue = stack.enter_context(serve(apple_music.app(SHOP, faults)))

        async def made(**given: Any) -> tuple[Api, Faults]:
            chosen = settings(
                lastfm_base_url=f"{plays}/2.0/",
                lastfm_user=life.person.lastfm,
                lastfm_api_key=lastfm.KEY,
                itunes_base_url=shop,
                apple_music_base_url=f"{catalogue}/v1",
                discogs_base_url=shop,
                unpaced=True,
                **given,
            )
            clients = Clients(patience=IMPATIENT)
            stack.push_async_callback(clients.close)
            desk = desk_of(sqlite_store, chosen)
            deps = Deps(
                store=sqlite_store,
                settings=chosen,
                jobs=desk.jobs,
                vault=Vault(b"v" * 64),
                worker="one",
                clients=clients,
            )
            object.__setattr__(desk, "jobs", Working(deps))
            async with sqlite_store.write() as conn:
                await sources.register(conn, ME, chosen)
            return await stack.enter_async_context(serving(desk)), faults

        yield made


async def ask(api: Api, path: str, **given: Any) -> tuple[int, Any]:
    """Status and body of what an admin posts."""
    answered = await api.ask(path, method="POST", key="admin", **given)
    return answered.status_code, answered.json()


@pytest.mark.parametrize("kind", ["scrobbles", "top_lists", "stats", "full", "backfill", None])
async def test_every_kind_of_sync_is_done(make: Callable[..., Any], kind: str | None) -> None:
    api, _ = await make()

    status, body = await ask(api, SYNC, **({"json": {"type": kind}} if kind else {}))

    assert (status, body["status"]) == (200, "completed")
    assert set(body) == {"status", "items_synced", "timestamp"}


@pytest.mark.parametrize("kind", ["artist_tags", "artist_bios", "artist_similar"])
async def test_of_artists_it_is_told_how_many_remain(make: Callable[..., Any], kind: str) -> None:
    api, _ = await make()
    await hear(api.desk.store, play("Words", "Radiohead"), play("Lazy", "Nobody", minutes=1))

    status, body = await ask(api, SYNC, json={"type": kind})

    assert (status, body["remaining"], body["items_synced"]) == (200, 0, 1)


async def test_a_backfill_reads_everything_again(make: Callable[..., Any]) -> None:
    api, faults = await make()
    asked = []
    for _ in range(2):
        await ask(api, SYNC, json={"type": "backfill"})
        asked.append(faults.count("getrecenttracks"))

    assert asked[1] == 2 * asked[0] > 0


@pytest.mark.parametrize(
    "body", [{"type": "everything"}, {"type": 7}, {"type": None}, [], {"type": "user_stats"}]
)
async def test_an_unknown_kind_is_400(quick_api: Api, body: Any) -> None:
    status, said = await ask(quick_api, SYNC, json=body)

    assert (status, said["status"]) == (400, 400)


async def test_a_provider_that_refuses_is_500_in_its_words(make: Callable[..., Any]) -> None:
    api, faults = await make()
    faults.add(answer(403, body={"error": 10, "message": "Invalid API key"}), times=None)

    status, body = await ask(api, SYNC)

    assert (status, body) == (500, {"error": "Last.fm: Invalid API key", "status": 500})


async def test_what_lasts_is_pointed_to(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "WAIT_S", 0.0)
    api, _ = await make()

    status, body = await ask(api, SYNC, json={"type": "full"})

    assert status == 202
    assert body["run_id"]
    assert body["remaining"] == ["top_lists", "user_stats"]


@pytest.mark.parametrize("path", [TRACKS, ARTISTS])
@pytest.mark.parametrize(
    "given",
    [{"itunes_links": True}, {"apple_music_developer_token": apple_music.TOKEN}],
    ids=["itunes", "apple"],
)
async def test_lookups_tell_what_came_of_them(
    make: Callable[..., Any], path: str, given: dict[str, Any]
) -> None:
    api, _ = await make(**given)
    await hear(api.desk.store, play("Words", "Low"), play("Unknown", "Nobody", minutes=1))

    status, body = await ask(api, path)

    counts = {"total": 2, "succeeded": 1, "skipped": 1, "failed": 0}
    assert (status, body) == (200, {"success": True, "results": counts})


@pytest.mark.parametrize(
    ("limit", "total"), [("1", 1), ("0", 1), ("-5", 1), ("3", 3), ("100000", 4)]
)
async def test_a_limit_out_of_range_is_the_nearest_one(
    make: Callable[..., Any], limit: str, total: int
) -> None:
    api, _ = await make(itunes_links=True)
    titles = ("Words", "Lazy", "Down", "Lullaby")
    await hear(api.desk.store, *(play(name, "Low", minutes=at) for at, name in enumerate(titles)))

    _, body = await ask(api, f"{TRACKS}?limit={limit}")

    assert body["results"]["total"] == total


@pytest.mark.parametrize("query", ["limit=many", "limit=", "limit=1&limit=2", "limit=1.5"])
async def test_a_limit_that_is_none_is_400(quick_api: Api, query: str) -> None:
    status, body = await ask(quick_api, f"{TRACKS}?{query}")

    assert (status, [each["path"] for each in body["details"]]) == (400, ["limit"])


@pytest.mark.parametrize("path", [TRACKS, ARTISTS])
async def test_when_nobody_can_be_asked_it_says_what_to_set(quick_api: Api, path: str) -> None:
    status, body = await ask(quick_api, path)

    assert status == 409
    assert "ITUNES_LINKS" in body["error"]


async def test_albums_get_their_facts(make: Callable[..., Any]) -> None:
    api, _ = await make(apple_music_developer_token=apple_music.TOKEN)
    await hear(api.desk.store, play("Words", "Low", album="Hope"))
    await ask(api, TRACKS)

    status, body = await ask(api, ALBUMS)

    assert (status, body["status"]) == (200, "completed")
    assert (body["items_synced"], body["skipped"]) == (1, 0)
    assert body["timestamp"]


async def test_without_a_token_albums_are_500(quick_api: Api) -> None:
    status, body = await ask(quick_api, ALBUMS)

    assert (status, body["status"]) == (500, 500)
    assert "APPLE_MUSIC_DEVELOPER_TOKEN" in body["error"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_former_address_leads_to_the_present_one(quick_api: Api, method: str) -> None:
    answered = await quick_api.ask("/v1/listening/admin/sync", method=method, key="admin")

    assert (answered.status_code, answered.headers["location"]) == (308, SYNC)


@pytest.mark.parametrize("path", [SYNC, ALBUMS, TRACKS, ARTISTS, "/v1/listening/admin/sync"])
async def test_they_take_an_admin_key(quick_api: Api, path: str) -> None:
    assert (await quick_api.ask(path, method="POST")).status_code == 403
    assert (await quick_api.ask(path, method="POST", key=None)).status_code == 401
