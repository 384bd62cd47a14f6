"""The shelf: owned copies in any order, those a filter leaves, by place or by page number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import bindparam, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.queries.filtering import (
    EVERY,
    SOUGHT,
    WINDOW,
    Only,
    asked,
    bound,
    conditions,
    counted,
    one_by_one,
    told_by,
)
from rewind_gql.domains.collecting.queries.parts import (
    ITEM_FIELDS,
    LIMIT,
    Form,
    between,
    check,
    columns,
    ends,
    release_columns,
)
from rewind_gql.domains.collecting.tables import Item, Release, Shelved
from rewind_gql.store.columns import Id
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn, Read

ItemSort = Literal["date_added", "title", "artist", "year", "rating"]
Order = Literal["desc", "asc"]
ITEM_SORTS: tuple[ItemSort, ...] = ("date_added", "title", "artist", "year", "rating")
ORDERS: tuple[Order, ...] = ("desc", "asc")

ITEMS: dict[ItemSort, str] = {sort: f"collecting.items_by_{sort}" for sort in ITEM_SORTS}
ITEMS_TYPES: dict[ItemSort, tuple[type, ...]] = {
    "date_added": (int, int),
    "title": (str, int),
    "artist": (str, str, int),
    "year": (int, int),
    "rating": (int, int),
}
_KEYS: dict[ItemSort, tuple[Any, ...]] = {
    "date_added": (Shelved.added_at,),
    "title": (Shelved.title_key,),
    "artist": (Shelved.artist_key, Shelved.title_key),
    "year": (Shelved.year,),
    "rating": (Shelved.rating,),
}
_NAMES = ("first", "second")
# Most filters leave a page of so many copies; only where they do not, all of them are gone through.
NEAR = 512
_STATEMENTS = 512  # forms of one list that are remembered; each is a few kilobytes


@dataclass(slots=True, kw_only=True)
class _Placed:
    """A copy and the key of its place."""

    first: Any
    second: Any = None
    item: views.Item
    release: views.Release | None = None

    def key(self) -> Key:
        """The key as a cursor has it."""
        first = self.first
        if isinstance(first, datetime):
            first = clock.microseconds(first)
        middle = () if self.second is None else (self.second,)
        return (first, *middle, self.item.id)


async def items(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    sort: ItemSort = "date_added",
    order: Order = "desc",
    only: Only = EVERY,
) -> Page[views.Item]:
    """Owned copies; cursors are of list `ITEMS[sort]`.

    Shape: unknown years count as lowest; ties by the copy, in the same direction.
    Raises `BadInput` for another sort or order.
    """
    placed = await _part(conn, user_id, part=part, sort=sort, order=order, only=only)
    return placed.of([each.item for each in placed.items])


async def items_page(
    conn: Conn,
    user_id: int,
    *,
    sort: ItemSort = "date_added",
    order: Order = "desc",
    only: Only = EVERY,
    limit: int = 20,
    page: int = 1,
) -> list[views.OwnedRelease]:
    """The same by page number, from 1, each copy with its release. Past the end it is empty."""
    offset = (page - 1) * limit
    after: Key | None = None
    if offset:
        place = _place(asked(only), sort, order)
        last = await conn.first(place, user_id=user_id, offset=offset - 1, **bound(only))
        if last is None:
            return []
        after = (clock.microseconds(last[0]) if sort == "date_added" else last[0], *last[1:])
    part = Slice(limit=limit, after=after)
    placed = await _part(conn, user_id, part=part, sort=sort, order=order, only=only, whole=True)
    return [
        views.OwnedRelease(item=each.item, release=each.release)
        for each in placed.items
        if each.release is not None
    ]


async def items_count(conn: Conn, user_id: int, *, only: Only = EVERY) -> int:
    """How many owned copies a filter leaves."""
    return await conn.value(_count(asked(only)), user_id=user_id, **bound(only))


async def _part(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    sort: ItemSort,
    order: Order,
    only: Only,
    whole: bool = False,
) -> Page[_Placed]:
    check(sort, ITEM_SORTS, "sort")
    check(order, ORDERS, "order")
    names, form = asked(only), Form.of(part, down=order == "desc")
    given = {"user_id": user_id, **ends(part, timed=sort == "date_added"), **bound(only)}
    found: list[_Placed] = []
    if names & SOUGHT and not names & WINDOW:
        found = await conn.rows(_read(names, sort, form, whole=whole, near=True), **given)
    if len(found) <= part.limit:
        found = await conn.rows(_read(names, sort, form, whole=whole), **given)
    return page(ITEMS[sort], found, part, key=_Placed.key)


def _places(sort: ItemSort) -> tuple[Any, ...]:
    return (*map(col, _KEYS[sort]), col(Shelved.item_id))


@lru_cache(_STATEMENTS)
def _read(
    names: frozenset[str], sort: ItemSort, form: Form, *, whole: bool, near: bool = False
) -> Read[_Placed]:
    """A part of the list: its places first, then what stands there, which is much wider.

    `near` looks only at the first copies, with the filter or without: a part that is found whole
    among them is the part.
    """
    keys = _places(sort)
    named = [key.label(name) for key, name in zip(keys[:-1], _NAMES, strict=False)]
    chosen = select(*named, keys[-1]).where(mine(Shelved))
    if near:
        chosen = _near(chosen, keys, names, form)
    else:
        chosen = between(chosen.where(*conditions(names)), keys, form)
    place: Any = chosen.limit(LIMIT).subquery("place").c
    ranks = [place[key.name] for key in named]
    found = select(*ranks, *columns(Item, ITEM_FIELDS, "item__"))
    found = found.select_from(place.item_id.table)
    found = found.join(Item, col(Item.id) == place.item_id)
    if whole:
        found = found.add_columns(*release_columns("release__"))
        found = found.join(Release, col(Release.id) == col(Item.release_id))
    order = Form(down=form.down, backward=form.backward)
    return Read(between(found, [*ranks, place.item_id], order), _Placed)


def _near(chosen: Any, keys: Sequence[Any], names: frozenset[str], form: Form) -> Any:
    """Those of the first copies for which all of `names` is true, each looked at by itself."""
    told = [col(getattr(Shelved, name)) for name in told_by(names)]
    first = between(chosen.add_columns(*told), keys, form).limit(NEAR).subquery("near").c
    places = [first[name] for name in _NAMES[: len(keys) - 1]]
    found = select(*places, first.item_id).where(*one_by_one(names, first))
    return between(found, [*places, first.item_id], Form(down=form.down, backward=form.backward))


@lru_cache(_STATEMENTS)
def _place(names: frozenset[str], sort: ItemSort, order: Order) -> Read[tuple[Any, ...]]:
    """The place alone of the last row of a page: found in the index, however far down."""
    keys = _places(sort)
    found = select(*keys).where(mine(Shelved), *conditions(names))
    last = between(found, keys, Form(down=order == "desc")).limit(1)
    return Read(last.offset(bindparam("offset", type_=Id)))


@lru_cache(_STATEMENTS)
def _count(names: frozenset[str]) -> Read[int]:
    return Read(counted(names), int)
