"""Spotify's two exports: the extended streaming history, and the last year of the account data."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.exports.base import Entry, Export, LeftOut, Read
from rewind_gql.sources.exports.characters import Text
from rewind_gql.sources.exports.documents import Place, first_with, read_objects
from rewind_gql.sources.exports.fields import HEARD_MS, after_all, milliseconds, parse_instant
from rewind_gql.sources.names import artist_of, name_if_any, name_of

LIST: Place = ("item",)
SHORT = LeftOut("plays of less than 30 seconds")
NO_SONG = LeftOut("podcast episodes, audiobook chapters and other rows that name no song")
UNKNOWN = LeftOut("plays of songs that Spotify does not know any more")
TWICE = LeftOut("rows that Spotify gives twice")

# https://github.com/krateng/maloja finds one stream written down twice within half a minute.
AGAIN = timedelta(seconds=30)
REMEMBERED = 20_000
# The end is known to the minute; the start before it lies within one, cut off at a second.
SPREAD_S = 61
_GONE = ("Unknown Artist", "Unknown Track")


class Repeats:
    """Streams that were seen a short while ago, so that one written down twice is found."""

    def __init__(self) -> None:
        self._ends: OrderedDict[Any, datetime] = OrderedDict()

    def seen(self, raw: Mapping[str, Any], end: datetime, played_ms: int) -> bool:
        """Whether a row is there a second time; it is remembered."""
        song = raw.get("spotify_track_uri") or raw.get("master_metadata_track_name")
        offline = raw.get("offline_timestamp")
        known = self._ends.get((song, played_ms))
        again = known is not None and abs(end - known) < AGAIN
        again = again or bool(offline and ("offline", song, offline) in self._ends)
        self._keep((song, played_ms), end)
        if offline:
            self._keep(("offline", song, offline), end)
        return again

    def _keep(self, key: Any, end: datetime) -> None:
        self._ends[key] = end
        self._ends.move_to_end(key)
        if len(self._ends) > REMEMBERED:
            self._ends.popitem(last=False)


def parse_stream(raw: dict[str, Any], repeats: Repeats) -> Play | LeftOut:
    """One stream of the extended history, which tells when it ended and how long it was heard.

    Addresses, devices and places in it are not kept.
    """
    played = milliseconds(raw["ms_played"]) or 0
    track = raw.get("master_metadata_track_name")
    if track is None:
        return NO_SONG
    if played < HEARD_MS:
        return SHORT
    end, _ = parse_instant(str(raw["ts"]))
    if repeats.seen(raw, end, played):
        return TWICE
    return Play(
        artist=artist_of(raw.get("master_metadata_album_artist_name")),
        track=name_of(track, "track"),
        album=name_if_any(raw.get("master_metadata_album_album_name"), "album"),
        played_at=_start(end, played),
    )


def parse_row(raw: dict[str, Any]) -> Play | LeftOut:
    """One row of the account data, whose end is known to the minute."""
    played = milliseconds(raw["msPlayed"]) or 0
    artist, track = raw.get("artistName"), raw.get("trackName")
    if (artist, track) == _GONE:
        return UNKNOWN
    if played < HEARD_MS:
        return SHORT
    end, _ = parse_instant(str(raw["endTime"]))
    return Play(
        artist=artist_of(artist),
        track=name_of(track, "track"),
        played_at=_start(end, played),
        exact=False,
        spread_s=SPREAD_S,
    )


def _start(end: datetime, played_ms: int) -> datetime:
    start = end - timedelta(milliseconds=played_ms)
    return after_all(start.replace(microsecond=0))


def _sniff_streams(head: str) -> Read | None:
    first = first_with(head, "ms_played", LIST)
    known = first is not None and {"ts", "master_metadata_track_name"} <= first.keys()
    return _read_streams if known else None


def _read_streams(text: Text) -> Iterator[Entry]:
    yield from read_objects(text, place=LIST, parse=partial(parse_stream, repeats=Repeats()))


def _sniff_rows(head: str) -> Read | None:
    first = first_with(head, "msPlayed", LIST)
    known = first is not None and {"endTime", "artistName", "trackName"} <= first.keys()
    return partial(read_objects, place=LIST, parse=parse_row) if known else None


def _began(play: Play) -> datetime:
    return play.played_at


_PLAYS: Mapping[str, Any] = {
    "provider": "spotify",
    "domain": "listening",
    "kind": "event",
    "unit": "play",
    "into": intake.plays,
    "at": _began,
}

EXPORTS = (
    Export(
        name="spotify-extended-json",
        about="Spotify's extended history (Streaming_History_Audio_….json, endsong_….json)",
        part="plays",
        sniff=_sniff_streams,
        **_PLAYS,
    ),
    Export(
        name="spotify-account-json",
        about="the last year in Spotify's account data (StreamingHistory….json)",
        part="recent_plays",
        sniff=_sniff_rows,
        turn=1,
        **_PLAYS,
    ),
)
