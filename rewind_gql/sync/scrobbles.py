"""What scrobblers send: read listen by listen, stored, counted and written down as a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from rewind_gql import clock
from rewind_gql.clock import Window
from rewind_gql.domains import listening
from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import intake, playing
from rewind_gql.domains.listening.records import Play
from rewind_gql.errors import BadInput
from rewind_gql.sources.base import STUMBLES, Reject, Unreadable, reason_of, reject
from rewind_gql.sources.exports.listenbrainz import parse_listen, parse_track
from rewind_gql.store.engine import Store
from rewind_gql.sync import after, ledger
from rewind_gql.sync.ledger.words import told

Kind = Literal["single", "import", "playing_now"]
KINDS: tuple[Kind, ...] = ("single", "import", "playing_now")

MOST = 1_000
"""Listens in one request."""

SOURCE = "scrobbler"
AHEAD = timedelta(hours=1)
"""How far the clock of whoever sends may be ahead."""

_CLIENT_CHARS = 60


@dataclass(frozen=True, slots=True)
class Submission:
    """What one request sends: of what kind it is, and the listens nobody has looked at yet."""

    kind: Kind
    listens: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of it."""

    run_id: str
    inserted: int
    known: int
    rejects: Sequence[Reject]


@dataclass(slots=True)
class _Read:
    plays: list[Play] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def read(given: Mapping[str, Any]) -> Submission:
    """A request's body. Raises `BadInput` for one that is none."""
    told_kind, listens = given.get("listen_type"), given.get("payload")
    kind = next((each for each in KINDS if each == told_kind), None)
    if kind is None:
        raise BadInput("listen_type must be single, import or playing_now", path="listen_type")
    if not isinstance(listens, list) or not listens:
        raise BadInput("payload must be a list of listens", path="payload")
    if kind != "import" and len(listens) > 1:
        raise BadInput(f"payload must be one listen for listen_type {kind}", path="payload")
    if len(listens) > MOST:
        raise BadInput(f"payload must be at most {MOST} listens", path="payload")
    return Submission(kind, listens)


async def submit(store: Store, user_id: int, given: Submission) -> Submitted:
    """Store listens, with all that is counted of them, and write down the run, all at once.

    A listen that cannot be read is kept as a reject; the others are stored. Sending them again
    adds nothing. Raises `BadInput` when none can be read; that is written down too.
    """
    begun_at = clock.now()
    listens = _parsed(given.listens, begun_at)
    run_id = ledger.new_id("sdk")
    async with store.write() as conn:
        stored = Stored()
        if listens.plays:
            stored = await intake.plays(conn, user_id, listens.plays, source=SOURCE)
            await listening.DOMAIN.derive(conn, user_id, stored.touched)
            for task in after.due(stored.touched):
                await task.work(conn, user_id, stored.touched)
        await ledger.record(conn, user_id, _run(run_id, given, listens, stored, begun_at))
        conn.announce(user_id)
    if not listens.plays:
        raise BadInput(listens.rejects[0].reason, path="payload")
    return Submitted(run_id, stored.inserted, stored.skipped + stored.updated, listens.rejects)


async def tell_playing(store: Store, user_id: int, given: Submission) -> None:
    """Keep what a player says it is playing. Raises `BadInput` when it cannot be read."""
    raw = given.listens[0]
    track = raw.get("track_metadata") if isinstance(raw, dict) else None
    try:
        play = parse_track(track, played_at=clock.now())
    except STUMBLES as no:
        raise BadInput(reason_of(no), path="payload") from no
    async with store.write() as conn:
        await playing.tell(
            conn,
            user_id,
            artist=play.artist,
            track=play.track,
            album=play.album,
            duration_ms=play.duration_ms,
            source=SOURCE,
        )


def _parsed(listens: Sequence[Any], now: datetime) -> _Read:
    found = _Read()
    for number, raw in enumerate(listens, 1):
        try:
            if not isinstance(raw, dict):
                raise Unreadable("a listen must be a JSON object")
            play = parse_listen(raw)
            if play.played_at > now + AHEAD:
                raise Unreadable("listened_at lies in the future")
            found.plays.append(play)
        except STUMBLES as no:
            found.rejects.append(reject(raw, reason_of(no), place=f"listen {number}"))
    return found


def _run(
    run_id: str, given: Submission, listens: _Read, stored: Stored, begun_at: datetime
) -> ledger.OneShot:
    instants = [play.played_at for play in listens.plays]
    return ledger.OneShot(
        run_id=run_id,
        provider=SOURCE,
        domain="listening",
        sync_type="scrobbles",
        unit="scrobble",
        begun_at=begun_at,
        ended_at=clock.now(),
        stored=stored,
        rejects=listens.rejects,
        covered=Window(min(instants), max(instants)) if instants else None,
        meta={"listen_type": given.kind, "client": _client(given.listens[0])},
    )


def _client(raw: Any) -> str | None:
    """The program that sends, as it calls itself."""
    track = raw.get("track_metadata") if isinstance(raw, dict) else None
    info = track.get("additional_info") if isinstance(track, dict) else None
    if not isinstance(info, dict):
        return None
    names = (info.get("submission_client"), info.get("media_player"))
    name = next((each for each in names if isinstance(each, str) and each.strip()), None)
    return told(name, _CLIENT_CHARS)
