"""Cards over HTTP: by a key their owner's, by a link anybody's; refusals are pictures, too."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql import clock
from rewind_gql.auth.gate import NoLink
from rewind_gql.caching import if_none_match, matches
from rewind_gql.cards.asked import WINDOW, Look, When, read, read_look
from rewind_gql.cards.card import Card
from rewind_gql.cards.drawing import draw
from rewind_gql.cards.links import FIXED, LINK, PATH
from rewind_gql.cards.pictures import Head, Message
from rewind_gql.cards.press import Press, Print
from rewind_gql.cards.shown import card_named
from rewind_gql.errors import BadInput, NotFound, Refused, Unauthenticated
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.door import address, admit, header
from rewind_gql.rest.params import parse_query
from rewind_gql.rest.shim import Desk

SVG = "image/svg+xml; charset=utf-8"
SUFFIX = ".svg"
PUBLIC = "public, max-age=300, must-revalidate"
PRIVATE = "private, max-age=60, must-revalidate"
MESSAGE_PX = 480
_KNOWN = (*WINDOW, "limit", "theme", "width", LINK)
_ALWAYS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_TITLES = {
    400: "This card cannot be drawn like that",
    401: "This card is private",
    403: "This card is private",
    404: "There is nothing here",
    429: "Too many requests",
}


class Seen(NamedTuple):
    """Whose card is shown, what it is asked for, and for how long that may be kept."""

    user_id: int
    time_zone: str
    given: Mapping[str, str]
    caching: Mapping[str, str]


class Cards:
    """Answers `GET /cards/{name}.svg`."""

    def __init__(self, desk: Desk) -> None:
        self.press = Press(desk.store, desk.images)
        self._desk = desk

    def routes(self) -> list[Route]:
        """Every path of cards."""
        return [Route(f"{PATH}/{{file}}", self._card, methods=["GET"])]

    async def _card(self, request: Request) -> Response:
        try:
            return await self._shown(request)
        except Refused as refused:
            return _refusal(request, refused)

    async def _shown(self, request: Request) -> Response:
        name: str = request.path_params["file"]
        if not name.endswith(SUFFIX):
            raise NotFound("The address of a card ends with .svg")
        given = _given(request)
        look = read_look(given)
        card = card_named(name.removesuffix(SUFFIX))
        seen = await self._seen(request, card, given)
        when = When(clock.zone(seen.time_zone), clock.now())
        asked = read(card.rules, seen.given, today=when.today)
        made = await self.press.make(seen.user_id, card, asked, look, when)
        return _answer(request, made, seen.caching)

    async def _seen(self, request: Request, card: Card, given: Mapping[str, str]) -> Seen:
        """What the link in the address leads to, or else the card of whoever holds the key.

        Raises `Unauthenticated` without either, and `NoLink` for a link to another card or, beside
        a key, another person's.
        """
        scope = request.scope
        keyed = header(scope, b"authorization") is not None
        if LINK not in given:
            if not keyed:
                raise Unauthenticated("Ask with a key, or by a link that its owner gave you")
            caller = await admit(self._desk.gate, scope)
            caching = {"Cache-Control": PRIVATE, "Vary": "Authorization, Origin"}
            return Seen(caller.user_id, caller.time_zone, given, caching)
        opened = await self._desk.gate.link(given[LINK], address(scope))
        if opened.name != card.name:
            raise NoLink
        if keyed and (await admit(self._desk.gate, scope)).user_id != opened.user_id:
            raise NoLink
        if fixed := next((name for name in FIXED if name in given), None):
            raise BadInput(f"The link decides on {fixed}; it takes theme and width", path=fixed)
        caching = {"Cache-Control": PUBLIC}
        return Seen(opened.user_id, opened.time_zone, opened.asked, caching)


def _given(request: Request) -> dict[str, str]:
    """The parameters a card knows; others are passed over, for people add some against caches."""
    found = parse_query(request.scope["query_string"])
    for name in _KNOWN:
        if len(found.get(name, ())) > 1:
            raise BadInput(f"{name} must be given once", path=name)
    return {name: found[name][0] for name in _KNOWN if name in found}


def _answer(request: Request, made: Print, caching: Mapping[str, str]) -> Response:
    tag = f'"{made.tag}"'
    headers = {**_ALWAYS, **caching, "ETag": tag}
    if not made.lasts:
        headers["Cache-Control"] = "no-store"
    known = if_none_match(request.scope)
    if known is not None and matches(tag.encode(), known):
        return Response(status_code=304, headers=headers)
    return Response(made.body, media_type=SVG, headers=headers)


def _refusal(request: Request, refused: Refused) -> Response:
    """Why there is no card: as a picture, for nobody sees anything else in its place.

    Whoever asks for JSON and for no picture gets it as the REST API says it.
    """
    headers = {**_ALWAYS, "Cache-Control": "no-store", "Vary": "Accept, Authorization, Origin"}
    if refused.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = "Bearer"
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    accept = request.headers.get("accept", "")
    if "json" in accept and "image/" not in accept:
        status, body = REWIND.said(refused)
        return Response(orjson.dumps(body), status, headers, "application/json")
    title = _TITLES.get(refused.status, "This card cannot be had just now")
    said: Any = Message(head=Head(title=title, note=refused.message, desc=refused.message))
    return Response(_drawn(request, said), refused.status, headers, SVG)


def _drawn(request: Request, said: Message) -> bytes:
    """The message in the colours that were asked for, if that was no mistake."""
    try:
        look = read_look(_given(request))
    except Refused:
        look = Look()
    return draw(said, Look(theme=look.theme), width=MESSAGE_PX, art={})
