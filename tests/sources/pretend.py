"""The pretend provider of every source, and what a test needs to sync from one."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col
from starlette.types import ASGIApp

from rewind_gql import clock
from rewind_gql.demo.cinema import Cinema, cinema
from rewind_gql.demo.records import Life
from rewind_gql.demo.upstreams import discogs, lastfm, trakt
from rewind_gql.demo.upstreams.edits import transform
from rewind_gql.demo.upstreams.effects import answer
from rewind_gql.demo.upstreams.exchange import Effect
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.domains.collecting import tables as collecting
from rewind_gql.domains.listening import library
from rewind_gql.domains.listening import tables as listening
from rewind_gql.domains.watching import tables as watching
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.sources.base import Batch, Position, Source
from rewind_gql.store.engine import Store, Writing
from rewind_gql.sync import ledger, queries, run, sources, tokens, views
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.tables import Reject
from tests.databases import ME

SECRET = "p" * 64
State = lastfm.Scrobbles | discogs.Shelf | trakt.Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretend:
    """How the tests of all sources meet one of them.

    `sync_type` is its main one, `listing` a part of the address of its main list's pages, `items`
    where the list stands in a page. `stored` and `expected` name what is in the database and what
    should be, by natural keys. `news` are the domains in which every sync tells something new: the
    worth of a collection is told with the time it was seen.
    """

    state: Callable[[Life], State]
    app: Callable[[Any, Faults], ASGIApp]
    settings: Callable[[str], Mapping[str, Any]]
    sync_type: str
    listing: str
    items: tuple[str, ...]
    stored: Callable[[Writing], Awaitable[Counter[Any]]]
    expected: Callable[[Life], Counter[Any]]
    passing: Mapping[str, Effect]
    news: frozenset[str] = frozenset()


async def _plays(conn: Writing) -> Counter[Any]:
    play, track, artist = listening.Play, listening.Track, listening.Artist
    statement = (
        select(col(play.played_at), col(artist.match_key), col(track.match_key))
        .join(track, col(track.id) == col(play.track_id))
        .join(artist, col(artist.id) == col(track.artist_id))
    )
    rows = (await conn.execute(statement)).all()
    return Counter((clock.seconds(at), by, title) for at, by, title in rows)


def _listens(life: Life) -> Counter[Any]:
    return Counter(
        (
            clock.seconds(listen.at),
            library.artist_name(listen.artist, listen.artist_mbid or None)[1],
            library.title(listen.track)[1],
        )
        for listen in life.listens
    )


async def _shelf(conn: Writing) -> Counter[Any]:
    item, want, release = collecting.Item, collecting.Want, collecting.Release
    copies = (await conn.execute(select(col(item.instance_id)))).scalars()
    statement = select(col(release.discogs_id)).join(want, col(want.release_id) == col(release.id))
    wants = (await conn.execute(statement)).scalars()
    return Counter([("copy", at) for at in copies] + [("want", at) for at in wants])


def _owned(life: Life) -> Counter[Any]:
    copies = [("copy", copy.instance_id) for copy in life.copies]
    return Counter(copies + [("want", want.sleeve.release_id) for want in life.wants])


async def _watched(conn: Writing) -> Counter[Any]:
    statement = select(col(watching.Watch.source_id))
    return Counter((await conn.execute(statement)).scalars())


def _seen(life: Life) -> Counter[Any]:
    return Counter(str(seen.play_id) for seen in _cinema(life).seen)


def _cinema(life: Life) -> Cinema:
    return cinema(life.listens[-1].at)


def _error(body: Any) -> Effect:
    return transform(lambda _: body)


PRETENDS: Mapping[str, Pretend] = {
    "lastfm": Pretend(
        state=lastfm.Scrobbles,
        app=lastfm.app,
        settings=lambda url: {
            "lastfm_api_key": lastfm.KEY,
            "lastfm_user": "marenok",
        },
        sync_type="scrobbles",
        listing="getrecenttracks",
        items=("recenttracks", "track"),
        stored=_plays,
        expected=_listens,
        passing={
            "an error in a 200": _error({"error": 16, "message": "There was a temporary error"}),
        },
    ),
    "discogs": Pretend(
        state=discogs.Shelf,
        app=discogs.app,
        settings=lambda url: {
            "discogs_token": discogs.TOKEN,
            "discogs_user": "maren_ok",
        },
        sync_type="full",
        listing="/folders/0/releases",
        items=("releases",),
        stored=_shelf,
        expected=_owned,
        passing={},
        news=frozenset({"collecting"}),
    ),
    "trakt": Pretend(
        state=lambda life: trakt.Account(_cinema(life)),
        app=lambda account, faults: trakt.app(
            account, faults, trakt.Doorman(approving=True, interval_s=0), most=40
        ),
        settings=lambda url: {
            "trakt_client_id": trakt.CLIENT_ID,
            "trakt_client_secret": trakt.CLIENT_SECRET,
            "trakt_base_url": url,
            "trakt_auth_base_url": url,
        },
        sync_type="history",
        listing="limit=250",
        items=(),
        stored=_watched,
        expected=_seen,
        passing={"an empty 503": answer(503)},
    ),
}


class Idle:
    """A queue that takes every job and does none."""

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        """Take a job."""
        return True


@dataclass
class Rig:
    """One source, its pretend provider on a real socket, and a store."""

    name: str
    pretend: Pretend
    state: Any
    faults: Faults
    deps: Deps
    token: str = ""

    @property
    def card(self) -> type[Source]:
        """The source's card."""
        return SOURCES[self.name]

    @property
    def store(self) -> Store:
        """Where it is stored."""
        return self.deps.store

    async def row(self, sync_type: str | None = None) -> views.Source:
        """The registered source of that sync type."""
        wanted = sync_type or self.pretend.sync_type
        found = await self.store.ask(queries.sources, ME)
        return next(
            each for each in found if (each.provider, each.sync_type) == (self.name, wanted)
        )

    async def trigger(self, sync_type: str | None = None) -> str:
        """The id of a new run."""
        row = await self.row(sync_type)
        async with self.store.write() as conn:
            return (await ledger.trigger(conn, ME, source_id=row.id, trigger="manual")).run_id

    async def sync(self, sync_type: str | None = None) -> views.Run:
        """A run from its trigger to its end."""
        return await run.run(self.deps, await self.trigger(sync_type), 1)

    async def limited(self, source_id: int, limit: int) -> views.Run:
        """A run that sees to so many items."""
        asked = {"source_id": source_id, "trigger": "manual", "args": {"limit": limit}}
        async with self.store.write() as conn:
            run_id = (await ledger.trigger(conn, ME, **asked)).run_id
        return await run.run(self.deps, run_id, 1)

    async def stored(self) -> Counter[Any]:
        """What is in the database, by natural keys."""
        async with self.store.write() as conn:
            return await self.pretend.stored(conn)

    async def rejects(self) -> list[str]:
        """Why items were refused."""
        async with self.store.write() as conn:
            return list((await conn.execute(select(col(Reject.reason)))).scalars())

    def source(self) -> Source:
        """The source itself, ready to be asked."""
        settings, card = self.deps.settings, self.card
        options, secrets = sources.options(settings, card)
        account = sources.account(settings, card)
        base_url = options[card.base_url_setting]
        client = self.deps.clients.get(self.name, account, base_url, pace=None)

        async def ask(query: Any, /, *args: Any, **kw: Any) -> Any:
            return await self.store.ask(query, ME, *args, **kw)

        return card(
            client, ask, account=account, options=options, secrets=secrets, token=self.token
        )

    async def batches(self, at: Position | None = None) -> list[Batch[Any]]:
        """Every batch of the first stream of the main sync type, none of them stored."""
        at = at or Position(cursor=None, checkpoint=None, now=clock.now())
        stream = next(
            each for each in self.card.streams() if each.sync_type == self.pretend.sync_type
        )
        return [batch async for batch in stream.read(self.source(), at)]


