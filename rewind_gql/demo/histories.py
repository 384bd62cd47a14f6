"""An invented life written to what Spotify, Apple Music, ListenBrainz, Maloja and Koito export."""

import csv
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from rewind_gql.clock import seconds
from rewind_gql.demo.records import Life, Listen

HEARD_S = 31
"""No play of these is shorter, so that none is taken for skipped."""

EVENTS = (
    *("Apple ID Number", "Artist Name", "Container Artist Name", "Album Name"),
    *("End Reason Type", "Event End Timestamp", "Event Start Timestamp", "Event Type"),
    *("Media Duration In Milliseconds", "Media Type", "Play Duration Milliseconds", "Song Name"),
)
DAYS = (
    *("Country", "Track Identifier", "Media type", "Date Played", "Hours"),
    *("Play Duration Milliseconds", "End Reason Type", "Source Type", "Play Count", "Skip Count"),
    *("Ignore For Recommendations", "Track Reference", "Track Description"),
)
_NATURAL = "NATURAL_END_OF_TRACK"


def spotify_extended(life: Life, path: Path) -> None:
    """Spotify's extended streaming history: streams with the instant they ended, oldest first."""
    _list(path, (_stream(listen) for listen in life.listens))


def spotify_account(life: Life, path: Path) -> None:
    """Spotify's account data: no album, and the minute in which a stream ended."""
    rows = (
        {
            "endTime": f"{_end(listen):%Y-%m-%d %H:%M}",
            "artistName": listen.artist,
            "trackName": listen.track,
            "msPlayed": _heard_ms(listen),
        }
        for listen in life.listens
    )
    _list(path, rows, orjson.OPT_INDENT_2)


