"""Random lives: plays at awkward instants, genres, things hidden; stored, and as the raw rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col

from rewind_gql.domains.listening import genres
from rewind_gql.domains.listening.tables import Album, Artist, Play, Track
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.listening.plays import clear, everything, hide, pack, play, store_plays
from tests.oracle.listening import Heard

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
GENRES = ("Rock", "Folk", "Jazz", None)

# The turn of a year and of a leap month, clocks put forward and back in Oslo and New York, years
# far off, and the edges of days.
DAYS = (-1100, -800, -366, -365, -31, -2, -1, 0, 1, 6, 7, 30, 31, 58, 59, 60, 69, 90, 91, 299, 300)
SECONDS = (0, 1, 3_599, 3_600, 7_200, 18_000, 43_200, 79_200, 82_800, 86_398, 86_399)
instants = st.builds(
    lambda day, at: NEW_YEAR + timedelta(days=day, seconds=at),
    st.sampled_from([*DAYS, 305, 306, 307, 364, 365, 366]),
    st.sampled_from(SECONDS),
)
plays = st.builds(
    lambda artist, track, album, at: play(artist, track, album=album, at=at),
    st.sampled_from(["Low", "Can", "Nico", "low 100%", "Faust"]),
    st.sampled_from(["one", "two", "three"]),
    st.sampled_from([None, "first", "second"]),
    instants,
)
hidden = st.lists(st.tuples(st.sampled_from([Artist, Album, Track]), st.integers(0, 9)), max_size=2)
windows = st.tuples(st.none() | instants, st.none() | instants)


async def live(
    store: Store,
    heard: Sequence[Any],
    tagged: Sequence[str | None],
    hiding: Sequence[tuple[Any, int]],
    retagged: str | None,
) -> list[Heard]:
    """Store such a life, change the genre of its first artist; what of it is not hidden."""
    await clear(store)
    if heard:
        await store_plays(store, *heard)
        await pack(store)
    artists = [row.id for row in await everything(store, Artist)]
    await tag(store, dict(zip(artists, tagged, strict=False)))
    for table, which in hiding:
        rows = await everything(store, table)
        if rows:
            await hide(store, table, rows[which % len(rows)].id)
    if artists:
        await tag(store, {artists[0]: retagged})
    if len(heard) % 3:
        await pack(store)
    return await rows_of(store)


async def tag(store: Store, tagged: dict[int, str | None]) -> None:
    """Give artists a genre, as enrichment does."""
    async with store.write() as conn:
        for artist_id, genre in tagged.items():
            change = update(Artist).where(col(Artist.id) == artist_id).values(genre=genre)
            await conn.execute(change)
        await genres.retagged(conn, ME, tagged)


async def rows_of(store: Store) -> list[Heard]:
    """Every play that neither its track nor its artist nor its album hides."""
    statement = (
        select(Play, Artist, Album, Track)
        .with_only_columns(
            col(Play.id),
            col(Play.played_at),
            col(Artist.id),
            col(Artist.name),
            col(Album.id),
            col(Album.name),
            col(Track.id),
            col(Artist.genre),
            col(Artist.hidden),
            col(Album.hidden),
            col(Track.hidden),
        )
        .join(Track, col(Track.id) == col(Play.track_id))
        .join(Artist, col(Artist.id) == col(Track.artist_id))
        .outerjoin(Album, col(Album.id) == col(Play.album_id))
        .where(col(Play.user_id) == ME)
    )
    async with store.write() as conn:
        rows = (await conn.execute(statement)).all()
    return [Heard(*row[:8]) for row in rows if not any(row[8:])]
