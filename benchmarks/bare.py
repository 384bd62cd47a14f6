"""What GraphQL is measured against: bare ASGI, sqlite3 on the event loop, orjson, nothing else.

The same things are read from the same file by hand-written SQL and put into the form the GraphQL
answer has: ids, instants and addresses as clients get them.
"""

import sqlite3
from binascii import b2a_base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

Send = Callable[[dict[str, Any]], Awaitable[None]]

PLAYS = """
SELECT p.played_at, t.id, t.name, t.url, t.apple_music_url, t.preview_url, a.id, a.name, b.id,
       b.name, i.version, o.thumbhash, o.dominant_color
FROM (SELECT track_id, artist_id, album_id, played_at, id FROM listening_play
      WHERE user_id = 1 AND NOT hidden ORDER BY played_at DESC, id DESC LIMIT ?) p
JOIN listening_track t ON t.id = p.track_id JOIN listening_artist a ON a.id = p.artist_id
LEFT JOIN listening_album b ON b.id = p.album_id
LEFT JOIN images_picture i ON i.domain = 'listening' AND i.entity_type = 'albums'
  AND i.entity_id = CAST(b.id AS TEXT) AND i.user_id = 1
LEFT JOIN images_blob o ON o.hash = i.content_hash ORDER BY p.played_at DESC, p.id DESC"""
CROSSED = """
SELECT i.id, i.added_at, i.rating, r.id, r.title, r.credits, r.year, r.formats, r.genres, r.styles,
       r.discogs_id, x.album_name, x.artist_name, x.plays, x.last_played_at, x.match_type,
       x.confidence
FROM collecting_cross_reference x JOIN collecting_item i ON i.id = x.item_id
JOIN collecting_release r ON r.id = i.release_id
WHERE x.user_id = 1 ORDER BY x.plays DESC, x.added_at DESC, x.item_id DESC LIMIT ?"""
FILMS = """
SELECT f.id, f.media_type, f.collected_at, m.id, m.title, m.year FROM collecting_media f
JOIN watching_movie m ON m.id = f.movie_id
WHERE f.user_id = 1 ORDER BY f.collected_at DESC, f.id DESC LIMIT 10"""
SESSIONS = """
SELECT id, start_at, end_at, duration_min, kind, category, project FROM focus_session
WHERE user_id = 1 AND state <> 'deleted' ORDER BY start_at DESC, id DESC LIMIT 10"""
RUNS = """
SELECT id, domain, status, ended_at FROM sync_run WHERE user_id = 1 AND status = 'success'
ORDER BY queued_at DESC, id DESC LIMIT 10"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIZE = "cdn-cgi/image/width=300,height=300,fit=cover,format=auto,quality=85"


def _id(kind: str, number: object) -> str:
    return b2a_base64(f"{kind}:{number}".encode(), newline=False).decode()


def _at(instant: int | None) -> str | None:
    if instant is None:
        return None
    return (_EPOCH + timedelta(microseconds=instant)).isoformat()[:-6] + "Z"


def _image(row: Any) -> Any:
    if row[10] is None:
        return None
    url = f"http://localhost/{_SIZE}/listening/albums/{row[8]}/original.jpg?v={row[10]}"
    return {"url": url, "thumbhash": row[11], "dominantColor": row[12]}


def _play(row: Any) -> Any:
    album = {"id": _id("Album", row[8]), "name": row[9], "image": _image(row)}
    return {
        "playedAt": _at(row[0]),
        "track": {
            "id": _id("Track", row[1]),
            "name": row[2],
            "url": row[3],
            "appleMusicUrl": row[4],
            "previewUrl": row[5],
        },
        "artist": {"id": _id("Artist", row[6]), "name": row[7]},
        "album": None if row[8] is None else album,
    }


def plays(file: sqlite3.Connection, limit: int = 20) -> Any:
    """The newest plays, nested."""
    nodes = [_play(row) for row in file.execute(PLAYS, (limit,))]
    return {"listening": {"recent": {"nodes": nodes}}}


def _crossed(row: Any) -> Any:
    release = {
        "id": _id("Release", row[3]),
        "title": row[4],
        "artists": [credit["name"] for credit in orjson.loads(row[5])],
        "year": row[6],
        "formats": orjson.loads(row[7]),
        "genres": orjson.loads(row[8]),
        "styles": orjson.loads(row[9]),
        "discogsUrl": f"https://www.discogs.com/release/{row[10]}",
    }
    match = {
        "albumName": row[11],
        "artistName": row[12],
        "plays": row[13],
        "lastPlayedAt": _at(row[14]),
        "matchType": row[15].upper(),
        "confidence": row[16],
    }
    item = {"id": _id("Item", row[0]), "addedAt": _at(row[1]), "rating": row[2]}
    return {"item": {**item, "release": release}, "match": match}


def crossed(file: sqlite3.Connection, limit: int = 100) -> Any:
    """Copies beside what was heard of them."""
    nodes = [_crossed(row) for row in file.execute(CROSSED, (limit,))]
    return {"collecting": {"crossReference": {"nodes": nodes}}}


def page(file: sqlite3.Connection) -> Any:
    """A little of every domain."""
    films = [
        {
            "id": _id("Media", row[0]),
            "mediaType": row[1].upper(),
            "collectedAt": _at(row[2]),
            "movie": {"id": _id("Movie", row[3]), "title": row[4], "year": row[5]},
        }
        for row in file.execute(FILMS)
    ]
    return {
        **plays(file, 10),
        "collecting": {**crossed(file, 10)["collecting"], "films": {"nodes": films}},
        "focusSessions": {"nodes": [_session(row) for row in file.execute(SESSIONS)]},
        "syncRuns": {"nodes": [_run(row) for row in file.execute(RUNS)]},
    }


def _session(row: Any) -> Any:
    return {
        "id": _id("FocusSession", row[0]),
        "startAt": _at(row[1]),
        "endAt": _at(row[2]),
        "durationMin": row[3],
        "kind": row[4].upper(),
        "category": row[5],
        "project": row[6],
    }


def _run(row: Any) -> Any:
    made = {"id": _id("SyncRun", row[0]), "domain": row[1], "status": row[2].upper()}
    return {**made, "endedAt": _at(row[3])}


ANSWERS = {"/plays": plays, "/crossed": crossed, "/page": page}


def application(path: str) -> Any:
    """The reference as an ASGI callable."""
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    file.execute("PRAGMA mmap_size=1073741824")

    async def app(scope: dict[str, Any], receive: object, send: Send) -> None:
        body = orjson.dumps({"data": ANSWERS[scope["path"]](file)})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
