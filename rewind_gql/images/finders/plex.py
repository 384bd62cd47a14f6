"""Plex: the poster on the owner's own server."""

import re
from urllib.parse import urlencode

from rewind_gql import __version__
from rewind_gql.images.finders.base import Finder, found, none, skipped, unfit
from rewind_gql.images.finders.reading import rows, words
from rewind_gql.images.matching import title_likeness
from rewind_gql.images.records import Candidate, Found, Thing

WIDTH, HEIGHT = 1000, 1500
# Nothing else: the server fetches whatever address it is given here.
_THUMB = re.compile(r"/library/metadata/([0-9]{1,12})/(?:thumb|art|poster)/[0-9]{1,20}", re.ASCII)


class Plex(Finder):
    """The poster a library item has now, by the poster it once had.

    The token goes in a header, so that no address holds it.
    """

    name = "plex"
    source = "plex"
    docs = "https://developer.plex.tv/pms/"
    pairs = (("watching", "movies"), ("watching", "shows"))
    needs = ("plex_base_url", "plex_token")
    secrets = ("plex_token",)
    base_url_setting = "plex_base_url"
    pace = 5.0

    async def look(self, thing: Thing) -> Found:
        """One candidate, in the size the server is asked to draw it."""
        known = _THUMB.fullmatch(thing.plex_thumb)
        if known is None:
            return skipped("no poster of the library is known")
        document = await self.get_json(f"library/metadata/{known[1]}", headers=self._headers())
        items = rows(document or {}, "MediaContainer", "Metadata")
        if not items:
            return none("no longer in the library")
        title, thumb = words(items[0], "title"), words(items[0], "thumb")
        if thing.title and title and title_likeness(thing.title, title) is None:
            return unfit("the library has another title under that number")
        picture = self._picture(thumb) if _THUMB.fullmatch(thumb) else None
        return found([picture], otherwise=none("no poster"))

    def _picture(self, thumb: str) -> Candidate:
        asked = urlencode({"url": thumb, "width": WIDTH, "height": HEIGHT, "minSize": 1})
        return self.candidate(
            f"{self.base_url.rstrip('/')}/photo/:/transcode?{asked}",
            width=WIDTH,
            height=HEIGHT,
            headers={"X-Plex-Token": self.secret("plex_token")},
        )

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "X-Plex-Token": self.secret("plex_token"),
            "X-Plex-Product": "Rewind GQL",
            "X-Plex-Version": __version__,
        }
