"""The reference for pictures: Starlette's own static files, and a redirect by bare ASGI.

Neither knows a key, a limit, a size or a second person; what our server adds on top is what the
ratio shows.
"""

import sqlite3
import sys
from typing import Any

import uvicorn
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

FILES = "/files/"
PICTURE = """
SELECT p.version, b.thumbhash, b.dominant_color, b.accent_color
FROM images_picture p JOIN images_blob b ON b.hash = p.content_hash
WHERE p.user_id = 1 AND p.domain = ? AND p.entity_type = ? AND p.entity_id = ?"""
OPTIONS = "width=300,height=300,fit=cover,format=auto,quality=85"


def application(folder: str, path: str) -> ASGIApp:
    """Files of a folder below `/files/`, and redirects to pictures at every other path."""
    files = StaticFiles(directory=folder)
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(FILES):
            inside = {**scope, "path": scope["path"][len(FILES) - 1 :]}
            await files(inside, receive, send)
            return
        key = scope["path"].split("/")[3:6]
        version, *looks = database.execute(PICTURE, key).fetchone()
        thing = "/".join(key)
        address = f"/cdn-cgi/image/{OPTIONS}/{thing}/original.jpg?v={version}"
        names = (b"x-thumbhash", b"x-dominant-color", b"x-accent-color")
        headers: list[Any] = [
            (b"location", address.encode()),
            (b"cache-control", b"private, max-age=300"),
            (b"etag", f'"{thing}/{version}/medium"'.encode()),
            (b"content-length", b"0"),
            *((name, value.encode()) for name, value in zip(names, looks, strict=True)),
        ]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[1], sys.argv[2]),
        port=int(sys.argv[3]),
        log_level="error",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
    )
