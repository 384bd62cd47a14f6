"""A pretend site full of pictures, a pipeline that looks for them there, and things to look for."""

import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.images import keeping, queries, views
from rewind_gql.images.analysis import measure
from rewind_gql.images.finders import Finders
from rewind_gql.images.keeping import Original, Provenance
from rewind_gql.images.pipeline import Pipeline
from rewind_gql.images.records import Key, Thing
from rewind_gql.images.worker import Worker
from rewind_gql.ports.blobs import Blobs, FolderBlobs
from rewind_gql.ports.guarded import Guard
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.images.files import picture

SEA, WOOD = picture("JPEG", 400, 300), picture("PNG", 320, 480)
KEY = Key("reading", "articles", "9")
FOUND = Provenance(source="open-graph", source_url="https://example.org/sea.jpg")
CHOSEN = Provenance(source=keeping.MANUAL, source_url="upload", override=True)


class Site:
    """Pictures under names, and pages that show one: `/a.jpg` and `/page/a.jpg`."""

    def __init__(self, **pictures: bytes) -> None:
        self.pictures = pictures
        self.faults = Faults()
        self.gate = threading.Event()
        """Shut, nothing is answered."""
        self.gate.set()
        self.app = Starlette(
            routes=[Route("/page/{name}", self._page), Route("/{name}", self._picture)],
            middleware=[Middleware(Faulty, faults=self.faults)],
        )

    def _picture(self, request: Request) -> Response:
        self.gate.wait(30)
        body = self.pictures.get(request.path_params["name"])
        return (
            Response(status_code=404) if body is None else Response(body, media_type="image/jpeg")
        )

    def _page(self, request: Request) -> Response:
        shown = f'<meta property="og:image" content="/{request.path_params["name"]}">'
        return Response(f"<html><head>{shown}</head></html>", media_type="text/html")


def article(url: str = "", *, page: str = "", title: str = "") -> Thing:
    """An article whose preview lies at an address, or on a page."""
    return Thing(**KEY._asdict(), image_url=url, page_url=page, title=title)


@asynccontextmanager
async def pipeline(
    store: Store, blobs: Blobs, url: str, *, given: Any = None, **changes: Any
) -> AsyncIterator[Pipeline]:
    """A pipeline that may fetch from the site at `url`; `given` are settings of finders."""
    local = {"lastfm_base_url": url, "discogs_base_url": url, "unpaced": True}
    settings = Settings(**local, image_private_origins=(url,), **(given or {}))
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(Worker())
        guard, own, clients = Guard(), Guard(allow=frozenset((url,))), Clients(patience=IMPATIENT)
        finders = Finders(settings, clients, guard)
        for each in (guard, own, clients, finders):
            stack.push_async_callback(each.close)
        made = Pipeline(store, blobs, worker, finders, own, **changes)
        stack.push_async_callback(made.close)
        yield made


def original(body: bytes) -> Original:
    """A picture as the pipeline hands it over."""
    return Original.of(body, measure(body))


async def hang(
    store: Store,
    blobs: Blobs,
    body: bytes,
    *,
    origin: Provenance = FOUND,
    key: Key = KEY,
    user_id: int = ME,
    facts: dict[str, Any] | None = None,
) -> bool:
    """Put a picture away and make it that of a thing."""
    made = original(body)
    await keeping.stow(store, blobs, made)
    async with store.write() as conn:
        return await keeping.keep(conn, user_id, key, made, origin, facts=facts)


async def seen(store: Store, key: Key = KEY, user_id: int = ME) -> views.Standing:
    """How matters stand with a thing that was looked for."""
    found = await store.ask(queries.standing, user_id, key)
    assert found is not None
    return found


async def shown(store: Store, key: Key = KEY, user_id: int = ME) -> views.Image:
    """The picture of a thing that has one."""
    found = (await seen(store, key, user_id)).image
    assert found is not None
    return found


def folder(path: Path) -> FolderBlobs:
    """A store of bytes in a folder."""
    made = path / "images"
    made.mkdir(exist_ok=True)
    return FolderBlobs(made)
