"""The scrobbles that Maloja exports."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.exports.base import Export, Read
from rewind_gql.sources.exports.documents import first_with, read_objects
from rewind_gql.sources.exports.fields import after_all, of_seconds, text_in
from rewind_gql.sources.names import artist_of, name_if_any, name_of

# The export, and what its API answers.
PLACES = (("scrobbles", "item"), ("list", "item"))
# https://github.com/gabehf/Koito meets guests listed before "main • guest".
JOINED = " • "


def parse_scrobble(raw: dict[str, Any]) -> Play:
    """One scrobble; of several artists the first counts."""
    track = raw["track"]
    album = track.get("album")
    return Play(
        artist=artist_of(_main(track["artists"])),
        track=name_of(track["title"], "track"),
        album=name_if_any(text_in(album, "albumtitle", "name"), "album"),
        album_artist=_album_artist(album),
        duration_ms=of_seconds(track.get("length")),
        played_at=_began(raw["time"]),
    )


def _main(artists: Any) -> str:
    names = [each for each in artists if isinstance(each, str)] if isinstance(artists, list) else []
    if not names:
        raise Unreadable("the artist has no name")
    return next((each for each in names if JOINED in each), names[0]).split(JOINED)[0]


def _album_artist(album: Any) -> str | None:
    artists = album.get("artists") if isinstance(album, dict) else None
    return name_if_any(_main(artists), "album artist") if artists else None


def _began(time: Any) -> datetime:
    if isinstance(time, bool) or not isinstance(time, int):
        raise Unreadable("the scrobble has no time in unix seconds")
    return after_all(clock.from_seconds(time))


def _sniff(head: str) -> Read | None:
    for place in PLACES:
        first = first_with(head, "time", place)
        if first and text_in(first.get("track"), "title") and "artists" in first["track"]:
            return partial(read_objects, place=place, parse=parse_scrobble)
    return None


def _at(play: Play) -> datetime:
    return play.played_at


_PLAYS: Mapping[str, Any] = {"kind": "event", "unit": "scrobble", "into": intake.plays, "at": _at}

EXPORTS = (
    Export(
        name="maloja-json",
        about="the scrobbles that Maloja exports (maloja_export_….json)",
        provider="maloja",
        domain="listening",
        part="plays",
        sniff=_sniff,
        **_PLAYS,
    ),
)
