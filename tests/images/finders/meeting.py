"""Every finder with its pretend provider, on real sockets, and the things they are asked about."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp

from rewind_gql.demo.catalogue import mbid, parse_album
from rewind_gql.demo.films import FILMS
from rewind_gql.demo.upstreams import (
    apple_music,
    cover_art_archive,
    deezer,
    discogs,
    fanarttv,
    itunes,
    open_graph,
    plex,
    tmdb,
)
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images.finders import FINDERS, Finder, Finders
from rewind_gql.images.records import Thing
from rewind_gql.ports.guarded import Guard
from rewind_gql.ports.http import IMPATIENT, Clients, Patience
from rewind_gql.settings import Settings
from tests.demo.upstreams.shelves import a_life, copy, sleeve

LOW = ("Low", "Double Negative")
ALBUMS = tuple(
    parse_album(f"{artist}|{title}|2001|Rock|Label|", "test")
    for artist, title in (
        LOW,
        ("Low", "Things We Lost in the Fire"),
        ("Blue Nile", "Hats"),
        ("Joni Mitchell", "Blue Train"),
        ("Sigur Rós", "Takk..."),
    )
)
MUSIC = Shop("test", ALBUMS)
LONG_FERRY, BARE_FILM, SHOW = FILMS[0], FILMS[7], FILMS[8]
DISCOGS_ID, BARE_RELEASE = 7, 8


def album(**facts: Any) -> Thing:
    """An album that was heard."""
    return Thing(domain="listening", entity_type="albums", entity_id="1", **facts)


def artist(**facts: Any) -> Thing:
    """An artist who was heard."""
    return Thing(domain="listening", entity_type="artists", entity_id="1", **facts)


def release(**facts: Any) -> Thing:
    """A release that is owned."""
    return Thing(domain="collecting", entity_type="releases", entity_id="1", **facts)


def film(**facts: Any) -> Thing:
    """A film that was watched."""
    return Thing(domain="watching", entity_type="movies", entity_id="1", **facts)


def article(**facts: Any) -> Thing:
    """An article that was read; `{site}` in an address stands for the pretend site."""
    return Thing(domain="reading", entity_type="articles", entity_id="1", **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One finder: its provider, the settings that lead there, and things it says each answer to."""

    app: Callable[[Faults], ASGIApp]
    settings: Callable[[str], Mapping[str, Any]]
    found: Thing
    nothing: Thing
    unknown: Thing
    unfit: Thing | None = None
    secrets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def _shelf(faults: Faults) -> ASGIApp:
    bare = copy(BARE_RELEASE, sleeve=sleeve(BARE_RELEASE, year=0))
    life = a_life((copy(DISCOGS_ID), bare), ())
    return discogs.app(discogs.Shelf(life), faults, pictures=True)


def _apple(url: str) -> dict[str, Any]:
    token = apple_music.TOKEN
    return {"apple_music_base_url": f"{url}/v1", "apple_music_developer_token": token}


