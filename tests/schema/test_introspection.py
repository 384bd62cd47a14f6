"""Who may look at the schema: keys, and the server's own machine."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from graphql import get_introspection_query

from rewind_gql.auth.views import Caller
from rewind_gql.server.build import endpoint
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from schema.context import Context
from schema.root import print_sdl, schema
from tests.databases import ME
from tests.schema.conftest import Asking, caller
from tests.serving import Api, desk_of, new_key, serving

pytestmark = pytest.mark.either
LOOK = {"query": "{ __schema { queryType { name } } }"}
ZONE = {"query": "{ viewer { timeZone } }"}


def context(ask: Asking, asker: Caller, *, is_local: bool = False) -> Context:
    """The context of an operation of somebody's, perhaps from this machine."""
    return Context(
        deps=ask.deps, caller=asker, request_id="r-1", links=ask.links, is_local=is_local
    )


DEVICE = caller(ME, "device", "mac-app-2")
TRUSTED = replace(caller(ME, "read"), trusted_only=True)


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        '{ viewer { scope } __type(name: "Artist") { name } }',
        "{ ...a } fragment a on Query { ... { it: __schema { queryType { name } } } }",
    ],
)
@pytest.mark.parametrize("asker", [DEVICE, TRUSTED])
async def test_others_are_not_told_of_the_schema(
    quick_ask: Asking, asker: Caller, query: str
) -> None:
    result = await schema.execute(query, context_value=context(quick_ask, asker))

    (error,) = result.errors or ()
    assert result.data is None
    assert (error.extensions or {})["code"] == "FORBIDDEN"


async def test_who_is_not_told_may_still_ask_for_names(quick_ask: Asking) -> None:
    query = "{ __typename viewer { __typename scope } }"

    result = await schema.execute(query, context_value=context(quick_ask, DEVICE))

    assert result.errors is None


async def test_a_device_on_this_machine_is_told(quick_ask: Asking) -> None:
    result = await schema.execute(
        LOOK["query"], context_value=context(quick_ask, DEVICE, is_local=True)
    )

    assert result.data == {"__schema": {"queryType": {"name": "Query"}}}


async def test_a_key_for_trusted_documents_is_not_even_on_this_machine(quick_ask: Asking) -> None:
    result = await schema.execute(
        LOOK["query"], context_value=context(quick_ask, TRUSTED, is_local=True)
    )

    assert result.data is None


MISTAKES = (
    ("{ viewr { scope } }", {}),
    ("{ viewer { scop } }", {}),
    ("{ listening { recent(frist: 1) { totalCount } } }", {}),
    ("{ viewer { ... on Viewr { scope } } }", {}),
    ("{ listening { days(period: LAST_7_DAY) { day } } }", {}),
    ("query ($p: Period) { listening { days(period: $p) { day } } }", {"p": "LAST_7_DAY"}),
    (
        "query ($f: ItemFilter) { collecting { items(filter: $f) { totalCount } } }",
        {"f": {"tex": 1}},
    ),
)


@pytest.mark.parametrize(("query", "variables"), MISTAKES)
async def test_suggestions_are_for_who_may_look(
    quick_ask: Asking, query: str, variables: dict[str, str]
) -> None:
    told, hushed = [
        await schema.execute(
            query, variable_values=variables, context_value=context(quick_ask, asker)
        )
        for asker in (caller(ME, "read"), DEVICE)
    ]

    assert any("Did you mean" in error.message for error in told.errors or ())
    assert hushed.errors
    assert not any("Did you mean" in error.message for error in hushed.errors)
    assert all(error.message.strip() for error in hushed.errors)


@asynccontextmanager
async def asking_from(api: Api, client: str, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that address that knows the server by that name."""
    transport = httpx.ASGITransport(app=api.app, client=(client, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as made:
        yield made


@pytest.fixture
async def api(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Api]:
    """The application with GraphQL."""
    desk = desk_of(sqlite_store, settings())
    async with serving(desk, graphql=endpoint(desk), sdl=print_sdl()) as made:
        yield made


async def test_on_this_machine_the_schema_is_told_without_a_key(api: Api) -> None:
    async with asking_from(api, "127.0.0.1", "localhost:8000") as here:
        looked = await here.post("/graphql", json=LOOK)
        asked = await here.post("/graphql", json=ZONE)
        changed = await here.post(
            "/graphql", json={"query": 'mutation { retrySync(runId: "x") { errors { code } } }'}
        )
        followed = await here.post(
            "/graphql",
            json={"query": "subscription { deviceSync { overall } }"},
            headers={"Accept": "text/event-stream"},
        )
        printed = await here.get("/schema.graphql")

    assert looked.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    assert (asked.status_code, asked.json()["errors"][0]["extensions"]["code"]) == (
        401,
        "UNAUTHENTICATED",
    )
    assert (changed.status_code, followed.status_code) == (401, 401)
    assert printed.text == print_sdl()


@pytest.mark.parametrize(
    ("client", "name", "headers"),
    [
        ("192.168.1.9", "localhost", {}),
        ("127.0.0.1", "rewind.example", {}),
        ("127.0.0.1", "localhost", {"X-Forwarded-For": "203.0.113.9"}),
    ],
)
async def test_elsewhere_it_takes_a_key(
    api: Api, client: str, name: str, headers: dict[str, str]
) -> None:
    async with asking_from(api, client, name) as there:
        looked = await there.post("/graphql", json=LOOK, headers=headers)
        printed = await there.get("/schema.graphql", headers=headers)
        headers = {**headers, "Authorization": f"Bearer {api.read}"}
        keyed = await there.post("/graphql", json=LOOK, headers=headers)
        printed_for_key = await there.get("/schema.graphql", headers=headers)

    assert (looked.status_code, printed.status_code) == (401, 401)
    assert keyed.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    assert printed_for_key.text == print_sdl()
    assert printed_for_key.headers["cache-control"].startswith("private")


async def test_a_key_for_trusted_documents_does_not_get_the_printed_schema(api: Api) -> None:
    key = await new_key(api.desk, "read", trusted_only=True)

    answered = await api.ask("/schema.graphql", key=key)

    assert answered.status_code == 403
