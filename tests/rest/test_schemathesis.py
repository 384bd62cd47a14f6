"""The document held against the running server, by a tool that knows nothing else of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from rewind_gql.auth import keys, users
from rewind_gql.rest.rewind import ROUTES
from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.served import served

EXAMPLES = 12


async def prepare(settings: Settings) -> str:
    """Make the database, its first user and an admin key."""
    settings.data_dir.mkdir(parents=True)
    await migrate.upgrade(settings.url)
    store = await Store.open(settings.url)
    async with store.write() as conn:
        await users.ensure_default(conn)
        _, key = await keys.create(
            conn,
            ME,
            name="tool",
            scope="admin",
            pepper=keys.pepper(settings.secret_bytes()),
            rate_limit_rpm=keys.MAX_RPM,
        )
    await store.close()
    return key


def test_every_operation_does_what_its_document_says(settings: Callable[..., Settings]) -> None:
    chosen = settings()
    key = asyncio.run(prepare(chosen))

    with served(application(chosen)) as url:
        document = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
        found: list[Any] = list(document.get_all_operations())
        operations = [each.ok() for each in found]
        for operation in operations:
            hold(operation, key)

    assert len(operations) == len(ROUTES) - 1  # all but the document itself


def hold(operation: Any, key: str) -> None:
    """Ask an operation in many ways, and check each answer against the document."""
    # What a date may be is more than a schema can say; and an address that asks without a key as
    # often as this tool does is told to slow down.
    unheld: list[Any] = [positive_data_acceptance, ignored_auth]
    if any(status.startswith("5") for status in operation.definition.raw["responses"]):
        # It is told of: nobody here can be asked for what is to be synced or added.
        unheld.append(not_a_server_error)

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @hypothesis.given(case=operation.as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=unheld)

    check()
