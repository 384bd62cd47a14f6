"""What is made of a picture: by what its reader takes, on a grid, and once however many ask."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rewind_gql.images.cache import Cache
from rewind_gql.images.derived import Derived, options, shown, snapped, variant
from rewind_gql.images.keeping import address
from rewind_gql.images.links import SIZES, Transform
from rewind_gql.images.measured import WorkerBusy
from rewind_gql.images.presets import PRESETS, Format, Options
from rewind_gql.images.views import Image
from rewind_gql.images.worker import Worker
from rewind_gql.ports.blobs import BlobsAway, FolderBlobs
from tests.images.files import opened, picture
from tests.images.gallery import folder
from tests.images.test_links import IMAGE

BODY = picture("JPEG", 400, 300)
SEA = replace(IMAGE, content_hash="ab" * 32, width=400, height=300, size_bytes=len(BODY))
BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (BROWSER, "avif"),
        ("image/webp, */*", "webp"),
        ("IMAGE/WEBP", "webp"),
        ("image/avif;q=0, image/webp;q=0.1", "webp"),
        ("image/avif; q=0.0,image/webp;q=0.000", "plain"),
        ("image/*", "plain"),
        ("*/*", "plain"),
        ("", "plain"),
    ],
)
def test_the_format_is_the_best_that_is_asked_for_by_name(accept: str, form: Format) -> None:
    assert options(SEA, SIZES["medium"], accept).format == form


def test_an_avif_is_made_of_every_size_with_a_name_and_of_none_that_is_too_large() -> None:
    large = replace(SEA, width=3000, height=3000)

    named = {options(large, size, BROWSER).format for size in SIZES.values()}
    huge = options(large, Transform(width=1000, height=1000), BROWSER)
    untouched = options(large, Transform(), BROWSER)

    assert named == {"avif"}
    assert (huge.format, untouched.format) == ("webp", "webp")


def test_a_format_that_is_said_counts_whatever_is_read() -> None:
    assert options(SEA, Transform(width=100, format="png"), BROWSER).format == "png"


@pytest.mark.parametrize("name", PRESETS)
def test_sizes_with_a_name_stay_as_they_are(name: str) -> None:
    assert snapped(SIZES[name]) == SIZES[name]


def test_other_sides_go_up_to_the_grid_and_qualities_to_steps() -> None:
    near = snapped(Transform(width=101, height=1999, quality=81))

    assert (near.width, near.height, near.quality) == (110, 2000, 85)
    assert snapped(Transform(width=1, quality=100)) == Transform(width=10, quality=100)


def test_there_are_not_many_files_to_be_made_of_a_picture() -> None:
    sides = {snapped(Transform(width=side)).width for side in range(1, 2001)}
    qualities = {snapped(Transform(quality=each)).quality for each in range(1, 101)}

    assert len(sides) < 210
    assert len(qualities) == 20


def test_different_sizes_have_different_names() -> None:
    sizes = [
        Options(width=width, height=height, fit=fit, format=form, quality=quality)
        for width in (None, 10)
        for height in (None, 10)
        for fit in ("cover", "scale-down")
        for form in ("webp", "plain")
        for quality in (5, 85)
    ]

    assert len(set(map(variant, sizes))) == len(sizes)


@pytest.mark.parametrize(
    ("transform", "sides"),
    [
        (None, (400, 300)),
        (Transform(width=200), (200, 150)),
        (Transform(height=100, fit="contain"), (133, 100)),
        (Transform(width=800, height=800, fit="crop"), (400, 300)),
        (Transform(width=95, height=95), (100, 100)),
    ],
)
async def test_the_sides_told_are_those_of_the_file(
    transform: Transform | None, sides: tuple[int, int], made: Derived
) -> None:
    assert shown(SEA, transform) == sides
    if transform:
        body = await made.get(SEA, options(SEA, transform, "image/webp"))
        assert opened(body).size == sides


@pytest.fixture
async def blobs(tmp_path: Path) -> FolderBlobs:
    """A store with the picture in it."""
    kept = folder(tmp_path)
    await kept.put(address(SEA.content_hash), BODY)
    return kept


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    """A process that resizes."""
    async with Worker() as opened_worker:
        yield opened_worker


@pytest.fixture
async def made(blobs: FolderBlobs, worker: Worker, tmp_path: Path) -> AsyncIterator[Derived]:
    """Sizes with a cache of their own."""
    cache = Cache(tmp_path / "derived", max_bytes=1 << 20)
    yield Derived(blobs, worker, cache, at_once=1)
    await cache.close()


async def test_many_who_ask_for_a_size_at_once_have_it_made_once(
    blobs: FolderBlobs, worker: Worker, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "derived", max_bytes=1 << 20)
    sizes = Derived(blobs, worker, cache, at_once=1)
    small = options(SEA, SIZES["small"], "")

    bodies = await asyncio.gather(*(sizes.get(SEA, small) for _ in range(50)))
    again = await sizes.get(SEA, small)

    assert {*bodies} == {again}
    assert (cache.misses, cache.hits) == (1, 1)


async def test_an_original_that_is_not_there_is_not_to_be_had_now(made: Derived) -> None:
    gone: Image = replace(SEA, content_hash="cd" * 32)

    with pytest.raises(BlobsAway):
        await made.get(gone, options(gone, SIZES["small"], ""))


async def test_beyond_a_long_line_others_are_sent_away(
    blobs: FolderBlobs, worker: Worker, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "derived", max_bytes=1 << 20)
    sizes = Derived(blobs, worker, cache, at_once=1, waiting=2)
    wanted = [Options(width=10 * n, format="jpeg") for n in range(1, 9)]

    found = await asyncio.gather(*(sizes.get(SEA, each) for each in wanted), return_exceptions=True)

    busy = [each for each in found if isinstance(each, WorkerBusy)]
    assert 0 < len(busy) < len(wanted)
    assert {type(each) for each in found} == {bytes, WorkerBusy}
