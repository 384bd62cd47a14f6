"""What of the owned copies was heard: the cross-reference."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any, Literal

from sqlalchemy import bindparam, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.queries.parts import (
    ITEM_FIELDS,
    MATCH_FIELDS,
    bounds,
    columns,
    downwards,
    release_columns,
)
from rewind_gql.domains.collecting.tables import CrossReference, Item, MatchCount, Pin, Release
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Id, among
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn, Read

Sort = Literal["plays", "added"]
Filter = Literal["all", "listened", "unlistened"]
SORTS: tuple[Sort, ...] = ("plays", "added")
FILTERS: tuple[Filter, ...] = ("all", "listened", "unlistened")

CROSS_REFERENCE: dict[Sort, str] = {"plays": "collecting.plays", "added": "collecting.added"}
CROSS_REFERENCE_TYPES: dict[Sort, tuple[type, ...]] = {
    "plays": (int, int, int),
    "added": (int, int),
}

_MATCHES_BY_ITEM = Read(
    select(*columns(CrossReference, MATCH_FIELDS)).where(
        own(CrossReference), among(col(CrossReference.item_id), "ids")
    ),
    views.Match,
)
_PIN_FIELDS = ("item_id", "album_id", "created_at")
_PINS = Read(
    select(*columns(Pin, _PIN_FIELDS)).where(mine(Pin)).order_by(col(Pin.item_id)), views.Pin
)
_PINS_BY_ITEM = Read(
    select(*columns(Pin, _PIN_FIELDS)).where(own(Pin), among(col(Pin.item_id), "ids")), views.Pin
)


async def matches_by_item(
    conn: Conn, user_id: int, item_ids: Sequence[int]
) -> dict[int, views.Match]:
    """What of each copy was heard; copies not compared yet are left out."""
    found = await conn.rows(_MATCHES_BY_ITEM, user_id=user_id, ids=item_ids)
    return {match.item_id: match for match in found}


async def pins(conn: Conn, user_id: int) -> list[views.Pin]:
    """Every word the owner said on a match, by copy."""
    return await conn.rows(_PINS, user_id=user_id)


async def pins_by_item(conn: Conn, user_id: int, item_ids: Sequence[int]) -> dict[int, views.Pin]:
    """The owner's word on each copy; copies without one are left out."""
    found = await conn.rows(_PINS_BY_ITEM, user_id=user_id, ids=item_ids)
    return {pin.item_id: pin for pin in found}


_MATCHED = (
    select(
        *columns(Item, ITEM_FIELDS, "item__"),
        *release_columns("release__"),
        *columns(CrossReference, MATCH_FIELDS, "match__"),
    )
    .join_from(CrossReference, Item, col(Item.id) == col(CrossReference.item_id))
    .join(Release, col(Release.id) == col(Item.release_id))
    .where(mine(CrossReference))
)
_BY_ADDED = (CrossReference.added_at, CrossReference.item_id)
_BY_PLAYS = (CrossReference.plays, *_BY_ADDED)
_KEPT: dict[Filter, tuple[Any, ...]] = {
    "all": (),
    "listened": (col(CrossReference.plays) > 0,),
    "unlistened": (col(CrossReference.plays) == 0,),
}


def _keys(sort: Sort, only: Filter) -> tuple[Any, ...]:
    """What the list runs down by. Among copies without a play, the plays say nothing."""
    return _BY_PLAYS if sort == "plays" and only != "unlistened" else _BY_ADDED


_CROSS_REFERENCE = {
    (sort, only, backward): Read(
        downwards(_MATCHED.where(*_KEPT[only]), _keys(sort, only), backward=backward),
        views.MatchedItem,
    )
    for sort, only, backward in product(SORTS, FILTERS, (False, True))
}
# The place alone of the last row of a page: found in the index, however far down.
_PLACES: dict[tuple[Sort, Filter], Read[tuple[int, datetime, int]]] = {
    (sort, only): Read(
        select(*map(col, _BY_PLAYS))
        .where(mine(CrossReference), *_KEPT[only])
        .order_by(*(col(key).desc() for key in _keys(sort, only)))
        .limit(1)
        .offset(bindparam("offset", type_=Id))
    )
    for sort, only in product(SORTS, FILTERS)
}
_SUMMARY = Read(
    select(
        col(MatchCount.items).label("items"),
        col(MatchCount.matches).label("total_matches"),
        col(MatchCount.albums).label("album_matches"),
        col(MatchCount.albums_heard).label("listened_count"),
        (col(MatchCount.items) - col(MatchCount.heard)).label("unlistened_count"),
    ).where(mine(MatchCount)),
    views.MatchSummary,
)


