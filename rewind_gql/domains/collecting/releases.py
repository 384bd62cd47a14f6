"""The part of intake that copies and wants share: releases with their artists, written in bulk."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, select
from sqlmodel import col

from rewind_gql import clock, text
from rewind_gql.domains.collecting import records
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.tables import Artist, Item, Release, ReleaseArtist, Want
from rewind_gql.images import keeping
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

Row = dict[str, Any]

_LISTED = (
    "title",
    "title_key",
    "year",
    "master_id",
    "cover_url",
    "thumb_url",
    "credits",
    "credit_key",
    "formats",
    "format_descriptions",
    "labels",
    "genres",
    "styles",
)
_KEPT = ("cover_url", "thumb_url")  # lists leave them out for callers they do not know
_MATCHED_BY = ("title", "year", "credits")
_DETAIL: Row = {
    "detail_cover_url": None,
    "tracklist": [],
    "identifiers": [],
    "country": None,
    "released": None,
    "community_have": None,
    "community_want": None,
    "lowest_price": None,
    "currency": None,
    "for_sale": None,
    "detail_at": None,
    "detail_due_at": clock.EPOCH,
}


@dataclass(slots=True)
class Filed:
    """What became of a batch's releases: their ids by Discogs id, and those that read otherwise."""

    ids: dict[int, int] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)


def row_of(*names: str) -> Callable[..., Row]:
    """A maker of rows as dictionaries, for a `Read` of these columns."""

    def make(*cells: Any) -> Row:
        return dict(zip(names, cells, strict=True))

    return make


def rows_by(table: Any, key: Any, names: Sequence[str]) -> Read[Row]:
    """The user's rows of `table` whose `key` is one of `keys`; the user stands in its index."""
    return _rows_by(table, key, names, mine(table))


def rows_of(table: Any, names: Sequence[str]) -> Read[Row]:
    """The user's rows of `table` whose release is one of `keys`."""
    return _rows_by(table, table.release_id, names, own(table))


def _rows_by(table: Any, key: Any, names: Sequence[str], whose: ColumnElement[bool]) -> Read[Row]:
    columns: list[Any] = [col(getattr(table, name)).label(name) for name in names]
    return Read(select(*columns).where(whose, among(col(key), "keys")), row_of(*names))


_RELEASES = rows_by(Release, Release.discogs_id, ("id", "discogs_id", *_LISTED))
_IDS = rows_by(Release, Release.discogs_id, ("id", "discogs_id"))
_ARTISTS = rows_by(Artist, Artist.name, ("id", "name"))


def told(release: records.Release) -> bool:
    """Whether the account itself told this, and not a file: only it numbers the artists."""
    return any(credit.discogs_id is not None for credit in release.credits)


async def file(conn: Writing, user_id: int, batch: Iterable[records.Release]) -> Filed:
    """Store releases and their artists. A file's poorer words never replace the account's."""
    latest: dict[int, records.Release] = {}
    for release in batch:
        if told(release) or not told(latest.get(release.discogs_id, release)):
            latest[release.discogs_id] = release
    known = {
        row["discogs_id"]: row
        for row in await conn.rows(_RELEASES, user_id=user_id, keys=[*latest])
    }
    filed = Filed(ids={discogs_id: row["id"] for discogs_id, row in known.items()})
    fresh: dict[int, Row] = {}
    for discogs_id, release in latest.items():
        row = _row(user_id, release)
        old = known.get(discogs_id)
        if old is None or _better(row, old, release):
            fresh[discogs_id] = row
    if not fresh:
        return filed
    await upsert(
        conn,
        Release,
        fresh.values(),
        key=("user_id", "discogs_id"),
        update=[name for name in _LISTED if name not in _KEPT],
        keep=_KEPT,
    )
    for row in await conn.rows(_IDS, user_id=user_id, keys=[*fresh]):
        filed.ids[row["discogs_id"]] = row["id"]
    rematch = {each for each, row in fresh.items() if _matches_anew(row, known.get(each))}
    filed.changed = {filed.ids[each] for each in fresh}
    await _artists(conn, user_id, {filed.ids[each]: latest[each] for each in rematch})
    return filed


