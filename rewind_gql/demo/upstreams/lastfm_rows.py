"""The tracks of a Last.fm listening history as the JSON the provider writes, ready-made."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import md5
from typing import Any
from urllib.parse import quote_plus
from zlib import crc32

import orjson

from rewind_gql.clock import from_seconds, seconds
from rewind_gql.demo.records import Listen

SITE = "https://www.last.fm/music"
PICTURES = "https://lastfm.freetls.fastly.net/i/u"
NO_PICTURE = "2a96cbd8b46e442fc41c2b86b821562f"  # the star that stands for every artist
SIZES = {"small": "34s", "medium": "64s", "large": "174s", "extralarge": "300x300"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY_S = 86_400


def dumps(value: object) -> bytes:
    """JSON as Last.fm writes it, with a backslash before every slash."""
    return orjson.dumps(value).replace(b"/", b"\\/")


def play_row(listen: Listen, *, extended: bool) -> bytes:
    """One play as a track of the history."""
    at = seconds(listen.at)
    clock = at % DAY_S // 60
    date = b',"date":{"uts":"%d","#text":"%s, %02d:%02d"}' % (
        at,
        _day(at // DAY_S),
        clock // 60,
        clock % 60,
    )
    return _head(listen, extended) + date + _tail(listen, extended)


def now_row(listen: Listen, *, extended: bool) -> bytes:
    """The track playing now: marked as such and without a date."""
    return _head(listen, extended) + b',"@attr":{"nowplaying":"true"}' + _tail(listen, extended)


def one_or_many(rows: Iterable[bytes]) -> bytes:
    """A list of rows, or the row itself when it is the only one: their habit, from XML."""
    known = list(rows)
    return known[0] if len(known) == 1 else b"[" + b",".join(known) + b"]"


def artist_url(artist: str) -> str:
    """Where an artist stands on the site."""
    return f"{SITE}/{quote_plus(artist)}"


def track_url(artist: str, track: str) -> str:
    """Where a track stands on the site."""
    return f"{artist_url(artist)}/_/{quote_plus(track)}"


def album_url(artist: str, album: str) -> str:
    """Where an album stands on the site."""
    return f"{artist_url(artist)}/{quote_plus(album)}"


def artist_images() -> list[dict[str, str]]:
    """The placeholder in four sizes: artists have had no picture of their own since 2019."""
    return _images(f"{NO_PICTURE}.png")


def album_images(artist: str, album: str) -> list[dict[str, str]]:
    """An album's cover in four sizes; empty addresses where there is no album."""
    if not album:
        return [{"size": size, "#text": ""} for size in SIZES]
    return _images(f"{md5(f'{artist}/{album}'.encode(), usedforsecurity=False).hexdigest()}.jpg")


def is_loved(artist: str, track: str) -> bool:
    """Whether the listener loves a track: one in twelve, always the same ones."""
    return crc32(f"{artist}/{track}".encode()) % 12 == 0


def _head(listen: Listen, extended: bool) -> bytes:
    return _song(
        listen.artist,
        listen.album,
        listen.track,
        (listen.artist_mbid, listen.album_mbid, listen.track_mbid),
        listen.album_artist or listen.artist,
        extended,
    )


def _tail(listen: Listen, extended: bool) -> bytes:
    if not extended:
        return b"}"
    return b',"loved":"%d"}' % is_loved(listen.artist, listen.track)


@lru_cache(maxsize=50_000)
def _song(
    artist: str, album: str, track: str, mbids: tuple[str, str, str], by: str, extended: bool
) -> bytes:
    """All of a row that is the same for every play of a track, its closing brace left out."""
    artist_mbid, album_mbid, track_mbid = mbids
    credit: dict[str, Any] = {"mbid": artist_mbid, "#text": artist}
    if extended:
        credit = {
            "url": artist_url(artist),
            "mbid": artist_mbid,
            "image": artist_images(),
            "name": artist,
        }
    row = {
        "artist": credit,
        "streamable": "0",
        "image": album_images(by, album),
        "mbid": track_mbid,
        "album": {"mbid": album_mbid, "#text": album},
        "name": track,
        "url": track_url(artist, track),
    }
    return dumps(row)[:-1]


@lru_cache(maxsize=10_000)
def _day(day: int) -> bytes:
    """`12 Apr 2026` for a count of days since 1970, in English whatever this machine speaks."""
    at = from_seconds(day * DAY_S)
    return f"{at.day:02d} {MONTHS[at.month - 1]} {at.year}".encode()


def _images(file: str) -> list[dict[str, str]]:
    return [{"size": size, "#text": f"{PICTURES}/{path}/{file}"} for size, path in SIZES.items()]
