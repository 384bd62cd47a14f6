"""Who is asked for a picture of what, and in which order."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rewind_gql.errors import BadSettings
from rewind_gql.images.finders.apple_music import AppleMusic, AppleMusicSearch
from rewind_gql.images.finders.base import Finder, Pair
from rewind_gql.images.finders.cover_art_archive import CoverArtArchive
from rewind_gql.images.finders.deezer import Deezer
from rewind_gql.images.finders.discogs import Discogs
from rewind_gql.images.finders.fanarttv import FanartTv
from rewind_gql.images.finders.given import Given
from rewind_gql.images.finders.itunes import Itunes
from rewind_gql.images.finders.open_graph import OpenGraph
from rewind_gql.images.finders.plex import Plex
from rewind_gql.images.finders.tmdb import Tmdb
from rewind_gql.ports.guarded import Guard
from rewind_gql.ports.http import Clients
from rewind_gql.settings import Settings

__all__ = ["FINDERS", "ORDER", "Finder", "Finders", "Pair", "order"]

FINDERS: Mapping[str, type[Finder]] = MappingProxyType(
    {
        each.name: each
        for each in (
            CoverArtArchive,
            AppleMusic,
            AppleMusicSearch,
            Deezer,
            Itunes,
            FanartTv,
            Tmdb,
            Discogs,
            Plex,
            Given,
            OpenGraph,
        )
    }
)

ORDER: Mapping[Pair, tuple[str, ...]] = MappingProxyType(
    {
        ("listening", "albums"): (
            "cover-art-archive", "apple-music", "apple-music-search", "deezer", "itunes",
        ),
        ("listening", "artists"): ("apple-music", "deezer", "apple-music-search", "fanart-tv"),
        ("collecting", "releases"): ("itunes", "deezer", "cover-art-archive", "discogs"),
        ("watching", "movies"): ("tmdb", "fanart-tv", "plex"),
        ("watching", "shows"): ("tmdb", "plex"),
        ("reading", "articles"): ("given", "open-graph"),
        ("attending", "player_silo"): ("given",),
        ("attending", "player_full"): ("given",),
    }
)  # fmt: skip
"""First to last, where the owner wants nothing else."""


class Finders:
    """The finders of a process, ready to be asked.

    `guard` fetches pages and pictures from everywhere; a finder of the owner's own server gets one
    of its own, which may reach that server and which no other finder's addresses go through.
    """

    def __init__(self, settings: Settings, clients: Clients, guard: Guard) -> None:
        self._own: list[Guard] = []
        made = {name: self._make(card, settings, clients, guard) for name, card in FINDERS.items()}
        self._made = tuple(made.values())
        self._by_pair = {
            pair: tuple(made[name] for name in names) for pair, names in order(settings).items()
        }

    def of(self, domain: str, entity_type: str) -> tuple[Finder, ...]:
        """Who to ask, first to last; nobody for a kind of thing that has no pictures."""
        return self._by_pair.get((domain, entity_type), ())

    def at(self, url: str, domain: str, entity_type: str) -> Finder | None:
        """Whose picture lies at an address; of those who share a host, whom this kind asks first.

        None where it is nobody's that is known.
        """
        known = (*self.of(domain, entity_type), *self._made)
        return next((finder for finder in known if finder.holds(url)), None)

    async def close(self) -> None:
        """Close the connections made here; `guard` and `clients` belong to who gave them."""
        while self._own:
            await self._own.pop().close()

    def _make(
        self, card: type[Finder], settings: Settings, clients: Clients, guard: Guard
    ) -> Finder:
        if allowed := card.private_origins(settings):
            guard = Guard(allow=allowed)
            self._own.append(guard)
        return card(settings, clients, guard)


def order(settings: Settings) -> dict[Pair, tuple[str, ...]]:
    """The names of the finders of each kind of thing, as the owner orders them.

    Raises `BadSettings` for a kind without pictures and for a finder that has none of that kind.
    """
    return {**ORDER, **dict(_wanted(settings.image_order))}


def _wanted(text: str) -> Iterator[tuple[Pair, tuple[str, ...]]]:
    for part in filter(str.strip, text.split(";")):
        kind, _, listed = part.partition("=")
        domain, _, entity_type = kind.strip().partition("/")
        pair = (domain, entity_type)
        if pair not in ORDER:
            known = ", ".join("/".join(each) for each in ORDER)
            raise BadSettings(
                f"REWIND_IMAGE_ORDER: there are no pictures of {kind.strip()}. Known: {known}."
            )
        names = tuple(name.strip() for name in listed.split(","))
        able = [name for name, card in FINDERS.items() if pair in card.pairs]
        for name in names:
            if name not in able:
                raise BadSettings(
                    f"REWIND_IMAGE_ORDER: {name} has no pictures of {kind.strip()}. "
                    f"Write some of {', '.join(able)}."
                )
        yield pair, names
