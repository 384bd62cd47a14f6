"""What a client accepts, and which of the forms of an answer suits it best."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
CONTENT_TYPES = {
    JSON: "application/json; charset=utf-8",
    GRAPHQL_JSON: "application/graphql-response+json; charset=utf-8",
}
"""How each form of a whole answer is told, with its encoding."""
KEPT_LENGTH = 512
"""Longer headers than any client's are read anew each time, to keep what is kept small."""


class Accepted(NamedTuple):
    """The form that suits best for a whole answer, None without one, and whether streams do.

    `prefers_stream` is for a client that would rather have a stream than any whole answer.
    """

    whole: str | None
    stream: bool
    prefers_stream: bool


class _Range(NamedTuple):
    kind: str
    subtype: str
    quality: float


def accepted(header: bytes) -> Accepted:
    """What an `Accept` header asks for. Without one, or an empty one, JSON will do."""
    return _known(header) if len(header) <= KEPT_LENGTH else _read(header)


def _read(header: bytes) -> Accepted:
    text = header.decode("latin-1").strip().lower()
    if not text:
        return Accepted(JSON, stream=True, prefers_stream=False)
    ranges = list(_ranges(text))
    plain, newer, stream = (_fit(ranges, *each.split("/")) for each in _OFFERED)
    best = max(plain, newer)
    whole = None
    if best[0] > 0:
        # Where both were named and are as welcome, the newer one says more.
        whole = GRAPHQL_JSON if newer == best and (newer > plain or newer[1] == 2) else JSON
    return Accepted(whole, stream[0] > 0, stream[0] > best[0])


_OFFERED = (JSON, GRAPHQL_JSON, EVENT_STREAM)
_known = lru_cache(256)(_read)


def _ranges(text: str) -> Iterator[_Range]:
    """The media ranges of a header; what is none is passed over."""
    for part in text.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        kind, slash, subtype = name.partition("/")
        quality = _quality(parameters)
        if slash and kind and subtype and quality is not None:
            yield _Range(kind, subtype, quality)


def _quality(parameters: list[str]) -> float | None:
    """How welcome a range is, from 0 to 1; None where it cannot be met or understood."""
    quality = 1.0
    for each in parameters:
        name, _, value = (piece.strip() for piece in each.partition("="))
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "*"):
            return None
        if name == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
    return quality if 0 <= quality <= 1 else None


def _fit(ranges: list[_Range], kind: str, subtype: str) -> tuple[float, int]:
    """How welcome a media type is by the range that is closest to it, and how close that is."""
    best = (-1, 0.0)
    for each in ranges:
        if each.kind == kind and each.subtype == subtype:
            closeness = 2
        elif each.kind == kind and each.subtype == "*":
            closeness = 1
        elif each.kind == each.subtype == "*":
            closeness = 0
        else:
            continue
        best = max(best, (closeness, each.quality))
    closeness, quality = best
    return (quality, closeness) if closeness >= 0 else (0.0, -1)
