"""TMDB: films by every name they may have, with the gaps it has, asked for again when due."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.demo.films import FILMS, MOVIE
from rewind_gql.demo.upstreams import tmdb
from rewind_gql.demo.upstreams.edits import put
from rewind_gql.demo.upstreams.effects import answer
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.domains.watching import intake
from rewind_gql.domains.watching.records import Movie as Named
from rewind_gql.domains.watching.tables import Movie, MovieDirector, MovieGenre
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.sources.tmdb import parse_movie
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries, run, sources, views
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from tests.databases import ME
from tests.sources.pretend import Idle

FERRY = FILMS[0]


class Rig:
    """A worker beside a TMDB."""

    def __init__(self, deps: Deps, faults: Faults) -> None:
        self.deps = deps
        self.faults = faults

    async def name(self, *movies: Named) -> None:
        """Let somebody have named these films."""
        async with self.deps.store.write() as conn:
            await intake.movies(conn, ME, movies, source="trakt")

    async def sync(self) -> views.Run:
        """A run from its trigger to its end."""
        found = await self.deps.store.ask(queries.sources, ME)
        [source] = [each for each in found if each.provider == "tmdb"]
        async with self.deps.store.write() as conn:
            made = await ledger.trigger(conn, ME, source_id=source.id, trigger="manual")
        return await run.run(self.deps, made.run_id, 1)

    async def films(self, *names: str) -> Sequence[Any]:
        """These columns of every film, in the order they were named in."""
        columns: list[Any] = [col(getattr(Movie, name)) for name in names]
        async with self.deps.store.write() as conn:
            return (await conn.execute(select(*columns).order_by(col(Movie.id)))).all()


@pytest.fixture
async def rig(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Rig]:
    """A worker that may ask the pretend TMDB alone."""
    faults = Faults()
    with serve(tmdb.app(faults=faults)) as url:
        deps = Deps(
            store=store,
            settings=settings(tmdb_base_url=f"{url}/3", tmdb_api_key=tmdb.TOKEN),
            jobs=Idle(),
            vault=Vault(b"v" * 64),
            worker="one",
            clients=Clients(patience=IMPATIENT),
        )
        async with store.write() as conn:
            await sources.register(conn, ME, deps.settings)
        yield Rig(deps, faults)
        await deps.clients.close()


def named(**given: Any) -> Named:
    """A film as somebody named it."""
    return Named(**{"title": FERRY.title, "year": FERRY.year, "trakt_id": 5, **given})


@pytest.mark.parametrize(
    "given",
    [
        {"tmdb_id": FERRY.tmdb_id},
        {"imdb_id": f"tt{FERRY.tmdb_id}"},
        {},
        {"title": "the LONG ferry", "year": FERRY.year},
    ],
)
async def test_a_film_is_found_by_whatever_is_known_of_it(rig: Rig, given: dict[str, Any]) -> None:
    await rig.name(named(**given))

    done = await rig.sync()

    [(number, title, year, genres)] = await rig.films("tmdb_id", "title", "year", "genres")
    assert (done.status, number, title, year) == ("success", FERRY.tmdb_id, FERRY.title, FERRY.year)
    assert genres


async def test_genres_and_directors_can_be_looked_for_by_name(rig: Rig) -> None:
    await rig.name(named(tmdb_id=FERRY.tmdb_id))
    await rig.sync()

    [(genres, directors)] = await rig.films("genres", "directors")
    async with rig.deps.store.write() as conn:
        by_genre = (await conn.execute(select(col(MovieGenre.name)))).scalars().all()
        by_director = (await conn.execute(select(col(MovieDirector.name)))).scalars().all()
    assert sorted(by_genre) == sorted(genres)
    assert sorted(by_director) == sorted(directors)


async def test_a_film_nobody_knows_is_asked_for_again_in_a_month(rig: Rig) -> None:
    await rig.name(named(tmdb_id=42), named(title="Nobody filmed this", trakt_id=6))

    await rig.sync()
    again = await rig.sync()

    rows = await rig.films("detail_at", "detail_due_at")
    assert [detail_at for detail_at, _ in rows] == [None, None]
    assert all(due - clock.now() > timedelta(days=29) for _, due in rows)
    assert again.items_processed == 0


async def test_a_film_that_was_told_of_is_told_of_again_after_a_month(rig: Rig) -> None:
    await rig.name(named(tmdb_id=FERRY.tmdb_id))
    await rig.sync()
    quiet = await rig.sync()
    async with rig.deps.store.write() as conn:
        await conn.execute(update(Movie).values(detail_due_at=clock.EPOCH))

    done = await rig.sync()

    assert (quiet.items_updated, done.items_updated) == (0, 1)


async def test_a_film_of_the_same_title_and_another_year_is_another(rig: Rig) -> None:
    await rig.name(named(year=FERRY.year - 20))

    await rig.sync()

    assert await rig.films("tmdb_id") == [(None,)]


async def test_two_rows_that_turn_out_to_be_one_film_keep_its_number_once(rig: Rig) -> None:
    await rig.name(named(tmdb_id=FERRY.tmdb_id), named(imdb_id=f"tt{FERRY.tmdb_id}", trakt_id=6))

    done = await rig.sync()

    numbers = [number for (number,) in await rig.films("tmdb_id")]
    assert done.status == "success"
    assert numbers.count(FERRY.tmdb_id) == 1


async def test_an_unreadable_film_is_a_reject_and_the_others_go_on(rig: Rig) -> None:
    films = [film for film in FILMS if film.kind == MOVIE][:3]
    await rig.name(
        *(Named(title=f.title, year=f.year, tmdb_id=f.tmdb_id, trakt_id=f.tmdb_id) for f in films)
    )
    rig.faults.add(put("title", value=None), match="/movie/", nth=2)

    done = await rig.sync()

    read = [at is not None for (at,) in await rig.films("detail_at")]
    assert (done.status, done.items_failed, read) == ("partial", 1, [True, False, True])


async def test_its_own_errors_that_pass_are_waited_out(rig: Rig) -> None:
    await rig.name(named(tmdb_id=FERRY.tmdb_id))
    over = {"success": False, "status_code": 46, "status_message": "The API is being maintained."}
    rig.faults.add(answer(400, body=over), match="/movie/", times=2)

    done = await rig.sync()

    assert done.status == "success"


async def test_a_wrong_token_waits_for_a_person(rig: Rig) -> None:
    await rig.name(named(tmdb_id=FERRY.tmdb_id))
    rig.faults.add(answer(401, body={"status_code": 7}), times=None)

    done = await rig.sync()

    assert (done.status, done.error_kind) == ("failed", "auth")


def page(**given: Any) -> dict[str, Any]:
    """A film's own page."""
    return {"id": 7, "title": "Seven", "release_date": "1995-09-22", **given}


