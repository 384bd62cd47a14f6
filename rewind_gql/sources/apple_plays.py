"""What was played on Apple Music, inferred: its list of recent tracks tells no times.

The list now and then comes back as it was before, and a track may be moved to its top. So only a
list that is an earlier one with something put in front of it tells of plays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.names import artist_of, name_if_any, name_of

REMEMBERED = 6
"""Lists that are kept to know an old one by."""
ABOUT = timedelta(minutes=10)
"""How far a play may lie from the time worked out for it."""
USUAL = timedelta(minutes=4)
LONGEST = timedelta(hours=6)
_ENDINGS = (" - EP", " - Single")


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """One row of the list."""

    id: str
    artist: str
    track: str
    album: str | None
    duration: timedelta


def parse_song(raw: dict[str, Any]) -> Song:
    """One row as a song; a song of the listener's own files is one, too."""
    facts = raw["attributes"]
    album = name_if_any(facts.get("albumName"), "album")
    for ending in _ENDINGS:
        album = album.removesuffix(ending) if album else None
    millis = int(facts.get("durationInMillis") or 0)
    duration = timedelta(milliseconds=millis) if millis > 0 else USUAL
    if not isinstance(raw["id"], str) or not raw["id"]:
        raise Unreadable("the song has no id")
    return Song(
        id=raw["id"],
        artist=artist_of(facts["artistName"]),
        track=name_of(facts["name"], "track"),
        album=album,
        duration=min(duration, LONGEST),
    )


def new_in_front(lists: Sequence[Sequence[str]], ids: Sequence[str]) -> int | None:
    """How many songs stand in front of the list as it was last; `lists` are the newest first.

    0 where nothing changed, or the list is an older one come back. None where it is no list we
    know with something in front: then nobody can say what was played.
    """
    if any(list(known) == list(ids) for known in lists):
        return 0
    last = list(lists[0]) if lists else []
    for count in range(1, len(ids)):
        rest = list(ids[count:])
        if rest == last[: len(rest)]:
            return count
    return len(ids) if not last else None


def timed(songs: Sequence[Song], *, since: datetime, until: datetime) -> list[Play]:
    """The songs, newest first, as plays between two looks at the list; oldest first.

    Each is reckoned to have ended when the next one began, none to have begun before `since`.
    """
    found = []
    at = until
    for song in songs:
        at = max(at - song.duration, since)
        found.append(
            Play(
                artist=song.artist,
                track=song.track,
                album=song.album,
                played_at=(at - ABOUT).replace(microsecond=0),
                duration_ms=int(song.duration / timedelta(milliseconds=1)),
                exact=False,
                spread_s=int(2 * ABOUT / timedelta(seconds=1)),
            )
        )
    return found[::-1]


def remembered(lists: Sequence[Sequence[str]], ids: Sequence[str]) -> list[list[str]]:
    """The lists to know old ones by, with the newest in front."""
    older = [list(known) for known in lists if list(known) != list(ids)]
    return [list(ids), *older][:REMEMBERED]


def looked_at(cursor: dict[str, Any]) -> datetime:
    """When the list was looked at last."""
    return clock.from_seconds(int(cursor["at"]))
