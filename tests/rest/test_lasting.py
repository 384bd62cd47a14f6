"""Answers kept for those who ask the same again: never longer than they are true."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from rewind_gql import clock
from rewind_gql.auth import keys
from rewind_gql.auth.tables import ApiKey
from rewind_gql.images.records import Key
from rewind_gql.rest.answers import Answer
from rewind_gql.rest.lasting import LONGEST, MOST, Asked, Known, Lasting
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.rest.gallery import Gallery, quick, there
from tests.schema.conftest import caller
from tests.serving import new_key

__all__ = ["quick", "there"]

KEY = Key("listening", "albums", "1")
PATH = f"/v1/images/{KEY}/small"


async def version_of(made: Gallery, **headers: str) -> str:
    """The version in the address that is redirected to."""
    answered = await made.api.ask(PATH, headers=headers)
    assert answered.status_code == 302
    return answered.headers["location"].rpartition("=")[2]


async def test_the_same_again_is_answered_without_asking_the_database(quick: Gallery) -> None:
    await quick.hang(KEY)
    first = await quick.api.ask(PATH)
    seen: list[str] = []
    quick.store.watchers.append(seen.append)

    again = await quick.api.ask(PATH)
    headed = await quick.api.ask(PATH, method="HEAD")

    assert seen == []
    assert again.status_code == headed.status_code == 302
    assert again.headers["location"] == headed.headers["location"] == first.headers["location"]


async def test_another_picture_shows_at_once(there: Gallery) -> None:
    await there.hang(KEY)
    before = await version_of(there)

    await there.hang(KEY, picture("PNG", 200, 200))

    assert (before, await version_of(there)) == ("1", "2")


async def test_what_another_process_writes_shows_at_once(quick: Gallery) -> None:
    await quick.hang(KEY)
    before = await version_of(quick)
    path = str(quick.store.url.database)

    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE images_picture SET version = 7")
    await asyncio.sleep(0)  # no request comes in the turn of the loop that another one came in

    assert (before, await version_of(quick)) == ("1", "7")


async def test_a_key_that_is_taken_back_is_refused_at_once(there: Gallery) -> None:
    await there.hang(KEY)
    await version_of(there)

    async with there.store.write() as conn:
        await conn.execute(update(ApiKey).values(is_active=False))
    answered = await there.api.ask(PATH)

    assert answered.status_code == 401


async def test_a_key_that_runs_out_meanwhile_is_refused(
    quick: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    await quick.hang(KEY)
    until = clock.now() + timedelta(hours=1)
    brief = await new_key(quick.api.desk, "read", expires_at=until)
    before = await quick.api.ask(PATH, key=brief)

    monkeypatch.setattr(clock, "now", lambda: until)
    after = await quick.api.ask(PATH, key=brief)

    assert (before.status_code, after.status_code) == (302, 401)


async def test_every_answer_counts_toward_the_limit(quick: Gallery) -> None:
    await quick.hang(KEY)
    few = await new_key(quick.api.desk, "read", rate_limit_rpm=3)

    answered = [await quick.api.ask(PATH, key=few) for _ in range(4)]

    assert [each.status_code for each in answered] == [302, 302, 302, 429]
    left = [each.headers["x-ratelimit-remaining"] for each in answered]
    assert left == ["2", "1", "0", "0"]


async def test_nobody_is_given_what_another_asked_for(there: Gallery) -> None:
    await there.hang(KEY)
    others = await new_key(there.api.desk, "read", user_id=OTHER)
    mine = await there.api.ask(PATH)

    theirs = await there.api.ask(PATH, key=others)
    nobodys = await there.api.ask(PATH, key=None)

    assert [mine.status_code, theirs.status_code, nobodys.status_code] == [302, 404, 401]


async def test_addresses_lead_to_where_was_asked(quick: Gallery) -> None:
    await quick.hang(KEY)
    await quick.api.ask(PATH)

    answered = await quick.api.ask(PATH, headers={"Host": "elsewhere.example"})

    assert httpx.URL(answered.headers["location"]).host == "elsewhere.example"


async def test_what_is_missing_is_not_kept(there: Gallery) -> None:
    key = await there.album("Tweez")
    missing = await there.api.ask(f"/v1/images/{key}/small")

    await there.hang(key)
    found = await there.api.ask(f"/v1/images/{key}/small")

    assert (missing.status_code, found.status_code) == (404, 302)


def asked(path: str = "/a") -> Asked:
    """A request for something."""
    return Asked(path, b"", "http", b"here", b"key")


def known() -> Known:
    """An answer to it."""
    return Known(caller(ME, "read"), Answer(200, [], b""))


async def test_what_was_begun_before_a_commit_is_not_kept_after_it(sqlite_store: Store) -> None:
    lasting = Lasting(sqlite_store)
    lasting.find(asked())
    begun = lasting.version
    async with sqlite_store.write() as conn:
        await keys.create(conn, ME, name="x", scope="read", pepper=keys.Pepper(b"p" * 32))
    lasting.find(asked("/b"))

    lasting.keep(asked(), known(), begun)

    assert lasting.find(asked()) is None


async def test_only_so_many_are_kept(sqlite_store: Store) -> None:
    lasting = Lasting(sqlite_store)
    for number in range(MOST + 1):
        lasting.find(asked(str(number)))
        lasting.keep(asked(str(number)), known(), lasting.version)

    assert lasting.find(asked("0")) is None
    assert lasting.find(asked(str(MOST))) is not None


async def test_the_answer_to_a_very_long_address_is_not_kept(sqlite_store: Store) -> None:
    lasting = Lasting(sqlite_store)
    headers = [(b"host", b"here"), (b"authorization", b"Bearer a")]
    short = {"path": "/a", "query_string": b"", "scheme": "http", "headers": headers}

    assert lasting.asked(short) is not None
    assert lasting.asked({**short, "query_string": b"a" * LONGEST}) is None
