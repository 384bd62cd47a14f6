"""A real server in the test's own event loop, and clients of its sockets and streams."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from starlette.requests import Request
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from rewind_gql.auth import keys, queries
from rewind_gql.auth.views import Caller
from rewind_gql.cli.serve import config, listen
from rewind_gql.rest.shim import Desk
from rewind_gql.server.build import endpoint
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.ledger.rows import emit
from rewind_gql.sync.ledger.words import PROGRESS
from schema.asgi import Endpoint
from schema.context import Deps
from schema.root import schema
from tests.databases import ME
from tests.serving import Api, desk_of, serving
from tests.sync.told import tell

PATIENCE_S = 30.0
PROTOCOL = "graphql-transport-ws"
FOLLOW = """
subscription ($after: SyncCursor, $replay: Int! = 0, $run: ID, $domain: String, $steps: Boolean!) {
  syncEvents(
    after: $after, replay: $replay, runId: $run, domain: $domain, includeProgress: $steps
  ) {
    __typename
    ... on SyncEvent { seq cursor stage status run { id } }
    ... on SyncStreamReset { oldest }
  }
}
"""


EVENTS = 1_000
CUTS = 50


def following(**variables: Any) -> dict[str, Any]:
    """The request that follows events."""
    return {"query": FOLLOW, "variables": {"steps": True, **variables}}


def seqs(results: list[Any]) -> list[int]:
    """The numbers of the events in these results."""
    return [result["data"]["syncEvents"]["seq"] for result in results]


async def happen_slowly(store: Store, run_id: str, many: int) -> None:
    """Have so many things happen in a run, a few at a time, with pauses for whoever follows."""
    for done in range(0, many, 20):
        await tell(store, run_id, min(20, many - done))
        await asyncio.sleep(0.02)


async def work_on(store: Store, run_id: str, many: int) -> None:
    """Have a run tell so many times how far it has come, and nothing else."""
    async with store.write() as conn:
        for _ in range(many):
            await emit(conn, ME, run_id, kind=PROGRESS)


def endpoint_of(desk: Desk, **given: Any) -> Endpoint:
    """GraphQL over this desk, for those who have a key."""

    async def let_in(request: Request) -> Caller:
        authorization = request.headers.get("authorization", "").encode()
        return await desk.gate.bearer(authorization, None, tokens=True)

    deps = Deps(
        store=desk.store,
        settings=desk.settings,
        jobs=desk.jobs,
        gate=desk.gate,
        watch=desk.watch,
        hub=desk.hub,
        images=desk.images,
    )
    return Endpoint(schema, deps, authenticate=let_in, **given)


@dataclass(kw_only=True)
class Site:
    """A served application, and the keys to it."""

    api: Api
    address: str

    @property
    def store(self) -> Store:
        """What it serves."""
        return self.api.desk.store

    @property
    def url(self) -> str:
        """Where GraphQL is."""
        return f"http://{self.address}/graphql"

    def headers(self, key: str | None = "read") -> dict[str, str]:
        """What shows a key, the read key unless told."""
        known = {"read": self.api.read, "admin": self.api.admin}
        return {} if key is None else {"Authorization": f"Bearer {known.get(key, key)}"}


@asynccontextmanager
async def site_on(
    store: Store,
    settings: Settings,
    made: Callable[..., Endpoint] = endpoint,
) -> AsyncIterator[Site]:
    """The whole application over this store, on a loopback port."""
    desk = desk_of(store, settings)
    graphql = made(desk)
    running = [desk.watch.running(0.05), desk.hub.running(), graphql.running()]
    async with serving(desk, graphql=graphql, running=running) as api:
        with listen(settings.model_copy(update={"port": 0})) as listening:
            server = uvicorn.Server(config(api.app))
            serving_it = asyncio.create_task(server.serve(sockets=[listening]))
            await _started(server)
            yield Site(api=api, address=f"127.0.0.1:{listening.getsockname()[1]}")
            server.should_exit = True
            await serving_it


async def _started(server: uvicorn.Server) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not server.started:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)


@pytest.fixture
async def site(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Site]:
    """The application on both databases."""
    async with site_on(store, settings()) as made:
        yield made


@pytest.fixture
async def quick_site(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Site]:
    """The application on SQLite alone, for what the database has no part in."""
    async with site_on(sqlite_store, settings()) as made:
        yield made


@dataclass
class Talk:
    """A raw client of one socket."""

    connection: ClientConnection

    async def send(self, message: Any) -> None:
        """Send a message, or whatever it is."""
        raw = message if isinstance(message, str | bytes) else orjson.dumps(message).decode()
        await self.connection.send(raw)

    async def receive(self) -> Any:
        """The next message."""
        async with asyncio.timeout(PATIENCE_S):
            return orjson.loads(await self.connection.recv())

    async def introduce(self, **payload: Any) -> Any:
        """Say who calls; gives the answer."""
        await self.send({"type": "connection_init", "payload": payload})
        return await self.receive()

    async def subscribe(self, id_: str, payload: Any) -> None:
        """Start an operation."""
        await self.send({"id": id_, "type": "subscribe", "payload": payload})

    async def ask(self, query: str, id_: str = "q", **variables: Any) -> Any:
        """The result of a query or mutation, or its errors."""
        await self.subscribe(id_, {"query": query, "variables": variables})
        answer = await self.receive()
        if answer["type"] == "next":
            assert await self.receive() == {"id": id_, "type": "complete"}
        assert answer["id"] == id_
        return answer["payload"]

    async def results(self, many: int) -> list[Any]:
        """The payloads of the next so many results."""
        messages = [await self.receive() for _ in range(many)]
        assert {message["type"] for message in messages} <= {"next"}
        return [message["payload"] for message in messages]

    async def closed(self) -> tuple[int, str]:
        """Wait until the server closes; gives its code and reason."""
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ConnectionClosed) as gone:
                while True:
                    await self.connection.recv()
        assert gone.value.rcvd is not None
        return gone.value.rcvd.code, gone.value.rcvd.reason


@asynccontextmanager
async def talking(
    site: Site,
    *,
    protocols: tuple[str, ...] = (PROTOCOL,),
    origin: str | None = None,
    headers: dict[str, str] | None = None,
    narrow: bool = False,
) -> AsyncIterator[Talk]:
    """An open socket that has said nothing yet; a narrow one has room for little unread."""
    own = _narrow(site.address) if narrow else None
    connecting = connect(
        f"ws://{site.address}/graphql",
        subprotocols=[Subprotocol(each) for each in protocols] or None,
        origin=Origin(origin) if origin else None,
        additional_headers=headers or {},
        compression=None,
        proxy=None,
        sock=own,
        max_queue=1 if narrow else 16,
    )
    async with connecting as connection:
        yield Talk(connection)


def _narrow(address: str) -> socket.socket:
    host, _, port = address.partition(":")
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    own.connect((host, int(port)))
    own.setblocking(False)
    return own


@asynccontextmanager
async def introduced(site: Site, key: str = "read", **given: Any) -> AsyncIterator[Talk]:
    """An open socket whose caller is known."""
    async with talking(site, **given) as talk:
        assert await talk.introduce(**site.headers(key)) == {"type": "connection_ack"}
        yield talk


@dataclass
class Events:
    """A raw reader of one stream of server-sent events."""

    response: httpx.Response
    comments: int = 0
    _lines: AsyncIterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.response.aiter_lines()

    async def next(self) -> tuple[str, Any] | None:
        """The next event and its data; None at the end of the stream."""
        event, data = "", None
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                name, _, value = line.partition(": " if ": " in line else ":")
                if line.startswith(":"):
                    self.comments += 1
                elif name == "event":
                    event = value
                elif name == "data":
                    data = orjson.loads(value) if value else None
                elif not line and event:
                    return event, data
        return None

    async def results(self, many: int) -> list[Any]:
        """The data of the next so many results."""
        found = [await self.next() for _ in range(many)]
        assert {each and each[0] for each in found} <= {"next"}
        return [each[1] for each in found if each]


@asynccontextmanager
async def streaming(
    client: httpx.AsyncClient, method: str, url: str, **given: Any
) -> AsyncIterator[Events]:
    """An open stream."""
    async with client.stream(method, url, **given) as response:
        if response.status_code != 200:
            await response.aread()
        yield Events(response)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of any server."""
    async with httpx.AsyncClient(timeout=PATIENCE_S) as made:
        yield made


def code(response: httpx.Response) -> tuple[int, str]:
    """The status, and the code of the one error."""
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["code"]


async def revoke(site: Site) -> None:
    """Revoke the key that is called doomed."""
    [doomed] = [key for key in await site.store.ask(queries.keys, ME) if key.name == "doomed"]
    async with site.store.write() as conn:
        await keys.revoke(conn, ME, key_id=doomed.id)
