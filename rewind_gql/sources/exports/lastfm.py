"""Last.fm plays in the files that other people's exporters write."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.exports.base import Export, Read
from rewind_gql.sources.exports.documents import Place, first_at, place_of, read_objects
from rewind_gql.sources.exports.fields import WORDED, after_all, mbid, parse_instant
from rewind_gql.sources.exports.rows import DELIMITERS, Shape, first_rows, read_rows, shapes
from rewind_gql.sources.names import artist_of, name_if_any, name_of

# Artist, album, track, date.
BARE = 4

_COLUMNS: Mapping[str, Sequence[str]] = {
    "artist": ("artist", "artist name", "artist_name"),
    "track": ("track", "track name", "track_name", "name", "title"),
    "album": ("album", "album name", "album_name"),
    "album_artist": ("album artist", "album_artist", "albumartist"),
    "artist_mbid": ("artist_mbid", "artist mbid"),
    "album_mbid": ("album_mbid", "album mbid", "albumid"),
    "track_mbid": ("track_mbid", "track mbid", "mbid"),
    "at": ("uts", "timestamp", "played_at", "date#", "date", "time"),
    "minute": ("utc_time",),
}

Fields = Mapping[str, str]


def parse_play(fields: Fields) -> Play:
    """A play from its named texts. Raises `Unreadable` when it has no artist, track or date."""
    at, exact = _heard(fields)
    return Play(
        artist=artist_of(fields.get("artist")),
        track=name_of(fields.get("track"), "track"),
        album=name_if_any(fields.get("album"), "album"),
        album_artist=name_if_any(fields.get("album_artist"), "album artist"),
        artist_mbid=mbid(fields.get("artist_mbid")),
        album_mbid=mbid(fields.get("album_mbid")),
        track_mbid=mbid(fields.get("track_mbid")),
        played_at=at,
        exact=exact,
    )


def _heard(fields: Fields) -> tuple[datetime, bool]:
    """When a play was heard, and whether to the second."""
    if told := fields.get("at", "").strip():
        at, exact = parse_instant(told)
    elif told := fields.get("minute", "").strip():
        at, exact = parse_instant(told)[0], False
    else:
        raise Unreadable("the play has no date")
    return after_all(at), exact


def _columns(shape: Shape) -> dict[str, int] | None:
    """Where in a row each of a play's fields stands; None when some are missing."""
    words = ["date#" if word.startswith("date#") else word for word in shape.words]
    named = {field: [name for name in names if name in words] for field, names in _COLUMNS.items()}
    found = {field: words.index(names[0]) for field, names in named.items() if names}
    whole = {"artist", "track"} <= found.keys() and found.keys() & {"at", "minute"}
    return found if whole else None


def _sniff_table(marks: Sequence[str], head: str) -> Read | None:
    """How to read a table of plays whose header has words that begin with each of `marks`."""
    for shape in shapes(head):
        columns = _columns(shape)
        if columns and all(any(word.startswith(mark) for word in shape.words) for mark in marks):
            return partial(read_rows, shape=shape, parse=partial(_play_of_cells, columns))
    return None


def _play_of_cells(columns: Mapping[str, int], cells: list[str]) -> Play:
    width = len(cells)
    return parse_play({field: cells[at] for field, at in columns.items() if at < width})


def _sniff_bare(head: str) -> Read | None:
    """How to read a table without a header: artist, album, track, date; none while playing."""
    for delimiter in DELIMITERS:
        rows = first_rows(head, delimiter)
        dated = sum(WORDED.fullmatch(_bare_date(cells)) is not None for cells in rows)
        if dated and 2 * dated >= len(rows):
            shape = Shape(delimiter, BARE + 1, None)
            return partial(read_rows, shape=shape, parse=_play_of_bare_cells)
    return None


def _bare_date(cells: list[str]) -> str:
    """The date of a row without header; the comma in it, where it has one, has parted it."""
    return ",".join(cells[BARE - 1 :]).strip().rstrip(",")


