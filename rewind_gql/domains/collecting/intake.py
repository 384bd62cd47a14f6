"""Records → rows of collecting, idempotent: the only writer of its source rows."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Stored, Touched, may_go
from rewind_gql.domains.collecting import derive, records, releases
from rewind_gql.domains.collecting.releases import Row, row_of, rows_by, rows_of, told
from rewind_gql.domains.collecting.shelf import Shelf
from rewind_gql.domains.collecting.tables import Item, Release, Want
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

DETAIL_AGAIN_AFTER = timedelta(days=30)  # prices move; the rest of the page hardly does
DETAIL_RETRY_AFTER = timedelta(days=1)

_COPY = ("release_id", "folder", "rating", "notes", "added_at", "added_offset_min")
_WANT = ("rating", "notes", "listed", "added_at", "added_offset_min", "sort_at")
_DETAIL = ("id", "discogs_id", "detail_at", "detail_cover_url", "identifiers")

_ITEMS = rows_of(Item, ("id", "instance_id", *_COPY))
_INSTANCES = rows_by(Item, Item.instance_id, ("id", "instance_id", *_COPY))
_ITEM_IDS = rows_of(Item, ("id",))
_WANT_IDS = rows_of(Want, ("id",))
_WANTS = rows_of(Want, ("release_id", *_WANT))
_DETAILED = rows_by(Release, Release.discogs_id, _DETAIL)
_ALL_COPIES = Read(
    select(col(Item.id), col(Item.instance_id), col(Item.release_id)).where(
        col(Item.user_id) == bindparam("user_id"), col(Item.instance_id).is_not(None)
    ),
    row_of("id", "key", "release_id"),
)
_ALL_WANTS = Read(
    select(col(Want.id), col(Release.discogs_id), col(Want.release_id))
    .join(Release, col(Release.id) == col(Want.release_id))
    .where(col(Want.user_id) == bindparam("user_id"), col(Want.listed)),
    row_of("id", "key", "release_id"),
)


async def copies(
    conn: Writing, user_id: int, batch: Sequence[records.Copy], *, source: str
) -> Stored:
    """Store owned copies with their releases.

    A copy from the account is known by its instance. One from a file is the k-th stored copy of
    its release, whatever the dates say; a new instance takes over such a row rather than add one.
    """
    if not batch:
        return Stored()
    filed = await releases.file(conn, user_id, (copy.release for copy in batch))
    shelf = Shelf(
        await conn.rows(_ITEMS, user_id=user_id, keys=sorted(filed.ids.values())),
        await conn.rows(
            _INSTANCES, user_id=user_id, keys=[c.instance_id for c in batch if c.instance_id]
        ),
    )
    shelf.place(batch, filed.ids)
    await _write_copies(conn, user_id, shelf)
    filed.changed |= {row["release_id"] for row in (*shelf.updated.values(), *shelf.inserted)}
    touched = await _of(conn, user_id, filed.changed)
    return Stored(len(shelf.inserted), len(shelf.updated), shelf.skipped, touched)


async def item_of(conn: Writing, user_id: int, instance_id: int) -> int:
    """The id of the copy of that instance. Raises `LookupError` when there is none."""
    found = await conn.rows(_INSTANCES, user_id=user_id, keys=[instance_id])
    item_id: int = found[0]["id"]
    return item_id


async def _write_copies(conn: Writing, user_id: int, shelf: Shelf) -> None:
    if shelf.updated:
        rows = [{"at": row_id, **shelf.updated[row_id]} for row_id in sorted(shelf.updated)]
        for row in rows:
            del row["id"]
        mine = col(Item.user_id) == user_id
        await conn.execute(update(Item).where(mine, col(Item.id) == bindparam("at")), rows)
    fresh = [{"user_id": user_id, **row} for row in shelf.inserted]
    named = [row for row in fresh if row["instance_id"] is not None]
    await upsert(conn, Item, named, key=("user_id", "instance_id"), update=_COPY)
    loose = [row for row in fresh if row["instance_id"] is None]
    if loose:
        await conn.execute(insert(Item), loose)


async def _of(conn: Writing, user_id: int, release_ids: Iterable[int]) -> Touched:
    """The copies and wants of these releases."""
    keys = sorted({*release_ids})
    if not keys:
        return Touched()
    items = await conn.rows(_ITEM_IDS, user_id=user_id, keys=keys)
    wanted = await conn.rows(_WANT_IDS, user_id=user_id, keys=keys)
    return Touched(items={row["id"] for row in items}, wants={row["id"] for row in wanted})


async def wants(
    conn: Writing, user_id: int, batch: Sequence[records.Want], *, source: str
) -> Stored:
    """Store lines of the wantlist with their releases; one line per release.

    A file knows no dates and never replaces what the account told.
    """
    if not batch:
        return Stored()
    filed = await releases.file(conn, user_id, (want.release for want in batch))
    held = await conn.rows(_WANTS, user_id=user_id, keys=sorted(filed.ids.values()))
    known = {row["release_id"]: row for row in held}
    stored = Stored()
    fresh: dict[int, Row] = {}
    for want in batch:
        release_id = filed.ids[want.release.discogs_id]
        old = known.get(release_id)
        row = _want_row(want, old)
        if old == row | {"release_id": release_id}:
            stored.skipped += 1
            continue
        stored.inserted += old is None
        stored.updated += old is not None
        known[release_id] = fresh[release_id] = {"release_id": release_id, **row}
    rows = [{"user_id": user_id, **row} for row in fresh.values()]
    await upsert(conn, Want, rows, key=("user_id", "release_id"), update=_WANT)
    stored.touched = await _of(conn, user_id, filed.changed | {*fresh})
    return stored


def _want_row(want: records.Want, old: Row | None) -> Row:
    listed = told(want.release)
    if old is not None and old["listed"] and not listed:
        return {name: old[name] for name in _WANT}
    added_at, offset = want.added_at, want.added_offset_min
    if added_at is None and old is not None:
        added_at, offset = old["added_at"], old["added_offset_min"]
    return {
        "rating": want.rating,
        "notes": want.notes,
        "listed": listed,
        "added_at": added_at,
        "added_offset_min": offset,
        "sort_at": added_at or clock.EPOCH,
    }


async def details(
    conn: Writing, user_id: int, batch: Sequence[records.ReleaseDetail], *, source: str
) -> Stored:
    """Store what releases' own pages tell; pages of releases we do not have are skipped.

    A page is due again after a month, for its prices.
    """
    told_last = {detail.discogs_id: detail for detail in batch}
    known = await conn.rows(_DETAILED, user_id=user_id, keys=sorted(told_last))
    if not known:
        return Stored(skipped=len(batch))
    now = clock.now()
    rows = [
        {"at": old["id"], **_detail_row(told_last[old["discogs_id"]], old, now)} for old in known
    ]
    mine = col(Release.user_id) == user_id
    await conn.execute(update(Release).where(mine, col(Release.id) == bindparam("at")), rows)
    first = sum(old["detail_at"] is None for old in known)
    touched = await _of(conn, user_id, (old["id"] for old in known))
    return Stored(first, len(known) - first, len(batch) - len(known), touched)


def _detail_row(detail: records.ReleaseDetail, old: Row, now: datetime) -> Row:
    return {
        "detail_cover_url": detail.cover_url or old["detail_cover_url"],
        "tracklist": [asdict(line) for line in detail.tracklist],
        "identifiers": [*detail.identifiers] or old["identifiers"],
        "country": detail.country,
        "released": detail.released,
        "community_have": detail.community_have,
        "community_want": detail.community_want,
        "lowest_price": detail.lowest_price,
        "currency": detail.currency,
        "for_sale": detail.for_sale,
        "detail_at": now,
        "detail_due_at": now + DETAIL_AGAIN_AFTER,
    }


async def details_failed(conn: Writing, user_id: int, discogs_ids: Sequence[int]) -> None:
    """Note that these releases' pages could not be read now; they are due again in a day."""
    mine = col(Release.user_id) == user_id
    these = update(Release).where(mine, among(col(Release.discogs_id), "tried"))
    again = these.values(detail_due_at=clock.now() + DETAIL_RETRY_AFTER)
    await conn.execute(again, {"tried": [*discogs_ids]})


