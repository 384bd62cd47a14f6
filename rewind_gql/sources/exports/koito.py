"""The listens that Koito exports."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.exports.base import Export, Read
from rewind_gql.sources.exports.documents import Place, first_with, read_objects
from rewind_gql.sources.exports.fields import after_all, mbid, of_seconds, parse_instant
from rewind_gql.sources.names import artist_of, name_if_any, name_of

PLACE: Place = ("listens", "item")
VARIOUS = "Various Artists"
Object = Mapping[str, Any]


def parse_listen(raw: dict[str, Any]) -> Play:
    """One listen; of several artists the one marked as primary counts, else the first."""
    track, album, artist = raw["track"], raw.get("album") or {}, _main(raw["artists"])
    return Play(
        artist=artist_of(_name(artist)),
        track=name_of(_name(track), "track"),
        album=name_if_any(_name(album), "album"),
        album_artist=VARIOUS if album.get("various_artists") is True else None,
        artist_mbid=mbid(artist.get("mbid")),
        album_mbid=mbid(album.get("mbid")),
        track_mbid=mbid(track.get("mbid")),
        duration_ms=of_seconds(track.get("duration")),
        played_at=after_all(parse_instant(raw["listened_at"])[0]),
    )


def _main(artists: Any) -> Object:
    found = [each for each in artists or () if isinstance(each, dict)]
    if not found:
        raise Unreadable("the listen names no artist")
    return next((each for each in found if each.get("is_primary") is True), found[0])


def _name(thing: Object) -> str | None:
    """The name among the others that is the thing's own."""
    aliases = [each for each in thing.get("aliases") or () if isinstance(each, dict)]
    own = next((each for each in aliases if each.get("is_primary") is True), None)
    own = own or next(iter(aliases), {})
    name = own.get("alias")
    return name if isinstance(name, str) else None


def _sniff(head: str) -> Read | None:
    first = first_with(head, "listened_at", PLACE)
    known = first is not None and isinstance(first.get("track"), dict) and "artists" in first
    return partial(read_objects, place=PLACE, parse=parse_listen) if known else None


def _at(play: Play) -> datetime:
    return play.played_at


_PLAYS: Mapping[str, Any] = {"kind": "event", "unit": "listen", "into": intake.plays, "at": _at}

EXPORTS = (
    Export(
        name="koito-json",
        about="the listens that Koito exports (koito_export_….json)",
        provider="koito",
        domain="listening",
        part="plays",
        sniff=_sniff,
        **_PLAYS,
    ),
)
