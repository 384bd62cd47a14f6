"""The Cover Art Archive: front covers by MusicBrainz id."""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from rewind_gql.errors import SourceChanged
from rewind_gql.images.finders.base import Finder, found, none, skipped
from rewind_gql.images.finders.reading import address, inner, mbid, rows
from rewind_gql.images.records import Candidate, Found, Thing

LISTING_BYTES = 2 * 1024 * 1024
FRONTS = 3
SIZES = (1200, 500)
_PLAIN = re.compile(r"^http://(?=(?:[\w.-]+\.)?(?:coverartarchive|archive)\.org/)", re.IGNORECASE)


class CoverArtArchive(Finder):
    """Covers of a release, else of its release group, by id alone."""

    name = "cover-art-archive"
    source = "cover-art-archive"
    docs = "https://musicbrainz.org/doc/Cover_Art_Archive/API"
    pairs = (("listening", "albums"), ("collecting", "releases"))
    base_url_setting = "cover_art_archive_base_url"
    pace = 1.0
    attribution = "Cover Art Archive"
    hosts = ("coverartarchive.org",)

    async def look(self, thing: Thing) -> Found:
        """Thumbnails of the front covers; the listing itself lies at another host they lead to."""
        known = (("release", mbid(thing.mbid)), ("release-group", mbid(thing.release_group_mbid)))
        asked = [(kind, number) for kind, number in known if number]
        if not asked:
            return skipped("no MusicBrainz id is known")
        for kind, number in asked:
            candidates = [*self._candidates(await self._listing(kind, number))]
            if candidates:
                return found(candidates, otherwise=none("no front cover"))
        return none("no front cover")

    async def _listing(self, kind: str, number: str) -> list[dict[str, Any]]:
        page = await self.get_page(
            f"{self.base_url.rstrip('/')}/{kind}/{number}",
            max_bytes=LISTING_BYTES,
            accept="application/json",
        )
        if page is None:
            return []
        try:
            return rows(orjson.loads(page.body), "images")
        except orjson.JSONDecodeError:
            raise SourceChanged("the listing is not JSON") from None

    def _candidates(self, images: list[dict[str, Any]]) -> Iterator[Candidate]:
        fronts = [each for each in images if each.get("front") is True][:FRONTS]
        for image in fronts:
            thumbnails = inner(image, "thumbnails")
            sized = [(side, address(thumbnails, str(side))) for side in SIZES]
            sized = [(side, url) for side, url in sized if url]
            if not sized and (large := address(thumbnails, "large")):
                sized = [(SIZES[-1], large)]
            for side, url in sized:
                yield self.candidate(_secure(url), width=side)
            whole = address(image, "image")
            if not sized and whole and not whole.lower().endswith(".pdf"):
                yield self.candidate(_secure(whole))


def _secure(url: str) -> str:
    """The archive lists its own addresses without encryption, though it has it."""
    return _PLAIN.sub("https://", url)
