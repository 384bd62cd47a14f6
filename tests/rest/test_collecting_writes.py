"""Collecting written to over REST: what is answered, and what is refused how."""

from typing import Any

import pytest

from rewind_gql.demo.films import FILMS
from rewind_gql.demo.upstreams.effects import answer, stall
from rewind_gql.sync import outbox
from tests.databases import ME
from tests.rest.writing import Writing, desk, life, providers, writing
from tests.serving import Api
from tests.sync.outbox.desk import Desk, posted

__all__ = ["desk", "life", "providers", "writing"]

VINYL, MEDIA = "/v1/admin/collecting/vinyl", "/v1/admin/collecting/media"
FILM = FILMS[0]


async def test_a_record_is_added_and_shown(writing: Writing) -> None:
    number = writing.providers.shelf.wants()[0].sleeve.release_id

    answered = await writing.post(VINYL, {"discogs_id": number})

    body = answered.json()
    listed = (await writing.api.ask("/v1/collecting/vinyl")).json()["data"]
    assert answered.status_code == 200
    assert list(body) == ["status", "release", "discogs", "image_processed"]
    assert body["release"]["discogs_id"] == number
    assert body["image_processed"] is False
    assert [row["discogs_id"] for row in listed] == [number]


async def test_a_film_is_added_shown_and_taken_out(writing: Writing) -> None:
    added = await writing.post(MEDIA, {"tmdb_id": FILM.tmdb_id, "media_type": "dvd"})
    [row] = (await writing.api.ask("/v1/collecting/media")).json()["data"]

    removed = await writing.post(f"{MEDIA}/{row['id']}/remove")

    after = (await writing.api.ask("/v1/collecting/media")).json()["data"]
    assert added.json() == {
        "status": "added",
        "movie": {"title": FILM.title, "year": FILM.year, "tmdb_id": FILM.tmdb_id},
        "media_type": "dvd",
        "trakt": {"added": 1, "existing": 0},
        "image_processed": True,
    }
    assert (row["title"], row["media_type"]) == (FILM.title, "dvd")
    assert removed.json()["status"] == "removed"
    assert FILM.title in removed.json()["message"]
    assert after == []


async def test_a_key_answers_the_same_twice(writing: Writing) -> None:
    number = writing.providers.shelf.wants()[0].sleeve.release_id
    before = len(writing.providers.shelf.copies())
    key = {"Idempotency-Key": "abc"}

    both = [await writing.post(VINYL, {"discogs_id": number}, **key) for _ in range(2)]

    assert both[0].json() == both[1].json()
    assert len(writing.providers.shelf.copies()) == before + 1


async def test_a_key_of_another_request_is_a_conflict(writing: Writing) -> None:
    key = {"Idempotency-Key": "abc"}
    await writing.post(VINYL, {"discogs_id": 999_999_999}, **key)

    answered = await writing.post(VINYL, {"discogs_id": 888_888_888}, **key)

    assert (answered.status_code, answered.json()["status"]) == (409, 409)


async def test_several_of_a_name_are_listed(writing: Writing) -> None:
    answered = await writing.post(MEDIA, {"title": "The", "media_type": "dvd"})

    body = answered.json()
    assert answered.status_code == 422
    assert list(body) == ["status", "message", "candidates"]
    assert body["status"] == "ambiguous"
    assert 1 < len(body["candidates"]) <= 5


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (VINYL, {}, 400),
        (VINYL, {"discogs_id": 999_999_999}, 404),
        (VINYL, {"discogs_id": "12"}, 400),
        (VINYL, {"discogs_id": 0}, 400),
        (VINYL, {"title": ""}, 400),
        (VINYL, {"title": "a\0b"}, 400),
        (MEDIA, {"tmdb_id": FILM.tmdb_id, "media_type": "dvd", "hdr": "a\nb"}, 400),
        (VINYL, [], 400),
        (MEDIA, {"tmdb_id": 1, "media_type": "dvd"}, 404),
        (MEDIA, {"tmdb_id": 1}, 400),
        (MEDIA, {"tmdb_id": 1, "media_type": "vhs"}, 400),
        (MEDIA, {"tmdb_id": 1, "media_type": "other"}, 400),
        (MEDIA, {"media_type": "dvd"}, 400),
        (MEDIA, {"imdb_id": "tt0000000", "media_type": "dvd"}, 400),
        (f"{MEDIA}/9/remove", None, 404),
        (f"{MEDIA}/nine/remove", None, 400),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(
    writing: Writing, path: str, body: Any, status: int
) -> None:
    answered = await writing.post(path, body)

    assert (answered.status_code, answered.json()["status"]) == (status, status)
    assert answered.json()["error"]


