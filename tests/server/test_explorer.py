"""The GraphQL explorer: its page and files, and both at work in a real browser without internet."""

import asyncio
import json
import re
import socket
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZipFile

import httpx
import pytest
import strawberry
import uvicorn
from hatchling.builders.wheel import WheelBuilder
from playwright import async_api as web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL

from rewind_gql.server.pages import explorer

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
KEY = "rw_live_explorertest"
QUERY = "query Top {\n  topArtists(first: 2) {\n    name\n  }\n  caller\n}\n"
WHO = "query Caller {\n  caller\n}\n"
BUNDLE = explorer.Bundle(script="explorer-AAAAAAAA.js", style="explorer-BBBBBBBB.css")

_CODE = {".css", ".js"}

# A policy violation is an event of the document; console messages alone would miss some.
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@strawberry.type
class Artist:
    """An artist."""

    name: str


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def top_artists(self, first: int = 10) -> list[Artist]:
        return [Artist(name=name) for name in ("Neu!", "Can", "Faust")[:first]]

    @strawberry.field
    def caller(self, info: strawberry.Info) -> str:
        return str(info.context["request"].headers.get("authorization"))


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def steps(self, to: int) -> AsyncGenerator[str, None]:
        for step in range(1, to + 1):
            yield f"step {step} of {to}"
            await asyncio.sleep(0.01)


class Endpoint(GraphQL[None, None]):
    """A GraphQL endpoint that shows browsers the explorer."""

    async def render_graphql_ide(self, request: Request) -> Response:
        return explorer.explorer_response(
            request, queries=(QUERY, WHO), headers={"Authorization": f"Bearer {KEY}"}
        )


SCHEMA = strawberry.Schema(Query, subscription=Subscription)
APP = Starlette(
    routes=[
        *explorer.ROUTES,
        Route("/graphql", Endpoint(SCHEMA, subscription_protocols=[GRAPHQL_SSE_PROTOCOL])),
    ]
)


