"""The GraphQL explorer: GraphiQL as one page of this server, and its built files."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from strawberry.http.ides import get_graphql_ide_html

FOLDER = Path(__file__).with_name("explorer")
FILES_PATH = "/graphql/explorer"
LINKS = (("OpenAPI", "/v1/openapi.json"), ("Schema", "/schema.graphql"))

# Written out, for what the standard library guesses depends on the machine, and a script or a
# style of the wrong type is refused by the browser.
_MEDIA_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "ttf": "font/ttf",
    "woff": "font/woff",
    "woff2": "font/woff2",
}
_HASHED = re.compile(r"[\w.-]+-[A-Z0-9]{8}\.(?P<kind>" + "|".join(_MEDIA_TYPES) + ")", re.ASCII)
_INLINE = re.compile(r"<(?P<tag>script|style)>(?P<text>.*?)</(?P=tag)>", re.DOTALL)
_CLOSED = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Page(NamedTuple):
    """A page and the Content-Security-Policy it must be sent with."""

    html: str
    csp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The two built files the page loads; they find the others beside themselves."""

    script: str
    style: str


def find_bundle(folder: Path = FOLDER) -> Bundle | None:
    """The built files in `folder`; None where nothing was built."""
    manifest = folder / "manifest.json"
    return Bundle(**json.loads(manifest.read_bytes())) if manifest.is_file() else None


def explorer_page(
    *,
    endpoint: str,
    queries: Sequence[str],
    headers: Mapping[str, str],
    bundle: Bundle,
    links: Sequence[tuple[str, str]] = LINKS,
    pictures_from: Sequence[str] = (),
) -> Page:
    """GraphiQL for `endpoint`, with a tab for each of `queries` when it is first seen.

    The page asks nobody but the server it came from, and for pictures the origins in
    `pictures_from`. It stands in no cache and no browser storage with `headers`, so a key among
    them is forgotten with the tab.
    """
    start = {
        "endpoint": endpoint,
        "headers": dict(headers),
        "links": [{"label": label, "href": href} for label, href in links],
        "pictures": list(pictures_from),
        "queries": list(queries),
    }
    html = _EXPLORER.format(
        script=escape(f"{FILES_PATH}/{bundle.script}"),
        style=escape(f"{FILES_PATH}/{bundle.style}"),
        start=_script_data(start),
    )
    shown = ("'self'", "data:", *pictures_from)
    return Page(
        html,
        # Monaco places its lines by style attributes; it needs no script but its files.
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self'; worker-src 'self'; font-src 'self' data:; "
        f"img-src {' '.join(shown)}; {_CLOSED}",
    )


def unbuilt_page() -> Page:
    """What to do where the explorer was not built; it loads nothing at all."""
    return Page(_UNBUILT, f"default-src 'none'; style-src {_hashes(_UNBUILT, 'style')}; {_CLOSED}")


def cdn_page() -> Page:
    """Strawberry's own GraphiQL, whose scripts the browser fetches from unpkg.com."""
    html = get_graphql_ide_html("graphiql").replace(
        "shouldPersistHeaders: true", "shouldPersistHeaders: false"
    )
    return Page(
        html,
        f"default-src 'none'; script-src https://unpkg.com {_hashes(html, 'script')}; "
        "style-src https://unpkg.com 'unsafe-inline'; connect-src 'self'; "
        f"font-src https://unpkg.com data:; img-src data:; {_CLOSED}",
    )


def explorer_response(
    request: Request,
    *,
    queries: Sequence[str],
    headers: Mapping[str, str],
    pictures_from: Sequence[str] = (),
    folder: Path = FOLDER,
) -> HTMLResponse:
    """The answer to a browser's GET of the GraphQL endpoint, which is `request`'s own path.

    Without a bundle it says how to build one, or, asked with `?cdn=1`, gives Strawberry's page.
    """
    bundle = find_bundle(folder)
    if bundle:
        page = explorer_page(
            endpoint=request.url.path,
            queries=queries,
            headers=headers,
            pictures_from=pictures_from,
            bundle=bundle,
        )
    else:
        page = cdn_page() if "cdn" in request.query_params else unbuilt_page()
    return HTMLResponse(
        page.html,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": page.csp,
            "Referrer-Policy": "no-referrer",
            "Vary": "Accept",
            "X-Content-Type-Options": "nosniff",
        },
    )


def explorer_file(request: Request) -> Response:
    """One built file, kept by browsers for ever: its name changes with its content."""
    name = _HASHED.fullmatch(request.path_params["name"])
    path = FOLDER / name[0] if name else None
    if name is None or path is None or not path.is_file():
        raise HTTPException(404)
    return FileResponse(
        path,
        media_type=_MEDIA_TYPES[name["kind"]],
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            # A worker obeys the policy of its own file, not the page's.
            "Content-Security-Policy": "default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


# To be listed before whatever is mounted at /graphql.
ROUTES = (Route(FILES_PATH + "/{name}", explorer_file, methods=["GET"]),)


def _script_data(value: object) -> str:
    """`value` as JSON that cannot end the script element around it."""
    return json.dumps(value).replace("<", "\\u003c")


def _hashes(html: str, tag: str) -> str:
    """The CSP sources that allow each inline `tag` of `html`, and no other."""
    texts = [found["text"] for found in _INLINE.finditer(html) if found["tag"] == tag]
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


_EXPLORER = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rewind GQL</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
viewBox='0 0 16 16'%3E%3Cpath fill='%23d6338a' d='M8 2v12L0 8zM16 2v12L8 8z'/%3E%3C/svg%3E">
<link rel="stylesheet" href="{style}">
<script type="application/json" id="start">{start}</script>
<script type="module" src="{script}"></script>
</head>
<body>
<div id="explorer"><noscript>The explorer needs JavaScript.</noscript></div>
</body>
</html>
"""

_UNBUILT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rewind GQL</title>
<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; margin: 15vh auto; width: min(90%, 38rem) }
</style>
</head>
<body>
<h1>Rewind GQL</h1>
<p>The explorer is not built yet: run <code>make explorer</code> (it needs npm) and load this page
again.</p>
<p>Until then, <a href="?cdn=1">Strawberry's GraphiQL</a> works too, with scripts from the
internet. Queries are answered here either way, by <code>POST</code>.</p>
</body>
</html>
"""
