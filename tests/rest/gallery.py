"""The application beside a pretend shop of covers, and things whose pictures are asked for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.upstreams import itunes
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images.records import Key
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.images.files import picture
from tests.images.gallery import hang
from tests.rest.life import copy, hear, own, play
from tests.serving import Api, desk_of, serving

COVER = picture("JPEG", 400, 300)
ORDER = "listening/albums=itunes;listening/artists=deezer;collecting/releases=itunes"
SOLD = Shop(
    "test",
    [
        parse_album(f"{artist}|{title}|2001|Rock|Label|", "test")
        for artist, title in (("Low", "Double Negative"), ("Slint", "Spiderland"))
    ],
)
"""What the shop has covers of; it sells nothing else."""


class Shut:
    """A gate in front of an application: closed, nobody is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[str] = []
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request once the gate is open."""
        self.asked.append(scope["path"])
        await asyncio.to_thread(self.gate.wait, 30)
        await self._app(scope, receive, send)


@dataclass(kw_only=True)
class Gallery:
    """An application whose pictures come from a shop that can be shut, or fail as told."""

    api: Api
    shop: Shut
    faults: Faults
    url: str

    @property
    def store(self) -> Store:
        """What is served."""
        return self.api.desk.store

    async def stock(self) -> None:
        """Two albums heard that are owned as well, and a record that was never heard."""
        await hear(
            self.store,
            play("Fly", "Low", album="Double Negative"),
            play("Glenn", "Slint", album="Tweez", minutes=1),
        )
        await own(
            self.store,
            copy(21, "Double Negative", "Low"),
            copy(22, "Spiderland", "Slint", hours=1),
        )

    async def hang(self, key: Key, body: bytes = COVER, **given: Any) -> None:
        """Give a thing a picture."""
        await hang(self.store, self.api.desk.images.blobs, body, key=key, **given)

    async def album(self, title: str) -> Key:
        """What the picture of an album is known by."""
        rows = (await self.api.ask("/v1/listening/recent")).json()["data"]
        [found] = {row["album"]["id"] for row in rows if row["album"]["name"] == title}
        return Key("listening", "albums", str(found))


@asynccontextmanager
async def gallery(
    store: Store, settings: Callable[..., Settings], **given: Any
) -> AsyncIterator[Gallery]:
    """The application over this store, beside its shop."""
    faults = Faults()
    shop = Shut(itunes.app(SOLD, faults))
    with serve(shop) as url:
        local = dict.fromkeys(("itunes_base_url", "deezer_base_url"), url)
        own_machine = {"lastfm_base_url": url, "discogs_base_url": url, "unpaced": True}
        chosen = settings(
            **{
                **local,
                **own_machine,
                "image_order": ORDER,
                "image_private_origins": (url,),
                **given,
            }
        )
        clients = Clients(patience=IMPATIENT)
        async with serving(desk_of(store, chosen, clients)) as api:
            yield Gallery(api=api, shop=shop, faults=faults, url=url)
            shop.gate.set()
        await clients.close()


@pytest.fixture
async def there(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Gallery]:
    """A stocked application on both databases."""
    async with gallery(store, settings) as made:
        await made.stock()
        yield made


@pytest.fixture
async def quick(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Gallery]:
    """The same on SQLite alone."""
    async with gallery(sqlite_store, settings) as made:
        await made.stock()
        yield made
