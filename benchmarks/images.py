"""`python -m benchmarks.images`: all sizes of one picture, beside plain Pillow, in one run."""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO

import psutil
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from rewind_gql.images.presets import PRESETS, QUALITY, preset
from rewind_gql.images.worker import Worker

SIDE = 1_000
MOST_RATIO = 0.4
MOST_MEASURE_MS = 12.0


def cover() -> bytes:
    """A drawn cover with soft light and some grain, the same every time, as a JPEG."""
    rng = random.Random(4)
    light = Image.radial_gradient("L").resize((SIDE, SIDE))
    slope = Image.linear_gradient("L").resize((SIDE, SIDE))
    image = Image.merge("RGB", (slope, slope.rotate(90), light))
    brush = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, radius = rng.randrange(SIDE), rng.randrange(SIDE), rng.randrange(10, SIDE // 5)
        color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    grain = Image.frombytes("L", (SIDE, SIDE), rng.randbytes(SIDE * SIDE)).convert("RGB")
    image = Image.blend(image.filter(ImageFilter.GaussianBlur(1)), grain, 0.06)
    written = BytesIO()
    image.save(written, "JPEG", quality=90)
    return written.getvalue()


def plain(body: bytes) -> int:
    """Every size with Pillow alone, on one thread, as its documentation shows; bytes made."""
    total = 0
    with Image.open(BytesIO(body)) as opened:
        image = opened.convert("RGB")
    for size in PRESETS.values():
        written = BytesIO()
        fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
        fitted.save(written, "WEBP", quality=QUALITY, method=4)
        total += written.tell()
    return total


@dataclass(slots=True)
class Timed:
    """What one kind of work took, in milliseconds, round by round."""

    took: list[float] = field(default_factory=list)

    async def run(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do it once and note the time."""
        start = time.perf_counter()
        await work()
        self.took.append((time.perf_counter() - start) * 1000)

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.took)

    def line(self, name: str) -> str:
        """One line of the table."""
        return f"{name:<44} {min(self.took):>8.1f} {self.median:>8.1f}"


async def compare(rounds: int) -> None:
    """Both in turn, `rounds` times, so that whatever else the machine does meets both alike."""
    body = cover()
    sizes = [preset(name) for name in PRESETS]
    reference, everything, measuring = Timed(), Timed(), Timed()
    async with Worker() as worker:

        async def whole() -> int:
            await worker.measure(body)
            return sum(map(len, await worker.resize(body, sizes)))

        async def alone() -> int:
            return plain(body)

        ours_bytes, plain_bytes = await whole(), await alone()
        for _ in range(rounds):
            await reference.run(alone)
            await everything.run(whole)
            await measuring.run(lambda: worker.measure(body))
        memory = sum(child.memory_info().rss for child in psutil.Process().children())
    _print(body, (reference, everything, measuring), (plain_bytes, ours_bytes), memory)


def _print(
    body: bytes, timed: tuple[Timed, Timed, Timed], sizes: tuple[int, int], memory: int
) -> None:
    reference, everything, measuring = timed
    ratio = everything.median / reference.median
    least = min(everything.took) / min(reference.took)
    print(f"a JPEG of {SIDE} x {SIDE}, {len(body) / 1000:.0f} kB, to {len(PRESETS)} WebP sizes")
    print(f"{'milliseconds':<44} {'best':>8} {'median':>8}")
    print(reference.line("plain Pillow, one thread, method 4"))
    print(everything.line("ours: all sizes, thumbhash and colours"))
    print(measuring.line("ours: thumbhash and colours alone"))
    print(f"ratio of the medians {ratio:.2f}, of the best {least:.2f} (at most {MOST_RATIO})")
    print(f"thumbhash and colours {measuring.median:.1f} ms (at most {MOST_MEASURE_MS:.0f})")
    print(f"bytes: plain {sizes[0] / 1000:.0f} kB, ours {sizes[1] / 1000:.0f} kB")
    print(f"memory of the image process after this: {memory / 1e6:.0f} MB", flush=True)


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    asyncio.run(compare(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
