"""The objects of a list in a JSON file of any size, wherever in it the list stands."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, Protocol

import ijson
from ijson.common import ObjectBuilder

from rewind_gql.sources.base import STUMBLES, Reject, Unreadable, reason_of, reject
from rewind_gql.sources.exports.characters import Text
from rewind_gql.sources.exports.packing import Damaged
from rewind_gql.text import clean

# An object of an export has a few hundred signs; without a limit one string could fill the memory.
OBJECT_BYTES = 16 * 1024 * 1024
DEEPEST = 50

Place = tuple[str, ...]
"""Keys from the outermost value inwards; `item` stands for any place in a list."""


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Objects:
    """Every value at `place` of a JSON text, and a reject for the rest where it is no JSON."""

    def __init__(self, text: Text, place: Place) -> None:
        self._feed = _Utf8(text)
        self._place = list(place)

    def __iter__(self) -> Iterator[Any]:
        number = 0
        try:
            for found in _values(self._feed, self._place):
                number += 1
                self._feed.forget()
                yield found
        except (ijson.JSONError, ValueError) as broken:
            place = f"after item {number}"
            yield reject(place, f"not JSON from here on: {clean(str(broken))}", place=place)


def read_objects(
    text: Text, *, place: Place, parse: Callable[[dict[str, Any]], Any | None]
) -> Iterator[Any]:
    """What `parse` makes of each object at `place`; None is for objects that are no item."""
    for number, found in enumerate(Objects(text, place), 1):
        if isinstance(found, Reject):
            yield found
            continue
        try:
            if not isinstance(found, dict):
                raise Unreadable("this is no object")
            record = parse(found)
        except STUMBLES as no:
            yield reject(found, reason_of(no), place=f"item {number}")
        else:
            if record is not None:
                yield record


def first_with(head: str, key: str, place: Place) -> dict[str, Any] | None:
    """The first object at `place` in a text that begins like this, where objects there have `key`.

    None for a text of another shape, and for one whose first object is not whole.
    """
    if place_of(head, key) != place:
        return None
    first = first_at(head, place)
    return first if isinstance(first, dict) else None


def place_of(head: str, key: str) -> Place | None:
    """Where, in a JSON text that begins like this, objects have that key; None for nowhere."""
    if not head.lstrip().startswith(("[", "{")):
        return None
    try:
        for path, event, value in _events(BytesIO(head.encode("utf-8", "replace"))):
            if event == "map_key" and value == key:
                return tuple(path[:-1])
    except (ijson.JSONError, ValueError, Damaged):
        return None
    return None


def first_at(head: str, place: Place) -> Any:
    """The first value at that place; None when the head ends before it does."""
    try:
        return next(_values(BytesIO(head.encode("utf-8", "replace")), list(place)), None)
    except (ijson.JSONError, ValueError, Damaged):
        return None


def _values(feed: _Bytes, place: list[str]) -> Iterator[Any]:
    builder, level = ObjectBuilder(), 0
    for path, event, value in _events(feed):
        if not level and (path != place or event in ("end_map", "end_array")):
            continue
        builder.event(event, value)
        level += event.startswith("start") - event.startswith("end")
        if not level:
            yield builder.value
            builder = ObjectBuilder()


def _events(feed: _Bytes) -> Iterator[tuple[list[str], str, Any]]:
    """What comes in a JSON text, and where: the place of a value, or of the object of a key.

    The places of ijson's own `parse` grow with the square of the depth, which a file could use.
    """
    path: list[str] = []
    for event, value in ijson.basic_parse(feed):
        if event == "map_key":
            path[-1] = value
        elif event in ("end_map", "end_array"):
            path.pop()
        yield path, event, value
        if event in ("start_map", "start_array"):
            path.append("item" if event == "start_array" else "")
            if len(path) > DEEPEST:
                raise Damaged("the values are nested too deeply")


class _Utf8:
    """A text as UTF-8 bytes, whatever it was written in."""

    def __init__(self, text: Text) -> None:
        self._pieces = iter(text)
        self._held = b""
        self._fed = 0

    def forget(self) -> None:
        """An object is complete: count the next one's bytes from here."""
        self._fed = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes. Raises `Damaged` when no object ends for all too long."""
        while size and not self._held and (piece := next(self._pieces, None)) is not None:
            self._held = piece.encode("utf-8", "replace")
        given, self._held = self._held[:size], self._held[size:]
        self._fed += len(given)
        if self._fed > OBJECT_BYTES:
            raise Damaged(f"one item has more than {OBJECT_BYTES} bytes")
        return given
