"""TMDB: posters and backdrops of films and shows."""

from collections.abc import Iterable
from typing import Any

from rewind_gql.images.finders.base import Finder, found, none, skipped
from rewind_gql.images.finders.reading import number_id, rows, whole, words
from rewind_gql.images.records import Candidate, Found, Thing

POSTERS, BACKDROPS = 3, 2
WIDTH = 780
KINDS = {"movies": "movie", "shows": "tv"}
TEXTLESS = ""
POSTER_ORDER = ("en", TEXTLESS)
BACKDROP_ORDER = (TEXTLESS, "en")


class Tmdb(Finder):
    """Posters by TMDB id: English ones, then those without words, then others."""

    name = "tmdb"
    source = "tmdb"
    docs = "https://developer.themoviedb.org/reference/movie-images"
    pairs = (("watching", "movies"), ("watching", "shows"))
    needs = ("tmdb_api_key",)
    secrets = ("tmdb_api_key",)
    base_url_setting = "tmdb_base_url"
    pace = 20.0
    hosts = ("tmdb.org",)
    attribution = (
        "This product uses the TMDB API but is not endorsed or certified by TMDB."  # as they ask
    )

    @classmethod
    def _address_settings(cls) -> tuple[str, ...]:
        return (cls.base_url_setting, "tmdb_image_base_url")

    async def look(self, thing: Thing) -> Found:
        """At most three posters, and behind those of a film two backdrops."""
        number, kind = number_id(thing.tmdb_id), KINDS[thing.entity_type]
        if not number:
            return skipped("no TMDB id is known")
        images = await self._ask(f"{kind}/{number}/images", include_image_language="en,null")
        if images is None:
            return none("nothing of that id")
        candidates = self._best(rows(images, "posters"), POSTER_ORDER, POSTERS)
        if not candidates:
            candidates = await self._main_poster(f"{kind}/{number}")
        if kind == "movie":
            candidates += self._best(rows(images, "backdrops"), BACKDROP_ORDER, BACKDROPS)
        return found(candidates, otherwise=none("no poster"))

    async def _main_poster(self, path: str) -> list[Candidate]:
        """The poster the film itself names, whatever its language."""
        film = await self._ask(path)
        rows(film or {})
        picture = self._picture({"file_path": (film or {}).get("poster_path")})
        return [picture] if picture else []

    async def _ask(self, path: str, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret('tmdb_api_key')}"}
        return await self.get_json(path, headers=headers, **params)

    def _best(
        self, pictures: Iterable[dict[str, Any]], order: tuple[str, ...], most: int
    ) -> list[Candidate]:
        def place(picture: dict[str, Any]) -> int:
            language = words(picture, "iso_639_1")
            return order.index(language) if language in order else len(order)

        made = [self._picture(row) for row in sorted(pictures, key=place)]
        return [each for each in made if each is not None][:most]

    def _picture(self, row: dict[str, Any]) -> Candidate | None:
        path = words(row, "file_path")
        if not path.startswith("/") or "/" in path[1:]:
            return None
        width, height = whole(row, "width"), whole(row, "height")
        shown = min(WIDTH, width) if width else WIDTH
        return self.candidate(
            f"{self.settings.tmdb_image_base_url.rstrip('/')}/w{WIDTH}{path}",
            width=shown,
            height=round(height * shown / width) if width and height else None,
        )