CASES: Mapping[str, Case] = {
    "cover-art-archive": Case(
        app=lambda faults: cover_art_archive.app(ALBUMS, faults, gaps=0),
        settings=lambda url: {"cover_art_archive_base_url": url},
        found=album(mbid=mbid("album", *LOW)),
        nothing=album(mbid="0d2cb66c-3a32-4f81-b977-9231c461c34a"),
        unknown=album(artist="Low", title="Double Negative", mbid="no id"),
    ),
    "apple-music": Case(
        app=lambda faults: apple_music.app(MUSIC, faults),
        settings=_apple,
        found=album(apple_id=str(MUSIC.draw("album", *LOW))),
        nothing=album(apple_id="123"),
        unknown=album(artist="Low", title="Double Negative"),
        secrets=(apple_music.TOKEN,),
        needs=("apple_music_developer_token",),
    ),
    "apple-music-search": Case(
        app=lambda faults: apple_music.app(MUSIC, faults),
        settings=_apple,
        found=album(artist="low", title="Double Negative (Deluxe Edition)"),
        nothing=album(artist="Nobody", title="Whatever"),
        unfit=album(artist="Hats", title="Nile Blues"),
        unknown=album(artist="Low"),
        secrets=(apple_music.TOKEN,),
        needs=("apple_music_developer_token",),
    ),
    "itunes": Case(
        app=lambda faults: itunes.app(MUSIC, faults),
        settings=lambda url: {"itunes_base_url": url, "itunes_country": "NO"},
        found=album(artist="Low", title="Double Negative"),
        nothing=album(artist="Nobody", title="Whatever"),
        unfit=album(artist="Hats", title="Nile Blues"),
        unknown=album(artist="Low"),
    ),
    "deezer": Case(
        app=lambda faults: deezer.app(MUSIC, faults),
        settings=lambda url: {"deezer_base_url": url},
        found=album(artist="Low", title="Double Negative"),
        nothing=album(artist="Nobody", title="Whatever"),
        unfit=album(artist="Hats", title="Nile Blues"),
        unknown=album(artist="Low"),
    ),
    "fanart-tv": Case(
        app=lambda faults: fanarttv.app(ALBUMS, faults, gaps=0),
        settings=lambda url: {
            "fanarttv_base_url": f"{url}/v3.2",
            "fanarttv_api_key": fanarttv.KEY,
            "fanarttv_client_key": "personal-key-of-mine",
        },
        found=artist(artist="Low", mbid=mbid("artist", "Low")),
        nothing=artist(artist="Low", mbid="0d2cb66c-3a32-4f81-b977-9231c461c34a"),
        unfit=artist(artist="Can", mbid=mbid("artist", "Low")),
        unknown=artist(artist="Low"),
        secrets=(fanarttv.KEY, "personal-key-of-mine"),
        needs=("fanarttv_api_key",),
    ),
    "tmdb": Case(
        app=lambda faults: tmdb.app(FILMS, faults),
        settings=lambda url: {
            "tmdb_base_url": f"{url}/3",
            "tmdb_image_base_url": f"{url}/t/p",
            "tmdb_api_key": tmdb.TOKEN,
        },
        found=film(tmdb_id=str(LONG_FERRY.tmdb_id)),
        nothing=film(tmdb_id="1"),
        unknown=film(title="The Long Ferry"),
        secrets=(tmdb.TOKEN,),
        needs=("tmdb_api_key",),
    ),
    "discogs": Case(
        app=_shelf,
        settings=lambda url: {"discogs_images": True, "discogs_token": discogs.TOKEN},
        found=release(discogs_id=str(DISCOGS_ID)),
        nothing=release(discogs_id=str(BARE_RELEASE)),
        unknown=release(artist="Low", title="Double Negative"),
        secrets=(discogs.TOKEN,),
        needs=("discogs_images", "discogs_token"),
    ),
    "plex": Case(
        app=lambda faults: plex.app(FILMS, faults),
        settings=lambda url: {"plex_base_url": url, "plex_token": plex.TOKEN},
        found=film(title=LONG_FERRY.title, plex_thumb=plex.thumb(LONG_FERRY)),
        nothing=film(title=BARE_FILM.title, plex_thumb=plex.thumb(BARE_FILM)),
        unfit=film(title="Another Film", plex_thumb=plex.thumb(LONG_FERRY)),
        unknown=film(title=LONG_FERRY.title, plex_thumb="http://127.0.0.1:9/secret"),
        secrets=(plex.TOKEN,),
        needs=("plex_base_url", "plex_token"),
    ),
    "open-graph": Case(
        app=open_graph.app,
        settings=lambda url: {"image_private_origins": (url,)},
        found=article(page_url="{site}/articles/how-tape-hiss-came-back"),
        nothing=article(page_url="{site}/articles/all-words"),
        unfit=article(page_url="{site}/articles/drawn-into-the-page"),
        unknown=article(page_url="ftp://example.org/"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A finder, its provider's address and what the provider was asked."""

    finder: Finder
    url: str
    faults: Faults
    clients: Clients

    def there(self, thing: Thing) -> Thing:
        """The thing with addresses on the pretend site."""
        return replace(thing, page_url=thing.page_url.replace("{site}", self.url))


@asynccontextmanager
async def meeting(
    name: str,
    *,
    app: Callable[[Faults], ASGIApp] | None = None,
    patience: Patience = IMPATIENT,
    **changes: Any,
) -> AsyncIterator[Meeting]:
    """A finder and its provider."""
    case, faults = CASES[name], Faults()
    with serve((app or case.app)(faults)) as url:
        local: dict[str, Any] = {"lastfm_base_url": url, "discogs_base_url": url, "unpaced": True}
        settings = Settings(**(local | dict(case.settings(url)) | changes))
        guard, clients = Guard(), Clients(patience=patience)
        finders = Finders(settings, clients, guard)
        found = next(
            each for pair in FINDERS[name].pairs for each in finders.of(*pair) if each.name == name
        )
        try:
            yield Meeting(finder=found, url=url, faults=faults, clients=clients)
        finally:
            await finders.close()
            await clients.close()
            await guard.close()
