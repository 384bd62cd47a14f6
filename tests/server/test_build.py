"""Everything put together from settings, on a real socket."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from graphql import parse, validate
from pydantic import SecretStr

from rewind_gql.auth import keys, queries, users
from rewind_gql.errors import BadSettings
from rewind_gql.images.records import Key
from rewind_gql.ports.blobs import blobs
from rewind_gql.server.build import application
from rewind_gql.server.pages.starters import STARTERS
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store
from schema.root import print_sdl, schema
from tests.databases import ME
from tests.images.files import opened, picture
from tests.images.gallery import hang
from tests.served import served


async def first_key(settings: Settings, **given: Any) -> str:
    """An admin key in a new database."""
    settings.data_dir.mkdir(parents=True)
    await migrate.upgrade(settings.url)
    store = await Store.open(settings.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        pepper = keys.pepper(settings.secret_bytes())
        _, key = await keys.create(conn, user_id, name="k", scope="admin", pepper=pepper, **given)
    await store.close()
    return key


async def count(settings: Settings) -> int:
    """Requests counted so far."""
    store = await Store.open(settings.url)
    [key] = await store.ask(queries.keys, ME)
    await store.close()
    return key.request_count


def bearer(key: str) -> dict[str, str]:
    """The header that shows a key."""
    return {"Authorization": f"Bearer {key}"}


def test_it_serves_rest_and_graphql_and_writes_the_rest_at_the_end(
    settings: Callable[..., Settings],
) -> None:
    chosen = settings()
    key = asyncio.run(first_key(chosen))

    with served(application(chosen)) as url:
        recent = httpx.get(f"{url}/v1/listening/recent", headers=bearer(key))
        viewer = httpx.post(
            f"{url}/graphql", json={"query": "{ viewer { scope } }"}, headers=bearer(key)
        )
        sdl = httpx.get(f"{url}/schema.graphql")

    assert recent.json() == {"data": []}
    assert viewer.json() == {"data": {"viewer": {"scope": "ADMIN"}}}
    assert sdl.text == print_sdl()
    assert asyncio.run(count(chosen)) == 2


def test_both_surfaces_share_one_limit(settings: Callable[..., Settings]) -> None:
    chosen = settings()
    key = asyncio.run(first_key(chosen, rate_limit_rpm=2))

    with served(application(chosen)) as url:
        query = {"query": "{ viewer { scope } }"}
        first = httpx.post(f"{url}/graphql", json=query, headers=bearer(key))
        second = httpx.get(f"{url}/v1/listening/recent", headers=bearer(key))
        third = httpx.post(f"{url}/graphql", json=query, headers=bearer(key))
        fourth = httpx.post(f"{url}/graphql", json=query)

    assert [first.status_code, second.status_code] == [200, 200]
    assert first.headers["x-ratelimit-remaining"] == "1"
    refused = third.json()["errors"][0]["extensions"]
    assert (third.status_code, refused["code"]) == (429, "RATE_LIMITED")
    assert third.headers["ratelimit-policy"] == '"minute";q=2;w=60'
    assert third.headers["ratelimit"].startswith('"minute";r=0;t=')
    assert third.headers["x-ratelimit-remaining"] == "0"
    assert fourth.status_code == 401


def test_two_processes_share_one_limit_through_redis(
    settings: Callable[..., Settings], redis_url: str
) -> None:
    chosen = settings(redis_url=redis_url)
    key = asyncio.run(first_key(chosen, rate_limit_rpm=3))

    with served(application(chosen)) as one, served(application(chosen)) as other:
        answers = [
            httpx.get(f"{url}/v1/listening/recent", headers=bearer(key))
            for url in (one, other, one, other)
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", True), ("localhost", True), ("evil.example", False)]
)
def test_the_demo_key_is_for_this_machine_alone(
    settings: Callable[..., Settings], host: str, shown: bool
) -> None:
    chosen = settings(demo_key=SecretStr("rw_demo"))
    asyncio.run(first_key(chosen))

    with served(application(chosen)) as url:
        headers = {"Accept": "text/html", "Host": f"{host}:8000"}
        page = httpx.get(f"{url}/graphql", headers=headers)

    assert page.status_code == 200
    assert ("rw_demo" in page.text) is (shown and 'id="start"' in page.text)


def test_pictures_are_served_to_everybody_and_their_process_ends_with_the_server(
    settings: Callable[..., Settings],
) -> None:
    chosen = settings()
    asyncio.run(first_key(chosen))
    key = Key("listening", "albums", "1")
    asyncio.run(picture_of(chosen, key))

    with served(application(chosen)) as url:
        size = httpx.get(f"{url}/cdn-cgi/image/width=100,height=100/{key}/original.jpg?v=1")
        during = image_processes()

    assert (size.status_code, opened(size.content).size) == (200, (100, 100))
    assert len(during) == 1
    assert image_processes() == []


def test_settings_of_images_that_cannot_be_are_told_before_the_start(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    for wrong in (
        {"image_order": "listening/albums=tmdb"},
        {"image_store": str(tmp_path / "file" / "images")},
    ):
        with pytest.raises(BadSettings):
            application(settings(**wrong))


async def picture_of(settings: Settings, key: Key) -> None:
    """Give a thing a picture."""
    store = await Store.open(settings.url)
    await hang(store, blobs(settings), picture("JPEG", 300, 200), key=key)
    await store.close()


def image_processes() -> list[int]:
    """The processes that work on pictures for this one."""
    return [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "rewind_gql.images.process" in child.cmdline()
    ]


@pytest.mark.parametrize("text", STARTERS)
def test_what_people_see_first_is_valid(text: str) -> None:
    assert validate(schema._schema, parse(text)) == []
