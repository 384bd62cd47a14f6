"""Signing in, and the devices people sign in on."""

from typing import Any

from rewind_gql import clock
from rewind_gql.auth import login as signing
from rewind_gql.auth.tokens import LIFETIME
from rewind_gql.auth.views import Standing
from rewind_gql.domains.focus import devices as known
from rewind_gql.domains.focus import queries
from rewind_gql.domains.focus.records import Device
from rewind_gql.errors import BadInput
from rewind_gql.rest.devices import words
from rewind_gql.rest.devices.dialect import text_of
from rewind_gql.rest.devices.params import Sent
from rewind_gql.rest.devices.words import Printed
from rewind_gql.rest.door import address
from rewind_gql.rest.shim import Call, Said
from rewind_gql.sync.devices import presence, reading


async def login(call: Call, *, body: Sent) -> Printed:
    """Sign in

    With a username or e-mail and the password; the token is good for thirty days. Signing in on a
    device that was revoked brings it back.
    """
    identifier = body.fields.get("username") or body.fields.get("email")
    password = body.fields.get("password")
    if not _is_text(identifier) or not _is_text(password):
        raise BadInput("Username/email and password are required")
    device = _device(call, body)
    signed = await signing.login(
        call.desk.gate,
        identifier=str(identifier),
        password=str(password),
        address=address(call.scope),
    )
    standing = Standing(user_epoch=signed.epoch)
    if device is not None:
        standing = await _signed_in(call, signed.user.id, signed.epoch, device)
    token = call.desk.gate.tokens.issue(signed.user.uuid, standing)
    preferences = await call.desk.store.ask(queries.preferences, signed.user.id)
    return {
        "success": True,
        "message": "Login successful",
        "token": token,
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "user": words.person(signed.user, preferences.values["timezone"]),
    }


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and bool(given.strip())


def _device(call: Call, body: Sent) -> Device | None:
    """The device that signs in, if it says which one it is."""
    told = body.fields.get("device_id") or text_of(call.scope, b"x-device-id")
    return None if told is None else reading.device(body.fields, told)


async def _signed_in(call: Call, user_id: int, epoch: int, device: Device) -> Standing:
    async with call.desk.store.write() as conn:
        await known.seen(conn, user_id, device, now=clock.now(), proven=True)
        device_epoch = await queries.standing(conn, user_id, device_id=device.device_id)
        conn.announce(user_id)
    return Standing(user_epoch=epoch, device_id=device.device_id, device_epoch=device_epoch)


async def devices(call: Call) -> Printed:
    """Devices

    Every one there ever was, the one seen last first; `state` tells which are in use.
    """
    return {"devices": [words.device(one) for one in await call.ask(queries.all_devices)]}


async def register(call: Call, *, device_id: str, body: Sent) -> Said:
    """Register a device

    Or say something new of one that is known.
    """
    given = reading.device(body.fields, device_id, typed=True)
    device, created = await presence.register(call.desk.store, call.user_id, given)
    return Said(201 if created else 200, {"success": True, "device": words.device(device)})


async def revoke(call: Call, *, device_id: str) -> Printed:
    """Revoke a device

    Its tokens are worthless at once; its sessions stay.
    """
    device = await presence.revoke(call.desk.store, call.user_id, device_id=device_id)
    return {"success": True, "device": words.device(device)}


async def heartbeat(call: Call, *, device_id: str, body: Sent) -> Printed:
    """A device's sign of life

    It says what it has left to send, and is told what is stored of it and which preferences are
    new.
    """
    given = reading.pulse(body.fields, device_id)
    settings = call.desk.settings.sync
    return words.beat(await presence.heartbeat(call.desk.store, settings, call.user_id, given))
