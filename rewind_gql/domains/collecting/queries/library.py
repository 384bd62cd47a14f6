"""Owned copies, wants and releases by their ids, and what the owner noted with them."""

from collections.abc import Sequence

from sqlalchemy import bindparam, literal, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.queries.parts import (
    ITEM_FIELDS,
    LIMIT,
    WANT_FIELDS,
    columns,
    release_columns,
)
from rewind_gql.domains.collecting.tables import Folder, Item, NoteField, Release, Tally, Want
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read

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


_NOTES: Read[tuple[int, list[dict[str, str]]]] = Read(
    select(col(Item.id), col(Item.notes)).where(own(Item), among(col(Item.id), "ids")),
)
_NOTE_FIELDS = Read(
    select(*columns(NoteField, ("field_id", "name", "kind", "options")))
    .where(mine(NoteField))
    .order_by(col(NoteField.field_id)),
    views.NoteField,
)
_FOLDERS = Read(select(col(Folder.name)).where(mine(Folder)).order_by(col(Folder.folder_id)), str)
_FOLDER_COPIES: Read[tuple[str, int]] = Read(
    select(col(Tally.name), col(Tally.copies)).where(
        mine(Tally), col(Tally.kind) == literal("folder")
    )
)


async def notes_by_item(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, list[views.Note]]:
    """What the owner noted with each copy, in the order of their fields."""
    found = await conn.rows(_NOTES, user_id=user_id, ids=ids)
    return {item_id: [views.Note(**note) for note in notes] for item_id, notes in found}


async def note_fields(conn: Conn, user_id: int) -> list[views.NoteField]:
    """The fields the owner notes things in, by their numbers; empty without an account."""
    return await conn.rows(_NOTE_FIELDS, user_id=user_id)


async def folders(conn: Conn, user_id: int) -> list[views.Folder]:
    """The owner's folders in their order, empty ones too, then those known only from a file."""
    names = await conn.rows(_FOLDERS, user_id=user_id)
    copies = dict(await conn.rows(_FOLDER_COPIES, user_id=user_id))
    return [
        views.Folder(name=name, copies=copies.get(name, 0))
        for name in dict.fromkeys([*names, *sorted(copies)])
    ]


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
