"""What sources found out, written beside what was heard; nothing known is lost to an error."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Stored, Touched
from rewind_gql.domains.listening import bulk, filters, genres, library
from rewind_gql.domains.listening.enrichment import records, tasks
from rewind_gql.domains.listening.enrichment.records import Looked
from rewind_gql.domains.listening.enrichment.tagging import genres_in, is_spoken
from rewind_gql.domains.listening.enrichment.tasks import Task
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.tables import Album, Artist, Enrichment, Similar, Track
from rewind_gql.store.columns import Id, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

L = TypeVar("L", bound=Looked)


async def tags(
    conn: Writing, user_id: int, batch: Sequence[records.ArtistTags], *, source: str = ""
) -> Stored:
    """Keep the genres among the tags, the first as the artist's; a reader is hidden by the rules.

    Plays are counted by the new genre at once. Touched are the days of what is hidden now.
    """
    await bulk.take_turn(conn, user_id)
    good = _good(batch)
    kept = {each.wanted.id: genres_in(each.tags) for each in good}
    spoken = {each.wanted.id: is_spoken(each.tags) for each in good}
    before = await _before(conn, user_id, kept)
    rows: list[dict[str, Any]] = [
        {
            "at": artist_id,
            "said": [{"name": tag.name, "count": tag.count} for tag in found],
            "first": found[0].name if found else None,
            "read_aloud": spoken[artist_id],
        }
        for artist_id, found in kept.items()
        if artist_id in before
    ]
    if rows:
        await conn.execute(_TAG, rows)
    moved = {row["at"] for row in rows if before[row["at"]][0] != row["first"]}
    if moved:
        await genres.retagged(conn, user_id, moved)
    judged = [row["at"] for row in rows if bool(before[row["at"]][1]) != row["read_aloud"]]
    touched = Touched()
    if judged:
        touched = (await filters.judge_artists(conn, user_id, judged)).touched
    found = {each.wanted.id for each in good if kept[each.wanted.id]}
    return await _noted(conn, user_id, tasks.TAGS, batch, found, touched)


async def bios(
    conn: Writing, user_id: int, batch: Sequence[records.ArtistBio], *, source: str = ""
) -> Stored:
    """Keep what is written about artists, and when it was read."""
    await bulk.take_turn(conn, user_id)
    good, now = _good(batch), clock.now()
    rows = [
        {"at": each.wanted.id, "short": each.summary, "long": each.content, "read_at": now}
        for each in good
    ]
    if rows:
        await conn.execute(_DESCRIBE, _mine(user_id, rows))
    found = {each.wanted.id for each in good if each.summary or each.content}
    return await _noted(conn, user_id, tasks.BIOS, batch, found)


async def similar(
    conn: Writing, user_id: int, batch: Sequence[records.SimilarArtists], *, source: str = ""
) -> Stored:
    """Keep who is like an artist in place of who was said to be before.

    One whose MusicBrainz id the library has is found there by it, whatever the name.
    """
    await bulk.take_turn(conn, user_id)
    good = [each for each in _good(batch) if each.artists]
    ids = [each.wanted.id for each in good]
    mbids = {like.mbid for each in good for like in each.artists if like.mbid}
    known = dict(await conn.rows(_BY_MBID, user_id=user_id, mbids=sorted(mbids)))
    rows = [
        {"user_id": user_id, "artist_id": each.wanted.id, "rank": rank, **row}
        for each in good
        for rank, row in enumerate(_alike(each.artists, known), start=1)
    ]
    if ids:
        await conn.execute(_FORGET, {"owner": user_id, "ids": ids})
    if rows:
        await conn.execute(insert(Similar), rows)
    return await _noted(conn, user_id, tasks.SIMILAR, batch, set(ids))


async def artist_links(
    conn: Writing, user_id: int, batch: Sequence[records.ArtistLink], *, source: str = ""
) -> Stored:
    """Keep artists' pages at Apple Music."""
    await bulk.take_turn(conn, user_id)
    linked = {each.wanted.id: each.link for each in _good(batch) if each.link}
    await _link(conn, user_id, Artist, linked)
    return await _noted(conn, user_id, tasks.ARTIST_LINKS, batch, set(linked))


