"""Pictures in other sizes: what is made for whom, once however many ask, and kept for the next."""

import asyncio
from dataclasses import replace
from functools import lru_cache

from rewind_gql.images import views
from rewind_gql.images.cache import Cache
from rewind_gql.images.geometry import Size, target
from rewind_gql.images.keeping import address
from rewind_gql.images.links import Transform
from rewind_gql.images.measured import WorkerBusy
from rewind_gql.images.presets import PRESETS, Format, Options
from rewind_gql.images.worker import Worker
from rewind_gql.ports.blobs import Blobs, BlobsAway

ENCODING = 1
"""Raise when the same size comes out in other bytes than before."""
GRID_PX = 10
QUALITY_STEP = 5
AVIF_MAX_PX = 400_000
"""Above this an AVIF takes longer than it saves; every size with a name is below."""
MAX_WAITING = 512

_FREE_PX = frozenset(side for sides in PRESETS.values() for side in sides)


class Derived:
    """Sizes of originals, from the cache or made.

    As many at once as there are processes to make them, and one more whose original is fetched
    meanwhile; up to `waiting` others wait in line.
    """

    def __init__(
        self,
        blobs: Blobs,
        worker: Worker,
        cache: Cache,
        *,
        at_once: int,
        waiting: int = MAX_WAITING,
    ) -> None:
        self._blobs = blobs
        self._worker = worker
        self._cache = cache
        self._turns = asyncio.Semaphore(at_once + 1)
        self._most = waiting
        self._waiting = 0

    async def get(self, image: views.Image, options: Options) -> bytes:
        """The picture in that size.

        Raises `BlobsAway` when its original cannot be had, `Unfit` when it cannot be resized, and
        `WorkerBusy` to come back later.
        """

        async def make() -> bytes:
            if self._waiting >= self._most:
                raise WorkerBusy
            self._waiting += 1
            try:
                await self._turns.acquire()
            finally:
                self._waiting -= 1
            try:
                body = await original(self._blobs, image)
                [made] = await self._worker.resize(body, [options])
            finally:
                self._turns.release()
            return made

        return await self._cache.get(image.content_hash, variant(options), make)


async def original(blobs: Blobs, image: views.Image, span: tuple[int, int] | None = None) -> bytes:
    """The bytes of a picture, or a range of them. Raises `BlobsAway` when they are not there."""
    body = await blobs.get(address(image.content_hash), span)
    if body is None:
        raise BlobsAway("The bytes of this image are missing.")
    return body


def snapped(transform: Transform) -> Transform:
    """The nearest that is made: sides without a name go up to a grid, and qualities to steps.

    So nobody has endlessly many files made.
    """
    return replace(
        transform,
        width=_on_grid(transform.width),
        height=_on_grid(transform.height),
        quality=min(100, -(-transform.quality // QUALITY_STEP) * QUALITY_STEP),
    )


def options(image: views.Image, transform: Transform, accept: str) -> Options:
    """The size that is made for an address, by what its reader takes."""
    near = snapped(transform)
    sides = Options(width=near.width, height=near.height, fit=near.fit, quality=near.quality)
    if near.format != "auto":
        return replace(sides, format=near.format)
    width, height = shown(image, near)
    return replace(sides, format=_best(accept, width * height))


def shown(image: views.Image, transform: Transform | None) -> Size:
    """The sides of the picture that an address leads to."""
    whole = (image.width, image.height)
    return whole if transform is None else _shown(whole, transform)


@lru_cache(4_096)
def _shown(whole: Size, transform: Transform) -> Size:
    near = snapped(transform)
    return target(whole, Options(width=near.width, height=near.height, fit=near.fit))[0]


def variant(size: Options) -> str:
    """The name of a size among those of one original."""
    sides = f"{size.width or 0}x{size.height or 0}"
    return f"{ENCODING}-{sides}-{size.fit}-{size.quality}.{size.format}"


def _best(accept: str, pixels: int) -> Format:
    """The best format that is asked for by name; `*/*` is what every client says."""
    taken = set(_taken(accept))
    if "image/avif" in taken and pixels <= AVIF_MAX_PX:
        return "avif"
    return "webp" if "image/webp" in taken else "plain"


def _taken(accept: str) -> list[str]:
    """The media types of an Accept header, those left out that are named to be refused."""
    found = []
    for part in accept.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        refused = any(each.replace(" ", "").rstrip("0.") == "q=" for each in parameters)
        found += [] if refused else [kind]
    return found


def _on_grid(side: int | None) -> int | None:
    if side is None or side in _FREE_PX:
        return side
    return -(-side // GRID_PX) * GRID_PX