async def test_a_body_that_is_no_json_is_refused(writing: Writing) -> None:
    answered = await writing.api.ask(
        VINYL,
        method="POST",
        key="admin",
        content=b"{",
        headers={"content-type": "application/json"},
    )

    assert answered.status_code == 400


@pytest.mark.parametrize("path", [VINYL, MEDIA, f"{MEDIA}/1/remove", "/v1/admin/sync/trakt"])
async def test_a_read_key_may_not(writing: Writing, path: str) -> None:
    answered = await writing.api.ask(path, method="POST", json={})

    assert answered.status_code in (401, 403)


async def test_a_provider_that_refuses_is_a_bad_gateway(writing: Writing) -> None:
    writing.providers.discogs.add(answer(401, body={"message": "secret words"}), times=None)

    answered = await writing.post(VINYL, {"discogs_id": 1})

    assert (answered.status_code, "secret" in answered.text) == (502, False)


async def test_a_provider_that_does_not_answer_is_asked_again(writing: Writing) -> None:
    writing.providers.trakt.add(stall(20, after=0), match=posted, times=None)

    answered = await writing.post(MEDIA, {"tmdb_id": FILM.tmdb_id, "media_type": "dvd"})

    assert answered.status_code == 504


async def test_without_trakt_there_is_nothing_to_sync(quick_api: Api) -> None:
    answered = await quick_api.ask("/v1/admin/sync/trakt", method="POST", key="admin")

    assert (answered.status_code, answered.json()["error"]) == (404, "Trakt is not connected")


async def test_missing_posters_are_looked_for(writing: Writing, desk: Desk) -> None:
    for film in FILMS[:2]:
        order = await desk.order("add_media", tmdb_id=film.tmdb_id, media_type="dvd")
        await outbox.deliver(desk.deps, ME, order.id)

    answered = await writing.post(f"{MEDIA}/backfill-images", {"limit": 1})

    body = answered.json()
    assert (answered.status_code, body["success"], body["status"]) == (200, True, "completed")
    assert body["results"] == {
        "domain": "watching",
        "entityType": "movies",
        "queued": 1,
        "succeeded": 1,
        "skipped": 0,
        "failed": 0,
        "errors": [],
    }


@pytest.mark.parametrize("limit", [0, 201, "ten"])
async def test_posters_are_looked_for_within_bounds(writing: Writing, limit: Any) -> None:
    answered = await writing.post(f"{MEDIA}/backfill-images", {"limit": limit})

    assert (answered.status_code, answered.json()["details"][0]["path"]) == (400, "limit")


async def test_a_films_poster_is_shown_wherever_the_film_is(writing: Writing) -> None:
    await writing.post(MEDIA, {"tmdb_id": FILM.tmdb_id, "media_type": "dvd"})

    rows = [
        (await writing.api.ask(path)).json()["data"][0]
        for path in ("/v1/collecting/media", "/v1/collecting/media/recent")
    ]
    whole = (await writing.api.ask(f"/v1/collecting/media/{rows[0]['id']}")).json()
    crossed = (await writing.api.ask("/v1/collecting/media/cross-reference")).json()["data"][0]
    shown = [row["image"] for row in (*rows, whole)] + [crossed["collection"]["poster"]]
    assert all(each == shown[0] for each in shown)
    assert "/watching/movies/" in shown[0]["cdn_url"]
    assert crossed["collection"]["image"] is None


async def test_a_poster_has_an_address_of_its_own(writing: Writing, desk: Desk) -> None:
    order = await desk.order("add_media", tmdb_id=FILM.tmdb_id, media_type="dvd")
    await outbox.deliver(desk.deps, ME, order.id)
    done = outbox.told(await outbox.answered(desk.store, ME, order))

    answered = await writing.api.ask(f"/v1/images/watching/movies/{done['movie_id']}/medium")

    assert answered.status_code == 302
    assert f"/watching/movies/{done['movie_id']}/" in answered.headers["location"]
