"""The pretend Last.fm: one listener's plays, profile and charts under `/2.0/`."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.clock import seconds
from rewind_gql.demo.upstreams import lastfm_artists, lastfm_charts
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.lastfm_rows import (
    artist_images,
    dumps,
    now_row,
    one_or_many,
    play_row,
)
from rewind_gql.demo.upstreams.lastfm_words import (
    Failure,
    page_attr,
    paging,
    refuse,
    respond,
    whole,
)
from rewind_gql.demo.upstreams.pace import Bucket
from rewind_gql.demo.upstreams.scrobbles import Scrobbles

__all__ = ["KEY", "Scrobbles", "app"]

KEY = "5ca1ab1e0ddba11c0ffeedecade0f00d"

Method = Callable[[Scrobbles, Mapping[str, str]], bytes]


def app(
    scrobbles: Scrobbles,
    faults: Faults | None = None,
    *,
    key: str = KEY,
    rate_limit: float | None = None,
) -> Starlette:
    """A Last.fm that knows one listener and takes one API key.

    `rate_limit` is in requests a second, averaged; past it every answer is error 29.
    """
    bucket = None if rate_limit is None else Bucket(rate_limit)

    async def endpoint(request: Request) -> Response:
        params = request.query_params
        json = params.get("format") == "json"
        try:
            _admit(params, key, bucket)
            return respond(_method(params)(scrobbles, params), json=json)
        except Failure as failure:
            return refuse(failure, json=json)

    return Starlette(
        routes=[Route("/2.0/", endpoint)],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


def recent_tracks(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`user.getRecentTracks`: plays in [from, to), newest first, after the one playing now."""
    _same_user(scrobbles, params)
    if scrobbles.is_private:
        raise Failure(17, "Login: User required to be logged in", HTTPStatus.FORBIDDEN)
    number, limit = paging(params)
    extended = params.get("extended") == "1"
    page = scrobbles.page(whole(params, "from"), whole(params, "to"), number, limit)
    rows = [play_row(listen, extended=extended) for listen in page.listens]
    playing = scrobbles.now
    if playing is not None:
        rows.insert(0, now_row(playing, extended=extended))
    attr = dumps(page_attr(scrobbles.person.lastfm, number, limit, page.total))
    return b'{"recenttracks":{"track":%s,"@attr":%s}}' % (one_or_many(rows), attr)


def user_info(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
    """`user.getInfo`: the profile, with counts of all that was ever played."""
    _same_user(scrobbles, params)
    person, listens = scrobbles.person, scrobbles.since(None)
    joined = seconds(person.registered_at)
    albums = {(x.album_artist or x.artist, x.album) for x in listens if x.album}
    user = {
        "name": person.lastfm,
        "age": "0",
        "subscriber": "0",
        "realname": person.real_name,
        "bootstrap": "0",
        "playcount": str(len(listens)),
        "artist_count": str(len({listen.artist for listen in listens})),
        "playlists": "0",
        "track_count": str(len({(listen.artist, listen.track) for listen in listens})),
        "album_count": str(len(albums)),
        "image": artist_images(),
        # One of the two is a number, the other a string, in the real one too.
        "registered": {"unixtime": str(joined), "#text": joined},
        "country": person.country,
        "gender": "n",
        "url": f"https://www.last.fm/user/{person.lastfm}",
        "type": "user",
    }
    return dumps({"user": user})


def _of_user(chart: Method) -> Method:
    def charted(scrobbles: Scrobbles, params: Mapping[str, str]) -> bytes:
        _same_user(scrobbles, params)
        return chart(scrobbles, params)

    return charted


METHODS: dict[str, Method] = {
    "user.getrecenttracks": recent_tracks,
    "user.getinfo": user_info,
    "user.gettopartists": _of_user(lastfm_charts.top_artists),
    "user.gettopalbums": _of_user(lastfm_charts.top_albums),
    "user.gettoptracks": _of_user(lastfm_charts.top_tracks),
    "artist.gettoptags": lastfm_charts.top_tags,
    "artist.getinfo": lastfm_artists.artist_info,
    "artist.getsimilar": lastfm_artists.similar_artists,
}


def _admit(params: Mapping[str, str], key: str, bucket: Bucket | None) -> None:
    if bucket is not None and not bucket.take():
        raise Failure(
            29,
            "Rate Limit Exceeded - This application has made too many requests in a short period",
            HTTPStatus.TOO_MANY_REQUESTS,
        )
    if params.get("api_key") != key:
        words = "Invalid API key - You must be granted a valid key by last.fm"
        raise Failure(10, words, HTTPStatus.FORBIDDEN)


def _method(params: Mapping[str, str]) -> Method:
    try:
        return METHODS[params.get("method", "").lower()]
    except KeyError:
        words = "Invalid Method - No method with that name in this package"
        raise Failure(3, words) from None


def _same_user(scrobbles: Scrobbles, params: Mapping[str, str]) -> None:
    user = params.get("user", "")
    if not user:
        raise Failure(6, "Invalid parameters - Your request is missing a required parameter")
    if user.casefold() != scrobbles.person.lastfm.casefold():
        raise Failure(6, "User not found", HTTPStatus.NOT_FOUND)
