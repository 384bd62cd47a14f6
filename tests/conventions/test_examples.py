"""The programs of docs/clients.md, each run by Node against a real server."""

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.conventions.conftest import PAGE, PROGRAMS, Workshop
from tests.rest.life import hear, play
from tests.rest.test_schemathesis import prepare
from tests.served import served
from tests.sync.told import begin, end, tell

# What each of them says, in the same order.
SAID = ["Low 8", "12 plays", "BAD_INPUT", "lastfm IN_PROGRESS", "lastfm SUCCESS"]


async def filled(settings: Settings) -> str:
    """A key of somebody who heard twelve songs and whose sync has ended."""
    key = await prepare(settings)
    store = await Store.open(settings.url)
    await hear(store, *(play(f"song {n}", "Low" if n % 3 else "Can", minutes=n) for n in range(12)))
    await begin(store, "pull_a")
    await tell(store, "pull_a")
    await end(store, "pull_a")
    await store.close()
    return key


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a program has to know of a server."""
    folder = tmp_path_factory.mktemp("examples") / "data"
    settings = Settings(data_dir=folder, secret=SecretStr("s" * 64), image_find=False)
    key = asyncio.run(filled(settings))
    with served(application(settings)) as url:
        yield {"REWIND_URL": url, "REWIND_KEY": key}


@pytest.mark.parametrize("program", ["fetch.mjs", "apollo.mjs", "urql.mjs"])
def test_a_program_does_what_the_page_says(
    workshop: Workshop, server: dict[str, str], program: str
) -> None:
    assert workshop.node(program, **server).splitlines() == SAID


def test_what_relay_compiled_does_what_the_page_says(
    workshop: Workshop, server: dict[str, str]
) -> None:
    workshop.tool("relay-compiler")
    workshop.node("bundle.mjs", "src/relay.js", "src/relay.mjs")

    assert workshop.node("src/relay.mjs", **server).splitlines() == SAID


def test_what_codegen_and_tada_typed_does_what_the_page_says(
    workshop: Workshop, server: dict[str, str]
) -> None:
    workshop.node("codegen.mjs", "schema.graphql", "recipes.json")
    workshop.tool("gql.tada", "generate-output")

    assert workshop.tool("tsc") == ""
    assert workshop.node("out/typed.js", **server).splitlines() == SAID[:1]


def test_every_program_of_the_page_is_run() -> None:
    known = {"fetch.mjs", "apollo.mjs", "urql.mjs", "src/relay.js", "relay.config.json", "typed.ts"}

    assert set(PROGRAMS) == known
    assert PAGE.count("\n```") == 2 * len(known)
