"""Open Graph: the preview picture an article's own page names."""

import asyncio

from rewind_gql.images.finders.base import Finder, found, none, skipped, unfit
from rewind_gql.images.finders.meta import previews
from rewind_gql.images.finders.reading import address
from rewind_gql.images.records import Found, Thing
from rewind_gql.settings import Settings

PAGE_BYTES = 2 * 1024 * 1024
PICTURES = 3
ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
PAGES = ("", "text/html", "application/xhtml+xml")


class OpenGraph(Finder):
    """Reads the page and takes the pictures in its head."""

    name = "open-graph"
    source = "open-graph"
    docs = "https://ogp.me/"
    pairs = (("reading", "articles"),)
    pace = 2.0

    @classmethod
    def private_origins(cls, settings: Settings) -> frozenset[str]:
        """Those the owner names."""
        return frozenset(settings.image_private_origins)

    async def look(self, thing: Thing) -> Found:
        """At most three, the one the page puts first."""
        url = address({"url": thing.page_url}, "url")
        if not url:
            return skipped("no page is known")
        page = await self.get_page(url, max_bytes=PAGE_BYTES, accept=ACCEPT)
        if page is None:
            return none("the page is gone")
        if page.media_type not in PAGES:
            return unfit("the address leads to no web page")
        pictures, named = await asyncio.to_thread(previews, page.body, page.url)
        candidates = [
            self.candidate(each.url, width=each.width, height=each.height)
            for each in pictures[:PICTURES]
        ]
        nothing = unfit("the picture it names has no address") if named else none("it names none")
        return found(candidates, otherwise=nothing)