async def remove_copies_except(
    conn: Writing, user_id: int, instance_ids: set[int], *, reported: int, confirmed: bool = False
) -> Stored:
    """Remove the account's copies that a complete walk did not see, with all that hangs on them.

    Copies known only from a file stay. `reported` is how many the provider says there are; a walk
    that saw another number was disturbed and removes nothing. `updated` counts what went.
    Raises `Shrunk` when nothing is left there, or more than a fifth would go, until a person has
    `confirmed` it.
    """
    held = await conn.rows(_ALL_COPIES, user_id=user_id)
    gone = unseen(held, instance_ids, reported, confirmed=confirmed)
    return await _remove(conn, user_id, Item, gone)


async def remove_wants_except(
    conn: Writing, user_id: int, discogs_ids: set[int], *, reported: int, confirmed: bool = False
) -> Stored:
    """Remove the account's wants that a complete walk did not see, as `remove_copies_except`."""
    held = await conn.rows(_ALL_WANTS, user_id=user_id)
    gone = unseen(held, discogs_ids, reported, confirmed=confirmed)
    return await _remove(conn, user_id, Want, gone)


def unseen(held: list[Row], seen: set[Any], reported: int, *, confirmed: bool) -> list[Row]:
    """What a complete walk did not see. Raises `Shrunk` when that is too much to lose unasked."""
    gone = [row for row in held if row["key"] not in seen]
    if not gone or len(seen) != reported:
        return []
    may_go(len(gone), len(held), left=len(seen), confirmed=confirmed)
    return gone


async def _remove(conn: Writing, user_id: int, table: Any, gone: list[Row]) -> Stored:
    if not gone:
        return Stored()
    ids = [row["id"] for row in gone]
    remove = delete(table).where(col(table.user_id) == user_id, among(col(table.id), "ids"))
    await conn.execute(remove, {"ids": ids})
    await releases.purge(conn, user_id, (row["release_id"] for row in gone))
    items = {*ids} if table is Item else set()
    await derive.derive(conn, user_id, Touched(items=items))
    return Stored(updated=len(gone), touched=Touched(items=items))
