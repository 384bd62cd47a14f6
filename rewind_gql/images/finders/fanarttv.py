"""fanart.tv: pictures of artists, covers and film posters that people drew and voted for."""

from collections.abc import Mapping, Sequence
from typing import Any

from rewind_gql.errors import SourceChanged, SourceDenied, SourceError
from rewind_gql.images.finders.base import Finder, found, none, skipped, unfit
from rewind_gql.images.finders.reading import (
    address,
    by_likes,
    inner,
    mbid,
    number_id,
    objects,
    rows,
    whole,
    words,
)
from rewind_gql.images.matching import artist_likeness, comparable
from rewind_gql.images.records import Candidate, Found, Thing

PORTRAITS, BACKGROUNDS, POSTERS = 3, 2, 3
SIZES = {
    "artistthumb": (1000, 1000),
    "albumcover": (1000, 1000),
    "movieposter": (1000, 1426),
    "artistbackground": (1920, 1080),
    "moviebackground": (1920, 1080),
}


class FanartTv(Finder):
    """Pictures by MusicBrainz id of artists and albums, by TMDB id of films."""

    name = "fanart-tv"
    source = "fanart-tv"
    docs = "https://fanart.tv/api-docs/"
    pairs = (("listening", "artists"), ("listening", "albums"), ("watching", "movies"))
    needs = ("fanarttv_api_key",)
    secrets = ("fanarttv_api_key", "fanarttv_client_key")
    base_url_setting = "fanarttv_base_url"
    pace = 2.0
    attribution = "fanart.tv"
    hosts = ("fanart.tv",)

    def refusal(self, status: int, headers: Mapping[str, str], body: Any) -> SourceError | None:
        """That there is nothing is said by a 404 or, at times, within a 200."""
        if not isinstance(body, dict) or body.get("status") != "error":
            return None
        said = words(body, "error message") or words(body, "error")
        if "key" in said.lower():
            return SourceDenied(f"{self.name}: the key is not valid", code=str(status))
        if "not found" in said.lower():
            return SourceChanged(said, code="404")
        return None

    async def look(self, thing: Thing) -> Found:
        """The most liked pictures first."""
        asked = {
            "artists": ("music", mbid(thing.mbid)),
            "albums": ("music/albums", mbid(thing.release_group_mbid)),
            "movies": ("movies", number_id(thing.tmdb_id)),
        }
        path, number = asked[thing.entity_type]
        if not number:
            return skipped("no id is known that it could be asked by")
        document = await self.get_json(f"{path}/{number}", headers=self._headers())
        if document is None:
            return none("nothing of that id")
        rows(document)
        if thing.entity_type == "artists" and _is_another(thing.artist, words(document, "name")):
            return unfit("the id is another artist's")
        if thing.entity_type == "albums":
            document = _album(document, number)
        parts = {
            "artists": (("artistthumb", PORTRAITS), ("artistbackground", BACKGROUNDS)),
            "albums": (("albumcover", PORTRAITS),),
            "movies": (("movieposter", POSTERS), ("moviebackground", BACKGROUNDS)),
        }[thing.entity_type]
        return found(self._pictures(document, parts), otherwise=none("no picture of that kind"))

    def _headers(self) -> dict[str, str]:
        headers = {"api-key": self.secret("fanarttv_api_key")}
        if personal := self.secret("fanarttv_client_key"):
            headers["client-key"] = personal
        return headers

    def _pictures(
        self, document: dict[str, Any], parts: Sequence[tuple[str, int]]
    ) -> list[Candidate]:
        return [
            self._picture(row, kind)
            for kind, most in parts
            for row in by_likes([row for row in rows(document, kind) if address(row, "url")])[:most]
        ]

    def _picture(self, row: dict[str, Any], kind: str) -> Candidate:
        width, height = SIZES[kind]
        return self.candidate(
            address(row, "url"),
            width=whole(row, "width") or width,
            height=whole(row, "height") or height,
        )


def _album(document: dict[str, Any], group: str) -> dict[str, Any]:
    """The pictures of one album, from a list (version 3.2) or an object keyed by id (before)."""
    listed = objects(document.get("albums"))
    own = next((each for each in listed if each.get("release_group_id") == group), {})
    return own or inner(inner(document, "albums"), group)


def _is_another(wanted: str, given: str) -> bool:
    """Whether an id led to somebody else; names in two scripts cannot tell."""
    comparable_ones = wanted and given and comparable(wanted + given).isascii()
    return bool(comparable_ones) and artist_likeness(wanted, given) is None
