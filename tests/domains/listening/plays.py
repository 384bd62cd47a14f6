"""What the tests of listening share: plays as sources hand them, and what is stored, as rows."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlmodel import col

from rewind_gql.domains.base import Stored, Touched
from rewind_gql.domains.listening import derive, intake, packs, records, tables
from rewind_gql.domains.listening.tables import Album, Artist, Play, Rollup, Track
from rewind_gql.store.engine import Store, Writing
from rewind_gql.store.page import Slice
from tests.databases import ME

NOON = datetime(2024, 2, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST = Slice(limit=20)
COUNTED = (Rollup, tables.Breadth, tables.Genre, tables.Pack)


def play(artist: str = "Low", track: str = "Words", *, at: datetime = NOON, **more: Any) -> Any:
    """A play as a source hands it."""
    return records.Play(artist=artist, track=track, played_at=at, **more)


async def store_plays(
    store: Store, *batch: records.Play, user_id: int = ME, source: str = "lastfm"
) -> Stored:
    """Store a batch and recount what it touched, in one transaction."""
    async with store.write() as conn:
        stored = await intake.plays(conn, user_id, batch, source=source)
        await derive.derive(conn, user_id, stored.touched)
    return stored


class Row(NamedTuple):
    """A stored play with the names it was heard under."""

    id: int
    artist: str
    album: str | None
    track: str
    at: datetime
    ordinal: int
    exact: bool
    hidden: bool
    artist_id: int
    album_id: int | None
    track_id: int


async def stored_plays(store: Store, user_id: int = ME) -> list[Row]:
    """Every play of a user, oldest first."""
    statement = (
        select(
            col(Play.id),
            col(Artist.name),
            col(Album.name),
            col(Track.name),
            col(Play.played_at),
            col(Play.ordinal),
            col(Play.exact),
            col(Play.hidden),
            col(Artist.id),
            col(Album.id),
            col(Track.id),
        )
        .join(Track, col(Track.id) == col(Play.track_id))
        .join(Artist, col(Artist.id) == col(Track.artist_id))
        .outerjoin(Album, col(Album.id) == col(Play.album_id))
        .where(col(Play.user_id) == user_id)
        .order_by(col(Play.played_at), col(Play.id))
    )
    async with store.write() as conn:
        return [Row(*row) for row in await conn.execute(statement)]


async def everything(store: Store, table: Any, user_id: int = ME) -> list[Any]:
    """Every row of a table, by id where it has one."""
    columns = table.__table__.c
    statement = select(*columns).where(columns.user_id == user_id)
    if "id" in columns:
        statement = statement.order_by(columns.id)
    async with store.write() as conn:
        return list(await conn.execute(statement))


async def rollups(store: Store, user_id: int = ME) -> dict[tuple[str, str, date, int], Any]:
    """The stored counts: plays, first and last by kind, grain, bucket and entity."""
    return {
        (row.kind, row.grain, row.bucket, row.entity_id): (row.plays, row.first_at, row.last_at)
        for row in await everything(store, Rollup, user_id)
    }


async def hide(store: Store, table: Any, entity_id: int, *, hidden: bool = True) -> None:
    """Hide or show an artist, album or track with its plays, and recount their days."""
    async with store.write() as conn:
        await conn.execute(update(table).where(col(table.id) == entity_id).values(hidden=hidden))
        await _repeat_hidden(conn)


async def remove(store: Store, play_id: int) -> None:
    """Delete a play and recount its day."""
    async with store.write() as conn:
        at = (
            await conn.execute(select(col(Play.played_at)).where(col(Play.id) == play_id))
        ).scalar_one()
        await conn.execute(delete(Play).where(col(Play.id) == play_id))
        await derive.derive(conn, ME, Touched(days={at.date()}))


async def pack(store: Store) -> None:
    """Pack what is counted, as is done after a sync."""
    async with store.write() as conn:
        await packs.pack(conn, ME)


async def clear(store: Store) -> None:
    """Leave nothing of listening."""
    async with store.write() as conn:
        for table in (*COUNTED, Play, Track, Album, Artist, tables.ChartEntry):
            await conn.execute(delete(table))


async def _repeat_hidden(conn: Writing) -> None:
    """Say on every play what its track, artist and album say, and recount the days it changes."""
    flags: list[dict[int, bool]] = []
    for table in (Track, Artist, Album):
        rows: Sequence[Any] = (await conn.execute(select(col(table.id), col(table.hidden)))).all()
        flags.append({row[0]: row[1] for row in rows})
    tracks, artists, albums = flags
    days = set()
    for row in (await conn.execute(select(*Play.__table__.c))).all():  # type: ignore[attr-defined]
        hidden = tracks[row.track_id] or artists[row.artist_id] or albums.get(row.album_id, False)
        if hidden != row.hidden:
            days.add(row.played_at.date())
            statement = update(Play).where(col(Play.id) == row.id).values(hidden=hidden)
            await conn.execute(statement)
    await derive.derive(conn, ME, Touched(days=days))
