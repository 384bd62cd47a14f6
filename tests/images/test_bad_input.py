"""Files made to do harm: each refused for its reason, by a process that lives on and stays lean."""

import random
import re
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from PIL import Image

from rewind_gql.images.measured import Unfit
from rewind_gql.images.presets import Options
from rewind_gql.images.worker import Worker
from tests.images import files
from tests.images.files import KINDS, blank_png, chunk, gradient, picture, saved

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_KB = 512 * 1024
MEGABYTES = 1024 * 1024
CLEAR = (200, 30, 30, 120)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[Worker]:
    """One worker for all of them: what one file breaks, the next one notices."""
    async with Worker() as made:
        await made.measure(picture())
        yield made


def process() -> psutil.Process:
    """The image process."""
    ours = "rewind_gql.images.process"
    (found,) = [each for each in psutil.Process().children() if ours in each.cmdline()]
    return found


def peak_kb(pid: int) -> int:
    """The most memory the process ever held."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1])


def with_chunk(kind: bytes, data: bytes) -> bytes:
    """A good PNG with one chunk more, behind its head."""
    body = picture("PNG")
    return body[:33] + chunk(kind, data) + body[33:]


def bomb(megabytes: int) -> bytes:
    """Zeros, packed."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(MEGABYTES)) for _ in range(megabytes))
    return packed + packer.flush()


def many_scans() -> bytes:
    """A JPEG that repeats its last scan without end in sight."""
    body = picture("JPEG", progressive=True)
    scan = body[body.rindex(b"\xff\xda") : -2]
    return body[:-2] + scan * 5_000 + body[-2:]


def cut_in_the_middle(kind: str) -> bytes:
    """The first half of a picture, with its end put back on."""
    body = picture(kind, 300, 300)
    end = {"GIF": 1, "PNG": 12}[kind]
    return body[: len(body) // 2] + body[-end:]


BAD = {
    "png of 50,000 x 50,000": (blank_png(50_000, 50_000, 2), "no side may have more"),
    "png of 7,200 x 7,200": (blank_png(7_200, 7_200, 2), "at most 50 million"),
    "one pixel high": (blank_png(30_000, 1, 1), "each side needs 32"),
    "one pixel wide": (blank_png(1, 30_000), "each side needs 32"),
    "jpeg claiming 65,500": (files.jpeg_claiming(65_500, 65_500), "no side"),
    "gif claiming 65,535": (files.gif_claiming(65_535, 65_535), "no side"),
    "webp claiming 16,384": (files.webp_claiming(16_384, 16_384), "at most 50 million"),
    "webp claiming 7,000": (files.webp_claiming(7_000, 7_000), "MiB of memory"),
    "avif claiming 12,000": (files.avif_claiming(12_000, 12_000), "at most 50 million"),
    "png with a text bomb": (with_chunk(b"zTXt", b"k\0\0" + bomb(200)), "damaged"),
    "png with a profile bomb": (with_chunk(b"iCCP", b"k\0\0" + bomb(200)), "damaged"),
    "gif of 100,000 frames": (files.long_gif(100_000), "frames"),
    "jpeg of 5,000 scans": (many_scans(), "scans"),
    "jpeg of fill bytes": (b"\xff\xd8" + b"\xff" * 10_000_000, "cut short"),
    "gif without its middle": (cut_in_the_middle("GIF"), "damaged|cut short"),
    "png without its middle": (cut_in_the_middle("PNG"), "damaged|cut short"),
    "pdf": (b"%PDF-1.7\n" + b"x" * 100, "PDF"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    "psd": (b"8BPS\0\1" + bytes(30), "Photoshop"),
    "fits": (b"SIMPLE  =                    T" + b" " * 50, "FITS"),
    "jpeg 2000": (saved(Image.new("RGB", (64, 64)), "JPEG2000"), "JPEG 2000"),
    "tiff": (saved(Image.new("RGB", (64, 64)), "TIFF"), "TIFF"),
    "svg with script": (b'<svg xmlns="x"><script>alert(1)</script></svg>', "SVG"),
    "jpeg and zip": (picture() + b"PK\x03\x04" + bytes(30), "another kind of file besides"),
    "gif and script": (picture("GIF") + b"<script>1</script>", "another kind of file besides"),
    "too many bytes": (picture() + bytes(20 * MEGABYTES), "20 MiB"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD.keys())
async def test_it_is_refused_with_its_reason(worker: Worker, body: bytes, reason: str) -> None:
    with pytest.raises(Unfit, match=reason):
        await worker.measure(body)
    with pytest.raises(Unfit, match=reason):
        await worker.resize(body, [Options(width=100, height=100)])

    assert (await worker.measure(picture())).width == 64
    assert worker.deaths == 0
    assert peak_kb(process().pid) < LIMIT_KB


GARBAGE = [
    bytes(200),
    b"\xff" * 3_000,
    b"II*\x00" + b"\xff" * 90,
    b"MM\x00*\x00\x00\x00\x08\xff\xff",
]


@pytest.mark.parametrize("noise", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("part", ["exif", "icc_profile"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_garbage_beside_the_pixels_changes_nothing(
    worker: Worker, kind: str, part: str, noise: bytes
) -> None:
    if part == "exif" and kind != "AVIF":
        noise = b"Exif\x00\x00" + noise
    try:
        body = saved(gradient(64, 48), kind, **{part: noise})
    except (SyntaxError, ValueError, OSError, UserWarning):
        body = picture(kind)  # an encoder that looks would not write it

    found = await worker.measure(body)

    assert found == await worker.measure(picture(kind))


@pytest.mark.parametrize(
    "make",
    [
        lambda: blank_png(7_071, 7_071),
        lambda: saved(Image.new("L", (7_000, 7_000), 99), "JPEG", progressive=True),
        lambda: saved(Image.new("P", (7_000, 7_000), 3), "GIF"),
        lambda: saved(Image.new("RGB", (5_000, 5_000), "red"), "WEBP", method=0),
        lambda: saved(Image.new("RGBA", (5_000, 5_000), CLEAR), "WEBP", lossless=True, method=0),
        lambda: saved(Image.new("RGB", (6_250, 6_250), "red"), "AVIF", speed=10),
        lambda: saved(Image.new("RGBA", (5_000, 5_500), CLEAR), "AVIF", speed=10),
    ],
    ids=["png", "progressive jpeg", "gif", "webp", "lossless webp", "avif", "clear avif"],
)
async def test_the_largest_that_are_taken_stay_within_the_memory(
    worker: Worker, make: object
) -> None:
    assert callable(make)
    body: bytes = make()

    found = await worker.measure(body)
    made = await worker.resize(body, [Options(width=2_000, height=2_000), Options()])

    assert found.width >= 4_000
    assert len(made) == 2
    assert peak_kb(process().pid) < LIMIT_KB


@pytest.mark.parametrize("kind", KINDS)
async def test_no_damage_ends_the_process(worker: Worker, kind: str) -> None:
    chance = random.Random(kind)
    body = picture(kind, 80, 60)
    refused = []

    for _ in range(150):
        damaged = bytearray(body)
        for _ in range(chance.randrange(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            await worker.measure(bytes(damaged))
        except Unfit as unfit:
            refused.append(unfit.message)

    assert worker.deaths == 0
    assert "The picture cannot be worked on." not in refused
    assert peak_kb(process().pid) < LIMIT_KB


async def test_a_file_cut_anywhere_ends_no_process(worker: Worker) -> None:
    body = picture("JPEG", 40, 40)

    for end in range(len(body)):
        with pytest.raises(Unfit):
            await worker.measure(body[:end])

    assert worker.deaths == 0
