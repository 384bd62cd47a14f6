"""Bytes and rows held together: what belongs to nothing is swept up, damage is found."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, delete, exists, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.images import leases
from rewind_gql.images.keeping import address
from rewind_gql.images.tables import Blob, Former, Picture
from rewind_gql.ports.blobs import Blobs
from rewind_gql.store.columns import Utc, among
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert

GRACE = timedelta(days=1)
"""What belongs to nothing yet may be about to: between its bytes and its picture lie seconds."""

BATCH = 500
FEW = 10
"""Originals that may be damaged without anything being wrong with the whole store."""
GONE = "The bytes are gone"
_FOLDER = "originals"
_ADDRESS = re.compile(rf"{_FOLDER}/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})")


@dataclass(slots=True, kw_only=True)
class Swept:
    """What was taken away: originals that belonged to nothing, their bytes, leases run out."""

    originals: int = 0
    size_bytes: int = 0
    leases: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """An original whose bytes are not what they were."""

    content_hash: str
    reason: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Some originals looked at; `after` is where to go on, None at the end."""

    checked: int
    damages: tuple[Damage, ...]
    after: str | None

    @property
    def suspicious(self) -> bool:
        """Whether so much is damaged that the store itself may be the wrong one, or away.

        One in which not a single original is to be found is, however few there should be.
        """
        is_empty = self.checked > 0 and sum(each.is_gone for each in self.damages) == self.checked
        return is_empty or len(self.damages) > max(FEW, self.checked // 20)


@dataclass(slots=True, kw_only=True)
class _Original:
    hash: str
    size_bytes: int


_HASH = bindparam("hash", type_=String())
_SHOWN = exists().where(col(Picture.content_hash) == col(Blob.hash))
_SHOWN_ONCE = exists().where(col(Former.content_hash) == col(Blob.hash))
_NEXT = col(Blob.hash) > bindparam("after")

_ORPHANS = Read(
    select(col(Blob.hash), col(Blob.size_bytes))
    .where(_NEXT, col(Blob.stored_at) < bindparam("before", type_=Utc), ~_SHOWN, ~_SHOWN_ONCE)
    .order_by(col(Blob.hash))
    .limit(BATCH),
    _Original,
)
_COUNT = Read(select(func.count()).select_from(Blob).where(_SHOWN | _SHOWN_ONCE), int)
_WANTED = Read(
    select(col(Blob.hash), col(Blob.size_bytes))
    .where(_NEXT, _SHOWN | _SHOWN_ONCE)
    .order_by(col(Blob.hash))
    .limit(bindparam("limit")),
    _Original,
)
_KNOWN = Read(select(col(Blob.hash)).where(among(col(Blob.hash), "hashes")), str)
_STORED_AT: Read[datetime] = Read(
    select(col(Blob.stored_at)).where(col(Blob.hash) == _HASH).with_for_update(), lambda at: at
)
_USED = Read(select(col(Blob.hash)).where(col(Blob.hash) == _HASH, _SHOWN | _SHOWN_ONCE), str)
# What the row of bytes that have none is made of; it is gone before anybody can see it.
_STRAY: Mapping[str, Any] = {
    "media_type": "",
    "size_bytes": 0,
    "width": 0,
    "height": 0,
    "thumbhash": None,
    "dominant_color": None,
    "accent_color": None,
    "palette": [],
    "analysis_version": 0,
    "stored_at": clock.EPOCH,
}


async def sweep(store: Store, blobs: Blobs, *, grace: timedelta = GRACE) -> Swept:
    """Take away originals no picture consists of, whether their rows or their bytes are left.

    Those put away within `grace` stay. Safe to run at any time, twice, and in two processes.
    """
    now = clock.now()
    swept = Swept()
    async with store.write() as conn:
        swept.leases = await leases.clear(conn, now=now)
    after = ""
    while found := await store.system(_orphans, after=after, before=now - grace):
        for each in found:
            await _count(swept, store, blobs, each, now - grace)
        after = found[-1].hash
    strays: list[_Original] = []
    async for stat in blobs.list(_FOLDER):
        named = _ADDRESS.fullmatch(stat.key)
        if named and stat.modified_at < now - grace:
            strays.append(_Original(hash=named[2], size_bytes=stat.size_bytes))
        if len(strays) >= BATCH:
            await _sweep_strays(swept, store, blobs, strays, now - grace)
            strays.clear()
    await _sweep_strays(swept, store, blobs, strays, now - grace)
    return swept


async def check(store: Store, blobs: Blobs, *, after: str = "", limit: int = BATCH) -> Checked:
    """Whether the bytes of originals are there and are what they were, from `after` on."""
    found = await store.system(_wanted, after=after, limit=limit)
    damages = [
        Damage(content_hash=each.hash, reason=reason, is_gone=reason == GONE)
        for each in found
        if (reason := await wrong(blobs, each.hash))
    ]
    more = len(found) == limit
    return Checked(
        checked=len(found), damages=tuple(damages), after=found[-1].hash if more else None
    )


async def check_all(
    store: Store,
    blobs: Blobs,
    *,
    tell: Callable[[int], None] = lambda checked: None,
    limit: int = BATCH,
) -> Checked:
    """The same of every original; `tell` hears how many more have been looked at."""
    checked, damages = 0, list[Damage]()
    after: str | None = ""
    while after is not None:
        some = await check(store, blobs, after=after, limit=limit)
        checked, after = checked + some.checked, some.after
        damages += some.damages
        tell(some.checked)
    return Checked(checked=checked, damages=tuple(damages), after=None)


async def _count(
    swept: Swept, store: Store, blobs: Blobs, original: _Original, before: datetime
) -> None:
    if await _bury(store, blobs, original.hash, before=before):
        swept.originals += 1
        swept.size_bytes += original.size_bytes


async def _sweep_strays(
    swept: Swept, store: Store, blobs: Blobs, strays: Sequence[_Original], before: datetime
) -> None:
    """Take away bytes that have no row; an older copy of the database was put back, say."""
    known = set(await store.system(_known, [each.hash for each in strays])) if strays else set()
    for each in strays:
        if each.hash not in known:
            await _count(swept, store, blobs, each, before)


async def _bury(store: Store, blobs: Blobs, content_hash: str, *, before: datetime) -> bool:
    """Take away an original's row and bytes, unless something consists of them or they are new.

    The row, made if there is none, is locked first. Whoever wants to put the same bytes away writes
    it before they do, and so waits until these are gone.
    """
    async with store.write() as conn:
        await upsert(conn, Blob, [{"hash": content_hash, **_STRAY}], key=("hash",))
        stored_at = await conn.value(_STORED_AT, hash=content_hash)
        used = await conn.first(_USED, hash=content_hash)
        if used or stored_at >= before:
            return False
        await conn.execute(delete(Blob).where(col(Blob.hash) == content_hash))
        await blobs.delete(address(content_hash))
    return True


async def wrong(blobs: Blobs, content_hash: str) -> str:
    """What is wrong with the bytes of an original; empty: nothing."""
    body = await blobs.get(address(content_hash))
    if body is None:
        return GONE
    return "" if hashlib.sha256(body).hexdigest() == content_hash else "The bytes are others"


async def originals(conn: Conn) -> int:
    """How many originals there are that pictures consist of."""
    return await conn.value(_COUNT)


async def _orphans(conn: Conn, *, after: str, before: datetime) -> list[_Original]:
    return await conn.rows(_ORPHANS, after=after, before=before)


async def _wanted(conn: Conn, *, after: str, limit: int) -> list[_Original]:
    return await conn.rows(_WANTED, after=after, limit=limit)


async def _known(conn: Conn, hashes: Sequence[str]) -> list[str]:
    return await conn.rows(_KNOWN, hashes=hashes)
