"""Random shelves: records bought, edited and sold, films owned and watched; stored, and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlmodel import col

from rewind_gql.domains.base import Touched
from rewind_gql.domains.collecting import derive, films, intake, records, tables
from rewind_gql.domains.watching import intake as screen
from rewind_gql.domains.watching import records as screened
from rewind_gql.domains.watching import tables as screens
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.oracle.collecting import Film, Owned, Record

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
# The turn of a year seen from every zone, a leap day, and one instant many copies share.
HOURS = (-9_000, -14, -1, 0, 1, 13, 24 * 59, 24 * 59 + 20, 24 * 366 - 1, 24 * 366, 25_000)
ARTISTS = ("Nirvana", "nirvana (2)", "Björk", "The Beatles", "Various", "Sigur Rós")
TITLES = ("Nevermind", "NEVERMIND", "Ágætis byrjun", "Post", "100% Pop_", "post  ")

instants = st.sampled_from(HOURS).map(lambda hours: NEW_YEAR + timedelta(hours=hours))
some_artists = st.lists(st.sampled_from(ARTISTS), min_size=1, max_size=2, unique=True)
pressed = st.builds(
    Record,
    title=st.sampled_from(TITLES),
    artists=some_artists.map(tuple),
    year=st.none() | st.sampled_from([1969, 1970, 1991, 1999, 2000]),
    formats=st.lists(st.sampled_from(["Vinyl", "vinyl", "CD", "Box Set"]), max_size=2).map(tuple),
    genres=st.lists(st.sampled_from(["Rock", "Pop Rock", "Jazz"]), max_size=3, unique=True).map(
        tuple
    ),
)


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A copy somebody says they own: which release, and what is said of the copy itself."""

    instance: int
    release: int
    rating: int
    folder: str | None
    added_at: datetime
    offset_min: int


bought = st.builds(
    Bought,
    instance=st.integers(1, 12),
    release=st.integers(1, 6),
    rating=st.integers(0, 5),
    folder=st.sampled_from([None, "Jazz", "Living room"]),
    added_at=instants,
    offset_min=st.sampled_from([-720, -480, 0, 60, 345, 840]),
)
prices = st.tuples(st.sampled_from([0.0, 1.1, 2.2, 99.99]), st.sampled_from(["EUR", "USD"]))
edits = st.tuples(
    st.lists(pressed, min_size=6, max_size=6),
    st.lists(bought, max_size=8, unique_by=lambda each: each.instance),
)
owned_films = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["bluray", "dvd", "uhd_bluray"]),
        st.sampled_from([None, "uhd_4k", "sd_480p"]),
        st.sampled_from([None, "hdr10"]),
        instants,
    ),
    max_size=8,
    unique_by=lambda each: each[:2],
)
MOVIES = {
    1: ("Alien", 1979, ("Horror", "Science Fiction")),
    2: ("alien nation", None, ("Science Fiction",)),
    3: ("Zabriskie Point", 1970, ()),
    4: ("Éponine", 2001, ("Drama",)),
}


@dataclass
class Shelf:
    """What is stored, as it was told: copies by instance, releases, films, watches by movie."""

    copies: dict[int, Bought] = field(default_factory=dict)
    releases: dict[int, Record] = field(default_factory=dict)
    priced: dict[int, tuple[float, str]] = field(default_factory=dict)
    owned: list[Owned] = field(default_factory=list)
    films: list[Film] = field(default_factory=list)
    watches: dict[int, list[datetime]] = field(default_factory=dict)


async def clear(store: Store) -> None:
    """Leave nothing of collecting and watching."""
    hanging = (tables.Tally, tables.MatchCount, tables.Item, tables.Want, tables.Release)
    async with store.write() as conn:
        for table in (
            *hanging,
            *(tables.Artist, tables.Media, tables.Value, screens.Watch, screens.Movie),
        ):
            await conn.execute(delete(table))


async def buy(store: Store, shelf: Shelf, told: Sequence[Record], batch: Sequence[Bought]) -> None:
    """Store copies, with every release among them as it is told now."""
    releases = dict(enumerate(told, 1))
    copies = [
        records.Copy(
            release=_release(each.release, releases[each.release]),
            instance_id=each.instance,
            added_at=each.added_at,
            added_offset_min=each.offset_min,
            rating=each.rating,
            folder=each.folder,
        )
        for each in batch
    ]
    async with store.write() as conn:
        stored = await intake.copies(conn, ME, copies, source="discogs")
        await derive.derive(conn, ME, stored.touched)
    for each in batch:
        before = shelf.copies.get(each.instance)
        kept = each if each.folder or before is None else _with_folder(each, before.folder)
        shelf.copies[each.instance] = kept
        shelf.releases[each.release] = releases[each.release]
    await recount(store, shelf)


