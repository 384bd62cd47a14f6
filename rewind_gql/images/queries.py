"""Questions about pictures: those of things, those they had, and which are still to be found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Integer, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from rewind_gql import trace
from rewind_gql.images import patience, views
from rewind_gql.images.records import Key, Thing
from rewind_gql.images.tables import Blob, Former, Picture
from rewind_gql.store.columns import Id, among
from rewind_gql.store.read import Conn, Read, Wanted

Which = Literal["missing", "failed", "again"]


@dataclass(slots=True, kw_only=True)
class Seen:
    """What is known of a thing that was looked for; `is_there`: it has a picture."""

    domain: str
    entity_type: str
    entity_id: str
    outcome: str
    is_override: bool
    is_there: bool
    facts: dict[str, Any]
    version: int
    retry_at: datetime | None
    updated_at: datetime


_PICTURE = (
    *("content_hash", "domain", "entity_type", "entity_id", "version", "source", "source_url"),
    *("attribution", "is_override", "updated_at"),
)
_BLOB = (
    *("media_type", "size_bytes", "width", "height"),
    *("thumbhash", "dominant_color", "accent_color"),
)
_STATE = (
    *("outcome", "is_override", "override_at", "facts", "attempts", "failures"),
    *("last_error", "retry_at", "updated_at"),
)
_FORMER = (
    *("version", "content_hash", "source", "source_url"),
    *("attribution", "is_override", "replaced_at"),
)


def image_columns(prefix: str = "") -> list[Any]:
    """Every column of an image; the hash comes first, for without one there is no image."""
    own = [getattr(Picture, name).label(prefix + name) for name in _PICTURE]
    return own + [getattr(Blob, name).label(prefix + name) for name in _BLOB]


MINE = col(Picture.user_id) == bindparam("user_id", type_=Id)
_THIS = (
    col(Picture.domain) == bindparam("domain"),
    col(Picture.entity_type) == bindparam("entity_type"),
    col(Picture.entity_id) == bindparam("entity_id"),
)
THESE = (
    among(col(Picture.domain), "domains"),
    among(col(Picture.entity_type), "entity_types"),
    among(col(Picture.entity_id), "entity_ids"),
)
WITH_BYTES = col(Picture.content_hash) == col(Blob.hash)

_KEY = ("domain", "entity_type", "entity_id")
_IMAGES = Read(
    select(*image_columns()).join(Blob, WITH_BYTES).where(MINE, *THESE), views.Image, keys=_KEY
)
_OF_KIND = (
    *_THIS[:2],
    among(col(Picture.entity_id), "entity_ids"),
)
_IMAGES_OF_KIND = Read(
    select(*image_columns()).join(Blob, WITH_BYTES).where(MINE, *_OF_KIND), views.Image, keys=_KEY
)
_IMAGE = Read(select(*image_columns()).join(Blob, WITH_BYTES).where(MINE, *_THIS), views.Image)
_STANDING = Read(
    select(*image_columns("image__"), *(getattr(Picture, name) for name in _STATE))
    .join(Blob, WITH_BYTES, isouter=True)
    .where(MINE, *_THIS),
    views.Standing,
)
_SEEN = Read(
    select(
        col(Picture.domain),
        col(Picture.entity_type),
        col(Picture.entity_id),
        col(Picture.outcome),
        col(Picture.is_override),
        col(Picture.content_hash).is_not(None).label("is_there"),
        col(Picture.facts),
        col(Picture.version),
        col(Picture.retry_at),
        col(Picture.updated_at),
    ).where(MINE, *THESE),
    Seen,
)
_FORMERS = Read(
    select(
        *(getattr(Former, name) for name in _FORMER),
        *(getattr(Blob, name) for name in ("media_type", "width", "height", "thumbhash")),
    )
    .join(Picture, col(Former.picture_id) == col(Picture.id))
    .join(Blob, col(Former.content_hash) == col(Blob.hash))
    .where(MINE, *_THIS)
    .order_by(col(Former.version).desc()),
    views.Former,
)
_ASKED_FOR = col(Picture.version) == bindparam("version", type_=Integer())
_ONCE = exists().where(
    col(Former.picture_id) == col(Picture.id),
    col(Former.version) == bindparam("version", type_=Integer()),
)
_Another = aliased(Picture)
# Versions that were given out stay spent: whoever alone has any has all there ever were.
_SHARED = exists().where(
    col(_Another.domain) == col(Picture.domain),
    col(_Another.entity_type) == col(Picture.entity_type),
    col(_Another.entity_id) == col(Picture.entity_id),
    col(_Another.user_id) != col(Picture.user_id),
    col(_Another.version) > 0,
)
_BY_VERSION = Read(
    select(*image_columns())
    .join(Blob, WITH_BYTES)
    .where(*_THIS, or_(_ASKED_FOR, _ONCE, ~_SHARED))
    .order_by(case((_ASKED_FOR, 0), else_=1), col(Picture.id))
    .limit(1),
    views.Image,
)
_TALLY = Read(
    select(
        col(Picture.domain),
        col(Picture.entity_type),
        col(Picture.outcome),
        func.count().label("count"),
    )
    .where(MINE)
    .group_by(col(Picture.domain), col(Picture.entity_type), col(Picture.outcome))
    .order_by(col(Picture.domain), col(Picture.entity_type), col(Picture.outcome)),
    views.Tally,
)


async def images_by_entity(
    conn: Conn, user_id: int, keys: Collection[tuple[str, str, str]], *, only: Wanted = None
) -> dict[Key, views.Image]:
    """The pictures of any number of things; those without one are left out.

    With `only` their keys and these fields, no others.
    """
    kinds = {key[:2] for key in keys}
    if len(kinds) == 1:  # as nearly always, and told in fewer steps
        [(domain, kind)] = kinds
        ids = [key[2] for key in keys]
        given = {"domain": domain, "entity_type": kind, "entity_ids": ids}
        found = await conn.rows(_IMAGES_OF_KIND.only(only), user_id=user_id, **given)
        return {Key(domain, kind, each.entity_id): each for each in found}
    wanted = {Key(*key) for key in keys}
    found = await conn.rows(_IMAGES.only(only), user_id=user_id, **listed(wanted))
    by_key = {Key(each.domain, each.entity_type, each.entity_id): each for each in found}
    return {key: image for key, image in by_key.items() if key in wanted}


async def image(conn: Conn, user_id: int, key: Key) -> views.Image | None:
    """The picture of one thing."""
    return await conn.first(_IMAGE, user_id=user_id, **key._asdict())


async def standing(conn: Conn, user_id: int, key: Key) -> views.Standing | None:
    """How matters stand with the picture of a thing; None when it was never looked for."""
    trace.fleeting()
    return await conn.first(_STANDING, user_id=user_id, **key._asdict())


async def missing(
    conn: Conn, user_id: int, things: Sequence[Thing], *, now: datetime, which: Which = "missing"
) -> list[Thing]:
    """Those of `things` that a picture is to be looked for by now, in the order they came."""
    known = await seen(conn, user_id, {thing.key for thing in things})
    return [thing for thing in things if wants(thing, known.get(thing.key), now, which=which)]


async def seen(conn: Conn, user_id: int, keys: set[Key]) -> dict[Key, Seen]:
    """What is known of things that were looked for; the others are left out."""
    trace.fleeting()
    found = await conn.rows(_SEEN, user_id=user_id, **listed(keys))
    by_key = {Key(each.domain, each.entity_type, each.entity_id): each for each in found}
    return {key: each for key, each in by_key.items() if key in keys}


def wants(
    thing: Thing,
    known: Seen | None,
    now: datetime,
    *,
    which: Which = "missing",
    before: datetime | None = None,
) -> bool:
    """Whether a picture of a thing is to be looked for by now.

    Never looked for; time to look again, for one that is missing or for a better one; or something
    new is known of one that is missing. `failed`: whenever the last search was cut short; `again`:
    whenever there is none. What was looked for since `before` is left alone.
    """
    if known is None:
        return which != "failed"
    if before is not None and known.updated_at >= before:
        return False
    if which == "failed":
        return not known.is_there and known.outcome == "failed"
    if which == "again":
        return not known.is_there
    return not patience.settled(
        thing.facts(),
        now,
        is_override=known.is_override,
        is_there=known.is_there,
        known=known.facts,
        retry_at=known.retry_at,
    )


async def formers(conn: Conn, user_id: int, key: Key) -> list[views.Former]:
    """The pictures a thing had before, newest first; each is there once."""
    return await conn.rows(_FORMERS, user_id=user_id, **key._asdict())


async def by_key(
    conn: Conn,
    *,
    domain: str,
    entity_type: str,
    entity_id: str,
    owner: int,
    version: int | None = None,
) -> views.Image | None:
    """What lies at a public address; None: nothing.

    Of several people's pictures of one thing, the one whose version it is; an outdated version
    leads to the picture that came after it, never to another person's. Without a version, the
    owner's.
    """
    asked = {"domain": domain, "entity_type": entity_type, "entity_id": entity_id}
    if version is None:
        return await conn.first(_IMAGE, user_id=owner, **asked)
    return await conn.first(_BY_VERSION, version=version, **asked)


async def tally(conn: Conn, user_id: int) -> list[views.Tally]:
    """How many things have a picture and how many were looked for in vain, by kind of thing."""
    trace.fleeting()
    return await conn.rows(_TALLY, user_id=user_id)


def listed(keys: set[Key]) -> dict[str, list[str]]:
    """The parts of keys, each once: they enclose more things than were asked for, if of two kinds.

    One statement does for any number of things that way, by the index of the key.
    """
    ordered = sorted(keys)
    return {
        "domains": sorted({key.domain for key in ordered}),
        "entity_types": sorted({key.entity_type for key in ordered}),
        "entity_ids": [key.entity_id for key in ordered],
    }