def _row(user_id: int, release: records.Release) -> Row:
    credits_ = [
        {
            "discogs_id": each.discogs_id,
            "name": text.credited(each.anv or each.name),
            "join": each.join,
        }
        for each in release.credits
    ]
    return {
        **_DETAIL,
        "user_id": user_id,
        "discogs_id": release.discogs_id,
        "title": release.title,
        "title_key": text.searched(release.title),
        "year": release.year,
        "master_id": release.master_id,
        "cover_url": release.cover_url,
        "thumb_url": release.thumb_url,
        "credits": credits_,
        "credit_key": text.cross_key(_together(release.credits)),
        "formats": [*release.formats],
        "format_descriptions": [*release.format_descriptions],
        "labels": [asdict(label) for label in release.labels],
        "genres": [*release.genres],
        "styles": [*release.styles],
    }


def _together(credits_: Sequence[records.Credit]) -> str:
    """All names in one, as listening has them: "Maren Voss & The Tide"."""
    if len(credits_) == 1:
        return credits_[0].name
    # A file does not tell what stands between names; before the last it is mostly an ampersand.
    joins = [each.join or "," for each in credits_[:-2]]
    joins += [each.join or "&" for each in credits_[-2:-1]]
    names = [text.credited(each.name) for each in credits_]
    return "".join(f"{name} {join} " for name, join in zip(names, [*joins, ""], strict=False))


def _better(row: Row, old: Row, release: records.Release) -> bool:
    """Whether `row` may and would change what is stored."""
    if not told(release) and any(each["discogs_id"] is not None for each in old["credits"]):
        return False
    return any(
        row[name] != old[name] for name in _LISTED if row[name] is not None or name not in _KEPT
    )


def _matches_anew(row: Row, old: Row | None) -> bool:
    return old is None or any(row[name] != old[name] for name in _MATCHED_BY)


async def _artists(conn: Writing, user_id: int, releases: dict[int, records.Release]) -> None:
    """Store the artists of releases, by release id, and their places, replacing the old ones."""
    names = {credit.name: credit for each in releases.values() for credit in each.credits}
    rows = [
        {
            "user_id": user_id,
            "name": credit.name,
            "discogs_id": credit.discogs_id,
            "cross_key": text.cross_key(credit.name),
        }
        for credit in names.values()
    ]
    await upsert(
        conn,
        Artist,
        rows,
        key=("user_id", "name"),
        update=("cross_key",),
        keep=("discogs_id",),
    )
    found = await conn.rows(_ARTISTS, user_id=user_id, keys=[*names])
    ids = {row["name"]: row["id"] for row in found}
    stale = delete(ReleaseArtist).where(among(col(ReleaseArtist.release_id), "releases"))
    await conn.execute(stale, {"releases": [*releases]})
    places = [
        {"release_id": release_id, "position": position, "artist_id": ids[credit.name]}
        for release_id, release in sorted(releases.items())
        for position, credit in enumerate(release.credits)
    ]
    if places:
        await conn.execute(insert(ReleaseArtist), places)


_ARTISTS_ON: Read[int] = Read(
    select(col(ReleaseArtist.artist_id))
    .join(Release, col(Release.id) == col(ReleaseArtist.release_id))
    .where(own(Release), among(col(Release.id), "keys")),
    int,
)


async def purge(conn: Writing, user_id: int, release_ids: Iterable[int]) -> None:
    """Remove those of these releases that nobody owns or wants, and artists left without any."""
    ids = sorted({*release_ids})
    artists = await conn.rows(_ARTISTS_ON, user_id=user_id, keys=ids)
    owned = exists().where(col(Item.release_id) == col(Release.id))
    wanted = exists().where(col(Want.release_id) == col(Release.id))
    orphans = delete(Release).where(
        col(Release.user_id) == user_id, among(col(Release.id), "ids"), ~owned, ~wanted
    )
    gone = await conn.execute(orphans.returning(col(Release.discogs_id)), {"ids": ids})
    if pictured := [str(discogs_id) for (discogs_id,) in gone]:
        await keeping.forget(conn, user_id, "collecting", "releases", pictured)
    placed = exists().where(col(ReleaseArtist.artist_id) == col(Artist.id))
    nameless = delete(Artist).where(
        col(Artist.user_id) == user_id, among(col(Artist.id), "ids"), ~placed
    )
    await conn.execute(nameless, {"ids": sorted({*artists})})