def _place(sort: Sort) -> Any:
    def by_added(it: views.MatchedItem) -> Key:
        return clock.microseconds(it.match.added_at), it.match.item_id

    def by_plays(it: views.MatchedItem) -> Key:
        return it.match.plays, *by_added(it)

    return by_plays if sort == "plays" else by_added


async def cross_reference(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    sort: Sort = "plays",
    filter: Filter = "all",  # noqa: A002  # the word clients write
) -> Page[views.MatchedItem]:
    """Owned copies beside what of them was heard.

    Shape: by plays or by date added, both downwards, ties by date added, then id. `listened` keeps
    copies with plays, matched by artist only too; `unlistened` the others. Copies not compared yet
    are not in the list. Cursors are of list `CROSS_REFERENCE[sort]`.
    Raises `BadInput` for another sort or filter.
    """
    _check(sort, filter)
    read = _CROSS_REFERENCE[sort, filter, part.backward]
    between = bounds(part, len(_keys(sort, filter)))
    found = await conn.rows(read, user_id=user_id, **between)
    return page(CROSS_REFERENCE[sort], found, part, key=_place(sort))


async def cross_reference_page(
    conn: Conn,
    user_id: int,
    *,
    sort: Sort = "plays",
    filter: Filter = "all",  # noqa: A002  # the word clients write
    limit: int = 20,
    page: int = 1,
) -> tuple[list[views.MatchedItem], int]:
    """The same by page number, from 1, and how many the filter leaves in all.

    A page past the end is empty. Raises `BadInput` for another sort or filter.
    """
    _check(sort, filter)
    total = await cross_reference_count(conn, user_id, filter=filter)
    offset = (page - 1) * limit
    if offset >= total:
        return [], total
    after: Key | None = None
    if offset:
        last = await conn.value(_PLACES[sort, filter], user_id=user_id, offset=offset - 1)
        after = last[0], clock.microseconds(last[1]), last[2]
    part = Slice(limit=limit, after=after)
    asked = await cross_reference(conn, user_id, part=part, sort=sort, filter=filter)
    return asked.items, total


async def cross_reference_count(conn: Conn, user_id: int, *, filter: Filter = "all") -> int:  # noqa: A002  # the word clients write
    """How many copies the filter leaves."""
    _check("plays", filter)
    summary = await cross_reference_summary(conn, user_id)
    return {
        "all": summary.items,
        "listened": summary.items - summary.unlistened_count,
        "unlistened": summary.unlistened_count,
    }[filter]


async def cross_reference_summary(conn: Conn, user_id: int) -> views.MatchSummary:
    """The cross-reference in numbers; all zero before the first one was made.

    Source: `collecting_match_count`, counted in the transaction that writes the matches.
    """
    found = await conn.first(_SUMMARY, user_id=user_id)
    return found or views.MatchSummary(
        items=0, total_matches=0, album_matches=0, listened_count=0, unlistened_count=0
    )


def _check(sort: str, only: str) -> None:
    if sort not in SORTS:
        raise BadInput(f"sort must be one of {', '.join(SORTS)}", path="sort")
    if only not in FILTERS:
        raise BadInput(f"filter must be one of {', '.join(FILTERS)}", path="filter")


UNHEARD = "collecting.unheard"
UNHEARD_TYPES = (int, int)
_NO_ALBUM_HEARD = or_(
    col(CrossReference.match_type) == "artist_only",
    col(CrossReference.match_type) == "none",
    col(CrossReference.plays) == 0,
)
_UNHEARD = {
    backward: Read(
        downwards(_MATCHED.where(_NO_ALBUM_HEARD), _BY_ADDED, backward=backward), views.MatchedItem
    )
    for backward in (False, True)
}


async def unheard(conn: Conn, user_id: int, *, part: Slice) -> Page[views.MatchedItem]:
    """Owned copies whose album was never played, newest added first; cursors are of `UNHEARD`.

    Shape: a copy of which only the artist was heard is among them.
    """
    found = await conn.rows(_UNHEARD[part.backward], user_id=user_id, **bounds(part, 2))
    return page(UNHEARD, found, part, key=_place("added"))


async def unheard_count(conn: Conn, user_id: int) -> int:
    """How many owned copies there are whose album was never played."""
    summary = await cross_reference_summary(conn, user_id)
    return summary.items - summary.listened_count
