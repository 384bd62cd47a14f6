"""The GraphQL explorer on the real schema: a subscription followed and stopped in a browser."""

import asyncio
import json

from playwright import async_api as web

from rewind_gql.sync.live import Hub
from tests.schema.streaming import PATIENCE_S, Site, quick_site
from tests.server.test_explorer import Visit, open_browser
from tests.sync.told import begin, tell

__all__ = ["open_browser", "quick_site"]

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


async def followed_by(hub: Hub, many: int) -> None:
    """Wait until so many streams wait for events."""
    async with asyncio.timeout(PATIENCE_S):
        while hub.waiting != many:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.05)