def apple_music(life: Life, path: Path, *, signed: bool = False) -> None:
    """The archive of privacy.apple.com: three files, the library packed once more.

    Plays do not say whose songs they are, as in newer archives, unless `signed`.
    """
    folder = "Apple_Media_Services/Apple Music Activity"
    library = path.with_suffix(".library")
    with zipfile.ZipFile(library, "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("Apple Music Library Tracks.json", orjson.dumps(_library(life)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        part = path.with_suffix(".part")
        apple_events(life, part, signed=signed)
        archive.write(part, f"{folder}/Apple Music Play Activity.csv")
        apple_days(life, part)
        archive.write(part, f"{folder}/Apple Music - Play History Daily Tracks.csv")
        part.unlink()
        archive.write(library, f"{folder}/Apple Music Library Tracks.json.zip")
    library.unlink()


def apple_events(life: Life, path: Path, *, signed: bool = True) -> None:
    """`Apple Music Play Activity.csv`: a row when a play begins and one when it ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(EVENTS)
        for listen in life.listens:
            writer.writerow(_event(listen, signed, "PLAY_START"))
            writer.writerow(_event(listen, signed, "PLAY_END"))


def apple_days(life: Life, path: Path) -> None:
    """`Play History Daily Tracks.csv`: a row for each song and hour, once however often heard."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(DAYS)
        for day, listens in groupby(life.listens, key=lambda listen: listen.at.date()):
            hours: defaultdict[tuple[str, str, int], int] = defaultdict(int)
            for listen in listens:
                hours[listen.artist, listen.track, listen.at.hour] += _heard_ms(listen)
            for number, ((artist, track, hour), heard_ms) in enumerate(hours.items(), 1):
                about = ("US", number, "AUDIO", f"{day:%Y%m%d}", hour, heard_ms, _NATURAL)
                writer.writerow((*about, "IPHONE", 1, 0, "", number, f"{artist} - {track}"))


def listenbrainz(life: Life, path: Path) -> None:
    """ListenBrainz's archive: who it is of, and a file of lines for each month."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", orjson.dumps({"user_id": 7, "username": "me"}))
        by_month = groupby(life.listens, key=lambda listen: (listen.at.year, listen.at.month))
        for (year, month), listens in by_month:
            lines = (orjson.dumps(_listen(listen)) for listen in listens)
            archive.writestr(f"listens/{year}/{month}.jsonl", b"\n".join(lines) + b"\n")
        archive.writestr("feedback.jsonl", b'{"recording_mbid":null,"score":1}\n')


def listenbrainz_lines(life: Life, path: Path) -> None:
    """All of its listens in one file of lines."""
    with path.open("wb") as file:
        file.writelines(orjson.dumps(_listen(listen)) + b"\n" for listen in life.listens)


def listenbrainz_json(life: Life, path: Path) -> None:
    """ListenBrainz's older export: one list."""
    _list(path, map(_listen, life.listens))


def maloja(life: Life, path: Path) -> None:
    """Maloja's export."""
    _list(path, map(_scrobble, life.listens), around=(b'{"maloja":{},"scrobbles":', b"}"))


def koito(life: Life, path: Path) -> None:
    """Koito's export."""
    before = b'{"version":"1","exported_at":"2026-01-01T00:00:00Z","user":"me","listens":'
    _list(path, map(_koito, life.listens), orjson.OPT_INDENT_2, around=(before, b"}"))


def _list(
    path: Path,
    rows: Iterable[dict[str, Any]],
    option: int = 0,
    around: tuple[bytes, bytes] = (b"", b""),
) -> None:
    with path.open("wb") as file:
        file.write(around[0] + b"[")
        for number, row in enumerate(rows):
            file.write((b",\n" if number else b"") + orjson.dumps(row, option=option))
        file.write(b"]" + around[1])


def _heard_ms(listen: Listen) -> int:
    return max(listen.duration_s, HEARD_S) * 1000


def _end(listen: Listen) -> datetime:
    return listen.at + timedelta(milliseconds=_heard_ms(listen))


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _stream(listen: Listen) -> dict[str, Any]:
    return {
        "ts": _instant(_end(listen)),
        "platform": "ios",
        "ms_played": _heard_ms(listen),
        "conn_country": "NO",
        "ip_addr": "203.0.113.20",
        "master_metadata_track_name": listen.track,
        "master_metadata_album_artist_name": listen.artist,
        "master_metadata_album_album_name": listen.album or None,
        "spotify_track_uri": None,
        "episode_name": None,
        "reason_start": "clickrow",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": False,
    }


def _event(listen: Listen, signed: bool, event: str) -> tuple[object, ...]:
    ended = event == "PLAY_END"
    return (
        *("1234567890", listen.artist if signed else "", "", listen.album),
        *(_NATURAL if ended else "NOT_APPLICABLE", _instant(_end(listen)) if ended else ""),
        *(_instant(listen.at), event, _heard_ms(listen), "AUDIO"),
        *(_heard_ms(listen) if ended else "", listen.track),
    )


def _library(life: Life) -> list[dict[str, Any]]:
    songs = {(listen.artist, listen.album, listen.track) for listen in life.listens}
    return [
        {"Track Identifier": number, "Title": track, "Artist": artist, "Album": album}
        for number, (artist, album, track) in enumerate(sorted(songs), 1)
    ]


def _listen(listen: Listen) -> dict[str, Any]:
    info = {
        "duration_ms": listen.duration_s * 1000,
        "recording_mbid": listen.track_mbid,
        "release_mbid": listen.album_mbid,
        "artist_mbids": [listen.artist_mbid] if listen.artist_mbid else [],
        "submission_client": "invented",
    }
    told = {
        "track_name": listen.track,
        "artist_name": listen.artist,
        "release_name": listen.album,
        "mbid_mapping": None,
        "additional_info": {name: value for name, value in info.items() if value},
    }
    at = seconds(listen.at)
    return {"inserted_at": at + 0.5, "listened_at": at, "track_metadata": told}


def _scrobble(listen: Listen) -> dict[str, Any]:
    album = {"artists": None, "albumtitle": listen.album} if listen.album else None
    track = {"artists": [listen.artist], "title": listen.track, "album": album, "length": None}
    return {"time": seconds(listen.at), "track": track, "duration": None, "origin": "client:own"}


def _koito(listen: Listen) -> dict[str, Any]:
    def named(name: str, mbid: str, **more: Any) -> dict[str, Any]:
        aliases = [{"alias": name, "source": "Canonical", "is_primary": True}]
        return {"mbid": mbid or None, "aliases": aliases, **more}

    return {
        "listened_at": _instant(listen.at),
        "client": "invented",
        "track": named(listen.track, listen.track_mbid, duration=listen.duration_s),
        "album": named(listen.album, listen.album_mbid, various_artists=False),
        "artists": [named(listen.artist, listen.artist_mbid, is_primary=True)],
    }


WRITERS = {
    "spotify-extended-json": spotify_extended,
    "spotify-account-json": spotify_account,
    "apple_music-activity-csv": apple_events,
    "apple_music-daily-csv": apple_days,
    "listenbrainz-jsonl": listenbrainz_lines,
    "listenbrainz-json": listenbrainz_json,
    "maloja-json": maloja,
    "koito-json": koito,
}
"""What writes each format, by its name."""
