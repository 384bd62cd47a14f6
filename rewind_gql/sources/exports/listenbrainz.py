"""Listens as ListenBrainz writes them: in the archive it exports, and as scrobblers send them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from rewind_gql import clock
from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.base import STUMBLES, Unreadable, reason_of, reject
from rewind_gql.sources.exports.base import Entry, Export, Read
from rewind_gql.sources.exports.characters import LINE_CHARS, Lines, Text
from rewind_gql.sources.exports.documents import first_with, read_objects
from rewind_gql.sources.exports.fields import after_all, mbid, milliseconds, of_seconds, text_in
from rewind_gql.sources.names import artist_of, name_if_any, name_of

# One file that was downloaded, and what its API answers.
PLACES = (("item",), ("payload", "listens", "item"))
Object = dict[str, Any]


def parse_listen(raw: Object) -> Play:
    """One listen. Raises `Unreadable` when it has no artist, track or instant."""
    return parse_track(raw.get("track_metadata"), played_at=_listened_at(raw.get("listened_at")))


def parse_track(told: Any, *, played_at: datetime) -> Play:
    """What `track_metadata` says was heard then; what the sender knows comes before what the server
    looked up. Raises `Unreadable` when it names no artist or no track.
    """
    if not isinstance(told, dict):
        raise Unreadable("the listen has no track_metadata")
    info, mapped = _object(told, "additional_info"), _object(told, "mbid_mapping")
    return Play(
        artist=artist_of(_artist(told, info)),
        track=name_of(told.get("track_name"), "track"),
        album=name_if_any(told.get("release_name"), "album"),
        album_artist=name_if_any(
            text_in(info, "release_artist_name", "albumartist"), "album artist"
        ),
        artist_mbid=_only(info.get("artist_mbids")) or _only(mapped.get("artist_mbids")),
        album_mbid=mbid(info.get("release_mbid")) or mbid(mapped.get("release_mbid")),
        track_mbid=mbid(info.get("recording_mbid")) or mbid(mapped.get("recording_mbid")),
        duration_ms=duration_ms(info),
        played_at=played_at,
    )


def duration_ms(info: Mapping[str, Any]) -> int | None:
    """A track's length, of the two fields that clients send it in."""
    return milliseconds(info.get("duration_ms")) or of_seconds(info.get("duration"))


def _listened_at(told: Any) -> datetime:
    """Unix seconds, which some clients send as text."""
    if isinstance(told, str) and told.isascii() and told.isdigit():
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int):
        raise Unreadable("listened_at must be a time in unix seconds")
    try:
        return after_all(clock.from_seconds(told))
    except OverflowError as beyond:
        raise Unreadable(f"listened_at is {told}, which is no time in unix seconds") from beyond


def _artist(told: Object, info: Object) -> str | None:
    """The artist; the first one, where a client has put several together with commas."""
    written, names = told.get("artist_name"), info.get("artist_names")
    texts = [each for each in names if isinstance(each, str)] if isinstance(names, list) else []
    if len(texts) > 1 and written == ", ".join(texts):
        return texts[0]
    return written if isinstance(written, str) else None


def _only(mbids: Any) -> str | None:
    """The id of an artist who is the only one; several are no artist's."""
    return mbid(mbids[0]) if isinstance(mbids, list) and len(mbids) == 1 else None


def _object(raw: Object, name: str) -> Object:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _sniff_lines(head: str) -> Read | None:
    first = next((line for line in head.splitlines() if line.strip()), "")
    try:
        found = orjson.loads(first)
    except orjson.JSONDecodeError:
        return None
    return _read_lines if isinstance(found, dict) and "track_metadata" in found else None


def _read_lines(text: Text) -> Iterator[Entry]:
    lines = Lines(text)
    for line in lines:
        place = f"line {lines.number}"
        if line is None:
            yield reject("", f"the line is longer than {LINE_CHARS} signs", place=place)
        elif line.strip():
            yield _of_line(line, place)


def _of_line(line: str, place: str) -> Entry:
    try:
        found = orjson.loads(line)
        if not isinstance(found, dict):
            raise Unreadable("this is no listen")
        return parse_listen(found)
    except orjson.JSONDecodeError as no:
        return reject(line, f"not JSON: {no}", place=place)
    except STUMBLES as no:
        return reject(line, reason_of(no), place=place)


def _sniff_json(head: str) -> Read | None:
    for place in PLACES:
        if first_with(head, "track_metadata", place) is not None:
            return partial(read_objects, place=place, parse=parse_listen)
    return None


def _began(play: Play) -> datetime:
    return play.played_at


_PLAYS: Mapping[str, Any] = {
    "provider": "listenbrainz",
    "domain": "listening",
    "part": "plays",
    "kind": "event",
    "unit": "listen",
    "into": intake.plays,
    "at": _began,
}

EXPORTS = (
    Export(
        name="listenbrainz-jsonl",
        about="ListenBrainz listens, one JSON object a line, also many such files in its archive",
        sniff=_sniff_lines,
        **_PLAYS,
    ),
    Export(
        name="listenbrainz-json",
        about="ListenBrainz listens as one JSON list, as it was exported before 2025",
        sniff=_sniff_json,
        **_PLAYS,
    ),
)
