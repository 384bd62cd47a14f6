"""The status page: what is synced, how far, and what needs a person, kept live."""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from rewind_gql import clock
from rewind_gql.auth import passes
from rewind_gql.auth.views import Caller
from rewind_gql.errors import BadInput, Denied, Refused, Unauthenticated
from rewind_gql.rest.door import read_body
from rewind_gql.rest.shim import Desk
from rewind_gql.server.pages import status_acts, status_words
from rewind_gql.sync import board as boards

FOLDER = Path(__file__).with_name("status")
PATH = "/status"
COOKIE = "rewind_status"
SAID = "rewind_said"
MAX_FORM_BYTES = 16 * 1024
MAX_FIELDS = 50
PING_S = 15
_STATIC = {"status.css": "text/css", "status.js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at the page, and the session that says so."""

    caller: Caller
    session: str

    @property
    def admin(self) -> bool:
        """Whether they may act."""
        return self.caller.scope == "admin"


class _Counted:
    """A stream that counts among those that are open; refused when there are too many."""

    def __init__(self, desk: Desk, caller: Caller, stream: ASGIApp) -> None:
        self._desk = desk
        self._caller = caller
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with self._desk.hub.admit(self._caller):
            await self._stream(scope, receive, send)


class Status:
    """The page, over what the routes of the APIs use too."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pages = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters.update(status_words.FILTERS)
        self._files = {name: (FOLDER / name).read_bytes() for name in _STATIC}

    def routes(self) -> list[Route]:
        """Every path of the page."""
        acts = [
            Route(f"{PATH}/{name}", self._acting(act), methods=["POST"])
            for name, act in status_acts.ACTS.items()
        ]
        return [
            Route(PATH, self._page, methods=["GET"]),
            Route(f"{PATH}/now", self._now, methods=["GET"]),
            Route(f"{PATH}/events", self._events, methods=["GET"]),
            Route(f"{PATH}/sign-in", self._sign_in, methods=["POST"]),
            Route(f"{PATH}/sign-out", self._sign_out, methods=["POST"]),
            *acts,
            Route(f"{PATH}/{{name}}", self._file, methods=["GET"]),
        ]

    async def _page(self, request: Request) -> Response:
        try:
            visit = await self._visit(request)
        except Unauthenticated:
            return self._door()
        said = unquote(request.cookies.get(SAID, ""))
        answer = self._html("status.html", said=said, **await self._told(visit))
        if said:
            answer.delete_cookie(SAID, path=PATH)
        return answer

    async def _now(self, request: Request) -> Response:
        try:
            visit = await self._visit(request)
        except Unauthenticated:
            return Response(status_code=401, headers=_PAGE_HEADERS)
        return self._html("now.html", **await self._told(visit))

    async def _events(self, request: Request) -> ASGIApp:
        """What happens from now on, or since an event: one message per event of the ledger."""
        try:
            visit = await self._visit(request)
        except Unauthenticated:
            return Response(status_code=401, headers=_PAGE_HEADERS)
        return _Counted(
            self._desk,
            visit.caller,
            EventSourceResponse(
                self._told_live(visit.caller, _last_seen(request)),
                ping=PING_S,
                headers={"Cache-Control": "no-store"},
            ),
        )

    async def _told_live(self, caller: Caller, after: int) -> AsyncIterator[ServerSentEvent]:
        store = self._desk.store
        hub, watch = self._desk.hub, self._desk.watch
        async with watch.over(caller) as ended, aclosing(hub.changes(caller.user_id)) as changes:
            async for _ in changes:
                if ended.is_set():
                    return
                found = await store.ask(boards.since, caller.user_id, after=after)
                for news in found:
                    after = news.line.seq
                    data = json.dumps(status_words.live(news, clock.now()))
                    yield ServerSentEvent(data, event="sync", id=str(after))
                if not found:
                    yield ServerSentEvent("{}", event="changed")

    async def _sign_in(self, request: Request) -> Response:
        try:
            form = await _form(request)
            _same_origin(request.headers)
            address = request.client.host if request.client else None
            caller = await self._desk.gate.key(form.get("key", "").strip(), address)
        except Refused as refused:
            return self._door(_WRONG.get(refused.status, refused.message), refused.status)
        session = await self._desk.gate.open_session(caller)
        answer = RedirectResponse(PATH, 303)
        answer.set_cookie(
            COOKIE,
            session,
            max_age=int(passes.LIVES["session"].total_seconds()),
            path=PATH,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    async def _sign_out(self, request: Request) -> Response:
        answer = RedirectResponse(PATH, 303)
        try:
            visit = await self._visit(request)
            self._guard(request, visit, await _form(request))
        except Refused:
            return answer
        await self._desk.gate.close_session(visit.session)
        answer.delete_cookie(COOKIE, path=PATH)
        return answer

    def _acting(self, act: status_acts.Act) -> Callable[[Request], Awaitable[Response]]:
        async def acting(request: Request) -> Response:
            try:
                visit = await self._visit(request)
                form = await _form(request)
                self._guard(request, visit, form)
                if not visit.admin:
                    raise Denied("This needs an admin key; sign out and in again with one")
                status, said = 200, await act(self._desk, visit.caller.user_id, form)
            except Refused as refused:
                status, said = refused.status, refused.message
            if "application/json" in request.headers.get("accept", ""):
                return JSONResponse({"said": said}, status, headers=_PAGE_HEADERS)
            answer = RedirectResponse(PATH, 303)
            answer.set_cookie(SAID, quote(said), max_age=30, path=PATH, httponly=True)
            return answer

        return acting

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            raise HTTPException(404)
        keep = "v" in request.query_params
        return Response(
            self._files[name],
            media_type=_STATIC[name],
            headers={
                "Cache-Control": "public, max-age=31536000, immutable" if keep else "no-cache",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _visit(self, request: Request) -> Visit:
        session = request.cookies.get(COOKIE)
        if not session:
            raise Unauthenticated
        address = request.client.host if request.client else None
        return Visit(await self._desk.gate.session(session, address), session)

    def _guard(self, request: Request, visit: Visit, form: Mapping[str, str]) -> None:
        """Raises `Denied` unless the form came from this page of this visit."""
        _same_origin(request.headers)
        if not hmac.compare_digest(form.get("csrf", ""), self._csrf(visit)):
            raise Denied("This page is too old; load it again")

    def _csrf(self, visit: Visit) -> str:
        return hmac.digest(self._desk.gate.pepper, f"csrf {visit.session}".encode(), sha256).hex()

    async def _told(self, visit: Visit) -> dict[str, Any]:
        now = clock.now()
        board = await self._desk.store.ask(
            boards.board, visit.caller.user_id, now=now, settings=self._desk.settings.sync
        )
        field = Markup('<input type="hidden" name="csrf" value="{}">').format(self._csrf(visit))
        return {
            "admin": visit.admin,
            "board": board,
            "csrf": field,
            "now": now,
            **status_words.told(board),
        }

    def _door(self, wrong: str = "", status: int = 200) -> HTMLResponse:
        return self._html("sign_in.html", status, wrong=wrong)

    def _html(self, name: str, status: int = 200, /, **told: Any) -> HTMLResponse:
        links = {each.split(".")[1]: self._link(each) for each in _STATIC}
        page = self._pages.get_template(name)
        html = page.render(style=links["css"], script=links["js"], **told)
        return HTMLResponse(html, status, headers=_PAGE_HEADERS)

    def _link(self, name: str) -> str:
        return f"{PATH}/{name}?v={sha256(self._files[name]).hexdigest()[:12]}"


_WRONG = {
    401: "This is not a key of this server, or it was taken back.",
    403: "This form came from somewhere else; use the one on this page.",
    429: "Too many wrong keys; wait a minute.",
}


async def _form(request: Request) -> dict[str, str]:
    """The fields of a posted form. Raises what `read_body` does, and `BadInput` for a bad one."""
    raw = await read_body(request.receive, MAX_FORM_BYTES)
    try:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS))
    except ValueError as wrong:
        raise BadInput("This form has too many fields") from wrong


def _same_origin(headers: Headers) -> None:
    """Raises `Denied` for a form another site sent; what a browser says of it cannot be forged."""
    site = headers.get("sec-fetch-site", "same-origin")
    origin = headers.get("origin")
    own = origin is None or urlsplit(origin).netloc == headers.get("host")
    if site not in ("same-origin", "none") or not own:
        raise Denied("This form came from another site")


def _last_seen(request: Request) -> int:
    text = request.headers.get("last-event-id") or request.query_params.get("last_event_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
