"""Every route of ListenBrainz that scrobblers ask for."""

from typing import Annotated, Any, NotRequired
from uuid import NAMESPACE_URL, uuid5

from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.auth import users
from rewind_gql.auth import views as auth
from rewind_gql.domains.listening import queries, views
from rewind_gql.domains.listening.playing import Latest, told
from rewind_gql.domains.listening.queries.window import lifetime
from rewind_gql.errors import BadInput, NotFound, Refused, TooMany
from rewind_gql.rest.door import address
from rewind_gql.rest.listenbrainz.dialect import LISTENBRAINZ, WRITERS, key_in
from rewind_gql.rest.shim import Access, Call
from rewind_gql.store.page import Slice
from rewind_gql.sync import scrobbles

MOST = 1_000
USUAL = 25
# A time in unix seconds that every database can compare.
LATEST_S = 250_000_000_000

Count = Annotated[int, Ge(1), Le(MOST)]
Seconds = Annotated[int | None, Ge(0), Le(LATEST_S)]


class Accepted(TypedDict):
    """That listens were taken; `rejected` is how many of them could not be read, if any."""

    status: str
    rejected: NotRequired[int]


class Validated(TypedDict):
    """Whether a key may send what is heard, and whose it is."""

    code: int
    message: str
    valid: bool
    user_name: NotRequired[str]


Listen = dict[str, Any]


async def submit(call: Call, *, body: dict[str, Any]) -> Accepted:
    """Send listens

    One that was heard or that is playing, or up to a thousand that were heard. A listen that
    cannot be read is left out; when none can, the request is refused.
    """
    given = scrobbles.read(body)
    if given.kind == "playing_now":
        await scrobbles.tell_playing(call.desk.store, call.user_id, given)
        return {"status": "ok"}
    done = await scrobbles.submit(call.desk.store, call.user_id, given)
    if done.rejects:
        return {"status": "ok", "rejected": len(done.rejects)}
    return {"status": "ok"}


async def validate_token(call: Call, *, token: str = "") -> Validated:
    """Check a key

    In the Authorization header, or as `token`. A key that may only read is not valid here.
    """
    key = token.strip() or key_in((call.header(b"authorization") or "").encode("latin-1"))
    if not key:
        raise BadInput("You need to send a key", path="token")
    try:
        caller = await call.desk.gate.scrobbler(key, address(call.scope))
    except TooMany:
        raise
    except Refused:
        return {"code": 200, "message": "Token invalid.", "valid": False}
    if caller.scope not in WRITERS:
        return {"code": 200, "message": "This key may only read.", "valid": False}
    whose = await call.desk.store.system(users.user, caller.user_id)
    return {"code": 200, "message": "Token valid.", "valid": True, "user_name": _name(whose)}


async def listens(
    call: Call,
    *,
    user_name: str,
    max_ts: Seconds = None,
    min_ts: Seconds = None,
    count: Count = USUAL,
) -> dict[str, Any]:
    """Recent listens

    Newest first, after `min_ts` and before `max_ts`, both left out; with `min_ts` alone the ones
    that came next.
    """
    await _own(call, user_name)
    if min_ts is not None and max_ts is not None and min_ts >= max_ts:
        raise BadInput("min_ts must be less than max_ts", path="min_ts")
    since = None if min_ts is None else clock.from_seconds(min_ts + 1)
    until = None if max_ts is None else clock.from_seconds(max_ts)
    part = Slice(limit=count, backward=since is not None and until is None)
    page = await call.ask(queries.recent, part=part, since=since, until=until)
    first, last = await call.ask(lifetime) or (None, None)
    return {
        "payload": {
            "count": len(page.items),
            "user_id": user_name,
            "listens": [_listen(play, user_name) for play in page.items],
            "latest_listen_ts": clock.seconds(last) if last else 0,
            "oldest_listen_ts": clock.seconds(first) if first else 0,
        }
    }


async def listen_count(call: Call, *, user_name: str) -> dict[str, Any]:
    """How many listens there are"""
    await _own(call, user_name)
    plays = await call.ask(queries.plays_count, since=None, until=None)
    return {"payload": {"count": plays}}


async def playing_now(call: Call, *, user_name: str) -> dict[str, Any]:
    """What is playing

    As a player told it; nothing once it must have ended.
    """
    await _own(call, user_name)
    found = await call.ask(told, now=clock.now())
    playing = [] if found is None else [_playing(found)]
    return {
        "payload": {
            "count": len(playing),
            "user_id": user_name,
            "playing_now": True,
            "listens": playing,
        }
    }


async def _own(call: Call, user_name: str) -> None:
    """Raises `NotFound` for the name of anybody but the caller."""
    whose = await call.desk.store.system(users.user, call.user_id)
    if user_name.casefold() != _name(whose).casefold():
        raise NotFound(f"There is no user {user_name!r} with this key")


def _name(whose: auth.User) -> str:
    return whose.username or whose.name


def _listen(play: views.Play, user_name: str) -> Listen:
    mapped = {"recording_mbid": play.track.mbid, "release_mbid": play.album and play.album.mbid}
    known = {name: value for name, value in mapped.items() if value}
    artists = [play.artist.mbid] if play.artist.mbid else []
    metadata: dict[str, Any] = {
        "artist_name": play.artist.name,
        "track_name": play.track.name,
        "release_name": play.album.name if play.album else None,
        "additional_info": {**known, "artist_mbids": artists, "music_service_name": play.source},
    }
    if play.track.duration_ms:
        metadata["additional_info"]["duration_ms"] = play.track.duration_ms
    if play.track.mbid:
        # Clients take a mapping for whole; without a recording there is none.
        metadata["mbid_mapping"] = {**known, "artist_mbids": artists}
    return {
        "listened_at": clock.seconds(play.played_at),
        "recording_msid": _msid(play.artist.name, play.track.name),
        "user_name": user_name,
        "track_metadata": metadata,
    }


def _playing(found: Latest) -> Listen:
    metadata: Listen = {
        "artist_name": found.artist,
        "track_name": found.track,
        "release_name": found.album,
        "additional_info": {},
    }
    return {"playing_now": True, "track_metadata": metadata}


def _msid(artist: str, track: str) -> str:
    """An id of what was heard, the same for the same names."""
    return str(uuid5(NAMESPACE_URL, f"{artist}\n{track}"))


ROUTES = (
    LISTENBRAINZ.post("/submit-listens", submit, name="submitListens", tag="Listens"),
    LISTENBRAINZ.page(
        "/validate-token",
        validate_token,
        access=Access.PUBLIC,
        cache=None,
        name="validateToken",
        tag="Listens",
    ),
    LISTENBRAINZ.page(
        "/user/{user_name}/listens", listens, cache=None, name="listens", tag="Listens"
    ),
    LISTENBRAINZ.page(
        "/user/{user_name}/listen-count",
        listen_count,
        cache=None,
        name="listenCount",
        tag="Listens",
    ),
    LISTENBRAINZ.page(
        "/user/{user_name}/playing-now",
        playing_now,
        cache=None,
        name="playingNow",
        tag="Listens",
    ),
)
