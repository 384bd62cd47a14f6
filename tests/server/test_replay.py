"""The very same request again: sent what was sent, and only while that is true."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
import time_machine

from rewind_gql.auth import keys, queries
from rewind_gql.auth.documents import fingerprint
from rewind_gql.server.build import endpoint
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.schema.life import DAY, NOON, hear, play
from tests.serving import Api, desk_of, new_key, serving

RECENT = "{ listening { recent(first: 2) { nodes { playedAt track { name } } } } }"
LONG = "{ listening { recent(first: 50) { nodes { id playedAt track { id name } } } } }"
THIS_YEAR = "{ listening { calendar { year total } } }"
REST = "/v1/listening/recent?limit=2"

pytestmark = pytest.mark.either


@pytest.fixture
async def api(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Api]:
    """The application over a few plays."""
    desk = desk_of(store, settings())
    async with serving(desk, graphql=endpoint(desk)) as made:
        for number in range(20):
            await hear_one(made, f"Song {number}", NOON + number * DAY)
        yield made


async def posted(api: Api, query: str = RECENT, **headers: str) -> httpx.Response:
    """What is answered to a query."""
    sent = {"Authorization": f"Bearer {api.read}", **headers}
    return await api.client.post("/graphql", json={"query": query}, headers=sent)


def statements(api: Api) -> list[str]:
    """Those that are run from now on."""
    seen: list[str] = []
    api.desk.store.watchers.append(seen.append)
    return seen


async def hear_one(api: Api, name: str, at: datetime) -> None:
    """One more play."""
    async with api.desk.store.write() as conn:
        await hear(conn, play("Low", "Hey What", name, at), user_id=ME)


async def test_nothing_is_looked_up_for_the_same_request(api: Api) -> None:
    first = await posted(api)
    got = await api.ask(REST)
    seen = statements(api)

    again = await posted(api)
    got_again = await api.ask(REST)

    assert (again.content, got_again.content) == (first.content, got.content)
    assert api.desk.store.dialect != "sqlite" or seen == []


async def test_what_is_told_of_each_request_is_told_anew(api: Api) -> None:
    first = await posted(api)

    again = await posted(api)
    named = await posted(api, **{"X-Request-Id": "request-12345"})

    left = [int(each.headers["x-ratelimit-remaining"]) for each in (first, again, named)]
    assert left == [left[0], left[0] - 1, left[0] - 2]
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert named.headers["x-request-id"] == "request-12345"
    own = {"x-request-id", "x-ratelimit-remaining", "ratelimit", "x-ratelimit-reset"}
    told = [{n: v for n, v in each.headers.items() if n not in own} for each in (first, named)]
    assert told[0] == told[1]


async def test_any_commit_ends_it(api: Api) -> None:
    before = [(await posted(api)).text, (await api.ask(REST)).text]
    await hear_one(api, "Days Like These", NOON + 30 * DAY)

    after = [(await posted(api)).text, (await api.ask(REST)).text]

    assert all("Days Like These" in each for each in after)
    assert not any("Days Like These" in each for each in before)


async def test_a_key_that_was_taken_back_gets_nothing(api: Api) -> None:
    await posted(api)
    async with api.desk.store.write() as conn:
        [known] = [key for key in await queries.keys(conn, ME) if key.name == "read"]
        await keys.revoke(conn, ME, key_id=known.id)

    again = await posted(api)

    assert again.status_code == 401


async def test_a_key_that_has_run_out_gets_nothing(api: Api) -> None:
    until = datetime(2030, 1, 1, tzinfo=UTC)
    api.read = await new_key(api.desk, "read", expires_at=until)
    with time_machine.travel(until - timedelta(minutes=1), tick=False):
        held = await posted(api)

    with time_machine.travel(until, tick=False):
        over = await posted(api)

    assert (held.status_code, over.status_code) == (200, 401)


async def test_it_is_counted_against_the_limit(api: Api) -> None:
    api.read = await new_key(api.desk, "read", rate_limit_rpm=3)

    found = [await posted(api) for _ in range(4)]

    assert [each.status_code for each in found] == [200, 200, 200, 429]
    assert int(found[3].headers["retry-after"]) > 0


async def test_what_depends_on_the_day_is_made_anew_the_next_day(api: Api) -> None:
    night = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    with time_machine.travel(night, tick=False):
        first, same = await posted(api, THIS_YEAR), await posted(api, THIS_YEAR)

    with time_machine.travel(night + timedelta(minutes=1), tick=False):
        other = await posted(api, THIS_YEAR)

    assert first.content == same.content
    assert "2025" in first.text
    assert "2026" in other.text


async def test_whoever_packs_gets_it_packed(api: Api) -> None:
    plain = await posted(api, LONG, **{"Accept-Encoding": "identity"})
    first = await posted(api, LONG, **{"Accept-Encoding": "gzip"})

    again = await posted(api, LONG, **{"Accept-Encoding": "gzip"})

    assert "content-encoding" not in plain.headers
    assert again.headers["content-encoding"] == first.headers["content-encoding"] == "gzip"
    assert again.json() == first.json() == plain.json()


async def test_other_headers_make_another_request(api: Api) -> None:
    first = await posted(api)

    newer = await posted(api, Accept="application/graphql-response+json")
    page = await posted(api, Origin="https://example.org")

    assert first.headers["content-type"].startswith("application/json")
    assert newer.headers["content-type"].startswith("application/graphql-response+json")
    assert page.status_code in (200, 403)


async def test_a_body_that_comes_in_parts_is_read_whole(api: Api) -> None:
    body = orjson.dumps({"query": RECENT})
    whole = await posted(api)

    async def parts() -> AsyncIterator[bytes]:
        yield body[:10]
        yield body[10:]

    sent = {"Authorization": f"Bearer {api.read}", "Content-Type": "application/json"}
    found = await api.client.post("/graphql", content=parts(), headers=sent)

    assert found.json() == whole.json()


async def test_a_text_that_comes_with_its_hash_is_named_each_time(api: Api) -> None:
    async def sent(text: str, *, whole: bool = True) -> httpx.Response:
        named = {"version": 1, "sha256Hash": fingerprint(text)}
        body = {"extensions": {"persistedQuery": named}, **({"query": text} if whole else {})}
        headers = {"Authorization": f"Bearer {api.read}"}
        return await api.client.post("/graphql", json=body, headers=headers)

    await sent(RECENT)
    for number in range(40):  # which leave no room for the first
        await sent(f"{RECENT} #{number}{'a' * 120_000}")
    forgotten = await sent(RECENT, whole=False)

    await sent(RECENT)
    known = await sent(RECENT, whole=False)

    assert "PERSISTED_QUERY_NOT_FOUND" in forgotten.text
    assert "errors" not in known.json()


async def test_nothing_is_kept_where_nothing_may_be(
    store: Store, settings: Callable[..., Settings]
) -> None:
    desk = desk_of(store, settings(answer_cache_mb=0))
    async with serving(desk, graphql=endpoint(desk)) as api:
        first = await posted(api)
        seen = statements(api)

        again = await posted(api)

    assert again.content == first.content
    assert any("listening_play" in each for each in seen)
