"""The charts and tags of the pretend Last.fm, counted from the plays it holds."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote_plus

from rewind_gql import clock
from rewind_gql.demo.catalogue import albums
from rewind_gql.demo.records import Listen
from rewind_gql.demo.upstreams.lastfm_artists import named_by
from rewind_gql.demo.upstreams.lastfm_rows import (
    album_images,
    album_url,
    artist_images,
    artist_url,
    dumps,
    one_or_many,
    track_url,
)
from rewind_gql.demo.upstreams.lastfm_words import Failure, page_attr, paging
from rewind_gql.demo.upstreams.scrobbles import Scrobbles

PERIODS = {
    "overall": None,
    "7day": 7,
    "1month": 30,
    "3month": 90,
    "6month": 180,
    "12month": 365,
}
TAGS = "https://www.last.fm/tag"
NOT_STREAMABLE = {"fulltrack": "0", "#text": "0"}
MOST_A_PAGE = 1000

Key = TypeVar("Key", bound=Hashable)


class Named(NamedTuple):
    """An album or a track: whose it is and what it is called."""

    artist: str
    name: str


def top_artists(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`user.getTopArtists`: artists by plays in a period."""
    listens = _heard(scrobbles, params)
    mbids = {listen.artist: listen.artist_mbid for listen in listens}

    def row(artist: str) -> dict[str, Any]:
        return {
            "streamable": "0",
            "image": artist_images(),
            "mbid": mbids[artist],
            "url": artist_url(artist),
            "name": artist,
        }

    plays = Counter(listen.artist for listen in listens)
    return _chart(scrobbles, params, ("topartists", "artist"), plays, row)


def top_albums(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`user.getTopAlbums`: albums by plays in a period; plays without an album count for none."""
    listens = [listen for listen in _heard(scrobbles, params) if listen.album]
    mbids = {_album(listen): listen.album_mbid for listen in listens}
    artists = {listen.artist: listen.artist_mbid for listen in listens}

    def row(album: Named) -> dict[str, Any]:
        return {
            "artist": _credit(album.artist, artists.get(album.artist, "")),
            "image": album_images(*album),
            "mbid": mbids[album],
            "url": album_url(*album),
            "name": album.name,
        }

    plays = Counter(_album(listen) for listen in listens)
    return _chart(scrobbles, params, ("topalbums", "album"), plays, row)


def top_tracks(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`user.getTopTracks`: tracks by plays in a period, with their seconds."""
    listens = _heard(scrobbles, params)
    known = {_track(listen): listen for listen in listens}

    def row(track: Named) -> dict[str, Any]:
        listen = known[track]
        return {
            "streamable": NOT_STREAMABLE,
            "mbid": listen.track_mbid,
            "name": track.name,
            "image": artist_images(),
            "artist": _credit(track.artist, listen.artist_mbid),
            "url": track_url(*track),
            "duration": str(listen.duration_s),
        }

    plays = Counter(_track(listen) for listen in listens)
    return _chart(scrobbles, params, ("toptracks", "track"), plays, row)


def top_tags(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`artist.getTopTags`: an artist's tags, the first with count 100; none for the unknown."""
    artist = params.get("artist", "")
    if params.get("mbid"):
        artist = named_by(params["mbid"])
    if not artist:
        raise Failure(6, "Invalid parameters - Your request is missing a required parameter")
    counts = _tags().get(artist.casefold(), Counter())
    most = max(counts.values(), default=1)
    tags = [
        {"count": 100 * count // most, "name": tag, "url": f"{TAGS}/{quote_plus(tag)}"}
        for tag, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return dumps({"toptags": {"tag": tags, "@attr": {"artist": artist}}})


def _heard(scrobbles: Scrobbles, params: Mapping[str, str]) -> list[Listen]:
    period = params.get("period") or "overall"
    if period not in PERIODS:
        raise Failure(6, "Invalid parameters - period is not one we know")
    days = PERIODS[period]
    if days is None:
        return scrobbles.since(None)
    return scrobbles.since(clock.seconds(clock.now() - timedelta(days=days)))


def _chart(
    scrobbles: Scrobbles,
    params: Mapping[str, str],
    names: tuple[str, str],
    plays: Mapping[Key, int],
    row: Callable[[Key], dict[str, Any]],
) -> bytes:
    number, limit = paging(params, most=MOST_A_PAGE)
    ranked = sorted(plays.items(), key=lambda pair: (-pair[1], str(pair[0])))
    start = (number - 1) * limit
    rows = [
        dumps(row(key) | {"@attr": {"rank": str(rank)}, "playcount": str(count)})
        for rank, (key, count) in enumerate(ranked[start : start + limit], start + 1)
    ]
    attr = dumps(page_attr(scrobbles.person.lastfm, number, limit, len(ranked)))
    envelope, item = (name.encode() for name in names)
    return b'{"%s":{"%s":%s,"@attr":%s}}' % (envelope, item, one_or_many(rows), attr)


def _album(listen: Listen) -> Named:
    return Named(listen.album_artist or listen.artist, listen.album)


def _track(listen: Listen) -> Named:
    return Named(listen.artist, listen.track)


def _credit(artist: str, mbid: str) -> dict[str, str]:
    return {"url": artist_url(artist), "name": artist, "mbid": mbid}


@cache
def _tags() -> dict[str, Counter[str]]:
    """Tags by artist, folded: the genres and styles of their albums, styles counting twice."""
    tags: dict[str, Counter[str]] = {}
    for album in albums():
        for artist in {album.artist, *(song.artist for song in album.songs)}:
            counts = tags.setdefault(artist.casefold(), Counter())
            counts.update(genre.lower() for genre in album.genres)
            counts.update({style.lower(): 2 for style in album.styles})
    return tags
