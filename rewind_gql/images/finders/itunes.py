"""The iTunes search: covers of albums, without a key, twenty times a minute."""

import re
from collections.abc import Mapping
from typing import Any

from rewind_gql.errors import SourceBusy, SourceError
from rewind_gql.images.finders.base import Finder, found, none, skipped, unfit
from rewind_gql.images.finders.reading import address, number_id, rows, words
from rewind_gql.images.matching import Result, ranked, search_artist, search_title
from rewind_gql.images.records import Candidate, Found, Thing

SIDE = 600
RESULTS = 5
TOO_OFTEN = (403, 429)
QUIET_S = 60.0
ELSEWHERE = "US"
_SMALL = re.compile(r"/100x100(bb)?(?=[-.])")


class Itunes(Finder):
    """Covers of albums in a store, by the album's id there, else by name."""

    name = "itunes"
    source = "itunes"
    docs = "https://performance-partners.apple.com/search-api"
    pairs = (("listening", "albums"), ("collecting", "releases"))
    base_url_setting = "itunes_base_url"
    pace = 0.3
    attribution = "Apple iTunes"
    hosts = ("mzstatic.com",)

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """One call too many is a 403 without a word; the limit is counted by the minute."""
        if status not in TOO_OFTEN:
            return None
        return SourceBusy(
            f"{self.name} answered {status}: too many calls",
            retry_after=None if "retry-after" in headers else QUIET_S,
            code=str(status),
            kind="rate_limit",
        )

    async def look(self, thing: Thing) -> Found:
        """The covers of the store of the owner's country, else of the one in the US."""
        if not thing.artist or not thing.title:
            return skipped("no artist and title are known")
        answer = none("nothing of that name")
        for country in dict.fromkeys((self.settings.itunes_country, ELSEWHERE)):
            answer = await self._in(country, thing)
            if answer.outcome == "found":
                break
        return answer

    async def _in(self, country: str, thing: Thing) -> Found:
        if number := number_id(thing.apple_id):
            albums = await self._ask("lookup", id=number, country=country)
            exact = found([self._cover(row) for row in albums], otherwise=none("no cover"))
            if exact.outcome == "found":
                return exact
        term = f"{search_artist(thing.artist)} {search_title(thing.title)}"
        albums = await self._ask(
            "search", term=term, media="music", entity="album", limit=RESULTS, country=country
        )
        if not albums:
            return none("nothing of that name")
        named = [_result(row, cover) for row in albums if (cover := self._cover(row))]
        if not named:
            return none("no cover")
        fitting = ranked(thing.artist, thing.title, named)
        return found(fitting, otherwise=unfit("only others of like names"))

    async def _ask(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The albums of an answer; a lookup may list tracks behind them."""
        document = await self.get_json(path, **params)
        results = rows(document or {}, "results")
        return [row for row in results if row.get("wrapperType") == "collection"]

    def _cover(self, row: dict[str, Any]) -> Candidate | None:
        url = address(row, "artworkUrl100")
        large, changed = _SMALL.subn(rf"/{SIDE}x{SIDE}\1", url)
        side = SIDE if changed else 100
        return self.candidate(large, width=side, height=side) if url else None


def _result(row: dict[str, Any], cover: Candidate) -> Result:
    return Result(words(row, "artistName"), words(row, "collectionName"), cover)
