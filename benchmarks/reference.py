"""The reference: bare ASGI, sqlite3 on the event loop, orjson, no key, no limit, no check at all.

It answers the same questions from the same file with hand-written SQL. What our server adds on top
(routing, keys, limits, validation, ETags, GraphQL) is what the ratio shows.
"""

import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import uvicorn

Send = Callable[[dict[str, Any]], Awaitable[None]]

RECENT = """
SELECT t.id, t.name, t.url, t.apple_music_url, t.preview_url, a.id, a.name, b.id, b.name,
       p.played_at
FROM (SELECT track_id, artist_id, album_id, played_at, id FROM listening_play
      WHERE user_id = 1 AND NOT hidden ORDER BY played_at DESC, id DESC LIMIT 20) p
JOIN listening_track t ON t.id = p.track_id JOIN listening_artist a ON a.id = p.artist_id
LEFT JOIN listening_album b ON b.id = p.album_id ORDER BY p.played_at DESC, p.id DESC"""
CROSS = """
SELECT i.id, r.discogs_id, r.title, r.credits, r.year, r.formats, r.genres, r.styles, i.added_at,
       i.rating, x.album_name, x.artist_name, x.plays, x.last_played_at, x.match_type, x.confidence
FROM collecting_cross_reference x JOIN collecting_item i ON i.id = x.item_id
JOIN collecting_release r ON r.id = i.release_id
WHERE x.user_id = 1 ORDER BY x.plays DESC, x.added_at DESC, x.item_id DESC LIMIT 100"""
CROSS_COUNT = "SELECT count(*) FROM collecting_cross_reference WHERE user_id = 1"
TOP = """
SELECT a.id, a.name, r.plays FROM listening_rollup r JOIN listening_artist a ON a.id = r.entity_id
WHERE r.user_id = 1 AND r.kind = 'artist' AND r.grain = 'year' AND r.bucket = 20089
ORDER BY r.plays DESC, r.last_at DESC LIMIT 20"""
HEALTH = """
SELECT ended_at, status, sync_type, items_inserted + items_updated, ended_at - started_at, error
FROM sync_run WHERE user_id = 1 AND domain = ? AND started_at IS NOT NULL
ORDER BY started_at DESC LIMIT 1"""
TRACK = ("id", "name", "url", "apple_music_url", "preview_url")
DOMAINS = ("listening", "running", "watching", "collecting", "reading", "attending")


def recent(file: sqlite3.Connection) -> Any:
    """The 20 newest plays."""
    return [
        {
            "track": dict(
                zip(("id", "name", "url", "apple_music_url", "preview_url"), row[:5], strict=True)
            ),
            "artist": {"id": row[5], "name": row[6]},
            "album": {"id": row[7], "name": row[8], "image": None},
            "scrobbled_at": row[9],
        }
        for row in file.execute(RECENT)
    ]


def cross(file: sqlite3.Connection) -> Any:
    """The 100 most played copies, and how many there are."""
    rows = [
        {
            "collection": {
                "id": row[0],
                "discogs_id": row[1],
                "title": row[2],
                "artists": [credit["name"] for credit in orjson.loads(row[3])],
                "year": row[4],
                "format": orjson.loads(row[5])[0],
                "genres": orjson.loads(row[6]),
                "styles": orjson.loads(row[7]),
                "image": None,
                "date_added": row[8],
                "rating": row[9],
            },
            "listening": dict(zip("anplmc", row[10:], strict=True)),
        }
        for row in file.execute(CROSS)
    ]
    return {"data": rows, "total": file.execute(CROSS_COUNT).fetchone()[0]}


def top(file: sqlite3.Connection) -> Any:
    """The 20 most played artists of 2025."""
    return [{"id": row[0], "name": row[1], "plays": row[2]} for row in file.execute(TOP)]


def health(file: sqlite3.Connection) -> Any:
    """The newest run of each domain."""
    return {domain: file.execute(HEALTH, (domain,)).fetchone() for domain in DOMAINS}


ANSWERS = {"/recent": recent, "/cross": cross, "/top": top, "/health": health}


def application(path: str) -> Any:
    """The reference as an ASGI callable."""
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    file.execute("PRAGMA mmap_size=1073741824")

    async def app(scope: dict[str, Any], receive: object, send: Send) -> None:
        body = orjson.dumps(ANSWERS[scope["path"]](file))
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[1]),
        port=int(sys.argv[2]),
        log_level="error",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
    )
