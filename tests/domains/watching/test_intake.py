"""Films and watches stored: the same film under any of its numbers, the same watch once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select
from sqlmodel import col

from rewind_gql.domains.base import Shrunk
from rewind_gql.domains.watching import derive, intake, queries
from rewind_gql.domains.watching.records import Movie, MovieDetail, Watch
from rewind_gql.domains.watching.tables import Movie as Row
from rewind_gql.domains.watching.tables import MovieGenre
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER

NIGHT = datetime(2026, 2, 3, 21, tzinfo=UTC)


def movie(title: str = "Ferry", **numbers: Any) -> Movie:
    """A film by some of its numbers."""
    return Movie(title=title, year=1998, **numbers)


def watch(source_id: str, film: Movie, at: datetime | None = NIGHT) -> Watch:
    """A watch."""
    return Watch(movie=film, source_id=source_id, watched_at=at)


async def file(store: Store, *movies: Movie, user_id: int = ME) -> list[int]:
    """The ids of films, stored together."""
    async with store.write() as conn:
        return (await intake.file(conn, user_id, movies)).ids


async def numbers(store: Store) -> set[tuple[int | None, int | None, str | None]]:
    """The numbers of every film of mine."""
    columns = (col(Row.tmdb_id), col(Row.trakt_id), col(Row.imdb_id))
    async with store.write() as conn:
        found = await conn.execute(select(*columns).where(col(Row.user_id) == ME))
        return {(tmdb, trakt, imdb) for tmdb, trakt, imdb in found}


async def test_a_film_is_one_row_under_all_its_numbers(store: Store) -> None:
    [first] = await file(store, movie(tmdb_id=1))
    [second] = await file(store, movie(tmdb_id=1, trakt_id=2))
    [third] = await file(store, movie(trakt_id=2, imdb_id="tt3"))
    [fourth] = await file(store, movie(imdb_id="tt3"))

    assert first == second == third == fourth
    assert await numbers(store) == {(1, 2, "tt3")}


async def test_films_of_one_batch_may_be_the_same(store: Store) -> None:
    ids = await file(store, movie(tmdb_id=1), movie(trakt_id=2), movie(tmdb_id=1, trakt_id=2))

    assert ids[0] == ids[2]
    assert len(ids) == 3


async def test_two_numbers_at_tmdb_are_two_films_whatever_else_they_share(store: Store) -> None:
    ids = await file(store, movie(tmdb_id=1, trakt_id=9), movie(tmdb_id=2, trakt_id=9))

    assert len({*ids}) == 2
    assert await numbers(store) == {(1, 9, None), (2, None, None)}


async def test_a_film_is_a_persons_own(store: Store) -> None:
    [mine] = await file(store, movie(tmdb_id=1))
    [theirs] = await file(store, movie(tmdb_id=1), user_id=OTHER)

    assert mine != theirs


async def test_what_the_database_told_is_kept(store: Store) -> None:
    [movie_id] = await file(store, movie("Ferry (1998)", tmdb_id=1))
    detail = MovieDetail(movie_id=movie_id, tmdb_id=1, title="The Long Ferry", genres=("Drama",))
    async with store.write() as conn:
        await intake.details(conn, ME, [detail], source="tmdb")

    await file(store, movie("ferry", tmdb_id=1))

    found = await store.ask(queries.movies_by_id, ME, [movie_id])
    assert (found[movie_id].title, found[movie_id].genres) == ("The Long Ferry", ["Drama"])


async def test_details_of_another_persons_film_are_not_stored(store: Store) -> None:
    [movie_id] = await file(store, movie(tmdb_id=1), user_id=OTHER)
    detail = MovieDetail(movie_id=movie_id, tmdb_id=1, title="Mine now", genres=("Drama",))

    async with store.write() as conn:
        stored = await intake.details(conn, ME, [detail], source="tmdb")

    found = await store.ask(queries.movies_by_id, OTHER, [movie_id])
    assert (stored.skipped, found[movie_id].title) == (1, "Ferry")


async def test_words_are_made_again_from_the_films(store: Store) -> None:
    [movie_id] = await file(store, movie(tmdb_id=1))
    detail = MovieDetail(movie_id=movie_id, tmdb_id=1, title="F", genres=("Drama", "Crime"))
    async with store.write() as conn:
        await intake.details(conn, ME, [detail], source="tmdb")
        await derive.words(conn, ME, {movie_id: ((), ())})

    async with store.write() as conn:
        await derive.rebuild(conn, ME)
        names = (await conn.execute(select(col(MovieGenre.name)))).scalars().all()

    assert sorted(names) == ["Crime", "Drama"]


async def test_a_watch_is_stored_once_and_follows_its_film(store: Store) -> None:
    async with store.write() as conn:
        first = await intake.watches(conn, ME, [watch("7", movie(trakt_id=2))], source="trakt")
        again = await intake.watches(conn, ME, [watch("7", movie(trakt_id=2))], source="trakt")
        moved = await intake.watches(conn, ME, [watch("7", movie(tmdb_id=5))], source="trakt")

    counts = [(each.inserted, each.updated, each.skipped) for each in (first, again, moved)]
    assert counts == [(1, 0, 0), (0, 0, 1), (0, 1, 0)]


async def test_watches_are_listed_newest_first_and_unknown_times_last(store: Store) -> None:
    film = movie(tmdb_id=1)
    dated = [watch(str(day), film, NIGHT.replace(day=day)) for day in (3, 9, 5)]
    async with store.write() as conn:
        await intake.watches(conn, ME, [watch("?", film, None), *dated], source="trakt")
        [movie_id] = (await intake.file(conn, ME, [film])).ids

    found = (await store.ask(queries.watches_by_movie, ME, [movie_id]))[movie_id]

    assert [each.watched_at and each.watched_at.day for each in found] == [9, 5, 3, None]


@pytest.mark.parametrize(("gone", "confirmed"), [(1, False), (3, True), (5, True)])
async def test_what_a_walk_did_not_see_is_removed(store: Store, gone: int, confirmed: bool) -> None:
    names = [str(number) for number in range(5)]
    async with store.write() as conn:
        batch = [watch(name, movie(tmdb_id=1)) for name in names]
        await intake.watches(conn, ME, batch, source="trakt")

        stored = await intake.remove_watches_except(
            conn, ME, "trakt", {*names[gone:]}, confirmed=confirmed
        )

    assert stored.updated == gone
    assert await store.ask(queries.watch_count, ME, source="trakt") == 5 - gone


@pytest.mark.parametrize("gone", [2, 5])
async def test_more_than_a_fifth_is_removed_only_when_a_person_says_so(
    store: Store, gone: int
) -> None:
    names = [str(number) for number in range(5)]
    async with store.write() as conn:
        batch = [watch(name, movie(tmdb_id=1)) for name in names]
        await intake.watches(conn, ME, batch, source="trakt")

        with pytest.raises(Shrunk):
            await intake.remove_watches_except(conn, ME, "trakt", {*names[gone:]})

    assert await store.ask(queries.watch_count, ME, source="trakt") == 5


_FILMS = some.lists(
    some.builds(
        movie,
        tmdb_id=some.none() | some.integers(1, 3),
        trakt_id=some.none() | some.integers(1, 3),
        imdb_id=some.none() | some.sampled_from(["tt1", "tt2"]),
    ).filter(lambda each: any((each.tmdb_id, each.trakt_id, each.imdb_id))),
    max_size=6,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=some.lists(_FILMS, max_size=4))
async def test_every_film_has_a_row_and_storing_it_again_changes_nothing(
    sqlite_store: Store, batches: list[list[Movie]]
) -> None:
    for batch in batches:
        ids = await file(sqlite_store, *batch)
        before = await numbers(sqlite_store)

        again = await file(sqlite_store, *batch)

        assert len(ids) == len(batch)
        assert again == ids
        assert await numbers(sqlite_store) == before