@dataclass
class Visit:
    """One open explorer, and what went wrong on it."""

    page: web.Page
    outside: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def editor(self, name: str) -> web.Locator:
        return self.page.get_by_role("region", name=name).locator(".monaco-editor:visible")

    async def shows(self, name: str, text: str) -> None:
        await web.expect(self.editor(name)).to_contain_text(text)

    async def write(self, text: str, editor: str = "Operation Editor") -> None:
        await self.editor(editor).click()
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(text)

    async def operation(self, kind: str, name: str, fields: str) -> None:
        """Writes an operation and waits until its tab has its name: GraphiQL reads it late."""
        await self.write(f"{kind} {name} {{ {fields} }}")
        await web.expect(self.page.get_by_role("tab", name=name, selected=True)).to_be_visible()

    async def press(self, button: str) -> None:
        await self.page.get_by_role("button", name=button).click()

    async def suggestion(self, text: str) -> None:
        """Waits until completing at the cursor offers `text`: the editor reads the schema late."""
        offer = self.page.locator(".suggest-widget .monaco-list-row", has_text=text)
        while not await offer.count():
            await self.page.keyboard.press("Escape")
            await self.page.keyboard.press("Control+Space")
            await self.page.wait_for_timeout(200)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a small GraphQL server with the explorer, on loopback."""
    assert explorer.find_bundle(), "The explorer is not built: run `make explorer` first."
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(APP, ws="none", log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(name="browser")
async def open_browser() -> AsyncIterator[web.Browser]:
    web.expect.set_options(timeout=20_000)
    async with web.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(name="visit")
async def open_explorer(
    browser: web.Browser, site: str, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """The explorer in a fresh profile, loaded; a test may parametrize the colour scheme."""
    context = await browser.new_context(color_scheme=getattr(request, "param", "light"))
    visit = Visit(await context.new_page())

    async def guard(route: web.Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            await route.continue_()
        else:
            visit.outside.append(route.request.url)
            await route.abort()

    await context.route("**/*", guard)
    await context.add_init_script(WATCH_POLICY)
    context.on("weberror", lambda error: visit.troubles.append(str(error.error)))
    context.on(
        "console",
        lambda message: (
            visit.troubles.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    await visit.page.goto(f"{site}/graphql")
    await web.expect(visit.editor("Operation Editor")).to_be_visible()
    yield visit
    await context.close()


async def get(path: str) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=APP), base_url="http://test"
    ) as client:
        return await client.get(path, headers={"accept": "text/html"})


def browser_request(query_string: bytes = b"") -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/graphql",
            "query_string": query_string,
            "headers": [(b"host", b"test")],
        }
    )


async def test_it_opens_with_the_example_and_the_key(visit: Visit) -> None:
    assert await visit.page.title() == "Rewind GQL"
    await visit.shows("Operation Editor", "topArtists(first: 2)")
    await visit.shows("Headers", f"Bearer {KEY}")


async def test_each_query_to_start_with_has_a_tab_with_the_key(visit: Visit) -> None:
    await visit.page.get_by_role("tab", name="Caller").click()
    await visit.press("Execute query")

    await visit.shows("Operation Editor", "query Caller")
    await visit.shows("Result Window", f'"caller": "Bearer {KEY}"')


async def test_running_the_example_shows_what_the_caller_with_that_key_gets(visit: Visit) -> None:
    await visit.press("Execute query")

    await visit.shows("Result Window", '"name": "Neu!"')
    await visit.shows("Result Window", f'"caller": "Bearer {KEY}"')


async def test_completing_a_name_offers_the_fields_of_the_schema(visit: Visit) -> None:
    await visit.write("{ top")

    await visit.suggestion("topArtists")


async def test_a_field_the_schema_lacks_is_underlined(visit: Visit) -> None:
    await visit.operation("query", "Bottom", "bottomArtists { name }")

    await web.expect(visit.page.locator(".squiggly-error")).to_be_visible()


async def test_a_subscription_is_followed_to_its_end(visit: Visit) -> None:
    await visit.operation("subscription", "Steps", "steps(to: 3)")

    await visit.press("Execute query")

    await visit.shows("Result Window", "step 3 of 3")
    await web.expect(visit.page.get_by_role("button", name="Execute query")).to_be_visible()


async def test_a_running_subscription_can_be_stopped(visit: Visit) -> None:
    await visit.operation("subscription", "Steps", "steps(to: 100000)")
    await visit.press("Execute query")
    await visit.shows("Result Window", "of 100000")

    await visit.press("Stop query")

    await web.expect(visit.page.get_by_role("button", name="Execute query")).to_be_visible()
    await visit.shows("Result Window", "of 100000")


async def test_prettify_lays_out_operation_and_headers(visit: Visit) -> None:
    await visit.write("query Top{topArtists{name}}")
    await visit.write('\n{"a":1,"b":[2]}', "Headers")

    await visit.press("Prettify query")

    await visit.shows("Operation Editor", "query Top {  topArtists {    name  }}")
    await visit.shows("Headers", '{  "a": 1,  "b": [')


async def test_the_key_is_in_no_browser_storage_and_there_again_after_a_reload(
    visit: Visit,
) -> None:
    await visit.operation("query", "Who", "caller")
    await visit.press("Execute query")
    await visit.shows("Result Window", KEY)

    await visit.page.reload()

    await visit.shows("Operation Editor", "query Who { caller }")
    await visit.shows("Headers", KEY)
    stored = await visit.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "caller" in stored
    assert KEY not in stored


async def test_an_operation_from_the_history_keeps_the_key(visit: Visit) -> None:
    await visit.press("Execute query")
    await visit.shows("Result Window", KEY)
    await visit.page.reload()
    await visit.operation("query", "Who", "caller")

    await visit.press("Show History")
    await visit.page.locator(".graphiql-history-item-label").first.click()

    await visit.shows("Operation Editor", "topArtists(first: 2)")
    await visit.shows("Headers", KEY)


@pytest.mark.parametrize(
    ("visit", "ground", "theme"),
    [("light", "rgb(255, 255, 255)", "vs"), ("dark", "rgb(33, 42, 59)", "vs-dark")],
    indirect=["visit"],
)
async def test_it_follows_the_system_between_light_and_dark(
    visit: Visit, ground: str, theme: str
) -> None:
    page = visit.page.locator(".graphiql-container")
    editor = visit.editor("Operation Editor")

    await web.expect(page).to_have_css("background-color", ground)
    await web.expect(editor).to_have_class(re.compile(rf"(?:^|\s){theme}(?:\s|$)"))


async def test_it_asks_nobody_else_and_breaks_nothing(visit: Visit) -> None:
    await visit.press("Execute query")
    await visit.shows("Result Window", "Neu!")
    await visit.press("Show Documentation Explorer")
    await visit.page.get_by_role("link", name="Query").first.click()
    await visit.press("Prettify query")
    await visit.write("{ top")
    await visit.suggestion("topArtists")
    await visit.page.wait_for_load_state("networkidle")

    assert (visit.outside, visit.troubles) == ([], [])


def test_start_values_cannot_end_the_element_that_holds_them() -> None:
    query = "# </script><!-- <script>alert(1)</script>"

    page = explorer.explorer_page(
        endpoint="/graphql", queries=(query,), headers={"a": "</SCRIPT>"}, bundle=BUNDLE
    )

    assert page.html.lower().count("<script") == page.html.lower().count("</script") == 2
    held = re.search(r'id="start">(.*?)</script>', page.html)
    assert held
    assert json.loads(held[1])["queries"] == [query]


async def test_the_page_runs_no_inline_script_and_is_kept_nowhere() -> None:
    answer = await get("/graphql")

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "connect-src 'self'; worker-src 'self';" in policy
    assert answer.headers["cache-control"] == "no-store"


def test_pictures_may_come_from_their_own_origin_too() -> None:
    page = explorer.explorer_page(
        endpoint="/graphql",
        queries=(QUERY, WHO),
        headers={},
        bundle=BUNDLE,
        pictures_from=("https://images.example.org",),
    )

    assert "img-src 'self' data: https://images.example.org;" in page.csp
    assert '"pictures": ["https://images.example.org"]' in page.html


def test_no_address_in_the_built_files_is_one_to_load_from() -> None:
    texts = [path.read_text() for path in explorer.FOLDER.iterdir() if path.suffix in _CODE]

    address = re.compile(r"(?:https?:|\")//([\w-]+\.[\w.-]+)")
    hosts = {host.rstrip(".") for text in texts for host in address.findall(text)}

    # Names of standards, and pages that words of the editor link to.
    assert hosts == {
        "code.visualstudio.com",
        "commonmark.org",
        "en.wikipedia.org",
        "github.com",
        "json-schema.org",
        "microsoft.com",
        "prettier.io",
        "react.dev",
        "www.w3.org",
        "yarnpkg.com",
    }


def test_the_wheel_carries_the_built_files_and_git_does_not(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])

    with ZipFile(wheel) as packed:
        names = {Path(name).name for name in packed.namelist() if "pages/explorer/" in name}
    assert names == {path.name for path in explorer.FOLDER.iterdir()}
    assert "/rewind_gql/server/pages/explorer/\n" in (ROOT / ".gitignore").read_text()


async def test_every_built_file_has_its_type_and_is_kept_for_ever() -> None:
    names = [path.name for path in explorer.FOLDER.iterdir()]
    served = [name for name in names if name not in {"manifest.json", "licences.txt"}]

    answers = {name: await get(f"/graphql/explorer/{name}") for name in served}

    types = {
        (Path(name).suffix, answer.headers["content-type"]) for name, answer in answers.items()
    }
    assert types == {
        (".css", "text/css; charset=utf-8"),
        (".js", "text/javascript; charset=utf-8"),
        (".ttf", "font/ttf"),
        (".woff", "font/woff"),
        (".woff2", "font/woff2"),
    }
    kept = {answer.headers["cache-control"] for answer in answers.values()}
    assert kept == {"public, max-age=31536000, immutable"}


@pytest.mark.parametrize(
    "name", ["manifest.json", "nothing-AAAAAAAA.js", "..%2Fexplorer.py", "..%5Cx-AAAAAAAA.js"]
)
async def test_no_other_file_is_served(name: str) -> None:
    answer = await get(f"/graphql/explorer/{name}")

    assert answer.status_code == 404


def test_without_a_bundle_the_page_says_how_to_build_one(tmp_path: Path) -> None:
    answer = explorer.explorer_response(
        browser_request(), queries=(QUERY, WHO), headers={"key": KEY}, folder=tmp_path
    )

    text = bytes(answer.body).decode()
    assert "make explorer" in text
    assert 'href="?cdn=1"' in text
    assert KEY not in text


def test_strawberrys_page_stores_no_headers_and_runs_its_own_scripts_alone(tmp_path: Path) -> None:
    answer = explorer.explorer_response(
        browser_request(b"cdn=1"), queries=(QUERY, WHO), headers={}, folder=tmp_path
    )

    assert "shouldPersistHeaders: false" in bytes(answer.body).decode()
    policy = answer.headers["content-security-policy"]
    assert re.search(r"script-src https://unpkg\.com 'sha256-[^']{44}';", policy)


def test_with_a_bundle_nobody_is_sent_to_the_internet() -> None:
    answer = explorer.explorer_response(browser_request(b"cdn=1"), queries=(QUERY, WHO), headers={})

    assert "unpkg.com" not in bytes(answer.body).decode() + answer.headers.get(
        "content-security-policy", ""
    )
