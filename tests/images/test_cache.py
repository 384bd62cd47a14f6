"""The cache of derived sizes: what is made, once, kept while there is room, and never half."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from rewind_gql import clock
from rewind_gql.images.cache import Cache, cache
from rewind_gql.ports.files import DRAFTS, walk
from rewind_gql.settings import Settings

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64
SMALL = "150x150-cover-webp-85"


class Maker:
    """Makes bodies, and counts how often."""

    def __init__(self, body: bytes = b"picture") -> None:
        self.body = body
        self.made = 0
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self) -> bytes:
        self.made += 1
        await self.may.wait()
        if not self.body:
            raise ValueError("cannot be made")
        return self.body


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    """A cache with room for ten bodies of 100 bytes."""
    return Cache(tmp_path / "derived", max_bytes=1_000)


@pytest.fixture
def later() -> Iterator[Callable[[], None]]:
    """Lets a second pass, on a clock that stands still otherwise."""
    with time_machine.travel(datetime(2031, 5, 1, 12, tzinfo=clock.EPOCH.tzinfo), tick=False) as at:
        yield lambda: at.shift(timedelta(seconds=1))


def size(folder: Path) -> int:
    return sum(entry.size_bytes for entry in walk(folder))


async def test_a_variant_is_made_once_and_kept(kept: Cache) -> None:
    make = Maker()

    first = await kept.get(ONE, SMALL, make)
    second = await kept.get(ONE, SMALL, make)

    assert first == second == b"picture"
    assert make.made == 1
    assert (kept.hits, kept.misses) == (1, 1)


async def test_variants_and_originals_are_told_apart(kept: Cache) -> None:
    await kept.get(ONE, SMALL, Maker(b"a"))

    assert await kept.get(ONE, "original.avif", Maker(b"b")) == b"b"
    assert await kept.get(TWO, SMALL, Maker(b"c")) == b"c"
    assert await kept.get(ONE, SMALL, Maker(b"d")) == b"a"


async def test_a_variant_outlives_its_process(kept: Cache, tmp_path: Path) -> None:
    await kept.get(ONE, SMALL, Maker(b"first"))

    again = Cache(tmp_path / "derived", max_bytes=1_000)

    assert await again.get(ONE, SMALL, Maker(b"second")) == b"first"


async def test_however_many_ask_it_is_made_once(kept: Cache) -> None:
    make = Maker()
    make.may.clear()
    asking = [asyncio.create_task(kept.get(ONE, SMALL, make)) for _ in range(200)]
    await asyncio.sleep(0.05)

    make.may.set()
    found = await asyncio.gather(*asking)

    assert found == [b"picture"] * 200
    assert make.made == 1


async def test_others_are_not_held_up(kept: Cache) -> None:
    slow, quick = Maker(), Maker(b"quick")
    slow.may.clear()
    asking = asyncio.create_task(kept.get(ONE, SMALL, slow))

    assert await kept.get(TWO, SMALL, quick) == b"quick"

    slow.may.set()
    assert await asking == b"picture"


async def test_it_is_made_to_the_end_when_the_first_to_ask_turns_away(kept: Cache) -> None:
    make = Maker()
    make.may.clear()
    first = asyncio.create_task(kept.get(ONE, SMALL, make))
    await asyncio.sleep(0)
    second = asyncio.create_task(kept.get(ONE, SMALL, make))
    await asyncio.sleep(0)

    first.cancel()
    make.may.set()

    assert await second == b"picture"
    assert make.made == 1


async def test_closing_waits_for_what_is_made(kept: Cache, tmp_path: Path) -> None:
    asking = asyncio.create_task(kept.get(ONE, SMALL, Maker()))
    await asyncio.sleep(0)
    asking.cancel()

    await kept.close()

    assert size(tmp_path / "derived") == len(b"picture")


async def test_what_cannot_be_made_is_told_to_all_and_tried_again(kept: Cache) -> None:
    make = Maker(b"")
    asking = [kept.get(ONE, SMALL, make) for _ in range(5)]

    found = await asyncio.gather(*asking, return_exceptions=True)

    assert [str(each) for each in found] == ["cannot be made"] * 5
    assert make.made == 1
    assert await kept.get(ONE, SMALL, Maker(b"now")) == b"now"


async def test_what_was_used_least_recently_goes_first(
    kept: Cache, later: Callable[[], None]
) -> None:
    for number in range(10):
        await kept.get(ONE, f"v{number}", Maker(bytes(100)))
        later()
    await kept.get(ONE, "v0", Maker(b"made again"))
    later()

    await kept.get(TWO, SMALL, Maker(bytes(100)))

    assert await kept.get(ONE, "v0", Maker(b"made again")) == bytes(100)
    assert await kept.get(ONE, "v1", Maker(b"made again")) == b"made again"
    assert await kept.get(ONE, "v9", Maker(b"made again")) == bytes(100)


async def test_the_budget_holds_whatever_comes(kept: Cache, tmp_path: Path) -> None:
    for number in range(60):
        await kept.get(ONE, f"v{number}", Maker(bytes(1 + number * 37 % 400)))

        assert size(tmp_path / "derived") <= 1_000


async def test_what_lies_there_already_counts(kept: Cache, tmp_path: Path) -> None:
    for number in range(10):
        await kept.get(ONE, f"v{number}", Maker(bytes(100)))

    await Cache(tmp_path / "derived", max_bytes=500).get(TWO, SMALL, Maker(bytes(100)))

    assert size(tmp_path / "derived") <= 500


async def test_processes_that_share_a_folder_share_its_budget(tmp_path: Path) -> None:
    both = [Cache(tmp_path, max_bytes=10_000) for _ in range(2)]

    for number in range(300):
        await both[number % 2].get(ONE, f"v{number}", Maker(bytes(100)))

    assert size(tmp_path) <= 10_000 * 1.15


async def test_what_is_larger_than_the_budget_is_given_out_and_not_kept(
    kept: Cache, tmp_path: Path
) -> None:
    await kept.get(ONE, SMALL, Maker(b"small"))

    found = await kept.get(TWO, SMALL, Maker(bytes(1_001)))

    assert found == bytes(1_001)
    assert size(tmp_path / "derived") == len(b"small")


async def test_a_budget_of_nothing_keeps_nothing(tmp_path: Path) -> None:
    kept = Cache(tmp_path / "derived", max_bytes=0)

    assert await kept.get(ONE, SMALL, Maker()) == b"picture"
    assert not (tmp_path / "derived").exists()


async def test_a_file_that_lost_its_bytes_is_made_again(kept: Cache, tmp_path: Path) -> None:
    await kept.get(ONE, SMALL, Maker(b"first"))
    for entry in walk(tmp_path / "derived"):
        entry.path.write_bytes(b"")

    assert await kept.get(ONE, SMALL, Maker(b"second")) == b"second"
    assert await kept.get(ONE, SMALL, Maker(b"third")) == b"second"


async def test_a_folder_that_goes_is_made_again(kept: Cache, tmp_path: Path) -> None:
    await kept.get(ONE, SMALL, Maker(b"first"))
    shutil.rmtree(tmp_path / "derived")

    assert await kept.get(ONE, SMALL, Maker(b"second")) == b"second"
    assert await kept.get(ONE, SMALL, Maker(b"third")) == b"second"


async def test_a_folder_that_cannot_be_made_costs_time_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept, make = Cache(tmp_path / "file" / "derived", max_bytes=1_000), Maker()

    assert await kept.get(ONE, SMALL, make) == b"picture"
    assert await kept.get(ONE, SMALL, make) == b"picture"
    assert make.made == 2


async def test_drafts_of_a_crash_are_cleared_away(kept: Cache, tmp_path: Path) -> None:
    drafts = tmp_path / "derived" / DRAFTS
    drafts.mkdir(parents=True)
    (drafts / "half").write_bytes(b"ha")
    os.utime(drafts / "half", (clock.now().timestamp() - 3_700,) * 2)

    await kept.get(ONE, SMALL, Maker())

    assert list(drafts.iterdir()) == []


async def test_every_variant_of_an_original_is_dropped_together(kept: Cache) -> None:
    for content_hash in (ONE, TWO):
        for variant in (SMALL, "64x64"):
            await kept.get(content_hash, variant, Maker(b"old"))

    await kept.drop(ONE)
    await kept.drop(THREE)

    assert await kept.get(ONE, SMALL, Maker(b"new")) == b"new"
    assert await kept.get(ONE, "64x64", Maker(b"new")) == b"new"
    assert await kept.get(TWO, SMALL, Maker(b"new")) == b"old"


@pytest.mark.parametrize(
    "content_hash", ["", "1" * 63, "G" * 64, "../" + "1" * 61, "1" * 64 + "\n"]
)
async def test_what_is_no_hash_is_no_name(kept: Cache, content_hash: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        await kept.get(content_hash, SMALL, Maker())


@pytest.mark.parametrize("variant", ["", "../a", "a/b", ".a", "a b", "a\0", "ä", "a" * 101])
async def test_what_is_no_variant_is_no_name(kept: Cache, variant: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        await kept.get(ONE, variant, Maker())


async def test_the_settings_say_where_and_how_much(settings: Callable[..., Settings]) -> None:
    given = settings(image_cache_mb=1)
    kept = cache(given)

    await kept.get(ONE, SMALL, Maker(bytes(1024 * 1024)))
    await kept.get(TWO, SMALL, Maker(bytes(1024 * 1024 + 1)))

    assert size(given.data_dir / "images-derived") == 1024 * 1024
