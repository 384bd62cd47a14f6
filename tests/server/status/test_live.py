"""The status page in a real browser, over a real server that syncs from a pretend provider."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright import async_api as web
from pydantic import SecretStr
from sqlalchemy import update

from rewind_gql import clock
from rewind_gql.auth import keys, users
from rewind_gql.demo.upstreams import effects, lastfm, serving
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store
from rewind_gql.sync import sources
from rewind_gql.sync.tables import Source
from tests.cli.world import small_life
from tests.served import served
from tests.server.status.wire import Wire, wired

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
AXE = Path(__file__).parents[2] / "clients" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = web.ViewportSize(width=375, height=740)
PAGE_S = 0.15
"""How long the pretend provider takes for a page, so that there is a bar to watch."""


@dataclass
class Site:
    """A server, the wire to it, its admin key, and what can go wrong at the provider."""

    url: str
    wire: Wire
    key: str
    lastfm: Faults = field(default_factory=Faults)


@dataclass
class Visit:
    """One browser on the page, and what went wrong there."""

    page: web.Page
    site: Site
    outside: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    async def sign_in(self) -> None:
        await self.page.goto(f"{self.site.url}/status")
        await self.page.get_by_label("Key").fill(self.site.key)
        await self.page.get_by_role("button", name="Sign in").click()
        await web.expect(self.page.get_by_text("Live", exact=True)).to_be_visible()

    @property
    def source(self) -> web.Locator:
        return self.page.locator(".source", has_text="Last.fm scrobbles")

    @property
    def bar(self) -> web.Locator:
        return self.source.get_by_role("progressbar")

    async def value(self) -> float:
        return float(await self.bar.get_attribute("value") or 0)

    async def moved_from(self, before: float) -> float:
        """The bar's value once it has moved on."""
        for _ in range(400):
            if (now := await self.value()) > before:
                return now
            await asyncio.sleep(0.05)
        raise AssertionError(f"the bar stays at {before}")

    async def faults_of_access(self) -> list[str]:
        """What axe finds wrong with the page."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("axe.run()")
        return [
            f"{each['id']}: {node['html']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]


async def _prepared(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True)
    await migrate.upgrade(settings.url)
    store = await Store.open(settings.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        await sources.register(conn, user_id, settings)
        # Nothing is to begin before the browser asks for it.
        await conn.execute(update(Source).values(next_due_at=clock.now() + clock.DAY))
        pepper = keys.pepper(settings.secret_bytes())
        _, key = await keys.create(
            conn, user_id, name="k", scope="admin", pepper=pepper, rate_limit_rpm=10_000
        )
    await store.close()
    return key


@pytest.fixture
def site(settings: Callable[..., Settings]) -> Iterator[Site]:
    """A server whose one provider takes its time, behind a wire."""
    faults, someone = Faults(), small_life(plays=3_000)
    faults.add(effects.stall(PAGE_S), match="getrecenttracks", times=None)
    with serving.serve(lastfm.app(lastfm.Scrobbles(someone), faults)) as provider:
        chosen = settings(
            unpaced=True,
            lastfm_base_url=f"{provider}/2.0/",
            discogs_base_url=provider,
            lastfm_api_key=SecretStr(lastfm.KEY),
            lastfm_user=someone.person.lastfm,
        )
        key = asyncio.run(_prepared(chosen))
        with (
            served(application(chosen)) as url,
            wired(urlsplit(url).port or 0) as wire,
        ):
            yield Site(f"http://127.0.0.1:{wire.port}", wire, key, faults)


@pytest.fixture
async def browser() -> AsyncIterator[web.Browser]:
    web.expect.set_options(timeout=30_000)
    async with web.async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
async def visit(
    browser: web.Browser, site: Site, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """A fresh profile; a test may parametrize how it is made."""
    context = await browser.new_context(**getattr(request, "param", {}))
    made = Visit(await context.new_page(), site)

    async def guard(route: web.Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            await route.continue_()
        else:
            made.outside.append(route.request.url)
            await route.abort()

    await context.route("**/*", guard)
    context.on("weberror", lambda error: made.troubles.append(str(error.error)))
    yield made
    assert made.outside == []
    assert made.troubles == []
    await context.close()


async def test_a_sync_begun_here_moves_its_bar_to_the_end_and_is_told(visit: Visit) -> None:
    await visit.sign_in()

    await visit.page.get_by_role("button", name="Sync now Last.fm scrobbles").click()
    await web.expect(visit.bar).to_be_visible()
    first = await visit.moved_from(0)
    await visit.moved_from(first)

    await web.expect(visit.source.locator(".how")).to_contain_text("of 3,")
    await web.expect(visit.page.get_by_role("status")).to_contain_text("went well")
    await web.expect(visit.bar).to_have_count(0)
    await web.expect(visit.source).to_contain_text("up to date")


async def test_a_cut_line_is_told_and_the_bar_goes_on_where_it_is_by_then(visit: Visit) -> None:
    await visit.sign_in()
    await visit.page.get_by_role("button", name="Sync now Last.fm scrobbles").click()
    before = await visit.moved_from(0)

    visit.site.wire.cut()
    await web.expect(visit.page.get_by_text("Connection lost")).to_be_visible()
    visit.site.wire.mend()

    await web.expect(visit.page.get_by_text("Live", exact=True)).to_be_visible()
    await web.expect(visit.source).to_contain_text("up to date")
    await web.expect(visit.page.locator("#events")).to_contain_text("went well")
    assert before < 1


async def test_a_sync_can_be_cancelled_with_the_keyboard_alone(visit: Visit) -> None:
    await visit.sign_in()
    await visit.page.get_by_role("button", name="Sync now Last.fm scrobbles").focus()
    await visit.page.keyboard.press("Enter")
    await web.expect(visit.bar).to_be_visible()

    cancel = visit.page.get_by_role("button", name="Cancel Last.fm scrobbles")
    await cancel.focus()
    await visit.page.keyboard.press("Enter")

    await web.expect(visit.page.locator("#events")).to_contain_text("cancelled")
    await web.expect(visit.bar).to_have_count(0)


@pytest.mark.parametrize(
    "visit",
    [
        pytest.param({"color_scheme": "light"}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param({"viewport": PHONE}, id="phone"),
    ],
    indirect=True,
)
async def test_axe_finds_nothing_and_nothing_is_cut_off(visit: Visit) -> None:
    await visit.page.goto(f"{visit.site.url}/status")
    door = await visit.faults_of_access()
    await visit.sign_in()
    visit.site.lastfm.add(effects.broken(503), match="top", times=None)
    await visit.page.get_by_role("button", name="Sync now Last.fm scrobbles").click()
    await web.expect(visit.bar).to_be_visible()

    page = await visit.faults_of_access()
    wide = await visit.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )

    assert door == page == []
    assert wide == 0


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True)
async def test_it_works_without_script(visit: Visit) -> None:
    await visit.page.goto(f"{visit.site.url}/status")
    await visit.page.get_by_label("Key").fill(visit.site.key)
    await visit.page.get_by_role("button", name="Sign in").click()

    await visit.page.get_by_role("button", name="Sync now Last.fm scrobbles").click()

    await web.expect(visit.page.get_by_text("Last.fm scrobbles begins.")).to_be_visible()
    await web.expect(visit.page.get_by_text("Not live")).to_be_visible()


FOLLOW = """async ([user, key]) => {
  const path = `/api/v1/users/${user}/sync`;
  const headers = { Authorization: `Bearer ${key}` };
  const made = await fetch(`${path}/stream-ticket`, { method: "POST", headers });
  const { ticket } = await made.json();
  globalThis.seen = [];
  const source = new EventSource(`${path}/stream?ticket=${ticket}`);
  source.addEventListener("sync.status", (event) => seen.push(Number(event.lastEventId)));
  await new Promise((open) => source.addEventListener("open", open, { once: true }));
}"""


async def test_a_browsers_event_source_goes_on_after_a_cut_and_misses_nothing(visit: Visit) -> None:
    await visit.sign_in()
    asked = {"query": "{ viewer { userId } }"}
    headers = {"Authorization": f"Bearer {visit.site.key}"}
    told = await visit.page.request.post(f"{visit.site.url}/graphql", data=asked, headers=headers)
    user = (await told.json())["data"]["viewer"]["userId"]
    await visit.page.evaluate(FOLLOW, [user, visit.site.key])
    await visit.page.get_by_role("button", name="Sync now Last.fm scrobbles").click()
    await visit.moved_from(0)

    visit.site.wire.cut()
    visit.site.wire.mend()

    await web.expect(visit.source).to_contain_text("up to date")
    newest = int(await visit.page.locator("#now").get_attribute("data-seq") or 0)
    await visit.page.wait_for_function("(newest) => seen.includes(newest)", arg=newest)
    seen = await visit.page.evaluate("seen")
    assert seen == list(range(seen[0], seen[-1] + 1))
