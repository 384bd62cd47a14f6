"""Invented cover art: drawn, never copied, and the same for the same words."""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from math import cos, pi, sin, tau
from random import Random

from anyascii import anyascii
from PIL import Image, ImageDraw, ImageFont

from rewind_gql.demo.catalogue import number

FORMS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
KEPT = 256
FINER = 2  # what is small is drawn this much larger, for smooth edges
LARGEST = 1200  # up to this many pixels: a large picture is smoothed by being shown smaller
GRADIENT = 256
LETTERS = 0x250  # Latin ones, which the built-in font has without their accents

Inks = tuple[str, ...]

# Ground first, then the inks that look well on it.
PALETTES: tuple[Inks, ...] = (
    ("#14213d", "#fca311", "#e5e5e5", "#d1495b", "#3d5a80"),
    ("#f4f1de", "#e07a5f", "#3d405b", "#81b29a", "#f2cc8f"),
    ("#0b132b", "#5bc0be", "#6fffe9", "#3a506b", "#f7f7ff"),
    ("#2b2d42", "#ef233c", "#edf2f4", "#8d99ae", "#ffb703"),
    ("#fefae0", "#606c38", "#283618", "#dda15e", "#bc6c25"),
    ("#10002b", "#c77dff", "#ff6d00", "#7b2cbf", "#ffd6e0"),
    ("#e0fbfc", "#ee6c4d", "#293241", "#3d5a80", "#98c1d9"),
    ("#1b4332", "#95d5b2", "#d8f3dc", "#f9c74f", "#40916c"),
    ("#fff1e6", "#9d0208", "#370617", "#f48c06", "#577590"),
    ("#22223b", "#f2e9e4", "#c9ada7", "#9a8c98", "#e9c46a"),
    ("#faf3dd", "#5e6472", "#ffa69e", "#aed9e0", "#b8336a"),
    ("#03071e", "#f94144", "#f9844a", "#f9c74f", "#90be6d"),
    ("#d8e2dc", "#6d6875", "#b5838d", "#e5989b", "#355070"),
    ("#073b4c", "#ffd166", "#06d6a0", "#ef476f", "#118ab2"),
)


@lru_cache(maxsize=KEPT)
def cover(artist: str, title: str, side: int = 600, media_type: str = "image/jpeg") -> bytes:
    """The front of an album: a drawing, and the names where the font has their letters."""
    image, inks = _drawn(("cover", artist, title), (side, side), MOTIFS)
    _lettered(image, inks, title, artist)
    return _file(image, media_type)


@lru_cache(maxsize=KEPT)
def portrait(artist: str, side: int = 1000, media_type: str = "image/jpeg") -> bytes:
    """An artist: head and shoulders, without a face."""
    image, _ = _drawn(("portrait", artist), (side, side), (_bust,))
    return _file(image, media_type)


@lru_cache(maxsize=KEPT)
def poster(
    title: str, width: int = 780, height: int = 1170, media_type: str = "image/jpeg"
) -> bytes:
    """A film's poster, or in another shape its backdrop; only a poster bears the title."""
    image, inks = _drawn(("poster", title), (width, height), MOTIFS)
    if height > width:
        _lettered(image, inks, title, "")
    return _file(image, media_type)


def _drawn(
    words: tuple[str, ...], size: tuple[int, int], motifs: tuple["Motif", ...]
) -> tuple[Image.Image, Inks]:
    """A drawing that its words alone decide: colours, motif and every line of it."""
    rng = Random(number(*words))  # noqa: S311  # the same picture every time, not a secret
    ground, *rest = rng.choice(PALETTES)
    rng.shuffle(rest)
    inks = (ground, *rest)
    finer = FINER if max(size) * FINER <= LARGEST else 1
    large = (size[0] * finer, size[1] * finer)
    image = _ground(rng, inks, large)
    rng.choice(motifs)(ImageDraw.Draw(image), rng, inks, large)
    return image.reduce(finer), inks