@pytest.mark.parametrize(
    ("raw", "field", "value"),
    [
        (page(release_date=""), "year", None),
        (page(release_date=None), "year", None),
        (page(runtime=0), "runtime_min", None),
        (page(runtime=127), "runtime_min", 127),
        (page(imdb_id=""), "imdb_id", None),
        (page(poster_path=None), "poster_path", None),
        (page(vote_average=0), "vote_average", None),
        (page(tagline=""), "tagline", None),
        (page(genres=[{"name": "Crime"}, {"name": "Drama"}]), "genres", ("Crime", "Drama")),
        (
            page(
                credits={
                    "crew": [
                        {"name": "A", "job": "Director"},
                        {"name": "B", "job": "Director of Photography"},
                        {"name": "C", "job": "Director"},
                    ]
                }
            ),
            "directors",
            ("A", "C"),
        ),
    ],
)
def test_a_page_with_gaps_is_read(raw: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(parse_movie(raw, 1), field) == value


@pytest.mark.parametrize(
    ("dates", "certification"),
    [
        ([("", 1), ("R", 3)], "R"),
        ([("NR", 1), ("R", 3)], "R"),
        ([("PG", 4)], "PG"),
        ([("", 3)], None),
        ([], None),
    ],
)
def test_the_certification_is_that_of_the_cinemas(
    dates: list[tuple[str, int]], certification: str | None
) -> None:
    rows = [{"certification": word, "type": kind} for word, kind in dates]
    results = [
        {"iso_3166_1": "NO", "release_dates": [{"certification": "15", "type": 3}]},
        {"iso_3166_1": "US", "release_dates": rows},
    ]

    found = parse_movie(page(release_dates={"results": results}), 1)

    assert found.certification == certification
