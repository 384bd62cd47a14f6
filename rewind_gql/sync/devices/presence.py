"""Devices as they come and go: seen, registered, revoked, and their signs of life."""

from dataclasses import replace
from datetime import datetime

from rewind_gql import clock
from rewind_gql.domains.focus import devices, identity, queries, records, turn
from rewind_gql.domains.focus.views import Device
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Store, Writing
from rewind_gql.sync.devices import fields, reading
from rewind_gql.sync.devices.report import status_of
from rewind_gql.sync.devices.views import Beat, Pulse

ACKNOWLEDGED = 500


async def meet(
    conn: Writing, user_id: int, device: records.Device, *, kind: str | None, now: datetime
) -> Device:
    """The device that calls, made if it is new; `kind` is what it seems to be.

    What it seems to be counts only where it does not say it, and only the first time.
    Raises `DeviceRevoked`.
    """
    if device.device_type is None:
        known = await queries.device(conn, user_id, device_id=device.device_id)
        if known is None and identity.type_of(device.device_id) == identity.UNKNOWN:
            device = replace(device, device_type=kind)
    return await devices.seen(conn, user_id, device, now=now)


async def seen(
    store: Store, user_id: int, device: records.Device, *, kind: str | None = None
) -> None:
    """Write down that a device has called, unless that was done a moment ago.

    Raises `DeviceRevoked`.
    """
    now = clock.now()
    known = await store.ask(queries.device, user_id, device_id=device.device_id)
    if not devices.due(known, device, now=now):
        return
    async with store.write() as conn:
        await turn.take(conn, user_id)
        await meet(conn, user_id, device, kind=kind, now=now)
        conn.announce(user_id)


async def register(store: Store, user_id: int, device: records.Device) -> tuple[Device, bool]:
    """A device with what it says of itself, and whether it is new. Raises `DeviceRevoked`."""
    async with store.write() as conn:
        await turn.take(conn, user_id)
        registered = await devices.register(conn, user_id, device, now=clock.now())
        conn.announce(user_id)
    return registered


async def revoke(store: Store, user_id: int, *, device_id: str) -> Device:
    """A device whose tokens are worthless from now on; its sessions stay.

    Raises `BadInput` for an id no device can have, else `DeviceNotFound`.
    """
    fields.device_id(device_id)
    async with store.write() as conn:
        await turn.take(conn, user_id)
        revoked = await devices.revoke(conn, user_id, device_id=device_id, now=clock.now())
        conn.announce(user_id)
    return revoked


async def heartbeat(store: Store, settings: SyncSettings, user_id: int, given: Pulse) -> Beat:
    """A device's sign of life: what it has left to send, and what it is told in return.

    Raises `DeviceRevoked`, and `BadInput` for a clock that tells no time.
    """
    now = clock.now()
    offset_ms = reading.skew_ms(given.client_time, now)
    device_id = given.device.device_id
    async with store.write() as conn:
        await turn.take(conn, user_id)
        await meet(conn, user_id, given.device, kind=None, now=now)
        device = await devices.beat(
            conn,
            user_id,
            device_id,
            pending=given.sessions_pending,
            oldest_pending_at=given.oldest_pending_at,
            prefs_version=given.preferences_version,
            clock_offset_ms=offset_ms,
            version=given.device.version,
            now=now,
        )
        preferences = await queries.preferences(conn, user_id)
        newer = given.preferences_version is None or given.preferences_version < preferences.version
        beat = Beat(
            device=device,
            server_time=now,
            sync_status=await status_of(
                conn, user_id, device, now=now, active_minutes=settings.active_minutes
            ),
            preferences_version=preferences.version,
            preferences=preferences.values if newer else None,
            acknowledged=await queries.recent_uuids(
                conn, user_id, device_id=device_id, limit=ACKNOWLEDGED
            ),
        )
        conn.announce(user_id)
    return beat
