"""Addresses of pictures, both ways: written for clients, and read when they come for the bytes."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import quote, unquote_to_bytes

from rewind_gql.errors import BadInput, NotFound
from rewind_gql.images import views
from rewind_gql.images.presets import FITS, LONGEST_PX, PRESETS, QUALITY, Fit
from rewind_gql.images.records import Key
from rewind_gql.images.signature import SUFFIXES
from rewind_gql.settings import Settings

Wire: TypeAlias = Literal["auto", "avif", "webp", "jpeg", "png"]

RESIZED = "cdn-cgi/image"
WIRES: tuple[Wire, ...] = ("auto", "avif", "webp", "jpeg", "png")

_SAFE = "!*'()"  # beside letters, digits and -_.~, which are never escaped
_NUMBER = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FILE = re.compile(rf"original\.(?:{'|'.join(SUFFIXES.values())})", re.ASCII)
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_MAX_PATH = 1_024
_SEGMENTS = 4
_SEAL = b"rewind image address"
_SEAL_CHARS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """How a picture is wanted, as an address says it; `auto` leaves the format to what is read."""

    width: int | None = None
    height: int | None = None
    fit: Fit = "cover"
    format: Wire = "auto"
    quality: int = QUALITY

    def __str__(self) -> str:
        sides = (("width", self.width), ("height", self.height))
        given = [f"{name}={side}" for name, side in sides if side is not None]
        return ",".join(
            [*given, f"fit={self.fit}", f"format={self.format}", f"quality={self.quality}"]
        )


SIZES: Mapping[str, Transform] = {
    name: Transform(width=width, height=height) for name, (width, height) in PRESETS.items()
}


class Wanted(NamedTuple):
    """What an address asks for: whose picture, and how; None for the bytes untouched."""

    key: Key
    transform: Transform | None


class Addresses:
    """Where pictures are fetched: at the origin that is set, or else wherever it was asked.

    `secret` seals addresses, so that nobody finds pictures by counting; None leaves them open.
    """

    def __init__(self, origin: str = "", *, secret: bytes | None = None) -> None:
        self._origin = origin.rstrip("/")
        self._secret = secret and hmac.digest(secret, _SEAL, sha256)
        self._seals = lru_cache(8_192)(self.seal)

    @classmethod
    def of(cls, settings: Settings) -> "Addresses":
        """Those that the settings ask for."""
        secret = settings.secret_bytes() if settings.image_signed else None
        return cls(settings.image_origin, secret=secret)

    @property
    def sealed(self) -> bool:
        """Whether only addresses that were given out lead to a picture."""
        return self._secret is not None

    def links(self, scope: Mapping[str, Any]) -> "Links":
        """The addresses to give to whoever made this request."""
        return Links(self._origin or origin_of(scope), self)

    def seal(self, key: Key, version: int) -> str:
        """What an address of this picture ends with; empty where addresses are open."""
        if self._secret is None:
            return ""
        said = f"{key}?v={version}".encode()
        return hmac.new(self._secret, said, sha256).hexdigest()[:_SEAL_CHARS]

    def seal_of(self, image: views.Image) -> str:
        """The same of a picture, made once."""
        return self._seals(Key(image.domain, image.entity_type, image.entity_id), image.version)

    def holds(self, key: Key, version: int | None, seal: str) -> bool:
        """Whether an address was given out by this server; every one where they are open."""
        if self._secret is None:
            return True
        known = self.seal(key, -1 if version is None else version)
        return hmac.compare_digest(known.encode(), seal.encode())


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of pictures for one client."""

    origin: str
    addresses: Addresses

    def sized(self, image: views.Image, size: str) -> str:
        """The picture in a size by its name; `original`, or a name that is none: untouched."""
        return self.to(image, SIZES.get(size))

    def to(self, image: views.Image, transform: Transform | None) -> str:
        """The picture changed like that; untouched without."""
        return self.writer(transform)(image)

    def writer(self, transform: Transform | None) -> Callable[[views.Image], str]:
        """What writes the addresses of pictures that are all changed like that."""
        base = self.origin if transform is None else f"{self.origin}/{RESIZED}/{transform}"
        addresses = self.addresses
        if addresses.sealed:
            return lambda image: f"{base}{_path(image)}&s={addresses.seal_of(image)}"
        return lambda image: f"{base}{_path(image)}"


