"""What is owned and what is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.queries.parts import (
    ITEM_FIELDS,
    LIMIT,
    WANT_FIELDS,
    bounds,
    columns,
    downwards,
    release_columns,
)
from rewind_gql.domains.collecting.tables import Item, Release, Want
from rewind_gql.store.columns import among
from rewind_gql.store.page import Page, Slice, page
from rewind_gql.store.read import Conn, Read

ITEMS = "collecting.items"
ITEMS_TYPES = (int, int)
WANTS = "collecting.wants"
WANTS_TYPES = (int, int)

_ITEM = select(*columns(Item, ITEM_FIELDS)).where(mine(Item))
_ITEMS = {
    backward: Read(downwards(_ITEM, (Item.added_at, Item.id), backward=backward), views.Item)
    for backward in (False, True)
}
_ITEMS_COUNT = Read(select(func.count()).select_from(Item).where(mine(Item)), int)


async def items(conn: Conn, user_id: int, *, part: Slice) -> Page[views.Item]:
    """Owned copies, newest added first; cursors are of list `ITEMS`."""
    found = await conn.rows(_ITEMS[part.backward], user_id=user_id, **bounds(part, 2))
    return page(ITEMS, found, part, key=lambda it: (clock.microseconds(it.added_at), it.id))


async def items_count(conn: Conn, user_id: int) -> int:
    """How many copies are owned."""
    return await conn.value(_ITEMS_COUNT, user_id=user_id)


@dataclass(slots=True, kw_only=True)
class _PlacedWant:
    """A want beside what its list sorts by."""

    sort_at: datetime
    want: views.Want


_WANTS = {
    backward: Read(
        downwards(
            select(col(Want.sort_at).label("sort_at"), *columns(Want, WANT_FIELDS, "want__")).where(
                mine(Want)
            ),
            (Want.sort_at, Want.id),
            backward=backward,
        ),
        _PlacedWant,
    )
    for backward in (False, True)
}
_WANTS_COUNT = Read(select(func.count()).select_from(Want).where(mine(Want)), int)


async def wants(conn: Conn, user_id: int, *, part: Slice) -> Page[views.Want]:
    """The wantlist, newest first, lines without a date last; cursors are of list `WANTS`."""
    found = await conn.rows(_WANTS[part.backward], user_id=user_id, **bounds(part, 2))
    placed = page(WANTS, found, part, key=lambda it: (clock.microseconds(it.sort_at), it.want.id))
    return Page(
        items=[each.want for each in placed.items],
        cursors=placed.cursors,
        has_next=placed.has_next,
        has_previous=placed.has_previous,
    )


async def wants_count(conn: Conn, user_id: int) -> int:
    """How many lines the wantlist has."""
    return await conn.value(_WANTS_COUNT, user_id=user_id)


_OWN_ITEM = select(*columns(Item, ITEM_FIELDS)).where(own(Item))
_ITEMS_BY_ID = Read(_OWN_ITEM.where(among(col(Item.id), "ids")), views.Item)
_ITEMS_BY_RELEASE = Read(_OWN_ITEM.where(among(col(Item.release_id), "ids")), views.Item)
_WANTS_BY_ID = Read(
    select(*columns(Want, WANT_FIELDS)).where(own(Want), among(col(Want.id), "ids")), views.Want
)
_WANTS_BY_RELEASE = Read(
    select(*columns(Want, WANT_FIELDS)).where(own(Want), among(col(Want.release_id), "ids")),
    views.Want,
)
_RELEASES_BY_ID = Read(
    select(*release_columns()).where(own(Release), among(col(Release.id), "ids")), views.Release
)


async def items_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Item]:
    """Copies by their ids; ids that are not the user's are left out."""
    found = await conn.rows(_ITEMS_BY_ID, user_id=user_id, ids=ids)
    return {item.id: item for item in found}


async def releases_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Release]:
    """Releases by their ids; ids that are not the user's are left out."""
    found = await conn.rows(_RELEASES_BY_ID, user_id=user_id, ids=ids)
    return {release.id: release for release in found}


async def wants_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Want]:
    """Wants by their ids; ids that are not the user's are left out."""
    found = await conn.rows(_WANTS_BY_ID, user_id=user_id, ids=ids)
    return {want.id: want for want in found}


async def wants_by_release(
    conn: Conn, user_id: int, release_ids: Sequence[int]
) -> dict[int, views.Want]:
    """The line of the wantlist for each release that is wanted."""
    found = await conn.rows(_WANTS_BY_RELEASE, user_id=user_id, ids=release_ids)
    return {want.release_id: want for want in found}


async def items_by_release(
    conn: Conn, user_id: int, release_ids: Sequence[int]
) -> dict[int, list[views.Item]]:
    """Every copy of each release, newest added first; releases without one are left out."""
    found = await conn.rows(_ITEMS_BY_RELEASE, user_id=user_id, ids=release_ids)
    copies: dict[int, list[views.Item]] = {}
    for item in sorted(found, key=lambda each: (each.added_at, each.id), reverse=True):
        copies.setdefault(item.release_id, []).append(item)
    return copies


_DUE = Read(
    select(col(Release.discogs_id))
    .where(mine(Release), col(Release.detail_due_at) <= bindparam("now"))
    .order_by(col(Release.detail_due_at), col(Release.discogs_id))
    .limit(LIMIT),
    int,
)


async def pending_details(conn: Conn, user_id: int, *, limit: int) -> list[int]:
    """Discogs ids of releases whose own page is due to be read: those never tried first.

    One that failed is due again after a day, one that was read after a month.
    """
    return await conn.rows(_DUE, user_id=user_id, now=clock.now(), limit=limit)
