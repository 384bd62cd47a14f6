"""Apple Music: artwork of albums and artists from its catalogue, by id or by name."""

from typing import Any

from rewind_gql.images.finders.base import Finder, found, none, skipped, unfit
from rewind_gql.images.finders.reading import address, inner, number_id, rows, whole, words
from rewind_gql.images.matching import Result, ranked, search_artist, search_title
from rewind_gql.images.records import Candidate, Found, Thing
from rewind_gql.ports.developer_token import developer_headers

SIDES = {"albums": 1200, "artists": 1000}
KINDS = {"albums": "albums", "artists": "artists", "releases": "albums"}
RESULTS = 5


class _AppleMusic(Finder):
    """What asking by id and asking by name have in common."""

    source = "apple-music"
    docs = "https://developer.apple.com/documentation/applemusicapi"
    needs_one_of = (
        ("apple_music_developer_token",),
        ("apple_music_team_id", "apple_music_key_id", "apple_music_private_key"),
    )
    secrets = ("apple_music_developer_token",)
    base_url_setting = "apple_music_base_url"
    pace = 5.0
    attribution = "Apple Music"
    hosts = ("mzstatic.com",)

    async def ask(self, path: str, **params: Any) -> Any:
        """A document of the catalogue of the owner's country."""
        settings = self.settings
        headers = developer_headers(
            given=self.secret("apple_music_developer_token"),
            team_id=settings.apple_music_team_id or "",
            key_id=settings.apple_music_key_id or "",
            private_key=self.secret("apple_music_private_key"),
            origin=settings.apple_music_origin,
        )
        catalogue = f"catalog/{settings.apple_music_storefront}"
        return await self.get_json(f"{catalogue}/{path}", headers=headers, **params)

    def artwork(self, row: dict[str, Any], kind: str) -> Candidate | None:
        """The artwork of a catalogue entry, no larger than it is; None when it has none."""
        art = inner(inner(row, "attributes"), "artwork")
        template = words(art, "url")
        width, height = (min(SIDES[kind], whole(art, side) or SIDES[kind]) for side in _BOTH)
        for name, value in (("w", str(width)), ("h", str(height)), ("f", "jpg"), ("c", "bb")):
            template = template.replace(f"{{{name}}}", value)
        url = address({"url": template}, "url")
        return self.candidate(url, width=width, height=height) if url else None


_BOTH = ("width", "height")


class AppleMusic(_AppleMusic):
    """The artwork of the very album or artist, by the id it has there."""

    name = "apple-music"
    pairs = (("listening", "albums"), ("listening", "artists"))

    async def look(self, thing: Thing) -> Found:
        """One candidate; the id says enough, so no name is compared."""
        number, kind = number_id(thing.apple_id), KINDS[thing.entity_type]
        if not number:
            return skipped("no Apple Music id is known")
        document = await self.ask(f"{kind}/{number}")
        entries = rows(document, "data") if document is not None else []
        return found([self.artwork(row, kind) for row in entries[:1]], otherwise=none("no artwork"))


class AppleMusicSearch(_AppleMusic):
    """The artwork of an album or artist of that name."""

    name = "apple-music-search"
    pairs = (("listening", "albums"), ("listening", "artists"), ("collecting", "releases"))

    async def look(self, thing: Thing) -> Found:
        """Those of the first five results that bear the name, closest first."""
        kind = KINDS[thing.entity_type]
        artist, title = thing.artist, thing.title if kind == "albums" else ""
        term = f"{search_artist(artist)} {search_title(title)}".strip()
        if not term or (kind == "albums" and not title):
            return skipped("no name is known")
        document = await self.ask("search", term=term, types=kind, limit=RESULTS)
        entries = rows(document or {}, "results", kind, "data")
        if not entries:
            return none("nothing of that name")
        named = [_result(row, kind, art) for row in entries if (art := self.artwork(row, kind))]
        if not named:
            return none("no artwork")
        return found(ranked(artist, title, named), otherwise=unfit("only others of like names"))


def _result(row: dict[str, Any], kind: str, art: Candidate) -> Result:
    facts = inner(row, "attributes")
    if kind == "artists":
        return Result(words(facts, "name"), "", art)
    return Result(words(facts, "artistName"), words(facts, "name"), art)