def _with_folder(copy: Bought, folder: str | None) -> Bought:
    return Bought(**{**vars(copy), "folder": folder})


def _release(number: int, told: Record) -> records.Release:
    return records.Release(
        discogs_id=number,
        title=told.title,
        credits=tuple(
            records.Credit(discogs_id=ARTISTS.index(name) + 1, name=name) for name in told.artists
        ),
        year=told.year,
        formats=told.formats,
        genres=told.genres,
    )


async def price(store: Store, shelf: Shelf, asked: Mapping[int, tuple[float, str]]) -> None:
    """Store the prices of releases."""
    details = [
        records.ReleaseDetail(
            discogs_id=number,
            lowest_price=amount or None,
            currency=currency if amount else None,
        )
        for number, (amount, currency) in asked.items()
    ]
    async with store.write() as conn:
        stored = await intake.details(conn, ME, details, source="discogs")
        await derive.derive(conn, ME, stored.touched)
    shelf.priced |= {number: asked[number] for number in asked if number in shelf.releases}
    await recount(store, shelf)


async def sell(store: Store, shelf: Shelf, instances: set[int]) -> None:
    """Remove copies; a release nobody owns any more goes with its price."""
    left = {*shelf.copies} - instances
    async with store.write() as conn:
        await intake.remove_copies_except(conn, ME, left, reported=len(left), confirmed=True)
    shelf.copies = {number: copy for number, copy in shelf.copies.items() if number in left}
    known = {copy.release for copy in shelf.copies.values()}
    shelf.releases = {number: each for number, each in shelf.releases.items() if number in known}
    shelf.priced = {number: each for number, each in shelf.priced.items() if number in known}
    await recount(store, shelf)


async def recount(store: Store, shelf: Shelf) -> None:
    """Tell the copies anew, by the numbers of their rows."""
    async with store.write() as conn:
        columns = select(col(tables.Item.instance_id), col(tables.Item.id))
        rows: Any = (await conn.execute(columns)).fetchall()
    ids = dict(map(tuple, rows))
    assert ids.keys() == shelf.copies.keys()
    shelf.owned = [_owned(ids[number], shelf, copy) for number, copy in shelf.copies.items()]


def _owned(row_id: int, shelf: Shelf, copy: Bought) -> Owned:
    told = shelf.releases[copy.release]
    amount, currency = shelf.priced.get(copy.release, (0.0, ""))
    record = Record(**{**vars(told), "price": amount or None, "currency": currency or None})
    return Owned(
        id=row_id,
        record=record,
        rating=copy.rating,
        folder=copy.folder,
        added_at=copy.added_at,
        offset_min=copy.offset_min,
    )


async def own_films(
    store: Store, shelf: Shelf, owned: Sequence[Any], seen: Sequence[tuple[int, datetime]]
) -> None:
    """Store films, what they are owned on and when they were watched."""
    movies = {
        number: screened.Movie(title=title, year=year, tmdb_id=number)
        for number, (title, year, _) in MOVIES.items()
    }
    async with store.write() as conn:
        filed = await screen.file(conn, ME, [*movies.values()])
        ids = dict(zip(movies, filed.ids, strict=True))
        details = [
            screened.MovieDetail(
                movie_id=ids[number], tmdb_id=number, title=title, year=year, genres=genres
            )
            for number, (title, year, genres) in MOVIES.items()
        ]
        await screen.details(conn, ME, details, source="tmdb")
        media = [
            records.Media(
                movie_id=ids[number],
                trakt_id=number,
                media_type=kind,
                resolution=resolution,
                hdr=hdr,
                collected_at=at,
            )
            for number, kind, resolution, hdr, at in owned
        ]
        await films.media(conn, ME, media, source="trakt")
        watches = [
            screened.Watch(movie=movies[number], source_id=str(at), watched_at=when)
            for at, (number, when) in enumerate(seen)
        ]
        await screen.watches(conn, ME, watches, source="trakt")
        await derive.derive(conn, ME, Touched())
        rows: Any = (await conn.execute(select(*tables.Media.__table__.c))).fetchall()  # type: ignore[attr-defined]  # every table model has one
    numbers = {row_id: number for number, row_id in ids.items()}
    for number, when in seen:
        shelf.watches.setdefault(ids[number], []).append(when)
    shelf.films = [_film(row, *MOVIES[numbers[row.movie_id]]) for row in rows]


def _film(row: Any, title: str, year: int | None, genres: tuple[str, ...]) -> Film:
    return Film(
        id=row.id,
        movie=row.movie_id,
        title=title,
        year=year,
        genres=genres,
        media_type=row.media_type,
        resolution=row.resolution,
        hdr=row.hdr,
        collected_at=row.collected_at,
    )
