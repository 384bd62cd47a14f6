"""Pages by keyset: opaque cursors, forward and backward, steady under inserts."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import orjson

from rewind_gql.errors import BadInput

V = TypeVar("V")
W = TypeVar("W")
Key = tuple[int | str | float | None, ...]
MAX_PAGE = 200
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(slots=True, frozen=True, kw_only=True)
class Slice:
    """Which part of a list is asked for: the `first` after a key, or the `last` before one."""

    limit: int
    backward: bool = False
    after: Key | None = None
    before: Key | None = None


@dataclass(slots=True, kw_only=True)
class Page(Generic[V]):
    """Some items of a list in its order, with each item's cursor and what lies beyond."""

    items: list[V]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool

    def of(self, items: list[W]) -> "Page[W]":
        """The same page with something else in place of each item."""
        return Page(
            items=items,
            cursors=self.cursors,
            has_next=self.has_next,
            has_previous=self.has_previous,
        )


def cursor(list_name: str, key: Key) -> str:
    """An opaque cursor: the list it belongs to and the key of one item in it."""
    text = binascii.b2a_base64(orjson.dumps([list_name, *key]), newline=False)
    return text.rstrip(b"=").translate(_URL_SAFE).decode("ascii")


class Cursors(Sequence[str], Generic[V]):
    """The cursors of a page's items, each written when it is looked at, for most never are."""

    __slots__ = ("_items", "_key", "_list_name")

    def __init__(self, list_name: str, items: Sequence[V], key: Callable[[V], Key]) -> None:
        self._list_name = list_name
        self._items = items
        self._key = key

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self._written(item) for item in self._items[at]]
        return self._written(self._items[at])

    def _written(self, item: V) -> str:
        return cursor(self._list_name, self._key(item))

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Cursors({[*self]!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]  # as lists have none


def parse_cursor(
    list_name: str, text: str, *, types: Sequence[type], path: str | None = None
) -> Key:
    """The key in a cursor. Raises `BadInput` when it is damaged or of another list."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = orjson.loads(raw)
        name, *key = found
    except (binascii.Error, ValueError, TypeError) as wrong:
        raise BadInput("This cursor is not one of ours", path=path) from wrong
    fits = len(key) == len(types) and all(map(_is, key, types))
    if name != list_name or not fits:
        raise BadInput("This cursor belongs to another list", path=path)
    return tuple(key)


def _is(value: Any, kind: type) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63
    # PostgreSQL has no text with a NUL in it.
    return isinstance(value, kind) and not (isinstance(value, str) and "\0" in value)


def page(list_name: str, found: list[V], asked: Slice, *, key: Callable[[V], Key]) -> Page[V]:
    """A page made of up to `limit + 1` items, read in the direction asked for.

    The one item too many only tells that there are more. On the side one comes from there is
    something if a cursor was given, for its item is there.
    """
    more = len(found) > asked.limit
    items = found[: asked.limit]
    if asked.backward:
        items.reverse()
    came = asked.before if asked.backward else asked.after
    return Page(
        items=items,
        cursors=Cursors(list_name, items, key),
        has_next=came is not None if asked.backward else more,
        has_previous=more if asked.backward else came is not None,
    )


def slice_of(
    list_name: str,
    types: Sequence[type],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    default: int = 20,
) -> Slice:
    """The part of a list that Relay's four arguments name. Raises `BadInput` when they disagree."""
    if first is not None and last is not None:
        raise BadInput("Give first or last, not both", path="first")
    name, limit = ("last", last) if last is not None else ("first", first)
    limit = default if limit is None else limit
    if not 0 <= limit <= MAX_PAGE:
        raise BadInput(f"{name} must be between 0 and {MAX_PAGE}", path=name)
    keys = {
        path: None if text is None else parse_cursor(list_name, text, types=types, path=path)
        for path, text in (("after", after), ("before", before))
    }
    return Slice(limit=limit, backward=last is not None, **keys)
