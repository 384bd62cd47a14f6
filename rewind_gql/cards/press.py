"""The press: a card is asked for, drawn once for all who want it, and kept while it stays true."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

from rewind_gql.across import pictures as across
from rewind_gql.cards.asked import Asked, Look, When
from rewind_gql.cards.card import Card
from rewind_gql.cards.drawing import FORM, draw
from rewind_gql.cards.pictures import Picture, Tiles, covers
from rewind_gql.images import views
from rewind_gql.images.deps import Images
from rewind_gql.images.derived import options
from rewind_gql.images.links import SIZES
from rewind_gql.images.measured import Unfit, WorkerBusy
from rewind_gql.images.placeholder import data_url
from rewind_gql.images.records import Key
from rewind_gql.ports.blobs import BlobsAway
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn

MOST_BYTES = 16 * 1024 * 1024
MOST_KNOWN = 2_048
WEBP = "image/webp"
Found: TypeAlias = Mapping[Key, views.Image]


class Print(NamedTuple):
    """A drawn card; `lasts` is False where a picture in it could not be had just now."""

    tag: str
    body: bytes
    lasts: bool


class Wish(NamedTuple):
    """Which card is wanted, of whom, and how."""

    user_id: int
    card: str
    asked: Asked
    look: Look
    zone: str
    today: date


class _Told(NamedTuple):
    version: int
    digest: str


@dataclass(slots=True)
class Tally:
    """How often the press was asked, and how often it had to work."""

    wishes: int = 0
    questions: int = 0
    drawn: int = 0


class Press:
    """Draws cards, and keeps up to `most_bytes` of those drawn last.

    While nothing was stored, a card that was told is not asked for again; where something was, but
    tells the same, it is not drawn again. However many want one at once, it is made once.
    """

    def __init__(self, store: Store, images: Images, *, most_bytes: int = MOST_BYTES) -> None:
        self.tally = Tally()
        self._store = store
        self._images = images
        self._most = most_bytes
        self._size = 0
        self._prints: OrderedDict[str, Print] = OrderedDict()
        self._told: OrderedDict[Wish, _Told] = OrderedDict()
        self._under_way: dict[tuple[Wish, int | None], asyncio.Task[Print]] = {}

    async def make(self, user_id: int, card: Card, asked: Asked, look: Look, when: When) -> Print:
        """A card of this person, as of now. Raises `BadInput` for days that cannot be."""
        self.tally.wishes += 1
        wish = Wish(user_id, card.name, asked, look, when.zone.key, when.today)
        version = self._store.version()
        if known := self._known(wish, version):
            return known
        task = self._under_way.get((wish, version))
        if task is None:
            task = asyncio.create_task(self._made(wish, version, card, when))
            self._under_way[wish, version] = task
            task.add_done_callback(lambda done: self._settle((wish, version), done))
        return await asyncio.shield(task)

    def _known(self, wish: Wish, version: int | None) -> Print | None:
        told = self._told.get(wish)
        if told is None or version is None or told.version != version:
            return None
        return self._taken(told.digest)

    def _taken(self, digest: str) -> Print | None:
        if digest not in self._prints:
            return None
        self._prints.move_to_end(digest)
        return self._prints[digest]

    async def _made(self, wish: Wish, version: int | None, card: Card, when: When) -> Print:
        self.tally.questions += 1
        picture, found = await self._store.ask(_ask, wish.user_id, card, wish.asked, when)
        digest = _digest(picture, found, wish.look, card.width)
        made = self._taken(digest)
        if made is None:
            made = await self._drawn(picture, found, wish.look, card.width)
            if made.lasts:
                self._keep(digest, made)
        if made.lasts and version is not None:
            self._told[wish] = _Told(version, digest)
            self._told.move_to_end(wish)
            if len(self._told) > MOST_KNOWN:
                self._told.popitem(last=False)
        return made

    async def _drawn(self, picture: Picture, found: Found, look: Look, width: int) -> Print:
        self.tally.drawn += 1
        size = "medium" if _large(picture) else "small"
        got = await asyncio.gather(*(self._art(image, size) for image in found.values()))
        art = {key: each for key, (each, _) in zip(found, got, strict=True) if each is not None}
        body = await asyncio.to_thread(draw, picture, look, width=width, art=art)
        tag = blake2b(body, digest_size=16).hexdigest()
        return Print(tag, body, all(lasts for _, lasts in got))

    async def _art(self, image: views.Image, size: str) -> tuple[bytes | str | None, bool]:
        """The bytes of a cover, or its blur where they cannot be had; and whether that stays so."""
        blur = data_url(image.thumbhash) if image.thumbhash else None
        try:
            return await self._images.derived.get(image, options(image, SIZES[size], WEBP)), True
        except (BlobsAway, WorkerBusy):
            return blur, False
        except Unfit:
            return blur, True

    def _keep(self, digest: str, made: Print) -> None:
        self._prints[digest] = made
        self._size += len(made.body)
        while self._size > self._most:
            _, gone = self._prints.popitem(last=False)
            self._size -= len(gone.body)

    def _settle(self, key: tuple[Wish, int | None], task: asyncio.Task[Print]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # taken note of, for whoever asked may be gone


async def _ask(
    conn: Conn, user_id: int, card: Card, asked: Asked, when: When
) -> tuple[Picture, Found]:
    """What a card tells, and the pictures of what is on it, of one state of the database."""
    picture = await card.ask(conn, user_id, asked, when)
    keys = list(dict.fromkeys(cover.key for cover in covers(picture)))
    return picture, await across.images_by_entity(conn, user_id, keys) if keys else {}


def _digest(picture: Picture, found: Found, look: Look, width: int) -> str:
    """What tells two drawings apart."""
    hashes = {key: found[key].content_hash for key in sorted(found)}
    said = repr((FORM, width, look, picture, hashes)).encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16).hexdigest()


def _large(picture: Picture) -> bool:
    """Whether covers are shown large."""
    return isinstance(picture, Tiles)
