"""Damaged originals had again from where they were found, or let go of with care."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import String, bindparam, delete, exists, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import SourceError
from rewind_gql.images import keeping
from rewind_gql.images.finders.base import NOT_FOUND, PICTURE_BYTES
from rewind_gql.images.keeping import address
from rewind_gql.images.records import Key
from rewind_gql.images.sweep import Checked, wrong
from rewind_gql.images.tables import Blob, Former, Picture
from rewind_gql.ports.blobs import Blobs
from rewind_gql.ports.guarded import Guard, TooLarge
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn, Read

_HIDDEN = "[secret]"

Had = Literal["back", "other", "nowhere", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A picture that a person chose and that cannot be had again.

    `instead` is the version of the former picture that took its place; None: the choice stays, and
    is answered for by an error until a person chooses anew.
    """

    user_id: int
    domain: str
    entity_type: str
    entity_id: str
    content_hash: str
    instead: int | None


@dataclass(slots=True, kw_only=True)
class Mended:
    """What became of damaged originals, by their hashes.

    `withheld`: the store seems to be away, so nothing was touched. `repaired` ones are as they
    were. `later`: whoever has them did not answer, so they stay. `anew`: nobody chose them, and
    they are looked for again. `formers` are former pictures let go of.
    """

    withheld: bool = False
    repaired: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    anew: list[str] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    formers: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing is left for a person, or for another time."""
        return not (self.withheld or self.later or self.lost)


@dataclass(slots=True, kw_only=True)
class _Shown:
    id: int
    user_id: int
    domain: str
    entity_type: str
    entity_id: str
    source_url: str | None
    is_override: bool

    @property
    def key(self) -> Key:
        return Key(self.domain, self.entity_type, self.entity_id)


@dataclass(slots=True, kw_only=True)
class _Once:
    version: int
    content_hash: str


_HASH = bindparam("hash", type_=String())
_SHOWN = Read(
    select(*(getattr(Picture, name) for name in _Shown.__dataclass_fields__))
    .where(col(Picture.content_hash) == _HASH)
    .order_by(col(Picture.id)),
    _Shown,
)
_FORMERS_URLS = Read(
    select(col(Former.source_url)).where(
        col(Former.content_hash) == _HASH, col(Former.source_url).is_not(None)
    ),
    str,
)
_ONCE = Read(
    select(*(getattr(Former, name) for name in _Once.__dataclass_fields__))
    .where(col(Former.picture_id) == bindparam("picture_id"), col(Former.content_hash) != _HASH)
    .order_by(col(Former.version).desc()),
    _Once,
)


async def repair_all(
    store: Store, blobs: Blobs, guard: Guard, found: Checked, *, force: bool = False
) -> Mended:
    """Repair what a check of everything found damaged, one after the other.

    Where that is suspicious, nothing is touched, unless with `force`.
    """
    done = Mended(withheld=found.suspicious and not force)
    for each in () if done.withheld else found.damages:
        await repair(store, blobs, guard, each.content_hash, done)
    return done


async def repair(
    store: Store, blobs: Blobs, guard: Guard, content_hash: str, done: Mended | None = None
) -> Mended:
    """Have a damaged original again, to the byte, from where it was found; adds to `done`.

    While somebody who may have it does not answer, every picture of it stays. What nobody chose is
    looked for anew in any case. What a person chose gives way to its newest former picture that is
    whole, once it is certain that it cannot be had again, and else stays.
    """
    done = done or Mended()
    pictures = await store.system(_shown, content_hash)
    had = await _fetch(store, blobs, guard, pictures, content_hash)
    if had == "back":
        done.repaired.append(content_hash)
        return done
    if had == "later":
        done.later.append(content_hash)
    for each in pictures:
        if not each.is_override:
            await _look_anew(store, each, content_hash, certain=had == "other")
            if had != "later":
                done.anew.append(content_hash)
        elif had != "later" and (lost := await _fall_back(store, blobs, each, content_hash)):
            done.lost.append(lost)
    if had != "later":
        done.formers += await _let_go(store, content_hash)
    return done


async def _fetch(
    store: Store, blobs: Blobs, guard: Guard, pictures: Sequence[_Shown], content_hash: str
) -> Had:
    """Put the bytes back, or say why not: others are there, no address is known, or no answer."""
    once = await store.system(_formers_urls, content_hash)
    urls = [each.source_url for each in pictures if each.source_url] + once
    had: Had = "nowhere"
    for url in dict.fromkeys(urls):
        if not url.startswith("http") or _HIDDEN in url:
            continue
        try:
            fetched = await guard.get(url, max_bytes=PICTURE_BYTES)
        except SourceError as refused:
            final = isinstance(refused, TooLarge) or refused.code in NOT_FOUND
            had = "other" if final and had != "later" else "later"
            continue
        if hashlib.sha256(fetched.body).hexdigest() == content_hash:
            await blobs.put(address(content_hash), fetched.body)
            return "back"
        had = had if had == "later" else "other"
    return had


async def _look_anew(store: Store, each: _Shown, content_hash: str, *, certain: bool) -> None:
    """Have what nobody chose looked for; when it is `certain` that it is lost, it is gone at once.

    Else it stays until another one is there, or it itself again.
    """
    async with store.write() as conn:
        if certain:
            await keeping.lose(conn, each.user_id, each.key, content_hash)
            return
        mine = (col(Picture.id) == each.id, col(Picture.content_hash) == content_hash)
        due = update(Picture).where(*mine, ~col(Picture.is_override))
        with conn.unseen():
            await conn.execute(due.values(retry_at=clock.now()))


async def _fall_back(store: Store, blobs: Blobs, each: _Shown, content_hash: str) -> Lost | None:
    """Put the newest former picture that is whole in the place of what a person chose.

    None: they chose another one meanwhile.
    """
    instead = None
    for former in await store.system(_once, each.id, content_hash):
        if not await wrong(blobs, former.content_hash):
            instead = former.version
            break
    if instead is not None:
        async with store.write() as conn:
            if not await keeping.lose(conn, each.user_id, each.key, content_hash, instead=instead):
                return None
    return Lost(
        user_id=each.user_id, **each.key._asdict(), content_hash=content_hash, instead=instead
    )


async def _let_go(store: Store, content_hash: str) -> int:
    """Forget former pictures of bytes that no picture consists of any more; gives how many.

    The row of the bytes stays for as long as those just put away do: should the store come back
    after all, what lies there is not taken for what belongs to nothing at once.
    """
    async with store.write() as conn:
        shown = exists().where(col(Picture.content_hash) == content_hash)
        formers = delete(Former).where(col(Former.content_hash) == content_hash, ~shown)
        gone = await conn.execute(formers)
        row = update(Blob).where(col(Blob.hash) == content_hash)
        await conn.execute(row.values(stored_at=clock.now()))
    return max(0, gone.rowcount)


async def _shown(conn: Conn, content_hash: str) -> list[_Shown]:
    return await conn.rows(_SHOWN, hash=content_hash)


async def _formers_urls(conn: Conn, content_hash: str) -> list[str]:
    return await conn.rows(_FORMERS_URLS, hash=content_hash)


async def _once(conn: Conn, picture_id: int, content_hash: str) -> list[_Once]:
    return await conn.rows(_ONCE, picture_id=picture_id, hash=content_hash)