def _play_of_bare_cells(cells: list[str]) -> Play | None:
    if len(cells) < BARE:
        raise Unreadable(f"{len(cells)} cells where there should be {BARE}")
    artist, album, track = cells[: BARE - 1]
    told = _bare_date(cells)
    if not told:
        return None
    return parse_play({"artist": artist, "album": album, "track": track, "minute": told})


def _sniff_json(head: str, *, place: Place | None = None) -> Read | None:
    """How to read JSON with a list of tracks in it, at `place` or wherever there is one."""
    found = place_of(head, "artist")
    if found is None or found[-1:] != ("item",) or found != (place or found):
        return None
    first = first_at(head, found)
    if not isinstance(first, dict) or not first.keys() & {"name", "track"}:
        return None
    return partial(read_objects, place=found, parse=_play_of_object)


def _play_of_object(raw: dict[str, Any]) -> Play | None:
    """One track as the API describes it or as lastfmstats does; None for the one playing now."""
    about = raw.get("@attr")
    if isinstance(about, dict) and about.get("nowplaying") == "true":
        return None
    artist, album, date = raw.get("artist"), raw.get("album"), raw.get("date")
    when = date.get("uts") or date.get("#text") if isinstance(date, dict) else date
    named = {
        "artist": _named(artist),
        "album": _named(album),
        "track": raw.get("name") or raw.get("track"),
        "artist_mbid": artist.get("mbid") if isinstance(artist, dict) else None,
        "album_mbid": album.get("mbid") if isinstance(album, dict) else raw.get("albumId"),
        "track_mbid": raw.get("mbid"),
        "at": _whole(when),
    }
    return parse_play({name: text for name, text in named.items() if isinstance(text, str)})


def _named(raw: Any) -> Any:
    return raw.get("#text") or raw.get("name") if isinstance(raw, dict) else raw


def _whole(number: Any) -> Any:
    """A number as text without a fraction; anything else as it is."""
    if isinstance(number, int | Decimal) and math.isfinite(number):
        return str(int(float(number)))
    return number


def _heard_at(play: Play) -> datetime:
    return play.played_at


_PLAYS: Mapping[str, Any] = {
    "provider": "lastfm",
    "domain": "listening",
    "part": "plays",
    "kind": "event",
    "unit": "scrobble",
    "into": intake.plays,
    "at": _heard_at,
}
EXPORTS = (
    Export(
        name="lastfm-ghan-csv",
        about="Last.fm plays as CSV, by lastfm.ghan.nl (uts,utc_time,artist,…)",
        sniff=partial(_sniff_table, ("uts", "utc_time")),
        **_PLAYS,
    ),
    Export(
        name="lastfm-stats-csv",
        about="Last.fm plays as CSV, by lastfmstats.com (Artist;Album;AlbumId;Track;Date#user)",
        sniff=partial(_sniff_table, ("date#",)),
        **_PLAYS,
    ),
    Export(
        name="lastfm-stats-json",
        about="Last.fm plays as JSON, by lastfmstats.com ({username, scrobbles: […]})",
        sniff=partial(_sniff_json, place=("scrobbles", "item")),
        **_PLAYS,
    ),
    Export(
        name="lastfm-json",
        about="Last.fm plays as JSON, by lastfm.ghan.nl (the API's own track objects)",
        sniff=_sniff_json,
        **_PLAYS,
    ),
    Export(
        name="lastfm-csv",
        about="plays as CSV with a header that names artist, track and uts, timestamp or date",
        sniff=partial(_sniff_table, ()),
        **_PLAYS,
    ),
    Export(
        name="lastfm-bare-csv",
        about="Last.fm plays as CSV without a header, by lastfm-to-csv (artist,album,track,date)",
        sniff=_sniff_bare,
        **_PLAYS,
    ),
)
