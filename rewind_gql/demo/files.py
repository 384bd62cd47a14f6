"""An invented life written to the files people export from Last.fm and Discogs."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import quote_plus

import orjson

from rewind_gql.clock import seconds
from rewind_gql.demo.records import FIELDS, FOLDERS, Copy, Life, Listen, Sleeve, SleeveFormat

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PAGE = 200  # tracks on a page of the JSON file, as on one of the API
ABBREVIATED = {
    "Cassette": "Cass",
    "Compilation": "Comp",
    "Limited Edition": "Ltd",
    "Reissue": "RE",
    "Remastered": "RM",
}
Row = Iterable[str | int]


def ghan_csv(life: Life, path: Path) -> None:
    """The table of lastfm.ghan.nl: a bare header, then every field quoted, newest first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n")
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
            (
                seconds(listen.at),
                _minute(listen.at),
                listen.artist,
                listen.artist_mbid,
                listen.album,
                listen.album_mbid,
                listen.track,
                listen.track_mbid,
            )
            for listen in reversed(life.listens)
        )


def ghan_json(life: Life, path: Path) -> None:
    """The JSON of lastfm.ghan.nl: a list of pages of tracks as the API sends them, newest first."""
    newest = life.listens[::-1]
    with path.open("wb") as file:
        file.write(b"[")
        for start in range(0, len(newest), PAGE):
            page = [_api_track(listen) for listen in newest[start : start + PAGE]]
            file.write(b",\n" if start else b"")
            file.write(orjson.dumps(page))
        file.write(b"]")


def lastfm_to_csv(life: Life, path: Path) -> None:
    """The table of benfoxall/lastfm-to-csv: no header, minutes only, the one on now undated.

    That tool takes commas and double quotes out of every value instead of quoting it.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        if life.listening_now:
            file.write(_stripped_row(life.listening_now, ""))
        for listen in reversed(life.listens):
            file.write(_stripped_row(listen, _minute(listen.at)))


def lastfmstats_csv(life: Life, path: Path) -> None:
    """The table of lastfmstats.com: byte order mark, semicolons, milliseconds, oldest first."""
    header = ("Artist", "Album", "AlbumId", "Track", f"Date#{life.person.lastfm}")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        _table(file, header, _lastfmstats_rows(life), delimiter=";")


def lastfmstats_json(life: Life, path: Path) -> None:
    """The JSON of lastfmstats.com, oldest first; an unknown album id is left out."""
    with path.open("wb") as file:
        file.write(b'{"username":' + orjson.dumps(life.person.lastfm) + b',"scrobbles":[')
        for index, (artist, album, album_id, track, date) in enumerate(_lastfmstats_rows(life)):
            known = {"albumId": album_id} if album_id else {}
            row = {"track": track, "artist": artist, "album": album, **known, "date": date}
            file.write((b",\n" if index else b"") + orjson.dumps(row))
        file.write(b"]}")


def pylast_csv(life: Life, path: Path) -> None:
    """The table a short script around pylast writes, newest first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        _table(
            file,
            ("artist", "album", "track", "uts"),
            (
                (listen.artist, listen.album, listen.track, seconds(listen.at))
                for listen in reversed(life.listens)
            ),
        )


def collection_csv(life: Life, path: Path) -> None:
    """The Discogs collection export: no instance ids, and dates by the clock in California."""
    header = (
        *("Catalog#", "Artist", "Title", "Label", "Format", "Rating", "Released", "release_id"),
        *("CollectionFolder", "Date Added"),
        *(f"Collection {name}" for name in FIELDS.values()),
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        _table(file, header, (_copy_row(copy) for copy in life.copies))


def wantlist_csv(life: Life, path: Path) -> None:
    """The Discogs wantlist export; it does not say when a want was added."""
    header = (
        *("Catalog#", "Artist", "Title", "Label", "Format", "Rating", "Released", "release_id"),
        "Notes",
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = ((*_sleeve_row(want.sleeve, want.rating), want.notes) for want in life.wants)
        _table(file, header, rows)


def _table(file: TextIO, header: Row, rows: Iterable[Row], delimiter: str = ",") -> None:
    """A CSV table with a header, quoted only where it must be, lines ended as RFC 4180 asks."""
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)


def _lastfmstats_rows(life: Life) -> Iterator[tuple[str, str, str, str, int]]:
    """Artist, album, album id, track and milliseconds of every play."""
    for listen in life.listens:
        at = seconds(listen.at) * 1000
        yield listen.artist, listen.album, listen.album_mbid, listen.track, at


def _api_track(listen: Listen) -> dict[str, object]:
    """A play as the Last.fm API sends it."""
    return {
        "artist": {"mbid": listen.artist_mbid, "#text": listen.artist},
        "streamable": "0",
        "image": [],
        "mbid": listen.track_mbid,
        "album": {"mbid": listen.album_mbid, "#text": listen.album},
        "name": listen.track,
        "url": f"https://www.last.fm/music/{quote_plus(listen.artist)}/_/{quote_plus(listen.track)}",
        "date": {"uts": str(seconds(listen.at)), "#text": _minute(listen.at)},
    }


def _stripped_row(listen: Listen, date: str) -> str:
    """A line without a single quote mark, its commas only between the values."""
    values = (listen.artist, listen.album, listen.track, date)
    return ",".join(value.replace(",", "").replace('"', "") for value in values) + "\n"


def _minute(at: datetime) -> str:
    """`05 Feb 2026, 20:48`, in English whatever the locale."""
    return f"{at.day:02d} {MONTHS[at.month - 1]} {at.year}, {at.hour:02d}:{at.minute:02d}"


def _copy_row(copy: Copy) -> tuple[str | int, ...]:
    """One copy as a line of the collection export."""
    notes = dict(copy.notes)
    return (
        *_sleeve_row(copy.sleeve, copy.rating),
        FOLDERS[copy.folder_id],
        f"{copy.added_at:%Y-%m-%d %H:%M:%S}",
        *(notes.get(field, "") for field in FIELDS),
    )


def _sleeve_row(sleeve: Sleeve, rating: int) -> tuple[str | int, ...]:
    """What both Discogs exports say of a release; no rating is an empty cell, no year is 0."""
    return (
        ", ".join(label.catno for label in sleeve.labels),
        ", ".join(artist.name for artist in sleeve.artists),
        sleeve.title,
        ", ".join(label.name for label in sleeve.labels),
        " + ".join(_format(form) for form in sleeve.formats),
        rating or "",
        sleeve.year,
        sleeve.release_id,
    )


def _format(form: SleeveFormat) -> str:
    """`2xLP, Comp, RE`: the medium with its number, then what else is said, in short form."""
    words = list(form.descriptions)
    medium = words.pop(0) if "LP" in words[:1] else form.name
    times = "" if form.qty == "1" else f"{form.qty}x"
    return times + ", ".join(ABBREVIATED.get(word, word) for word in (medium, *words))
