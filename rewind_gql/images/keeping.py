"""Pictures written down: the bytes first, then in one transaction which picture a thing has now.

Every function that takes a connection works on the one picture of one thing, and has others that
want to do so wait until its transaction has ended.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Self

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import NotFound
from rewind_gql.images import leases, patience
from rewind_gql.images.measured import ANALYSIS_VERSION, Measured
from rewind_gql.images.records import Key
from rewind_gql.images.tables import Blob, Former, Picture
from rewind_gql.ports.blobs import Blobs
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Store, Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

MANUAL = "manual"
NONE = "none"
LOST = "The stored picture was damaged"
FORMERS = 20
"""How many versions back a picture can be had again."""

Missed = Literal["none", "unfit", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The bytes of a picture, as they came, and what was measured in them."""

    hash: str
    body: bytes
    measured: Measured

    @classmethod
    def of(cls, body: bytes, measured: Measured) -> Self:
        """An original, named by what is in it."""
        return cls(hash=hashlib.sha256(body).hexdigest(), body=body, measured=measured)

    @property
    def shorter_px(self) -> int:
        """Its shorter side."""
        return min(self.measured.width, self.measured.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a picture is from. `override` says that a person chose it.

    They did so at the instant `chosen_at`, or now. `terms` is whose terms what they chose is under.
    """

    source: str
    source_url: str | None
    attribution: str | None = None
    override: bool = False
    chosen_at: datetime | None = None
    terms: str = ""


@dataclass(slots=True, kw_only=True)
class _Held:
    id: int
    content_hash: str | None
    version: int
    source: str
    source_url: str | None
    attribution: str | None
    is_override: bool
    override_at: datetime | None
    facts: dict[str, Any]
    attempts: int
    failures: int
    retry_at: datetime | None


@dataclass(slots=True, kw_only=True)
class _Again:
    content_hash: str
    source: str
    source_url: str | None
    attribution: str | None
    is_override: bool


_THIS = (
    col(Picture.domain) == bindparam("domain"),
    col(Picture.entity_type) == bindparam("entity_type"),
    col(Picture.entity_id) == bindparam("entity_id"),
)
_HELD = Read(
    select(*(getattr(Picture, name) for name in _Held.__dataclass_fields__)).where(
        col(Picture.user_id) == bindparam("user_id"), *_THIS
    ),
    _Held,
)
# Of all users: an address names one of their pictures by its version.
_NEWEST = Read(select(func.coalesce(func.max(col(Picture.version)), 0)).where(*_THIS), int)
_AGAIN = Read(
    select(*(getattr(Former, name) for name in _Again.__dataclass_fields__)).where(
        col(Former.picture_id) == bindparam("picture_id"),
        col(Former.version) == bindparam("version"),
    ),
    _Again,
)
_BLANK: dict[str, Any] = {
    "outcome": NONE,
    "source": NONE,
    "source_url": None,
    "attribution": None,
    "content_hash": None,
    "is_override": False,
    "override_at": None,
    "facts": {},
    "attempts": 0,
    "failures": 0,
    "last_error": None,
    "retry_at": None,
}
_GONE = (
    col(Picture.user_id) == bindparam("f_user"),
    col(Picture.domain) == bindparam("f_domain"),
    col(Picture.entity_type) == bindparam("f_type"),
    among(col(Picture.entity_id), "f_ids"),
)


def address(content_hash: str) -> str:
    """Where the bytes of an original lie in the store of bytes."""
    return f"originals/{content_hash[:2]}/{content_hash}"


async def stow(store: Store, blobs: Blobs, original: Original) -> None:
    """Put an original's bytes away, before any picture may be said to consist of them.

    Its row is written first: whoever sweeps up bytes that belong to nothing waits for that row, so
    bytes are never taken away while they are being put. Raises what `Blobs.put` raises.
    """
    measured = original.measured
    row = {
        "hash": original.hash,
        "media_type": measured.media_type,
        "size_bytes": len(original.body),
        "width": measured.width,
        "height": measured.height,
        **analysis(measured),
        "stored_at": clock.now(),
    }
    async with store.write() as conn:
        await upsert(conn, Blob, [row], key=("hash",), update=("stored_at", *analysis(measured)))
    await blobs.put(address(original.hash), original.body)


def analysis(measured: Measured) -> dict[str, Any]:
    """The columns of what is measured anew when the rules of measuring change."""
    return {
        "thumbhash": measured.thumbhash,
        "dominant_color": measured.dominant,
        "accent_color": measured.accent,
        "palette": [asdict(swatch) for swatch in measured.palette],
        "analysis_version": ANALYSIS_VERSION,
    }


async def keep(
    conn: Writing,
    user_id: int,
    key: Key,
    original: Original,
    origin: Provenance,
    *,
    facts: dict[str, Any] | None = None,
    instead_of: datetime | None = None,
) -> bool:
    """Make bytes that were stowed the picture of a thing; the version rises if they are others.

    `facts` are what it was found by; left out, they stay as they were. What a person chose is
    replaced by a person alone, or when they chose it at the very instant `instead_of`; what they
    chose before, only while that is their choice. False: it is not, and nothing was written.
    """
    now = clock.now()
    held = await _open(conn, user_id, key, now)
    if not origin.override and held.is_override and held.override_at != instead_of:
        return False
    if origin.chosen_at is not None and held.override_at != origin.chosen_at:
        return False
    values = {
        "outcome": "found",
        "source": origin.source,
        "source_url": origin.source_url,
        "attribution": origin.attribution,
        "is_override": origin.override,
        "override_at": (origin.chosen_at or now) if origin.override else None,
        "facts": held.facts if facts is None else facts,
        "attempts": 0,
        "failures": 0,
        "last_error": None,
        "retry_at": patience.after_choice(now, origin.terms)
        if origin.override
        else patience.after_find(now, origin.source, shorter_px=original.shorter_px),
    }
    await _become(conn, key, held, original.hash, values, now)
    return True


async def miss(
    conn: Writing,
    user_id: int,
    key: Key,
    outcome: Missed,
    *,
    reason: str | None,
    facts: dict[str, Any],
    retry_after: float | None = None,
) -> datetime:
    """Remember a search that found nothing, and when to look again, which it returns.

    A picture that is there stays. A search cut short is never counted as one that found nothing.
    """
    now = clock.now()
    held = await _open(conn, user_id, key, now)
    attempts, failures = held.attempts, held.failures
    if held.facts != facts:
        attempts, failures = 0, 0
    if outcome == "failed":
        failures += 1
        retry_at = patience.after_failure(now, failures, who=str(key), retry_after=retry_after)
    else:
        attempts, failures = attempts + 1, 0
        retry_at = patience.after_miss(now, attempts)
    values: dict[str, Any] = {
        "facts": facts,
        "attempts": attempts,
        "failures": failures,
        "last_error": reason,
        "retry_at": None if held.is_override and held.retry_at is None else retry_at,
    }
    if held.content_hash is not None:
        await _write(conn, held, values, now)
        return retry_at
    with conn.unseen():  # there was no picture, and there is none
        await _write(conn, held, values | {"outcome": outcome}, now)
    return retry_at


async def drop(
    conn: Writing, user_id: int, key: Key, *, facts: dict[str, Any], instead_of: datetime | None
) -> bool:
    """Take away the picture that a person chose at the instant `instead_of`; none was found.

    It is a former one from then on. False: there is another now, and nothing was written.
    """
    now = clock.now()
    held = await _open(conn, user_id, key, now)
    if held.override_at != instead_of:
        return False
    values = _BLANK | {"facts": facts, "attempts": 1, "retry_at": patience.after_miss(now, 1)}
    await _become(conn, key, held, None, values, now)
    return True


async def restore(conn: Writing, user_id: int, key: Key, *, version: int, terms: str = "") -> None:
    """Give a thing a former picture back, as a person's choice, under a new version.

    `terms` is whose terms it is under. Raises `NotFound` when it has no former picture of that
    version.
    """
    now = clock.now()
    held = await _open(conn, user_id, key, now)
    again = await conn.first(_AGAIN, picture_id=held.id, version=version)
    if again is None:
        raise NotFound(f"There is no former picture with version {version}")
    values = _BLANK | {
        "outcome": "found",
        "source": again.source,
        "source_url": again.source_url,
        "attribution": again.attribution,
        "is_override": True,
        "override_at": now,
        "facts": held.facts,
        "retry_at": patience.after_choice(now, terms),
    }
    await _become(conn, key, held, again.content_hash, values, now)


async def lose(
    conn: Writing, user_id: int, key: Key, content_hash: str, *, instead: int | None = None
) -> bool:
    """Take the picture away whose bytes are lost; the former one of version `instead` follows it.

    Without one, what was found is looked for anew. False: it has another picture by now, or a
    person chose it and nothing is to follow it; then nothing was written.
    """
    now = clock.now()
    held = await _open(conn, user_id, key, now)
    if held.content_hash != content_hash:
        return False
    again = await conn.first(_AGAIN, picture_id=held.id, version=instead)
    if again is None and held.is_override:
        return False
    values = _BLANK | {"outcome": "failed", "facts": held.facts, "last_error": LOST}
    if again:
        chosen = again.is_override
        values |= {
            "outcome": "found",
            "source": again.source,
            "source_url": again.source_url,
            "attribution": again.attribution,
            "is_override": chosen,
            "override_at": now if chosen else None,
            "retry_at": patience.after_choice(now, again.source) if chosen else now,
        }
    await _become(conn, key, held, again.content_hash if again else None, values, now)
    lost = delete(Former).where(col(Former.picture_id) == held.id)
    await conn.execute(lost.where(col(Former.content_hash) == content_hash))
    return True


async def forget(
    conn: Writing, user_id: int, domain: str, entity_type: str, entity_ids: Sequence[str]
) -> None:
    """Remove all that is kept of the pictures of things that are no more.

    Versions that were given out stay spent: a thing that gets such an id again must not be taken
    for this one by those who keep a picture by its version.
    """
    asked = {"f_user": user_id, "f_domain": domain, "f_type": entity_type, "f_ids": entity_ids}
    gone = select(col(Picture.id)).where(*_GONE)
    await conn.execute(delete(Former).where(col(Former.picture_id).in_(gone)), asked)
    await conn.execute(delete(Picture).where(*_GONE, col(Picture.version) == 0), asked)
    blank = update(Picture).where(*_GONE).values(**_BLANK, updated_at=clock.now())
    await conn.execute(blank, asked)


async def _open(conn: Writing, user_id: int, key: Key, now: datetime) -> _Held:
    """The row of a picture, made if there is none, which is ours until the transaction ends."""
    await leases.alone(conn, f"keep:{key}", now=now)
    identity = {"user_id": user_id, **key._asdict()}
    blank = identity | _BLANK | {"version": 0, "created_at": now, "updated_at": now}
    with conn.unseen():
        await upsert(conn, Picture, [blank], key=(*Key._fields, "user_id"))
    return await conn.value(_HELD, **identity)


async def _become(
    conn: Writing,
    key: Key,
    held: _Held,
    content_hash: str | None,
    values: dict[str, Any],
    now: datetime,
) -> None:
    """Write the row of a picture that consists of these bytes now; what it was is a former one."""
    version = held.version
    if content_hash != held.content_hash:
        stale = or_(
            col(Former.content_hash) == content_hash,
            col(Former.content_hash) == held.content_hash,
            col(Former.version) <= held.version - FORMERS,
        )
        await conn.execute(delete(Former).where(col(Former.picture_id) == held.id, stale))
        if held.content_hash is not None:
            await conn.execute(insert(Former).values(**_former(held, now)))
        if content_hash is not None:
            version = 1 + await conn.value(_NEWEST, **key._asdict())
    await _write(conn, held, values | {"content_hash": content_hash, "version": version}, now)


def _former(held: _Held, now: datetime) -> dict[str, Any]:
    taken = ("version", "content_hash", "source", "source_url", "attribution", "is_override")
    values = {name: getattr(held, name) for name in taken}
    return values | {"picture_id": held.id, "replaced_at": now}


async def _write(conn: Writing, held: _Held, values: dict[str, Any], now: datetime) -> None:
    row = update(Picture).where(col(Picture.id) == held.id)
    await conn.execute(row.values(**values, updated_at=now))
