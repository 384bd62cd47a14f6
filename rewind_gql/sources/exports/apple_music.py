"""What privacy.apple.com gives of Apple Music: plays, plays by the hour, and the library."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.base import Reject, Unreadable
from rewind_gql.sources.exports.base import Credit, Entry, Export, LeftOut, Read, Unsigned
from rewind_gql.sources.exports.characters import Text
from rewind_gql.sources.exports.documents import Place, first_with, read_objects
from rewind_gql.sources.exports.fields import (
    HEARD_MS,
    after_all,
    milliseconds,
    parse_instant,
    text_in,
)
from rewind_gql.sources.exports.rows import Shape, read_rows, shapes
from rewind_gql.sources.names import artist_of, name_if_any, name_of
from rewind_gql.text import match_key

HEARD = {
    "NATURAL_END_OF_TRACK",
    "PLAYBACK_MANUALLY_PAUSED",
    "MANUALLY_SELECTED_PLAYBACK_OF_A_DIFF_ITEM",
    "PLAYBACK_SUSPENDED",
    "EXITED_APPLICATION",
    "OTHER",
}
SKIPPED = {
    "TRACK_SKIPPED_FORWARDS",
    "TRACK_SKIPPED_BACKWARDS",
    "SCRUB_BEGIN",
    "SCRUB_END",
    "FAILED_TO_LOAD",
}
SHORT = LeftOut("plays of less than 30 seconds")
NO_MUSIC = LeftOut("videos and other rows that are no music")
NO_TRACK = LeftOut("rows that name no track")
UNCLEAR = LeftOut("rows that ended in a way we do not know")
NOT_HEARD = LeftOut("songs of the library, which does not say when they were heard")
SKIPS = "songs skipped after more than 30 seconds"

NOON, HOURS = 12, 24
LIBRARY: Place = ("item",)
_HEADER = re.compile(r"[\s_]+")
_ALIKE: Mapping[str, Sequence[str]] = {
    "track": ("song name", "content name", "track description"),
    "artist": ("artist name",),
    "container_artist": ("container artist name",),
    "album": ("album name",),
    "container_album": ("container album name",),
    "event": ("event type",),
    "media": ("media type",),
    "reason": ("end reason type",),
    "played": ("play duration milliseconds",),
    "length": ("media duration in milliseconds",),
    "start": ("event start timestamp",),
    "end": ("event end timestamp",),
}
_DAILY: Mapping[str, Sequence[str]] = {
    "description": ("track description",),
    "identifier": ("track identifier",),
    "media": ("media type",),
    "reason": ("end reason type",),
    "played": ("play duration milliseconds",),
    "day": ("date played",),
    "hours": ("hours",),
}
_VARIOUS = {"various artists", "various"}

Fields = Mapping[str, str]
Parse = Callable[[Fields], Any]


def parse_event(fields: Fields) -> Play | LeftOut | Unsigned | None:
    """One event; None for those that do not end a play."""
    if fields.get("event", "").upper() not in ("PLAY_END", ""):
        return None
    if why := _passed_over(fields):
        return why
    track = name_of(fields.get("track"), "track")
    album = fields.get("album") or fields.get("container_album")
    sign = partial(_event, fields, track, album)
    if artist := fields.get("artist"):
        return sign(artist)
    container = fields.get("container_artist")
    guess = container if container and match_key(container) not in _VARIOUS else None
    return Unsigned(track, album, sign, guess)


def _event(fields: Fields, track: str, album: str | None, artist: str) -> Play | LeftOut:
    play = Play(
        artist=artist_of(artist),
        track=track,
        album=name_if_any(album, "album"),
        duration_ms=milliseconds(fields.get("length")) or None,
        played_at=_start(fields),
    )
    return _unless_skipped(fields, play)


def _start(fields: Fields) -> datetime:
    """When a play began; where only its end is told, before that by its length."""
    if told := fields.get("start"):
        return after_all(parse_instant(told)[0])
    if told := fields.get("end"):
        end, _ = parse_instant(told)
        return after_all((end - timedelta(milliseconds=_played(fields))).replace(microsecond=0))
    raise Unreadable("the play has no date")


def parse_hours(fields: Fields) -> Play | LeftOut:
    """One row of a day: a song, and the hours it was heard in; counted once, in the first of them.

    Hours are taken as UTC.
    """
    if fields.get("identifier", "1") in ("", "0"):
        return NO_TRACK
    if why := _passed_over(fields):
        return why
    credit = _described(fields)
    first, spread_s = _hours(fields.get("hours", ""))
    play = Play(
        artist=credit.artist,
        track=credit.track,
        played_at=after_all(_day(fields["day"]).replace(hour=first)),
        exact=False,
        spread_s=spread_s,
    )
    return _unless_skipped(fields, play)


def _passed_over(fields: Fields) -> LeftOut | None:
    """Why a row does not count, whatever else it says."""
    if fields.get("media", "").upper() not in ("AUDIO", ""):
        return NO_MUSIC
    reason = fields.get("reason")
    if reason is not None and reason.upper() not in HEARD | SKIPPED:
        return UNCLEAR
    return SHORT if _played(fields) < HEARD_MS else None


def _played(fields: Fields) -> int:
    """How long a row was heard, in milliseconds; no longer than it is."""
    played = milliseconds(fields.get("played")) or 0
    return min(played, milliseconds(fields.get("length")) or played)


def _unless_skipped(fields: Fields, play: Play) -> Play | LeftOut:
    return LeftOut(SKIPS, play) if fields.get("reason", "").upper() in SKIPPED else play


def _described(fields: Fields) -> Credit:
    artist, parted, track = fields.get("description", "").partition(" - ")
    if not parted:
        raise Unreadable("the description does not part an artist from a song")
    return Credit(artist_of(artist), name_of(track, "track"))


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text.replace("-", ""), "%Y%m%d").replace(tzinfo=UTC)
    except ValueError as wrong:
        raise Unreadable(f"{text[:50]!r} is not a day") from wrong


def _hours(text: str) -> tuple[int, int]:
    """The first hour, and how many seconds from there on to the end of the last."""
    hours = [int(each) for each in text.split(",") if each.strip()]
    if not all(0 <= hour < HOURS for hour in hours):
        raise Unreadable(f"{text[:50]!r} are no hours of a day")
    first, last = (min(hours), max(hours)) if hours else (NOON, HOURS - 1)
    return first, (last - first + 1) * 3600


def _columns(shape: Shape, names: Mapping[str, Sequence[str]], need: set[str]) -> dict[str, int]:
    """Where the cells of each field stand; nothing at all when one that is needed is missing."""
    words = [_HEADER.sub(" ", word) for word in shape.words]
    known = {field: [each for each in alike if each in words] for field, alike in names.items()}
    found = {field: words.index(each[0]) for field, each in known.items() if each}
    return found if need <= found.keys() else {}


def _named(columns: Mapping[str, int], parse: Parse, cells: list[str]) -> Any:
    width = len(cells)
    return parse({name: cells[at].strip() for name, at in columns.items() if at < width})


def _table(
    head: str, names: Mapping[str, Sequence[str]], *needs: set[str], parse: Parse
) -> Callable[[Text], Iterator[Any]] | None:
    """How to read a table that has the columns of one of `needs`."""
    for shape in shapes(head):
        for need in needs:
            if columns := _columns(shape, names, need):
                return partial(read_rows, shape=shape, parse=partial(_named, columns, parse))
    return None


def _sniff_events(head: str) -> Read | None:
    need = {"track", "played", "reason"}
    return _table(head, _ALIKE, need | {"start"}, need | {"end"}, parse=parse_event)


def _sniff_days(head: str) -> Read | None:
    return _table(head, _DAILY, {"description", "day", "played"}, parse=parse_hours)


def _teach_days(head: str) -> Callable[[Text], Iterator[Credit]] | None:
    read = _table(head, _DAILY, {"description"}, parse=_described)
    return partial(_credits, read) if read else None


def _song(raw: dict[str, Any]) -> Credit | None:
    artist, track = text_in(raw, "Artist"), text_in(raw, "Title")
    return Credit(artist, track, text_in(raw, "Album")) if artist and track else None


def _credits(read: Callable[[Text], Iterator[Entry]], text: Text) -> Iterator[Credit]:
    return (each for each in read(text) if not isinstance(each, Reject))


def _is_library(head: str) -> bool:
    first = first_with(head, "Title", LIBRARY)
    return first is not None and any(name.startswith("Track ") for name in first)


def _sniff_library(head: str) -> Read | None:
    read = partial(read_objects, place=LIBRARY, parse=lambda _: NOT_HEARD)
    return read if _is_library(head) else None


def _teach_library(head: str) -> Callable[[Text], Iterator[Credit]] | None:
    read = partial(read_objects, place=LIBRARY, parse=_song)
    return partial(_credits, read) if _is_library(head) else None


def _began(play: Play) -> datetime:
    return play.played_at


_PLAYS: Mapping[str, Any] = {
    "provider": "apple_music",
    "domain": "listening",
    "kind": "event",
    "unit": "play",
    "into": intake.plays,
    "at": _began,
}

EXPORTS = (
    Export(
        name="apple_music-activity-csv",
        about="Apple Music Play Activity.csv of privacy.apple.com",
        part="plays",
        sniff=_sniff_events,
        unsigned=True,
        **_PLAYS,
    ),
    Export(
        name="apple_music-daily-csv",
        about="Apple Music - Play History Daily Tracks.csv of privacy.apple.com",
        part="plays_by_hour",
        sniff=_sniff_days,
        turn=1,
        teach=_teach_days,
        **_PLAYS,
    ),
    Export(
        name="apple_music-library-json",
        about="Apple Music Library Tracks.json, which says whose songs the others mean",
        part="library",
        sniff=_sniff_library,
        turn=2,
        teach=_teach_library,
        **_PLAYS,
    ),
)
