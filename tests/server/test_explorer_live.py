"""The GraphQL explorer on the real schema, in a browser: subscriptions followed, covers shown."""

import asyncio
import json

from playwright import async_api as web

from rewind_gql.images.records import Key
from rewind_gql.sync.live import Hub
from tests.images.files import picture
from tests.images.gallery import hang
from tests.rest.life import hear, play
from tests.schema.streaming import PATIENCE_S, Site, quick_site
from tests.server.test_explorer import Visit, open_browser
from tests.sync.told import begin, tell

__all__ = ["open_browser", "quick_site"]

COVERS = "listening { albums { nodes { name image(size: SMALL) { url thumbhashDataUrl } } } }"
FIELDS = "syncEvents(replay: 1) { ... on SyncEvent { seq run { domain } } }"


async def test_events_appear_as_they_happen_until_the_stream_is_stopped(
    browser: web.Browser, quick_site: Site
) -> None:
    hub = quick_site.api.desk.hub
    await begin(quick_site.store, "pull_a")
    await tell(quick_site.store, "pull_a")
    visit = Visit(await browser.new_page())
    await visit.page.goto(quick_site.url)
    await web.expect(visit.editor("Operation Editor")).to_be_visible()
    # On a line of its own, for the editor closes a brace at the front by itself.
    await visit.write(f"\n{json.dumps(quick_site.headers())}", "Headers")
    await visit.operation("subscription", "Events", FIELDS)

    await visit.press("Execute query")
    await visit.shows("Result Window", '"seq": 1')
    await tell(quick_site.store, "pull_a")
    await visit.shows("Result Window", '"seq": 2')
    await followed_by(hub, 1)
    await visit.press("Stop query")

    await followed_by(hub, 0)


async def test_covers_hang_below_their_addresses(browser: web.Browser, quick_site: Site) -> None:
    # An album may be called what it likes: no address elsewhere is followed.
    await hear(quick_site.store, play("Fly", "Low", album="http://10.0.0.1/original.jpg"))
    found = await quick_site.api.ask("/v1/listening/recent")
    key = Key("listening", "albums", str(found.json()["data"][0]["album"]["id"]))
    cover = picture("JPEG", 400, 300)
    await hang(quick_site.store, quick_site.api.desk.images.blobs, cover, key=key)
    visit = Visit(await browser.new_page())
    visit.page.on("request", lambda request: visit.outside.append(request.url))
    await visit.page.goto(quick_site.url)
    await visit.write(f"\n{json.dumps(quick_site.headers())}", "Headers")
    await visit.operation("query", "Covers", COVERS)

    await visit.press("Execute query")

    shown = visit.page.locator(".rewind-picture img")
    await web.expect(shown).to_have_count(2)
    await web.expect(shown.first).to_be_visible()
    sides = await shown.first.evaluate(
        "async (image) => (await image.decode(), image.naturalWidth)"
    )
    assert sides == 150
    assert not [url for url in visit.outside if "10.0.0.1" in url]


async def followed_by(hub: Hub, many: int) -> None:
    """Wait until so many streams wait for events."""
    async with asyncio.timeout(PATIENCE_S):
        while hub.waiting != many:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.05)