async def track_links(
    conn: Writing, user_id: int, batch: Sequence[records.TrackLink], *, source: str = ""
) -> Stored:
    """Keep tracks' pages at Apple Music, and their artists' and albums' where they have none."""
    await bulk.take_turn(conn, user_id)
    good, now = _good(batch), clock.now()
    found = {each.wanted.id: each for each in good if each.link}
    rows = [
        {
            "at": at,
            "apple_id": each.link.id if each.link else None,
            "page": each.link.url if each.link else None,
            "sample": each.preview_url,
            "lasts_ms": each.duration_ms,
        }
        for at, each in found.items()
    ]
    if rows:
        await conn.execute(_LINK_TRACK, _mine(user_id, rows))
    tried = [{"at": each.wanted.id, "tried": now} for each in good]
    if tried:
        await conn.execute(_TRIED, _mine(user_id, tried))
    owners = await conn.rows(_OWNERS, user_id=user_id, ids=list(found))
    for table, name, place in ((Artist, "artist", 1), (Album, "album", 2)):
        links = {row[place]: getattr(found[row[0]], name) for row in owners}
        await _link(conn, user_id, table, {at: link for at, link in links.items() if at and link})
    return await _noted(conn, user_id, tasks.TRACK_LINKS, batch, set(found))


async def album_facts(
    conn: Writing, user_id: int, batch: Sequence[records.AlbumFacts], *, source: str = ""
) -> Stored:
    """Keep the year and the number of tracks of albums; what is not said leaves what is known.

    Touched are the artists of those that are by various ones there.
    """
    await bulk.take_turn(conn, user_id)
    rows = [
        {
            "at": each.wanted.id,
            "year": each.released_year,
            "tracks": each.total_tracks,
            "page": each.url,
            "many": each.compilation,
        }
        for each in _good(batch)
        if each.released_year or each.total_tracks
    ]
    if rows:
        await conn.execute(_RELEASED, _mine(user_id, rows))
    found = {int(row["at"] or 0) for row in rows}
    touched = await _by(conn, user_id, [row["at"] for row in rows if row["many"]])
    return await _noted(conn, user_id, tasks.ALBUM_FACTS, batch, found, touched)


async def artist_mbids(
    conn: Writing, user_id: int, batch: Sequence[records.Identified], *, source: str = ""
) -> Stored:
    """Keep artists' MusicBrainz ids where none is known."""
    return await _identified(conn, user_id, Artist, tasks.ARTIST_MBIDS, batch)


async def album_mbids(
    conn: Writing, user_id: int, batch: Sequence[records.Identified], *, source: str = ""
) -> Stored:
    """Keep albums' MusicBrainz ids where none is known; touched is whose they are."""
    return await _identified(conn, user_id, Album, tasks.ALBUM_MBIDS, batch)


async def _identified(
    conn: Writing, user_id: int, table: Any, task: Task, batch: Sequence[records.Identified]
) -> Stored:
    await bulk.take_turn(conn, user_id)
    rows = [{"at": each.wanted.id, "known_as": each.mbid} for each in _good(batch) if each.mbid]
    if rows:
        await conn.execute(_IDENTIFY[table], _mine(user_id, rows))
    known = [row["at"] for row in rows]
    touched = await _by(conn, user_id, known if table is Album else [])
    return await _noted(conn, user_id, task, batch, {*known}, touched)


async def _by(conn: Writing, user_id: int, album_ids: Sequence[Any]) -> Touched:
    """Whose albums these are."""
    if not album_ids:
        return Touched()
    return Touched(artists={*await conn.rows(_ARTISTS_OF, user_id=user_id, ids=album_ids)})


async def _link(conn: Writing, user_id: int, table: Any, links: dict[int, records.Apple]) -> None:
    """Write the pages of those that have none; a page once found is not changed for another."""
    rows = [{"at": at, "apple_id": link.id, "page": link.url} for at, link in links.items()]
    if rows:
        await conn.execute(_LINK[table], _mine(user_id, rows))


async def _noted(
    conn: Writing,
    user_id: int,
    task: Task,
    batch: Iterable[Looked],
    found: set[Any],
    touched: Touched | None = None,
) -> Stored:
    """Note what was asked about, so that it is not asked about again before its time."""
    now = clock.now()
    stored = Stored(touched=touched or Touched())
    rows = []
    for each in batch:
        at, failed = each.wanted.id, each.error is not None
        attempts = each.wanted.attempts + 1 if failed else 0
        stored.updated += at in found
        stored.skipped += at not in found and not failed
        rows.append(
            {
                "user_id": user_id,
                "task": task.name,
                "entity_id": at,
                "attempts": attempts,
                "tried_at": now,
                "due_at": _due(task, now, attempts, found=at in found),
                "last_error": each.error,
            }
        )
    key = ("user_id", "task", "entity_id")
    await upsert(conn, Enrichment, rows, key=key, update=_WRITTEN)
    return stored


