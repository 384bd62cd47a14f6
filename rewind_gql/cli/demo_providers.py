"""The pretend providers the demo syncs from, on loopback, and the settings that lead to them."""

from contextlib import ExitStack

from pydantic import SecretStr
from starlette.applications import Starlette

from rewind_gql.demo.cinema import cinema
from rewind_gql.demo.life import Life
from rewind_gql.demo.upstreams import (
    apple_music,
    cover_art_archive,
    deezer,
    discogs,
    fanarttv,
    itunes,
    lastfm,
    musicbrainz,
    serving,
    tmdb,
    trakt,
)
from rewind_gql.demo.upstreams.faults import Faults


def accounts(stack: ExitStack, invented: Life, plays: Faults) -> dict[str, object]:
    """Start those the person has an account with; `plays` is what goes wrong at Last.fm."""
    door = trakt.Doorman(approving=True, interval_s=0)
    films = _start(stack, trakt.app(trakt.Account(cinema(invented.listens[-1].at)), doorman=door))
    scrobbles = _start(stack, lastfm.app(lastfm.Scrobbles(invented), plays))
    return {
        "unpaced": True,
        "time_zone": invented.person.time_zone,
        "lastfm_base_url": f"{scrobbles}/2.0/",
        "lastfm_user": invented.person.lastfm,
        "lastfm_api_key": SecretStr(lastfm.KEY),
        "discogs_base_url": _start(stack, discogs.app(discogs.Shelf(invented))),
        "discogs_user": invented.person.discogs,
        "discogs_token": SecretStr(discogs.TOKEN),
        "trakt_base_url": films,
        "trakt_auth_base_url": films,
        "trakt_client_id": trakt.CLIENT_ID,
        "trakt_client_secret": SecretStr(trakt.CLIENT_SECRET),
        "apple_music_user_token": SecretStr(apple_music.USER_TOKEN),
    }


def catalogues(
    stack: ExitStack, listener: apple_music.Listener | None = None, listened: Faults | None = None
) -> dict[str, object]:
    """Start those that describe music and films and have pictures of them.

    Apple Music also tells what a `listener` played lately; `listened` is what goes wrong there.
    """
    archive = _start(stack, cover_art_archive.app())
    apple = _start(stack, apple_music.app(faults=listened, listener=listener))
    shop = _start(stack, itunes.app())
    deezer_ = _start(stack, deezer.app())
    fanart = _start(stack, fanarttv.app())
    films = _start(stack, tmdb.app())
    return {
        "cover_art_archive_base_url": archive,
        "apple_music_base_url": f"{apple}/v1",
        "apple_music_developer_token": SecretStr(apple_music.TOKEN),
        "itunes_base_url": shop,
        "itunes_links": True,
        "deezer_base_url": deezer_,
        "fanarttv_base_url": f"{fanart}/v3.2",
        "fanarttv_api_key": SecretStr(fanarttv.KEY),
        "musicbrainz_base_url": f"{_start(stack, musicbrainz.app())}/ws/2",
        "musicbrainz_contact": "maren@example.org",
        "tmdb_base_url": f"{films}/3",
        "tmdb_image_base_url": f"{films}/t/p",
        "tmdb_api_key": SecretStr(tmdb.TOKEN),
        # A person may choose one of the alternatives, too, which is fetched like any address.
        "image_private_origins": (archive, apple, deezer_, shop, fanart, films),
    }


def _start(stack: ExitStack, app: Starlette) -> str:
    """Serve it until the stack is unwound; gives its address."""
    return stack.enter_context(serving.serve(app))
