"""A client drawn from our document by npm's openapi-typescript, which reads all of two domains."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.cli.world import PATIENCE_S
from tests.rest.contract import OPERATIONS
from tests.rest.test_contract import live
from tests.rest.test_schemathesis import prepare
from tests.served import served

FOLDER = Path(__file__).parent
PACKAGES = FOLDER / "node_modules"


def node(folder: Path, script: Path, *arguments: str) -> str:
    """What a script says that ends well."""
    done = subprocess.run(
        ["node", script, *arguments],
        cwd=folder,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()


async def filled(settings: Settings) -> str:
    """An admin key of a database with plays, records and films."""
    key = await prepare(settings)
    store = await Store.open(settings.url)
    await live(store)
    await store.close()
    return key


def test_a_client_in_strict_types_reads_everything(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    assert PACKAGES.is_dir(), "The clients are not there: run `make clients`."
    for name in ("read.ts", "tsconfig.json", "package.json"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    chosen = settings()
    key = asyncio.run(filled(chosen))

    with served(application(chosen)) as url:
        document = f"{url}/v1/openapi.json"
        node(tmp_path, PACKAGES / "openapi-typescript/bin/cli.js", document, "-o", "rewind.d.ts")
        node(tmp_path, PACKAGES / "typescript/bin/tsc")
        told: dict[str, int] = json.loads(node(tmp_path, tmp_path / "out/read.js", url, key))

    read = {re.sub(r"/\d+$", "/{}", path) for path in told}
    assert read == {
        re.sub(r"{\w+}", "{}", each.path) for each in OPERATIONS if each.method == "GET"
    }
