"""Pictures of things wherever they come from: a record's cover may be that of the album heard."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from sqlalchemy import Text, and_, cast, literal_column, select, union_all
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains import DOMAINS
from rewind_gql.domains.base import numbers
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.tables import CrossReference, Item, Release
from rewind_gql.errors import NotFound
from rewind_gql.images import queries, views
from rewind_gql.images.pipeline import Pipeline
from rewind_gql.images.records import Key, Thing
from rewind_gql.images.search import Alternatives
from rewind_gql.images.tables import Blob, Picture
from rewind_gql.store.columns import Id, among
from rewind_gql.store.read import Conn, Read, Wanted

WAIT_S = 8.0
"""How long somebody who wants to see a picture waits until it is found."""

_RELEASES = ("collecting", "releases")
_ALBUMS = ("listening", "albums")


class NotYet(NotFound):
    """The picture is being looked for; ask again soon"""

    retry_after = 5


class Unasked(NotFound):
    """Somebody who may have a picture of this could not be asked"""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What somebody says of a thing, in place of what is stored; empty words say nothing."""

    artist_name: str = ""
    album_name: str = ""
    mbid: str = ""
    tmdb_id: str = ""

    def on(self, thing: Thing) -> Thing:
        """The thing as they describe it."""
        return replace(
            thing,
            artist=self.artist_name or thing.artist,
            title=self.album_name or thing.title,
            mbid=self.mbid or thing.mbid,
            tmdb_id=self.tmdb_id or thing.tmdb_id,
        )


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The picture a thing has, those it had, and what else there is to choose from."""

    image: views.Image | None
    formers: Sequence[views.Former]
    found: Alternatives


@dataclass(slots=True, kw_only=True)
class _Lent:
    """A picture, and whose cover it is to be: a release's by one of its copies; 0: its own's."""

    item_id: int
    release: int
    image: views.Image


# A release may be owned twice; the copy that was stored first speaks for it.
_LINKED: Read[tuple[int, int]] = Read(
    select(col(Release.discogs_id), col(CrossReference.album_id))
    .join(Item, col(Item.release_id) == col(Release.id))
    .join(CrossReference, col(CrossReference.item_id) == col(Item.id))
    .where(
        mine(Release),
        among(col(Release.discogs_id), "ids"),
        col(CrossReference.match_type) == "exact",
        col(CrossReference.album_id).is_not(None),
    )
    .order_by(col(Item.id).desc())
)


_ALBUM_PICTURE = (
    col(Picture.domain) == _ALBUMS[0],
    col(Picture.entity_type) == _ALBUMS[1],
    col(Picture.entity_id) == cast(col(CrossReference.album_id), Text),
    col(Picture.user_id) == col(Release.user_id),
)
# In one statement, for every list of records asks this.
_WITH_RELEASES = Read(
    union_all(
        select(
            literal_column("0", Id).label("item_id"),
            literal_column("0", Id).label("release"),
            *queries.image_columns("image__"),
        )
        .join(Blob, queries.WITH_BYTES)
        .where(queries.MINE, *queries.THESE),
        select(
            col(Item.id).label("item_id"),
            col(Release.discogs_id).label("release"),
            *queries.image_columns("image__"),
        )
        .select_from(Release)
        .join(Item, col(Item.release_id) == col(Release.id))
        .join(CrossReference, col(CrossReference.item_id) == col(Item.id))
        .join(Picture, and_(*_ALBUM_PICTURE))
        .join(Blob, queries.WITH_BYTES)
        .where(
            mine(Release),
            among(col(Release.discogs_id), "ids"),
            col(CrossReference.match_type) == "exact",
        ),
    ),
    _Lent,
)


async def images_by_entity(
    conn: Conn, user_id: int, keys: Sequence[tuple[str, str, str]], *, only: Wanted = None
) -> dict[Key, views.Image]:
    """The pictures of any number of things; those without one are left out.

    A release has the one somebody chose for it, else that of the very album, else its own. Of other
    things no more is read than `only` tells.
    Source: `images_picture`, in one statement.
    """
    if not any(key[1] == _RELEASES[1] for key in keys):
        return await queries.images_by_entity(conn, user_id, keys, only=only)
    wanted = {Key(*key) for key in keys}
    ids = _releases(wanted)
    rows = await conn.rows(_WITH_RELEASES, user_id=user_id, ids=ids, **queries.listed(wanted))
    own = {_key(row.image): row.image for row in rows if not row.release}
    lent = sorted((row for row in rows if row.release), key=lambda row: -row.item_id)
    albums = {Key(*_RELEASES, str(row.release)): row.image for row in lent}
    found = {key: _shown(own.get(key), albums.get(key)) for key in wanted}
    return {key: image for key, image in found.items() if image}


async def image(conn: Conn, user_id: int, key: Key) -> views.Image | None:
    """The picture of one thing."""
    if key[:2] != _RELEASES:
        return await queries.image(conn, user_id, key)
    return (await images_by_entity(conn, user_id, [key])).get(key)


async def things(conn: Conn, user_id: int, key: Key) -> list[Thing]:
    """Whose picture the thing may have, first to last, the thing itself last.

    Empty when there is no such thing, or none of its kind has pictures.
    """
    own = (await things_by_key(conn, user_id, [key])).get(key)
    if own is None:
        return []
    album = (await _linked(conn, user_id, [key])).get(key)
    return [*(await things(conn, user_id, album) if album else []), own]


async def things_by_key(
    conn: Conn, user_id: int, keys: Sequence[tuple[str, str, str]]
) -> dict[Key, Thing]:
    """What is known of any number of things, one statement for each kind among them."""
    ids: dict[tuple[str, str], list[str]] = {}
    for domain, kind, entity_id in keys:
        ids.setdefault((domain, kind), []).append(entity_id)
    found: dict[Key, Thing] = {}
    for (domain, kind), wanted in ids.items():
        card = DOMAINS.get(domain)
        pictured = card.pictures.get(kind) if card else None
        known = await pictured.things(conn, user_id, wanted) if pictured else {}
        found |= {thing.key: thing for thing in known.values()}
    return found


async def look(
    pipeline: Pipeline,
    user_id: int,
    key: Key,
    *,
    hints: Hints = NO_HINTS,
    within_s: float = WAIT_S,
) -> views.Image:
    """The picture of a thing, looked for if it is time to.

    Raises `NotFound` when there is none or no such thing, `NotYet` when looking takes longer than
    `within_s`; it goes on all the same. Raises `Unasked` when the search was cut short, which says
    when the next one is due, and `BlobsAway` when what was found cannot be kept.
    """
    ask = pipeline.store.ask
    if there := await ask(image, user_id, key):
        return there
    candidates = await ask(things, user_id, key)
    if not candidates:
        raise NotFound
    if hints != NO_HINTS:
        candidates = [hints.on(candidates[-1])]
    try:
        async with asyncio.timeout(within_s):
            return await _first(pipeline, user_id, candidates)
    except TimeoutError:
        raise NotYet from None


async def _first(pipeline: Pipeline, user_id: int, candidates: Sequence[Thing]) -> views.Image:
    """The first picture that is found of them; raises what `look` does without any."""
    again: list[datetime] = []
    for thing in candidates:
        outcome = await pipeline.find(user_id, thing)
        if outcome.image:
            return outcome.image
        if away := outcome.away():
            raise away
        if outcome.outcome == "failed" and outcome.retry_at:
            again.append(outcome.retry_at)
    if again:
        left_s = (min(again) - clock.now()).total_seconds()
        raise Unasked(retry_after=max(1, ceil(left_s)))
    raise NotFound("No picture of this was found")


async def choice(pipeline: Pipeline, user_id: int, key: Key, *, hints: Hints = NO_HINTS) -> Choice:
    """What there is to choose from for a thing; nothing is kept. Raises `NotFound` without it."""
    thing = hints.on(await _own(pipeline, user_id, key))
    ask = pipeline.store.ask
    return Choice(
        image=await ask(image, user_id, key),
        formers=await ask(queries.formers, user_id, key),
        found=await pipeline.alternatives(thing),
    )


async def override(pipeline: Pipeline, user_id: int, key: Key, body: bytes) -> views.Image:
    """Have a person's own file be the picture of a thing. Raises `NotFound` without the thing."""
    await _own(pipeline, user_id, key)
    return await pipeline.override(user_id, key, body)


