"""Deezer: covers of albums and pictures of artists, without a key."""

from collections.abc import Mapping
from typing import Any

from rewind_gql.errors import SourceBusy, SourceChanged, SourceError
from rewind_gql.images.finders.base import Finder, found, none, skipped, unfit
from rewind_gql.images.finders.reading import address, inner, rows, words
from rewind_gql.images.matching import Result, ranked, search_artist, search_title
from rewind_gql.images.records import Candidate, Found, Thing

RESULTS = 5
QUOTA, BUSY, NO_DATA = 4, 700, 800
QUOTA_S = 5.0
COVER_SIDE, GIVEN_SIDE = 1200, 1000
# What the address of a picture holds where its name should be, when there is none.
NOBODY = (
    "/cover//",
    "/artist//",
    "/d41d8cd98f00b204e9800998ecf8427e/",
    "/00000000000000000000000000000000/",
)


class Deezer(Finder):
    """Covers and portraits by name."""

    name = "deezer"
    source = "deezer"
    docs = "https://developers.deezer.com/api/search"
    pairs = (("listening", "albums"), ("listening", "artists"), ("collecting", "releases"))
    base_url_setting = "deezer_base_url"
    pace = 8.0
    attribution = "Deezer"
    hosts = ("dzcdn.net",)

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """Deezer says what is wrong in the body of a good answer."""
        said = inner(body, "error") if isinstance(body, dict) else {}
        if not said:
            return None
        code, text = said.get("code"), f"{self.name}: {words(said, 'message')[:200]}"
        if code == QUOTA:
            return SourceBusy(text, retry_after=QUOTA_S, code=str(code), kind="rate_limit")
        if code == BUSY:
            return SourceBusy(text, code=str(code))
        return SourceChanged(text, code="404" if code == NO_DATA else str(code))

    async def look(self, thing: Thing) -> Found:
        """Those of the first five results that bear the name, closest first."""
        of_artist = thing.entity_type == "artists"
        title = "" if of_artist else thing.title
        if not thing.artist or not (of_artist or title):
            return skipped("no name is known")
        document = await self.get_json(
            "search/artist" if of_artist else "search/album",
            q=f"{search_artist(thing.artist)} {search_title(title)}".strip(),
            limit=RESULTS,
        )
        entries = rows(document or {}, "data")
        if not entries:
            return none("nothing of that name")
        read = self._portrait if of_artist else self._cover
        named = [result for row in entries if (result := read(row))]
        if not named:
            return none("no picture")
        fitting = ranked(thing.artist, title, named)
        return found(fitting, otherwise=unfit("only others of like names"))

    def _portrait(self, row: dict[str, Any]) -> Result | None:
        picture = self._picture(row, "picture_xl", GIVEN_SIDE)
        return Result(words(row, "name"), "", picture) if picture else None

    def _cover(self, row: dict[str, Any]) -> Result | None:
        picture = self._picture(row, "cover_xl", COVER_SIDE)
        by = words(inner(row, "artist"), "name")
        return Result(by, words(row, "title"), picture) if picture else None

    def _picture(self, row: dict[str, Any], key: str, side: int) -> Candidate | None:
        url = address(row, key)
        if not url or any(mark in url for mark in NOBODY):
            return None
        given = f"/{GIVEN_SIDE}x{GIVEN_SIDE}-"
        side = side if given in url else GIVEN_SIDE
        return self.candidate(url.replace(given, f"/{side}x{side}-"), width=side, height=side)
