"""Answers by versions over HTTP: kept, named in headers, and 304 to those who have them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from sqlmodel import col, update

from rewind_gql.auth.tables import ApiKey
from rewind_gql.images import keeping
from rewind_gql.images.records import Key
from rewind_gql.server.build import endpoint
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking
from tests.schema.life import DAY, NOON, hear, play
from tests.serving import Api, desk_of, new_key, serving

RECENT = "{ listening { recent(first: 2) { nodes { playedAt track { name } } } } }"
RUNS = "{ syncRuns(first: 2) { nodes { status durationMs } } }"
VIEWER = "{ viewer { scope } }"


@pytest.fixture
async def api(own_ask: Asking) -> AsyncIterator[Api]:
    """The application over a life of its own."""
    desk = desk_of(own_ask.deps.store, own_ask.deps.settings)
    async with serving(desk, graphql=endpoint(desk)) as made:
        yield made


async def asked(
    api: Api, query: str, *, key: str | None = None, headers: Any = None, **more: Any
) -> httpx.Response:
    """What is answered to a query by GET."""
    given = {"query": query, **{name: orjson.dumps(each).decode() for name, each in more.items()}}
    sent = {"Authorization": f"Bearer {key or api.read}", **(headers or {})}
    return await api.client.get("/graphql", params=given, headers=sent)


async def posted(api: Api, query: str, *, key: str | None = None, **more: Any) -> httpx.Response:
    """What is answered to a query by POST."""
    sent = {"Authorization": f"Bearer {key or api.read}"}
    return await api.client.post("/graphql", json={"query": query, **more}, headers=sent)


async def heard(api: Api, name: str, user_id: int = 1) -> None:
    """One more play."""
    async with api.desk.store.write() as conn:
        await hear(conn, play("Low", "Hey What", name, NOON + 30 * DAY), user_id=user_id)


async def test_the_same_again_is_answered_by_the_versions_alone(api: Api) -> None:
    first = await posted(api, RECENT)
    seen: list[str] = []
    api.desk.store.watchers.append(seen.append)

    again = [await posted(api, RECENT), await posted(api, f"{RECENT} "), await posted(api, RECENT)]

    assert [each.content for each in again] == [first.content] * 3
    assert not [sql for sql in seen if "listening_play" in sql and "LIMIT" in sql][1:]
    if api.desk.store.dialect == "sqlite":
        assert not [sql for sql in seen if "data_version" in sql]


async def test_a_write_shows_at_once(api: Api) -> None:
    before = await posted(api, RECENT)
    await heard(api, "Days Like These")

    after = await posted(api, RECENT)

    assert before.json() != after.json()
    assert "Days Like These" in after.text


async def test_a_client_is_told_that_it_has_the_answer(api: Api) -> None:
    first = await asked(api, RECENT)
    mine = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    held = await asked(api, RECENT, headers=mine)
    any_ = await asked(api, RECENT, headers={"If-None-Match": "*"})
    await heard(api, "Days Like These")
    changed = await asked(api, RECENT, headers=mine)

    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Accept, Authorization, Origin"
    assert (held.status_code, any_.status_code, changed.status_code) == (304, 304, 200)
    assert held.content == b""
    assert held.headers["etag"] == first.headers["etag"] != changed.headers["etag"]


async def test_a_tag_is_judged_without_the_answer(api: Api) -> None:
    first = await asked(api, RECENT)
    fresh = desk_of(api.desk.store, api.desk.settings)
    seen: list[str] = []

    async with serving(fresh, graphql=endpoint(fresh)) as other:
        api.desk.store.watchers.append(seen.append)
        held = await asked(
            other, RECENT, key=api.read, headers={"If-None-Match": first.headers["etag"]}
        )

    assert held.status_code == 304
    assert not [sql for sql in seen if "listening_play" in sql]


async def test_all_that_a_client_sends_counts_toward_the_memory_of_answers(api: Api) -> None:
    sent = {"Authorization": f"Bearer {api.read}", "Content-Type": "application/json"}
    answers = api.desk.caching.answers
    await posted(api, VIEWER)
    empty = answers.size_bytes

    await api.client.post(
        "/graphql", content=f'{{"query": "{VIEWER}"}}{" " * 100_000}', headers=sent
    )
    body = answers.size_bytes
    await asked(api, VIEWER, headers={"X-Anything": "a" * 100_000})

    # Where there is no number for all commits, nothing is kept of whole requests.
    least = 100_000 if api.desk.store.dialect == "sqlite" else 0
    assert body - empty >= least
    assert answers.size_bytes - body >= least


async def test_what_depends_on_the_moment_is_made_anew(api: Api) -> None:
    first, again = await posted(api, RUNS), await posted(api, RUNS)

    assert first.status_code == again.status_code == 200
    assert api.desk.caching.answers.given == 0


async def test_pictures_looked_for_in_vain_are_counted_at_once(api: Api) -> None:
    asked = "{ imageTally { outcome count } }"
    before = (await posted(api, asked)).json()["data"]["imageTally"]
    version = (await posted(api, asked)).headers["x-data-version"]

    key = Key("listening", "albums", "77")
    async with api.desk.store.write() as conn:
        await keeping.miss(conn, ME, key, "failed", reason=None, facts={})
    after = await posted(api, asked)

    assert after.json()["data"]["imageTally"] == [{"outcome": "failed", "count": 1}, *before]
    assert after.headers["x-data-version"] == version


async def test_nobody_is_given_what_another_key_asked_for(api: Api) -> None:
    other = await new_key(api.desk, "read", user_id=OTHER)
    keys = [api.read, api.admin, other]
    for _ in range(2):
        scopes = [(await posted(api, VIEWER, key=key)).json() for key in keys]
        plays = [(await posted(api, RECENT, key=key)).json() for key in keys]

    assert [each["data"]["viewer"]["scope"] for each in scopes] == ["READ", "ADMIN", "READ"]
    assert plays[0] == plays[1] != plays[2]
    tag = (await asked(api, RECENT)).headers["etag"]
    stolen = await asked(api, RECENT, key=api.admin, headers={"If-None-Match": tag})
    assert stolen.status_code == 200


async def test_a_key_that_is_taken_back_is_refused_at_once(api: Api) -> None:
    key = await new_key(api.desk, "read", name="gone")
    assert (await posted(api, RECENT, key=key)).status_code == 200

    async with api.desk.store.write() as conn:
        await conn.execute(update(ApiKey).values(is_active=False).where(col(ApiKey.name) == "gone"))

    assert (await posted(api, RECENT, key=key)).status_code == 401
    assert (await asked(api, RECENT, key=key)).status_code == 401


async def test_errors_are_not_kept(api: Api) -> None:
    wrong = "{ listening { recent(first: 100000) { totalCount } } }"

    for _ in range(2):
        answered = await asked(api, wrong)

    assert "errors" in answered.json()
    assert "etag" not in answered.headers
    assert len(api.desk.caching.answers) == 0


async def test_every_answer_names_the_versions(api: Api) -> None:
    first = await posted(api, VIEWER)
    await heard(api, "Days Like These")
    second = await posted(api, VIEWER)
    rest = await api.ask("/v1/listening/recent")

    versions = [
        dict(part.split("=") for part in each.headers["x-data-version"].split(", "))
        for each in (first, second, rest)
    ]
    assert versions[1] == versions[2]
    assert {name for name in versions[0] if versions[0][name] != versions[1][name]} == {"listening"}


async def test_a_request_may_ask_for_the_versions(api: Api) -> None:
    asked_for = {"dataVersion": True}
    first = (await posted(api, VIEWER, extensions=asked_for)).json()["extensions"]["dataVersion"]
    await heard(api, "Days Like These")

    second = (await posted(api, VIEWER, extensions=asked_for)).json()["extensions"]["dataVersion"]

    assert second["listening"] > first["listening"]
    assert {**second, "listening": 0} == {**first, "listening": 0}


async def test_a_mutation_names_the_versions_it_has_made(api: Api) -> None:
    before = (await posted(api, VIEWER)).headers["x-data-version"]
    mutation = (
        'mutation { addFilter(input: {filterType: CUSTOM, scope: ARTIST, pattern: "x"})'
        " { errors { code } } }"
    )

    after = await posted(api, mutation, key=api.admin)

    assert after.json()["data"]["addFilter"] == {"errors": []}
    assert after.headers["x-data-version"] != before
    now = await posted(api, VIEWER)
    assert now.headers["x-data-version"] == after.headers["x-data-version"]