async def override_from(pipeline: Pipeline, user_id: int, key: Key, url: str) -> views.Image:
    """The same with the file at an address."""
    await _own(pipeline, user_id, key)
    return await pipeline.override_from(user_id, key, url)


async def revert(
    pipeline: Pipeline, user_id: int, key: Key, *, hints: Hints = NO_HINTS, force: bool = False
) -> views.Image | None:
    """Replace what a person chose by what is found, or by the picture of the very album.

    With `force` it goes even where there is neither, and None is the answer. Raises `NotFound`
    without the thing, and what `Pipeline.revert` raises.
    """
    thing = hints.on(await _own(pipeline, user_id, key))
    ask = pipeline.store.ask
    covered = await ask(_covered, user_id, key)
    found = await pipeline.revert(user_id, thing, force=force or covered)
    return await ask(image, user_id, key) if covered else found


async def restore(pipeline: Pipeline, user_id: int, key: Key, version: int) -> views.Image:
    """Give a thing a former picture back. Raises `NotFound` without the thing or the picture."""
    await _own(pipeline, user_id, key)
    return await pipeline.restore(user_id, key, version)


async def _own(pipeline: Pipeline, user_id: int, key: Key) -> Thing:
    found = await pipeline.store.ask(things, user_id, key)
    if not found:
        raise NotFound("There is no such thing to have a picture")
    return found[-1]


async def _covered(conn: Conn, user_id: int, key: Key) -> bool:
    """Whether the album that a release is has a picture."""
    album = (await _linked(conn, user_id, [key])).get(key)
    return album is not None and await queries.image(conn, user_id, album) is not None


async def albums_of(conn: Conn, user_id: int, keys: Sequence[Key]) -> dict[Key, Thing]:
    """The albums that releases are, by those that are an album heard: two statements at most."""
    linked = await _linked(conn, user_id, keys)
    albums = await things_by_key(conn, user_id, [*linked.values()])
    return {release: albums[album] for release, album in linked.items() if album in albums}


async def _linked(conn: Conn, user_id: int, keys: Sequence[Key]) -> dict[Key, Key]:
    """The album each release is, by the releases that are an album heard."""
    ids = _releases(keys)
    if not ids:
        return {}
    rows = await conn.rows(_LINKED, user_id=user_id, ids=ids)
    return {Key(*_RELEASES, str(release)): Key(*_ALBUMS, str(album)) for release, album in rows}


def _releases(keys: Iterable[Key]) -> list[int]:
    return numbers([key.entity_id for key in keys if key[:2] == _RELEASES])


def _key(image: views.Image) -> Key:
    return Key(image.domain, image.entity_type, image.entity_id)


def _shown(own: views.Image | None, album: views.Image | None) -> views.Image | None:
    """The one that is shown: chosen, of the album, found, in that order."""
    return own if own and own.is_override else album or own