def _due(task: Task, now: datetime, attempts: int, *, found: bool) -> datetime | None:
    return tasks.retry(now, attempts) if attempts else task.due(now, found=found)


def _good(batch: Sequence[L]) -> list[L]:
    """Those of which something came; of one entity the last."""
    return list({each.wanted.id: each for each in batch if each.error is None}.values())


def _mine(user_id: int, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "owner": user_id} for row in rows]


def _alike(artists: Sequence[records.Alike], known: dict[str, str]) -> list[dict[str, Any]]:
    """The rows of those who are like somebody, each name once."""
    rows: dict[str, dict[str, Any]] = {}
    for like in artists:
        key = known.get(like.mbid or "") or library.artist_name(like.name, like.mbid)[1]
        row = {"match_key": key, "name": like.name, "mbid": like.mbid, "url": like.url}
        rows.setdefault(key, {**row, "score": like.score})
    return list(rows.values())


async def _before(
    conn: Writing, user_id: int, ids: Iterable[int]
) -> dict[int, tuple[str | None, bool | None]]:
    found = await conn.rows(_TAGGED, user_id=user_id, ids=list(ids))
    return {artist_id: (genre, spoken) for artist_id, genre, spoken in found}


_WRITTEN = ("attempts", "tried_at", "due_at", "last_error")
_WRITER = bindparam("owner", type_=Id)


def _of(table: Any) -> Any:
    """One row of a user's, to be changed."""
    return update(table).where(
        col(table.user_id) == _WRITER, col(table.id) == bindparam("at", type_=Id)
    )


def _or_kept(table: Any, name: str, given: str) -> Any:
    """A column's new value, or the one it has where there is no new one."""
    column = getattr(table, name)
    return func.coalesce(bindparam(given, type_=column.type), column)


_TAGGED: Read[tuple[int, str | None, bool | None]] = Read(
    select(col(Artist.id), col(Artist.genre), col(Artist.spoken)).where(
        col(Artist.user_id) == OWNER, among(col(Artist.id), "ids")
    )
)
_TAG = (
    update(Artist)
    .where(col(Artist.id) == bindparam("at", type_=Id))
    .values(tags=bindparam("said"), genre=bindparam("first"), spoken=bindparam("read_aloud"))
)
_DESCRIBE = _of(Artist).values(
    bio_summary=bindparam("short"), bio_content=bindparam("long"), bio_at=bindparam("read_at")
)
_BY_MBID: Read[tuple[str, str]] = Read(
    select(col(Artist.mbid), col(Artist.match_key)).where(
        col(Artist.user_id) == OWNER, among(col(Artist.mbid), "mbids")
    )
)
_FORGET = delete(Similar).where(
    col(Similar.user_id) == _WRITER, among(col(Similar.artist_id), "ids")
)
_LINK = {
    table: _of(table)
    .where(col(table.apple_music_url).is_(None))
    .values(apple_music_id=bindparam("apple_id"), apple_music_url=bindparam("page"))
    for table in (Artist, Album)
}
_LINK_TRACK = _of(Track).values(
    apple_music_id=bindparam("apple_id"),
    apple_music_url=bindparam("page"),
    preview_url=_or_kept(Track, "preview_url", "sample"),
    duration_ms=func.coalesce(col(Track.duration_ms), bindparam("lasts_ms", type_=Id)),
)
_TRIED = _of(Track).values(itunes_tried_at=bindparam("tried"))
_OWNERS: Read[tuple[int, int, int | None]] = Read(
    select(col(Track.id), col(Track.artist_id), col(Track.album_id)).where(
        col(Track.user_id) == OWNER, among(col(Track.id), "ids")
    )
)
_ARTISTS_OF: Read[int] = Read(
    select(col(Album.artist_id)).where(col(Album.user_id) == OWNER, among(col(Album.id), "ids")),
    int,
)
_RELEASED = _of(Album).values(
    released_year=_or_kept(Album, "released_year", "year"),
    total_tracks=_or_kept(Album, "total_tracks", "tracks"),
    apple_music_url=_or_kept(Album, "apple_music_url", "page"),
    compilation=_or_kept(Album, "compilation", "many"),
)
_IDENTIFY = {
    table: _of(table).where(col(table.mbid).is_(None)).values(mbid=bindparam("known_as"))
    for table in (Artist, Album)
}
