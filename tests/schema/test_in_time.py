"""Operations that take too long: broken off with their SQL, and nothing is the worse for it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
import strawberry
from sqlalchemy import func, literal, select
from strawberry.http import GraphQLRequestData

from rewind_gql.store.read import Conn, Read
from schema.context import Context, Info
from schema.execution import EXTENSIONS, PerEvent, Schema, payload
from tests.databases import ME
from tests.schema.conftest import Asking, caller

_numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
_numbers = _numbers.union_all(select(_numbers.c.n + 1).where(_numbers.c.n < 2_000_000_000))
_ENDLESS: Read[int] = Read(select(func.count()).select_from(_numbers), int)
_ONE: Read[int] = Read(select(literal(1)), int)


async def endless(conn: Conn, user_id: int) -> int:
    """What takes minutes to count."""
    return await conn.value(_ENDLESS)


async def one(conn: Conn, user_id: int) -> int:
    """What takes no time."""
    return await conn.value(_ONE)


@strawberry.type
class Query:
    """Something quick and something slow."""

    @strawberry.field
    async def slow(self, info: Info) -> int:
        """Minutes."""
        return await info.context.ask(endless)

    @strawberry.field
    async def together(self, info: Info) -> list[int]:
        """Minutes, twice at once."""
        return list(await asyncio.gather(*(info.context.ask(endless) for _ in range(2))))

    @strawberry.field
    async def quick(self, info: Info) -> int:
        """No time."""
        return await info.context.ask(one)


@strawberry.type
class Subscription:
    """What is quick and then slow, for ever."""

    @strawberry.subscription
    async def events(self, info: Info) -> AsyncGenerator[Query, None]:
        """Two events."""
        yield Query()
        yield Query()


SCHEMA = Schema(
    Query, subscription=Subscription, extensions=EXTENSIONS, execution_context_class=PerEvent
)


def context(ask: Asking) -> Context:
    """The context of an operation that has a third of a second."""
    settings = ask.deps.settings.model_copy(update={"graphql_timeout_s": 0.3})
    deps = replace(ask.deps, settings=settings)
    return Context(deps=deps, caller=caller(ME, "read"), request_id="r-1", links=ask.links)


@pytest.mark.parametrize("query", ["{ slow }", "{ a: slow b: slow quick }", "{ together }"])
async def test_an_operation_is_broken_off_and_the_database_is_free_again(
    ask: Asking, query: str
) -> None:
    began = time.perf_counter()

    results = [await SCHEMA.execute(query, context_value=context(ask)) for _ in range(4)]

    took = time.perf_counter() - began
    assert {error.message for each in results for error in each.errors or ()} == {
        "The operation took longer than 0.3 seconds"
    }
    for each in results:
        sent = payload(each)
        assert sent["data"] is None
        assert sent["errors"][0]["extensions"] == {"code": "TIMEOUT", "requestId": "r-1"}
    assert took < 5
    after = await SCHEMA.execute("{ quick }", context_value=context(ask))
    assert after.data == {"quick": 1}
    assert await ask.deps.store.ask(one, ME) == 1


async def test_each_event_of_a_subscription_has_its_own_time(ask: Asking) -> None:
    asked = GraphQLRequestData(
        query="subscription { events { slow } }", variables=None, operation_name=None,
        extensions=None,
    )  # fmt: skip

    results = [each async for each in SCHEMA.run(asked, context(ask))]

    codes = [(each.errors or [None])[0].extensions["code"] for each in results]
    assert codes == ["TIMEOUT", "TIMEOUT"]


async def test_what_is_done_in_time_is_let_be(ask: Asking) -> None:
    done = await SCHEMA.execute("{ quick }", context_value=context(ask))

    await asyncio.sleep(0.4)

    assert (done.data, done.errors) == ({"quick": 1}, None)
