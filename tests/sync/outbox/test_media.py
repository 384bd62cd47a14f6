"""Adding films at Trakt and taking them out: sent twice without harm, here and there the same."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from rewind_gql.demo.films import FILMS
from rewind_gql.demo.upstreams.effects import answer, reset, stall
from rewind_gql.domains.collecting import outbox as outbox_of
from rewind_gql.domains.collecting.tables import Media
from rewind_gql.domains.watching.tables import Movie
from rewind_gql.errors import BadInput, NotFound
from rewind_gql.sync import outbox, pictures, schedule
from rewind_gql.sync.outbox.asking import NotSetUp, TimedOut, Unanswered
from rewind_gql.sync.tables import Source
from tests.databases import ME
from tests.sync.outbox.desk import Desk, posted
from tests.sync.outbox.test_releases import waited

FILM = FILMS[0]
LATER = datetime(2090, 1, 1, tzinfo=UTC)


async def owned(desk: Desk) -> list[tuple[int, str, str | None]]:
    """The stored media: film, medium, resolution."""
    statement = (
        select(col(Movie.tmdb_id), col(Media.media_type), col(Media.resolution))
        .join(Media, col(Media.movie_id) == col(Movie.id))
        .order_by(col(Media.media_type))
    )
    async with desk.store.write() as conn:
        return [(number, kind, how) for number, kind, how in await conn.execute(statement)]


async def test_a_film_is_added_there_and_here_with_all_that_is_known_of_it(desk: Desk) -> None:
    told = await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")

    async with desk.store.write() as conn:
        film = (await conn.execute(select(col(Movie.title), col(Movie.directors)))).one()
    assert (told["title"], told["added"], told["existing"]) == (FILM.title, 1, 0)
    assert [each.film for each in desk.providers.account.owned()] == [FILM]
    assert film.title == FILM.title
    assert film.directors
    assert await owned(desk) == [(FILM.tmdb_id, "dvd", None)]


async def test_an_ultra_hd_disc_is_a_disc_of_that_resolution_at_trakt(desk: Desk) -> None:
    await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="uhd_bluray")

    there = desk.providers.account.owned()[0]
    assert (there.media_type, there.resolution) == ("bluray", "uhd_4k")
    assert await owned(desk) == [(FILM.tmdb_id, "uhd_bluray", "uhd_4k")]


async def test_adding_again_tells_more_and_keeps_the_date(desk: Desk) -> None:
    await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")
    async with desk.store.write() as conn:
        before = (await conn.execute(select(col(Media.collected_at)))).scalar_one()

    await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd", audio="lpcm")

    async with desk.store.write() as conn:
        row = (await conn.execute(select(col(Media.collected_at), col(Media.audio)))).one()
    assert tuple(row) == (before, "lpcm")


@pytest.mark.parametrize(
    "request_",
    [
        {"imdb_id": f"tt{FILM.tmdb_id}"},
        {"title": FILM.title, "year": FILM.year},
        {"imdb_id": "tt0000000", "title": FILM.title, "year": FILM.year},
    ],
)
async def test_a_film_is_found_by_other_names(desk: Desk, request_: dict[str, Any]) -> None:
    told = await desk.done("add_media", media_type="dvd", **request_)

    assert told["tmdb_id"] == FILM.tmdb_id


async def test_several_of_a_name_are_to_be_chosen_from(desk: Desk) -> None:
    with pytest.raises(outbox.Ambiguous) as unclear:
        await desk.done("add_media", title="The", media_type="dvd")

    assert 1 < len(unclear.value.candidates) <= 5
    assert unclear.value.candidates[0].keys() == {"tmdb_id", "title", "release_date"}


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        ({"tmdb_id": 1}, NotFound),
        ({"title": "Nobody filmed this"}, NotFound),
        ({"imdb_id": "tt0000000"}, BadInput),
        ({}, BadInput),
    ],
)
async def test_what_cannot_be_added_says_why(
    desk: Desk, request_: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await desk.done("add_media", media_type="dvd", **request_)

    assert not any(posted(asked) for asked in desk.providers.trakt.requests)


async def test_a_film_trakt_does_not_know_is_not_found(desk: Desk) -> None:
    desk.providers.account.unlinked.add(FILM.tmdb_id)

    with pytest.raises(NotFound, match="Trakt"):
        await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")

    assert await owned(desk) == []


@pytest.mark.parametrize("effect", [stall(20, after=0), reset(hard=True)])
async def test_an_answer_that_was_lost_is_asked_for_again(desk: Desk, effect: Any) -> None:
    desk.providers.trakt.add(effect, match=posted, times=5)
    with pytest.raises(TimedOut):
        await desk.done("add_media", "k-1", tmdb_id=FILM.tmdb_id, media_type="dvd")
    desk.providers.trakt.clear()
    await waited(desk)

    await desk.done("add_media", "k-1", tmdb_id=FILM.tmdb_id, media_type="dvd")

    assert len(desk.providers.account.owned()) == 1
    assert await owned(desk) == [(FILM.tmdb_id, "dvd", None)]


@pytest.mark.either
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Trakt refused these credentials"),
        (403, "Trakt refused these credentials"),
        (404, "Trakt does not know what was asked for"),
        (420, "Trakt lets this account own no more films"),
        (422, "Trakt refused the request (422)"),
        (423, "Trakt has locked this account"),
    ],
)
async def test_a_refusal_ends_the_order_in_words_of_ours(
    desk: Desk, status: int, words: str
) -> None:
    desk.providers.trakt.add(answer(status, body={"x": "inner"}), match=posted, times=None)

    with pytest.raises(Unanswered) as refused:
        await desk.done("add_media", "k-1", tmdb_id=FILM.tmdb_id, media_type="dvd")

    assert (refused.value.message, refused.value.status) == (words, 502)
    assert await desk.store.system(outbox_of.due) == []
    assert await owned(desk) == []


@pytest.mark.either
async def test_too_many_requests_are_waited_out(desk: Desk) -> None:
    desk.providers.trakt.add(answer(429, {"retry-after": "0"}), match=posted, times=3)

    told = await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")

    assert told["added"] == 1
    assert desk.providers.trakt.count(posted) == 4


@pytest.mark.either
async def test_whoever_does_not_answer_is_named(desk: Desk) -> None:
    desk.providers.tmdb.add(answer(401), times=None)

    with pytest.raises(Unanswered, match="TMDB refused these credentials"):
        await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")


@pytest.mark.either
async def test_a_name_that_is_none_of_imdbs_is_not_asked_for(desk: Desk) -> None:
    with pytest.raises(BadInput, match="imdb_id"):
        await desk.done("add_media", imdb_id="../movie/603", media_type="dvd")

    assert desk.providers.tmdb.requests == []


async def test_posters_of_films_that_were_added_are_due(desk: Desk) -> None:
    async with desk.store.write() as conn:
        await pictures.register(conn, ME)
        await conn.execute(update(Source).values(next_due_at=LATER))

    await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")

    due = {each.id for each in await desk.store.system(schedule.due)}
    async with desk.store.write() as conn:
        ids = await pictures.register(conn, ME)
    assert ids["watching"] in due
    assert ids["listening"] not in due


async def test_a_film_is_taken_out_on_all_it_is_owned_on(desk: Desk) -> None:
    await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")
    await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="bluray")
    async with desk.store.write() as conn:
        row_id = (await conn.execute(select(col(Media.id)).limit(1))).scalar_one()

    told = await desk.done("remove_media", "k-1", media_id=row_id)
    again = await desk.done("remove_media", "k-1", media_id=row_id)

    assert told == again
    assert told["title"] == FILM.title
    assert desk.providers.account.owned() == []
    assert await owned(desk) == []


async def test_what_is_not_there_cannot_be_taken_out(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.done("remove_media", media_id=12345)


async def test_without_tmdb_nobody_can_tell_which_film_is_meant(desk: Desk) -> None:
    desk.deps.settings.__dict__["tmdb_api_key"] = None

    with pytest.raises(NotSetUp, match="TMDB"):
        await desk.done("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")