@asynccontextmanager
async def rig_on(
    store: Store,
    settings: Callable[..., Settings],
    name: str,
    life: Life,
    *,
    pretend: Pretend | None = None,
) -> AsyncIterator[Rig]:
    """A source with a provider that knows this life, or another one."""
    pretend, faults = pretend or PRETENDS[name], Faults()
    state = pretend.state(life)
    with serve(pretend.app(state, faults)) as url:
        deps = Deps(
            store=store,
            settings=settings(unpaced=True, **_local(url), **pretend.settings(url)),
            jobs=Idle(),
            vault=Vault(SECRET.encode()),
            worker="one",
            clients=Clients(patience=IMPATIENT),
        )
        try:
            token = await _connected(deps, name)
            async with store.write() as conn:
                await sources.register(conn, ME, deps.settings)
            faults.clear()
            yield Rig(name, pretend, state, faults, deps, token)
        finally:
            await deps.clients.close()


async def _connected(deps: Deps, name: str) -> str:
    """The token of an account that was just connected; empty for sources without any."""
    card = SOURCES[name]
    if card.sign_in is None:
        return ""
    options, _ = sources.options(deps.settings, card)
    account = tokens.account(deps, ME, card, sources.account(deps.settings, card), options)
    await tokens.connect(deps, account, show=_nobody)
    return await tokens.fresh(deps, account)


async def _nobody(_: object) -> None:
    """No person has to be shown the code."""


def _local(url: str) -> dict[str, str]:
    """No source asks anybody but this machine."""
    return {"lastfm_base_url": f"{url}/2.0/", "discogs_base_url": url}