def _ground(rng: Random, inks: Inks, size: tuple[int, int]) -> Image.Image:
    """The ground colour, half of the time running into a shade of another."""
    turn, strength = rng.choice((0, 90, 180, 270)), rng.choice((0, 0, 70, 120))
    if not strength:
        return Image.new("RGB", size, inks[0])
    small = (GRADIENT, GRADIENT)
    fade = Image.linear_gradient("L").rotate(turn).point(lambda value: value * strength // 255)
    start = Image.new("RGB", small, inks[0])
    end = Image.blend(start, Image.new("RGB", small, inks[1]), 0.6)
    return Image.composite(end, start, fade).resize(size, Image.Resampling.BILINEAR)


def _lettered(image: Image.Image, inks: Inks, title: str, artist: str) -> None:
    """Title and artist at the lower edge, on a strip of the ground colour."""
    lines = [anyascii(text) for text in (title, artist) if text and max(map(ord, text)) < LETTERS]
    if not lines:
        return
    width, height = image.size
    size = max(9, width // 22)
    draw = ImageDraw.Draw(image)
    strip = size * 3 // 2 * len(lines) + size
    draw.rectangle((0, height - strip, width, height), fill=inks[0])
    ink = max(inks[1:], key=lambda other: _contrast(inks[0], other))
    for row, text in enumerate(lines):
        font = ImageFont.load_default(size if row == 0 else size * 4 // 5)
        most = width - 2 * size
        while draw.textlength(text, font=font) > most:
            text = text[:-2].rstrip() + "-"  # cut until it fits
        place = (size, height - strip + size // 2 + row * size * 3 // 2)
        draw.text(place, text, fill=ink, font=font)


def _contrast(one: str, other: str) -> int:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return sum(abs(left - right) for left, right in pairs)


def _file(image: Image.Image, media_type: str) -> bytes:
    file = BytesIO()
    if media_type == "image/png":
        image = image.quantize(64)
    image.save(file, FORMS[media_type], quality=88)
    return file.getvalue()


Motif = Callable[[ImageDraw.ImageDraw, Random, Inks, tuple[int, int]], None]


def _sun(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """A sun over hills."""
    width, height = size
    x, y = width * rng.uniform(0.25, 0.75), height * rng.uniform(0.2, 0.45)
    radius = width * rng.uniform(0.12, 0.26)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=inks[1])
    for layer in range(3):
        top = height * (0.5 + 0.15 * layer)
        swing, phase, waves = (
            height * rng.uniform(0.03, 0.1),
            rng.uniform(0, tau),
            rng.uniform(1, 3),
        )
        line = [
            (at * width / 48, top + swing * sin(phase + waves * at * tau / 48)) for at in range(49)
        ]
        draw.polygon([(0, height), *line, (width, height)], fill=inks[2 + layer])


def _rings(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """Rings around a point, cut by a bar."""
    width, height = size
    x, y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.3, 0.6)
    count = rng.randint(5, 9)
    for ring in range(count, 0, -1):
        radius = width * 0.62 * ring / count
        fill = inks[1 + ring % 4] if ring % 2 else inks[0]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    bar = width * rng.uniform(0.03, 0.08)
    draw.rectangle((x - bar, 0, x + bar, height), fill=inks[rng.randint(1, 4)])


def _quarters(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """Tiles with a quarter of a disc each."""
    across = rng.randint(3, 6)
    step = size[0] / across
    for row in range(round(size[1] / step) + 1):
        for column in range(across):
            x, y = column * step, row * step
            draw.rectangle((x, y, x + step, y + step), fill=rng.choice(inks))
            turn = rng.randrange(4)
            left, top = x - step * (turn in (1, 2)), y - step * (turn in (2, 3))
            box = (left, top, left + 2 * step, top + 2 * step)
            start = (180, 270, 0, 90)[turn]
            draw.pieslice(box, start, start + 90, fill=rng.choice(inks))


def _ridges(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """Lines one behind the other, risen in the middle."""
    width, height = size
    lines = rng.randint(14, 26)
    for line in range(lines):
        base = height * (0.15 + 0.75 * line / lines)
        points = [(width * 0.08, base)]
        for at in range(1, 60):
            middle = max(0.0, cos((at / 60 - 0.5) * pi * 1.4)) ** 3
            rise = rng.random() * middle * height * 0.13
            points.append((width * (0.08 + 0.84 * at / 60), base - rise))
        points.append((width * 0.92, base))
        draw.polygon(points, fill=inks[0])
        draw.line(points, fill=inks[1 + line * 4 // lines % 4], width=max(2, width // 260))


def _stripes(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """Slanted bands of changing width."""
    width, height = size
    slant = rng.choice((-1, 1)) * height * rng.uniform(0.2, 1.0)
    at = -abs(slant)
    while at < width + abs(slant):
        band = width * rng.uniform(0.02, 0.13)
        corners = ((at, 0), (at + band, 0), (at + band + slant, height), (at + slant, height))
        draw.polygon(corners, fill=rng.choice(inks))
        at += band


def _dots(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """A screen of dots that grow towards a corner."""
    width, height = size
    across = rng.randint(9, 16)
    step, corner = width / across, rng.choice((0, width))
    for row in range(round(height / step) + 1):
        for column in range(across):
            x, y = (column + 0.5) * step, (row + 0.5) * step
            near = 1 - abs(x - corner) / width * 0.6 - y / height * 0.35
            radius = step * 0.52 * max(0.08, near)
            fill = inks[1 + (row // 3 + column // 4) % 4]
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _shapes(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """A few large plain shapes, laid over each other."""
    width, height = size
    for count in range(rng.randint(5, 8)):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), width * rng.uniform(0.1, 0.3)
        fill = inks[1 + count % 4]
        if rng.random() < 0.5:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        else:
            sides, turn = rng.choice((3, 4, 6)), rng.randrange(360)
            draw.regular_polygon((x, y, radius), sides, rotation=turn, fill=fill)


def _bust(draw: ImageDraw.ImageDraw, rng: Random, inks: Inks, size: tuple[int, int]) -> None:
    """Head and shoulders before a disc."""
    width, height = size
    middle, disc = width / 2, width * rng.uniform(0.36, 0.46)
    draw.ellipse(
        (middle - disc, height * 0.46 - disc, middle + disc, height * 0.46 + disc), inks[1]
    )
    wide, head = width * rng.uniform(0.3, 0.4), width * rng.uniform(0.13, 0.17)
    draw.ellipse((middle - wide, height * 0.66, middle + wide, height * 1.3), fill=inks[2])
    hair = head * rng.uniform(1.05, 1.5)
    crown = height * 0.4
    draw.ellipse((middle - hair, crown - hair * 1.2, middle + hair, crown + hair), fill=inks[3])
    draw.rectangle((middle - head / 2, crown, middle + head / 2, height * 0.7), fill=inks[4])
    draw.ellipse((middle - head, crown - head, middle + head, crown + head * 1.4), fill=inks[4])


MOTIFS: tuple[Motif, ...] = (_sun, _rings, _quarters, _ridges, _stripes, _dots, _shapes)