def _path(image: views.Image) -> str:
    path = _escaped(image.domain, image.entity_type, image.entity_id, SUFFIXES[image.media_type])
    return f"{path}?v={image.version}"


@lru_cache(8_192)
def _escaped(domain: str, kind: str, entity_id: str, suffix: str) -> str:
    segments = (domain, kind, entity_id, f"original.{suffix}")
    return "".join(f"/{quote(segment, safe=_SAFE)}" for segment in segments)


def origin_of(scope: Mapping[str, Any]) -> str:
    """Where this server was asked, by the request's own words; they go to who spoke them."""
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    host = named.decode("latin-1")
    if not _HOST.fullmatch(host):
        server, port = scope.get("server") or ("localhost", None)
        host = f"[{server}]" if ":" in server else server
        host = f"{host}:{port}" if port else host
    return f"{_SCHEMES.get(scope['scheme'], 'https')}://{host}"


def parse_path(raw: bytes) -> Wanted:
    """What an undecoded path asks for.

    Raises `BadInput` for what is no path of a picture on purpose: dots, slashes and the like behind
    an escape, empty parts, options that cannot be; and `NotFound` where no picture can be.
    """
    segments = _segments(raw)
    transform = None
    if segments[:2] == RESIZED.split("/"):
        if len(segments) < 3:
            raise NotFound
        transform = parse_options(segments[2])
        segments = segments[3:]
    if len(segments) != _SEGMENTS or not _FILE.fullmatch(segments[-1]):
        raise NotFound
    return Wanted(Key(*segments[:-1]), transform)


def parse_options(text: str) -> Transform:
    """What the option segment of an address asks for; names that mean nothing here are passed over.

    Raises `BadInput` for a value that cannot be, and for a name given twice.
    """
    given: dict[str, str] = {}
    for part in text.split(","):
        name, is_given, value = part.partition("=")
        if not is_given or not name or name in given:
            raise BadInput("The options of an image are name=value, each once, parted by commas")
        given[name] = value
    values: dict[str, Any] = {}
    for name, most in (("width", LONGEST_PX), ("height", LONGEST_PX), ("quality", 100)):
        if name in given:
            values[name] = _whole(name, given[name], most)
    for name, words in (("fit", FITS), ("format", WIRES)):
        if name in given:
            if given[name] not in words:
                raise BadInput(f"{name} must be one of {', '.join(words)}", path=name)
            values[name] = given[name]
    return Transform(**values)


def _whole(name: str, text: str, most: int) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > most:
        raise BadInput(f"{name} must be a whole number from 1 to {most}", path=name)
    return int(text)


def _segments(raw: bytes) -> list[str]:
    """The parts of a path, unescaped once. Raises `BadInput` for parts that play tricks."""
    try:
        path = raw.decode("ascii")
        if len(path) > _MAX_PATH or not path.startswith("/") or _ESCAPE.search(path):
            raise ValueError
        segments = [unquote_to_bytes(part).decode() for part in path[1:].split("/")]
        for segment in segments:
            _check(segment)
    except ValueError:
        raise BadInput("This is no path of an image") from None
    return segments


def _check(segment: str) -> None:
    # Escaped twice, a part is nothing but an attempt to be unescaped twice.
    twice = unquote_to_bytes(segment).decode(errors="replace")
    for text in (segment, twice):
        if not text or text in (".", "..") or not text.isprintable() or set(text) & set("/\\"):
            raise ValueError
