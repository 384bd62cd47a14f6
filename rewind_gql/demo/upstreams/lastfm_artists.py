"""What the pretend Last.fm says of artists: words about them, and who is like them."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote_plus

from rewind_gql.demo.catalogue import VARIOUS, Album, albums, mbid, number
from rewind_gql.demo.upstreams.lastfm_rows import artist_images, artist_url, dumps
from rewind_gql.demo.upstreams.lastfm_words import Failure, whole
from rewind_gql.demo.upstreams.scrobbles import Scrobbles

MOST_ALIKE = 100
SILENT = 11  # of one artist in so many nobody has written anything
STRANGERS = ("The Long Ferry", "Ana Belém", "Kvitt")  # alike, and never played
UNHEARD_OF = "The artist you supplied could not be found"
LICENCE = (
    " User-contributed text is available under the Creative Commons By-SA License;"
    " additional terms may apply."
)


def artist_info(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`artist.getInfo`: who an artist is; a link ends both texts, with a licence behind the long.

    Of one in some nobody has written: then the link is all there is.
    """
    artist = _artist(params)
    more = f'<a href="{artist_url(artist)}">Read more on Last.fm</a>'
    known = _by_artist()[artist.casefold()]
    short, long = _words(artist, known) if number("bio", artist) % SILENT else ("", "")
    plays = sum(listen.artist == artist for listen in scrobbles.since(None))
    info = {
        "name": artist,
        "mbid": mbid("artist", artist),
        "url": artist_url(artist),
        "image": artist_images(),
        "streamable": "0",
        "ontour": "0",
        "stats": {
            "listeners": str(1_000 + number("listeners", artist) % 900_000),
            "playcount": str(9_000 + number("plays", artist) % 40_000_000),
            "userplaycount": str(plays),
        },
        "similar": {"artist": [_row(name, None) for name, _ in _alike(artist)[:5]]},
        "tags": {"tag": [_tag(style) for style in known[0].styles[:5]]},
        "bio": {
            "links": {
                "link": {"#text": "", "rel": "original", "href": f"{artist_url(artist)}/+wiki"}
            },
            "published": "12 Feb 2008, 19:44",
            "summary": f" {short} {more}" if short else f" {more}",
            "content": f"{long} {more}.{LICENCE}" if long else "",
        },
    }
    return dumps({"artist": info})


def similar_artists(_scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`artist.getSimilar`: others of the same corner of music and styles; how near, as text."""
    artist = _artist(params)
    limit = whole(params, "limit", MOST_ALIKE) or MOST_ALIKE
    rows = [_row(name, near) for name, near in _alike(artist)[:limit]]
    return dumps({"similarartists": {"artist": rows, "@attr": {"artist": artist}}})


def named_by(identifier: str) -> str:
    """The artist of a MusicBrainz id. Raises `Failure` for one nobody has."""
    name = _by_id().get(identifier)
    if name is None:
        raise Failure(6, UNHEARD_OF)
    return name


def _artist(params: Mapping[str, str]) -> str:
    """The artist asked about, by id or by name. Raises `Failure` for one nobody knows."""
    wanted = params.get("mbid") or params.get("artist", "")
    if not wanted:
        raise Failure(6, "Invalid parameters - Your request is missing a required parameter")
    name = named_by(wanted) if params.get("mbid") else wanted
    if name.casefold() not in _by_artist():
        raise Failure(6, UNHEARD_OF)
    return _spelt()[name.casefold()]


def _row(name: str, near: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "url": artist_url(name), "image": artist_images()}
    if near is None:
        return row
    return row | {"mbid": mbid("artist", name), "match": f"{near:g}", "streamable": "0"}


def _tag(style: str) -> dict[str, str]:
    return {"name": style.lower(), "url": f"https://www.last.fm/tag/{quote_plus(style.lower())}"}


def _words(artist: str, known: list[Album]) -> tuple[str, str]:
    """What is written about an artist, short and at length."""
    first = min(album.year for album in known)
    kind = " and ".join(known[0].styles[:2]).lower() or known[0].genres[0].lower()
    titles = ", ".join(dict.fromkeys(f'"{album.title}"' for album in known if album.title))
    short = f"{artist} have been making {kind} since {first}."
    return short, f"{short}\n\nTheir records: {titles or 'none so far'}."


@cache
def _alike(artist: str) -> list[tuple[str, float]]:
    """Who shares the corner and the most styles with an artist, the nearest first."""
    own = _by_artist()[artist.casefold()]
    styles = {style for album in own for style in album.styles}
    near: dict[str, float] = {}
    for name, known in _by_artist().items():
        if name == artist.casefold() or known[0].corner != own[0].corner:
            continue
        shared = len(styles & {style for album in known for style in album.styles})
        spread = number("near", artist, name) % 1_000 / 10_000
        near[_spelt()[name]] = min(1.0, 0.15 + 0.2 * shared + spread)
    near |= {name: number(name, artist) % 600 / 1_000 for name in STRANGERS}
    return sorted(near.items(), key=lambda pair: (-pair[1], pair[0]))


@cache
def _by_artist() -> dict[str, list[Album]]:
    """The albums of each artist, by their folded name, those first that are their own."""
    known: dict[str, list[Album]] = {}
    for album in albums():
        if album.artist != VARIOUS:
            known.setdefault(album.artist.casefold(), []).append(album)
    for album in albums():
        for song in album.songs:
            if song.artist != album.artist:
                known.setdefault(song.artist.casefold(), []).append(album)
    return known


@cache
def _spelt() -> dict[str, str]:
    """Every artist as they are written, by their folded name."""
    songs = (song.artist for album in albums() for song in album.songs)
    return {name.casefold(): name for name in (*songs, *(album.artist for album in albums()))}


@cache
def _by_id() -> dict[str, str]:
    """Every artist by their id."""
    return {mbid("artist", name): name for name in _spelt().values() if mbid("artist", name)}
