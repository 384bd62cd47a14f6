"""How the API of devices lets callers in, knows which device calls, answers and refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

from rewind_gql.auth.views import Caller
from rewind_gql.domains.focus.devices import DeviceRevoked
from rewind_gql.domains.focus.records import Device
from rewind_gql.errors import Denied, Refused, Unauthenticated
from rewind_gql.rest.answers import Header
from rewind_gql.rest.devices.params import Lenient, unread
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.door import address, charge, header
from rewind_gql.rest.params import Detail
from rewind_gql.rest.shim import Access, Desk
from rewind_gql.sync.devices import fields, identity, presence

MAX_BODY_BYTES = 1024 * 1024
VARY: Header = (b"vary", b"Authorization, X-Device-Id, X-App-Identifier, Origin")

# Refusals without words of their own, in the words of this API.
_WORDS = {"Too Many Requests": "Too many requests"}


class TokenRequired(Denied):
    """Token required"""


class InvalidToken(Unauthenticated):
    """Invalid or expired token"""


class ReadOnly(Denied):
    """This key may only read"""


async def door(desk: Desk, scope: Scope, access: Access) -> Caller | None:
    """By a token or a key in Authorization; the device that calls counts as seen.

    Where routes ask for an admin, a device's own token will do.
    """
    if access is Access.PUBLIC:
        return None
    authorization = header(scope, b"authorization")
    if authorization is None:
        raise TokenRequired
    try:
        caller = await desk.gate.bearer(authorization, address(scope), keys=True, tokens=True)
    except Unauthenticated:
        raise InvalidToken from None
    if access is Access.ADMIN and caller.scope not in ("admin", "device"):
        raise ReadOnly
    await charge(desk.gate, scope, caller)
    await _notice(desk, scope, caller)
    return caller


async def _notice(desk: Desk, scope: Scope, caller: Caller) -> None:
    """Know which device calls: by its token, else by what it says, and write down that it did."""
    program = text_of(scope, b"x-app-identifier")
    if caller.device_id is None:
        named = text_of(scope, b"x-device-id")
        caller.device_id = fields.device_id(named) if named else identity.id_from(program)
    # A key that may only read changes nothing, not even when a device was last seen.
    if caller.device_id is not None and caller.scope != "read":
        device = Device(device_id=caller.device_id)
        kind = identity.kind_from(program)
        await presence.seen(desk.store, caller.user_id, device, kind=kind)


def text_of(scope: Scope, name: bytes) -> str | None:
    """What a header says; None where it is missing or blank."""
    value = header(scope, name)
    return (value.decode("latin-1").strip() or None) if value else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices(Dialect):
    """Its habits."""

    def said(self, refused: Refused) -> tuple[int, dict[str, Any]]:
        """Status and body of a refusal."""
        if isinstance(refused, DeviceRevoked):
            refused = InvalidToken()
        return refused.status, {"error": _WORDS.get(refused.message, refused.message)}


def _error(status: int, message: str, details: Sequence[Detail]) -> dict[str, Any]:
    return {"error": message}


DEVICES = Devices(
    base="/api",
    envelope=_error,
    titles={
        400: "Bad request",
        404: "Not found",
        405: "Method not allowed",
        408: "Request took too long",
        413: "Request too large",
        415: "Content-Type must be application/json",
        429: "Too many requests",
        500: "Internal server error",
        503: "Service unavailable",
    },
    door=door,
    reading=Lenient,
    taking=unread,
    max_body_bytes=MAX_BODY_BYTES,
    tells_strangers=True,
    vary=VARY,
)
