"""The official audit of GraphQL over HTTP, npm's graphql-http, against a real server."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from tests.clients.test_typed_client import node
from tests.rest.test_schemathesis import prepare
from tests.served import served

pytestmark = pytest.mark.either
FOLDER = Path(__file__).parent


def test_every_check_of_the_audit_is_met(settings: Callable[..., Settings]) -> None:
    assert (FOLDER / "node_modules").is_dir(), "The clients are not there: run `make clients`."
    chosen = settings(rate_limit_rpm=100_000)
    key = asyncio.run(prepare(chosen))

    with served(application(chosen)) as url:
        found = json.loads(node(FOLDER, FOLDER / "audit.mjs", f"{url}/graphql", key))

    assert [check for check in found if check["status"] != "ok"] == []
    assert len(found) == 61
