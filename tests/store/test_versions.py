"""Numbers that rise in the transaction that changes rows, whoever's they are, and in no other."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, delete, update

from rewind_gql import clock
from rewind_gql.auth.tables import User
from rewind_gql.domains.listening.tables import Artist, Profile
from rewind_gql.images.tables import Making
from rewind_gql.store import versions
from rewind_gql.store.domains import UNTOLD, domain_of, domains, domains_of, written
from rewind_gql.store.engine import RAISES, Store
from rewind_gql.store.upsert import upsert
from rewind_gql.store.versions import DataVersion
from tests.databases import ME, OTHER

CONTENT = ["account", "collecting", "devices", "focus", "images", "listening", "playing"]


async def rose(store: Store, before: dict[str, int], user_id: int = ME) -> list[str]:
    """The domains whose number is another one now, and higher."""
    after = await store.ask(versions.numbers, user_id)
    assert all(after[each] >= before[each] for each in before)
    return [each for each in after if after[each] != before[each]]


def test_every_table_lies_in_a_domain() -> None:
    known = {table: domain_of(table) for table in SQLModel.metadata.tables}

    assert set(known.values()) == {*CONTENT, "sync", "watching", UNTOLD}
    assert domains() == sorted({*CONTENT, "sync", "watching"})
    assert sorted(table for table, domain in known.items() if domain == UNTOLD) == [
        "auth_key",
        "auth_pass",
        "data_version",
        "focus_receipt",
        "images_making",
    ]


async def test_a_change_raises_the_numbers_of_its_domain_and_person(store: Store) -> None:
    mine, theirs = [await store.ask(versions.numbers, each) for each in (ME, OTHER)]

    async with store.write() as conn:
        await conn.execute(update(User).where(User.id == ME).values(name="I"))  # type: ignore[arg-type]  # a column
    async with store.write() as conn:
        await conn.execute(delete(Artist).where(Artist.user_id == ME))  # type: ignore[arg-type]  # a column

    assert await rose(store, mine) == ["account"]
    assert await rose(store, theirs, OTHER) == ["account"]


async def test_everybodys_number_rises_where_nobody_is_named(store: Store) -> None:
    before = [await store.ask(versions.numbers, each) for each in (ME, OTHER)]

    async with store.write() as conn:
        await conn.execute(update(User).values(time_zone="UTC"))

    assert await rose(store, before[0]) == await rose(store, before[1], OTHER) == ["account"]


async def test_what_changes_nothing_raises_nothing(store: Store, statements: list[str]) -> None:
    async with store.write() as conn:
        await conn.execute(delete(Artist).where(Artist.user_id == ME))  # type: ignore[arg-type]  # a column
        await conn.execute(text("SELECT 1"))

    assert RAISES not in statements


async def test_a_row_that_is_written_as_it_is_raises_nothing(store: Store) -> None:
    row = {"user_id": ME, "name": "me", "url": "x", "plays": 1, "updated_at": clock.now()}
    row |= {"country": None, "registered_at": None}

    async def put(row: dict[str, Any], **given: Any) -> list[str]:
        before = await store.ask(versions.numbers, ME)
        async with store.write() as conn:
            await upsert(conn, Profile, [row], key=("user_id",), **given)
        return await rose(store, before)

    first = await put(row, update=("name", "updated_at"))
    same = [
        await put(row, update=("name", "updated_at"), keep=("url", "country")),
        await put(row | {"url": None}, keep=("url", "country")),
    ]
    other = await put(row | {"url": "y"}, update=("name",), keep=("url",))

    assert first == other == ["listening"]
    assert same == [[], []]


async def test_what_nobody_sees_raises_nothing(store: Store) -> None:
    before = await store.ask(versions.numbers, ME)

    async with store.write() as conn:
        with conn.unseen():
            await conn.execute(update(User).values(time_zone="UTC"))
    unseen = await rose(store, before)
    async with store.write() as conn:
        with conn.unseen():
            await conn.execute(update(User).values(time_zone="UTC"))
        await conn.execute(update(Artist).values(name="Low").where(Artist.user_id == 77))  # type: ignore[arg-type]  # a column
        await conn.execute(update(User).values(time_zone="UTC"))

    assert unseen == []
    assert await rose(store, before) == ["account"]


async def test_leases_raise_nothing(store: Store, statements: list[str]) -> None:
    async with store.write() as conn:
        row = {"key": "a", "owner": "me", "until": versions.clock.now()}
        await conn.execute(Making.__table__.insert(), row)  # type: ignore[attr-defined]  # a table

    assert RAISES not in statements


async def test_what_is_undone_raises_nothing(store: Store) -> None:
    before = await store.ask(versions.numbers, ME)

    with pytest.raises(ZeroDivisionError):
        async with store.write() as conn:
            await conn.execute(update(User).values(time_zone="UTC"))
            raise ZeroDivisionError

    assert await rose(store, before) == []


async def test_one_statement_raises_all_numbers_at_the_end(
    store: Store, statements: list[str]
) -> None:
    async with store.write() as conn:
        await conn.execute(update(User).values(time_zone="UTC"))
        await conn.execute(update(User).values(time_zone="Europe/Oslo"))

    assert statements == ["Update", "Update", RAISES]


async def test_numbers_rise_though_the_clock_stands_or_goes_back(store: Store) -> None:
    async with store.write() as conn:
        await conn.execute(
            DataVersion.__table__.insert(),  # type: ignore[attr-defined]  # a table
            {"user_id": 0, "domain": "account", "version": 10**14},
        )
    before = await store.ask(versions.numbers, ME)

    async with store.write() as conn:
        await conn.execute(update(User).values(time_zone="UTC"))

    after = await store.ask(versions.numbers, ME)
    assert after["account"] == before["account"] + 1


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("INSERT INTO listening_play (id) VALUES (1)", {"listening"}),
        ("UPDATE focus_device SET name = 1", {"devices"}),
        ("WITH gone AS (DELETE FROM images_picture RETURNING id) SELECT 1", {"images"}),
        ("INSERT INTO sync_run (id) VALUES (1) ON CONFLICT DO UPDATE SET id = 2", {"sync"}),
        ("UPDATE auth_key SET request_count = 1", set()),
        ("SELECT 1 FROM listening_play FOR UPDATE", set()),
        ("ANALYZE listening_play", set()),
    ],
)
def test_a_statement_says_what_it_writes(sql: str, found: set[str]) -> None:
    assert written(sql) == found


@pytest.mark.parametrize("sql", ["TRUNCATE listening_play", "UPDATE nothing SET x = 1", "COPY x"])
def test_a_statement_that_does_not_say_so_is_an_error(sql: str) -> None:
    with pytest.raises(TypeError, match="cannot be told"):
        written(sql)


def test_untold_tables_make_no_domains() -> None:
    assert domains_of([frozenset({"listening_play", "images_picture"})]) == ("images", "listening")
    assert domains_of([frozenset({"listening_play"}), frozenset({"auth_key"})]) is None
