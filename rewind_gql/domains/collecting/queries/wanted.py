"""The wantlist in any order, and what of it is heard already."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.queries.browse import ORDERS, Order
from rewind_gql.domains.collecting.queries.parts import (
    LIMIT,
    WANT_FIELDS,
    Form,
    between,
    check,
    columns,
    ends,
    release_columns,
)
from rewind_gql.domains.collecting.tables import Release, Want, WantMatch
from rewind_gql.store.columns import Id
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn, Read

WantSort = Literal["date_added", "title", "year"]
WANT_SORTS: tuple[WantSort, ...] = ("date_added", "title", "year")
WANTS: dict[WantSort, str] = {sort: f"collecting.wants_by_{sort}" for sort in WANT_SORTS}
WANTS_TYPES: dict[WantSort, tuple[type, ...]] = {
    "date_added": (int, int),
    "title": (str, int),
    "year": (int, int),
}
HEARD_WANTS = "collecting.heard_wants"
HEARD_WANTS_TYPES = (int, int)

_KEYS: dict[WantSort, Any] = {
    "date_added": col(Want.sort_at),
    "title": col(Release.title_key),
    "year": func.coalesce(col(Release.year), 0),
}


@dataclass(slots=True, kw_only=True)
class _Placed:
    """A want beside what its list sorts by."""

    first: Any
    want: views.Want
    release: views.Release | None = None

    def key(self) -> Key:
        """The key as a cursor has it."""
        first = self.first
        return clock.microseconds(first) if isinstance(first, datetime) else first, self.want.id


async def wants(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    sort: WantSort = "date_added",
    order: Order = "desc",
) -> Page[views.Want]:
    """The wantlist; cursors are of list `WANTS[sort]`.

    Shape: lines without a date or a year count as lowest; ties by the line, in the same direction.
    Raises `BadInput` for another sort or order.
    """
    placed = await _part(conn, user_id, part=part, sort=sort, order=order)
    return placed.of([each.want for each in placed.items])


async def wants_page(
    conn: Conn,
    user_id: int,
    *,
    sort: WantSort = "date_added",
    order: Order = "desc",
    limit: int = 20,
    page: int = 1,
) -> list[views.WantedRelease]:
    """The same by page number, from 1, each line with its release. Past the end it is empty."""
    offset = (page - 1) * limit
    after: Key | None = None
    if offset:
        last = await conn.first(_place(sort, order), user_id=user_id, offset=offset - 1)
        if last is None:
            return []
        after = (clock.microseconds(last[0]) if sort == "date_added" else last[0], last[1])
    part = Slice(limit=limit, after=after)
    placed = await _part(conn, user_id, part=part, sort=sort, order=order, whole=True)
    return [
        views.WantedRelease(want=each.want, release=each.release)
        for each in placed.items
        if each.release is not None
    ]


async def _part(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    sort: WantSort,
    order: Order,
    whole: bool = False,
) -> Page[_Placed]:
    check(sort, WANT_SORTS, "sort")
    check(order, ORDERS, "order")
    read = _read(sort, Form.of(part, down=order == "desc"), whole=whole)
    found = await conn.rows(read, user_id=user_id, **ends(part, timed=sort == "date_added"))
    return page(WANTS[sort], found, part, key=_Placed.key)


@lru_cache(None)
def _read(sort: WantSort, form: Form, *, whole: bool) -> Read[_Placed]:
    found = select(_KEYS[sort].label("first"), *columns(Want, WANT_FIELDS, "want__"))
    if whole:
        found = found.add_columns(*release_columns("release__"))
    found = found.select_from(Want).where(mine(Want))
    if whole or sort != "date_added":
        found = found.join(Release, col(Release.id) == col(Want.release_id))
    return Read(between(found, (_KEYS[sort], col(Want.id)), form).limit(LIMIT), _Placed)


@lru_cache(None)
def _place(sort: WantSort, order: Order) -> Read[tuple[Any, int]]:
    keys = _KEYS[sort], col(Want.id)
    found = select(*keys).select_from(Want).where(mine(Want))
    if sort != "date_added":
        found = found.join(Release, col(Release.id) == col(Want.release_id))
    last = between(found, keys, Form(down=order == "desc")).limit(1)
    return Read(last.offset(bindparam("offset", type_=Id)))


_COUNT = Read(select(func.count()).select_from(Want).where(mine(Want)), int)


async def wants_count(conn: Conn, user_id: int) -> int:
    """How many lines the wantlist has."""
    return await conn.value(_COUNT, user_id=user_id)


_MATCH_FIELDS = ("album_id", "plays", "last_played_at", "match_type", "confidence")
_HEARD = col(WantMatch.plays) > 0


@lru_cache(None)
def _heard(form: Form) -> Read[views.HeardWant]:
    found = (
        select(*columns(WantMatch, _MATCH_FIELDS), *columns(Want, WANT_FIELDS, "want__"))
        .join_from(WantMatch, Want, col(Want.id) == col(WantMatch.want_id))
        .where(mine(WantMatch), _HEARD)
    )
    keys = col(WantMatch.plays), col(WantMatch.want_id)
    return Read(between(found, keys, form).limit(LIMIT), views.HeardWant)


_HEARD_COUNT = Read(select(func.count()).where(mine(WantMatch), _HEARD), int)


async def heard_wants(conn: Conn, user_id: int, *, part: Slice) -> Page[views.HeardWant]:
    """Wants that are heard already, most played first; cursors are of list `HEARD_WANTS`.

    Source: `collecting_want_match`, found again after each sync.
    """
    read = _heard(Form.of(part, down=True))
    found = await conn.rows(read, user_id=user_id, **ends(part, timed=False))
    return page(HEARD_WANTS, found, part, key=lambda each: (each.plays, each.want.id))


async def heard_wants_count(conn: Conn, user_id: int) -> int:
    """How many wants are heard already."""
    return await conn.value(_HEARD_COUNT, user_id=user_id)
