"""Apollo Client, unmodified, names documents by hash, and trusted ones by its build's manifest."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rewind_gql.auth import documents, keys, manifests
from rewind_gql.auth.documents import fingerprint
from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.clients.test_typed_client import node
from tests.databases import ME
from tests.rest.test_schemathesis import prepare
from tests.served import served

pytestmark = pytest.mark.either
FOLDER = Path(__file__).parent
# As Apollo's generator prints it: what its clients add to a document is in it.
SENT = "query Scope {\n  viewer {\n    scope\n    __typename\n  }\n}"


async def limited_key(settings: Settings, manifest: Path) -> str:
    """A key that runs the documents of a manifest and nothing else."""
    store = await Store.open(settings.url)
    async with store.write() as conn:
        await documents.add(conn, ME, manifests.read(manifest))
        pepper = keys.pepper(settings.secret_bytes())
        made = await keys.create(
            conn, ME, name="page", scope="read", pepper=pepper, trusted_only=True
        )
    await store.close()
    return made[1]


def test_apollo_client_names_its_documents(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    assert (FOLDER / "node_modules").is_dir(), "The clients are not there: run `make clients`."
    manifest = tmp_path / "manifest.json"
    operation = {"id": fingerprint(SENT), "name": "Scope", "type": "query", "body": SENT}
    listed = {"format": manifests.APOLLO, "version": 1, "operations": [operation]}
    manifest.write_text(json.dumps(listed))
    chosen = settings()
    key = asyncio.run(prepare(chosen))
    limited = asyncio.run(limited_key(chosen, manifest))

    with served(application(chosen)) as url:
        asked = (f"{url}/graphql", key, limited, str(manifest))
        told = json.loads(node(FOLDER, FOLDER / "persisted.mjs", *asked))

    assert told == {
        "first": {"scope": "ADMIN", "requests": ["POST 404", "POST 200"]},
        "again": {"scope": "ADMIN", "requests": ["POST 200"]},
        "got": {"scope": "ADMIN", "requests": ["GET 200"]},
        "trusted": {"scope": "READ", "requests": ["POST 200"]},
        "other": {"code": "PERSISTED_QUERY_NOT_IN_LIST", "requests": ["POST 404"]},
    }
