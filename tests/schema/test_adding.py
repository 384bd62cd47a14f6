"""Adding to collections in GraphQL, and the films that are in them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from rewind_gql.demo.films import FILMS
from rewind_gql.demo.upstreams.effects import answer
from tests.databases import OTHER
from tests.rest.writing import Done
from tests.schema.conftest import Asking, asking_over
from tests.serving import desk_of
from tests.sync.outbox.desk import Desk, desk, life, providers

__all__ = ["desk", "life", "providers"]

FILM = FILMS[0]
ADD = """
mutation ($tmdb: Int, $title: String, $mark: String, $type: MediaType = DVD) {
  addMedia(input: {tmdbId: $tmdb, title: $title, mediaType: $type, clientMutationId: $mark}) {
    errors { code message path }
    candidates { tmdbId title year }
    media { id mediaType rawType movie { id title tmdbId directors watches { source } } }
  }
}
"""


@pytest.fixture
async def asking(desk: Desk) -> AsyncIterator[Asking]:
    """Somebody whose orders are done at once."""
    made = asking_over(desk_of(desk.store, desk.deps.settings, desk.deps.clients))
    jobs = Done(desk.deps)
    yield replace(made, deps=replace(made.deps, jobs=jobs))
    await jobs.close()
    await made.deps.images.close()


async def test_a_film_is_added_with_all_that_is_known_of_it(asking: Asking) -> None:
    payload = await asking.done(ADD, tmdb=FILM.tmdb_id)

    media = payload["media"]
    assert (payload["errors"], payload["candidates"]) == ([], None)
    assert (media["mediaType"], media["rawType"]) == ("DVD", "dvd")
    assert (media["movie"]["title"], media["movie"]["tmdbId"]) == (FILM.title, FILM.tmdb_id)
    assert media["movie"]["directors"]
    assert media["movie"]["watches"] == []


async def test_one_mark_adds_once(asking: Asking, desk: Desk) -> None:
    first = await asking.done(ADD, tmdb=FILM.tmdb_id, mark="m")

    again = await asking.done(ADD, tmdb=FILM.tmdb_id, mark="m")
    other = await asking.done(ADD, tmdb=FILMS[1].tmdb_id, mark="m")

    assert again["media"] == first["media"]
    assert [each["code"] for each in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert len(desk.providers.account.owned()) == 1


async def test_several_of_a_name_are_to_be_chosen_from(asking: Asking) -> None:
    payload = await asking.done(ADD, title="The")

    assert [each["code"] for each in payload["errors"]] == ["AMBIGUOUS"]
    assert payload["media"] is None
    assert 1 < len(payload["candidates"]) <= 5
    assert all(each["tmdbId"] and each["title"] for each in payload["candidates"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"tmdb": 1}, "NOT_FOUND"),
        ({"tmdb": 0}, "BAD_INPUT"),
        ({"title": "x" * 501}, "BAD_INPUT"),
        ({}, "BAD_INPUT"),
        ({"tmdb": FILM.tmdb_id, "type": "OTHER"}, "BAD_INPUT"),
    ],
)
async def test_what_cannot_be_added_says_why(
    asking: Asking, given: dict[str, object], code: str
) -> None:
    payload = await asking.done(ADD, **given)

    assert [each["code"] for each in payload["errors"]] == [code]


async def test_a_provider_that_refuses_is_unavailable(asking: Asking, desk: Desk) -> None:
    desk.providers.trakt.add(answer(403), times=None)

    payload = await asking.done(ADD, tmdb=FILM.tmdb_id)

    assert [each["code"] for each in payload["errors"]] == ["UNAVAILABLE"]


async def test_a_film_is_taken_out_on_all_it_is_owned_on(asking: Asking, desk: Desk) -> None:
    added = await asking.done(ADD, tmdb=FILM.tmdb_id)
    query = """mutation ($id: ID!) {
      removeMedia(id: $id) { errors { code } movie { title media { id } } }
    }"""

    payload = await asking.done(query, id=added["media"]["id"])
    again = await asking.done(query, id=added["media"]["id"])

    assert payload == {"errors": [], "movie": {"title": FILM.title, "media": []}}
    assert [each["code"] for each in again["errors"]] == ["NOT_FOUND"]
    assert desk.providers.account.owned() == []


async def test_a_release_is_added(asking: Asking, desk: Desk) -> None:
    number = desk.providers.shelf.wants()[0].sleeve.release_id

    payload = await asking.done(
        """mutation ($id: Int) {
          addRelease(input: {discogsId: $id}) {
            errors { code } item { release { discogsId tracklist { title } } }
          }
        }""",
        id=number,
    )

    assert payload["errors"] == []
    assert payload["item"]["release"]["discogsId"] == number
    assert payload["item"]["release"]["tracklist"]


async def test_a_read_key_may_not(asking: Asking) -> None:
    assert await asking.refused(ADD, tmdb=FILM.tmdb_id, scope="read") == ("FORBIDDEN", None)


async def test_films_of_any_number_cost_the_same_statements(asking: Asking) -> None:
    added = [await asking.done(ADD, tmdb=film.tmdb_id) for film in FILMS[:4]]
    ids = [each["media"]["id"] for each in added]
    query = """query ($ids: [ID!]!) {
      nodes(ids: $ids) { ... on Media { movie { title watches { id: source } media { id } } } }
    }"""
    counts = []
    for some in (ids[:1], ids):
        asking.statements.clear()
        data = await asking.data(query, ids=some)
        counts.append(len(asking.statements))

    assert counts[0] == counts[1]
    assert [node["movie"]["title"] for node in data["nodes"]] == [f.title for f in FILMS[:4]]


async def test_another_persons_films_are_nothing(asking: Asking) -> None:
    added = await asking.done(ADD, tmdb=FILM.tmdb_id)
    query = "query ($id: ID!) { node(id: $id) { id } }"

    data = await asking.data(query, id=added["media"]["id"], user_id=OTHER)

    assert data == {"node": None}
