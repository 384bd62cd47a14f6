"""Devices in: which program on which machine called, what it still has to send, and since when."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlmodel import col

from rewind_gql.domains.focus import identity, records, turn, views
from rewind_gql.domains.focus.queries import machines
from rewind_gql.domains.focus.tables import Device
from rewind_gql.errors import NotFound, Unauthenticated
from rewind_gql.store.columns import Id
from rewind_gql.store.engine import Writing

SEEN_EVERY = timedelta(seconds=30)
"""How far `last_seen_at` may lie behind, so that a busy device costs few writes."""
SILENT = timedelta(hours=24)
"""How long an older version must not have called before a newer one takes its place."""
_TOLD = ("device_type", "name", "version", "platform", "install_id")


class DeviceRevoked(Unauthenticated):
    """This device was signed out and may not come back with this token."""

    code = "DEVICE_REVOKED"


class DeviceNotFound(NotFound):
    """There is no such device."""

    code = "DEVICE_NOT_FOUND"


async def seen(
    conn: Writing,
    user_id: int,
    device: records.Device,
    *,
    now: datetime,
    proven: bool = False,
) -> views.Device:
    """The device as it is after this call of its, made when it is new.

    What it says of itself is kept; `last_seen_at` follows within 30 seconds. A device that was
    superseded comes back. It takes the place of those it replaces: at once of any with the same
    install, and of an older version of the same id that has been silent for a day. Ids that differ
    in no more than the version at their end are versions of one, unless their installs differ.
    Raises `DeviceRevoked`, unless the person has just `proven` with their password that it is
    them; older tokens stay worthless. Raises `BadInput` where an id or a word has not the form.
    """
    known = await machines.device(conn, user_id, device_id=device.device_id)
    if not due(known, device, now=now, proven=proven) and known is not None:
        return known
    return (await _arrived(conn, user_id, device, now=now, proven=proven))[0]


async def register(
    conn: Writing,
    user_id: int,
    device: records.Device,
    *,
    now: datetime,
    proven: bool = False,
) -> tuple[views.Device, bool]:
    """The same, and whether the device is new. Raises as `seen` does."""
    return await _arrived(conn, user_id, device, now=now, proven=proven)


def due(
    known: views.Device | None, told: records.Device, *, now: datetime, proven: bool = False
) -> bool:
    """Whether `seen` would write anything, so that most calls need no write transaction.

    Raises `DeviceRevoked` as `seen` does.
    """
    if known is None:
        return True
    _check_revoked(known, proven=proven)
    return (
        known.state != "active"
        or now - known.last_seen_at >= SEEN_EVERY
        or any(getattr(known, name) != value for name, value in _told(told).items())
    )


async def revoke(conn: Writing, user_id: int, *, device_id: str, now: datetime) -> views.Device:
    """Sign a device out for good: its tokens die, its history stays. Twice is as good as once.

    Raises `DeviceNotFound`.
    """
    del now  # a revocation is known by its epoch; nothing of the row tells when
    known = await _known(conn, user_id, device_id)
    if known.state == "revoked":
        return known
    statement = _UPDATE.values(state="revoked", token_epoch=col(Device.token_epoch) + 1)
    await conn.execute(statement, _place(user_id, known.id))
    return replace(known, state="revoked")


async def delivered(
    conn: Writing,
    user_id: int,
    device_id: str,
    *,
    count: int,
    pending_after: int | None,
    now: datetime,
) -> views.Device:
    """Note that `count` of a device's sessions have come in, new or known.

    It still has `pending_after`, if it says so, else that many fewer than it said before. It has
    synced, unless it says that there is more. Raises `DeviceNotFound`.
    """
    known = await _known(conn, user_id, device_id)
    if count == 0 and pending_after is None:
        return known
    left = max(0, known.pending_reported - count) if pending_after is None else pending_after
    changes = _pending(known, left, since=None, now=now)
    if not pending_after:
        changes["last_sync_at"] = now
    return await _change(conn, user_id, known, changes)


async def beat(
    conn: Writing,
    user_id: int,
    device_id: str,
    *,
    pending: int,
    oldest_pending_at: datetime | None,
    prefs_version: int | None,
    clock_offset_ms: int | None,
    version: str | None,
    now: datetime,
) -> views.Device:
    """Note what a device says between uploads: what is left to send, its clock, its preferences.

    None leaves what it said before; with nothing left to send it has synced. Raises
    `DeviceNotFound` and `DeviceRevoked`.
    """
    known = await _known(conn, user_id, device_id)
    _check_revoked(known, proven=False)
    told = {
        "prefs_version_seen": prefs_version,
        "clock_offset_ms": clock_offset_ms,
        "version": version and identity.check_words("version", version),
    }
    changes = _pending(known, pending, since=oldest_pending_at, now=now)
    changes |= {name: value for name, value in told.items() if value is not None}
    changes["last_seen_at"] = max(now, known.last_seen_at)
    if pending == 0:
        changes["last_sync_at"] = now
    return await _change(conn, user_id, known, changes)


async def _arrived(
    conn: Writing, user_id: int, device: records.Device, *, now: datetime, proven: bool
) -> tuple[views.Device, bool]:
    """The device written, others it replaces put aside; and whether it is new."""
    told = _checked(device)
    await turn.take(conn, user_id)
    known = await machines.device(conn, user_id, device_id=device.device_id)
    if known is None:
        here, created = await _made(conn, user_id, device.device_id, told, now), True
    else:
        _check_revoked(known, proven=proven)
        at = max(now, known.last_seen_at)
        changes = {**told, "state": "active", "superseded_by": None, "last_seen_at": at}
        here, created = await _change(conn, user_id, known, changes), False
    others = await machines.devices(conn, user_id)
    replaced = [
        {**_place(user_id, other.id), "successor": here.device_id}
        for other in others
        if other.id != here.id and _replaces(here, other, now)
    ]
    if replaced:
        await conn.execute(_SUPERSEDE, replaced)
    return here, created


def _replaces(here: views.Device, other: views.Device, now: datetime) -> bool:
    """Whether the one calling now stands in the place of another."""
    if here.install_id is not None and other.install_id is not None:
        return here.install_id == other.install_id
    # Of two machines on two versions only the older one can vanish, and comes back by calling.
    newer = (here.first_seen_at, here.id) > (other.first_seen_at, other.id)
    versions = here.device_id != other.device_id and identity.same_program(
        here.device_id, other.device_id
    )
    return newer and versions and now - other.last_seen_at >= SILENT


async def _made(
    conn: Writing, user_id: int, device_id: str, told: Mapping[str, Any], now: datetime
) -> views.Device:
    """A new device; what it does not say of itself is read from its id."""
    row: dict[str, Any] = {
        "name": None,
        "platform": None,
        "install_id": None,
        "device_type": identity.type_of(device_id),
        "version": identity.version(device_id),
        **told,
        "device_id": identity.check_id(device_id),
        "state": "active",
        "superseded_by": None,
        "first_seen_at": now,
        "last_seen_at": now,
        "last_sync_at": None,
        "pending_reported": 0,
        "pending_since": None,
        "prefs_version_seen": None,
        "clock_offset_ms": None,
    }
    made = await conn.execute(_INSERT, {"user_id": user_id, "token_epoch": 0, **row})
    return views.Device(id=made.scalar_one(), **row)


def _told(device: records.Device) -> dict[str, Any]:
    """What a device says of itself, without what it leaves open."""
    said = {name: getattr(device, name) for name in _TOLD}
    return {name: value for name, value in said.items() if value is not None}


def _checked(device: records.Device) -> dict[str, Any]:
    """The same. Raises `BadInput` where something has not the form."""
    told = _told(device)
    if "device_type" in told:
        identity.check_type(told["device_type"])
    for name in ("name", "version", "platform"):
        identity.check_words(name, told.get(name, ""))
    return told


def _check_revoked(known: views.Device, *, proven: bool) -> None:
    if known.state == "revoked" and not proven:
        raise DeviceRevoked


def _pending(
    known: views.Device, left: int, *, since: datetime | None, now: datetime
) -> dict[str, Any]:
    """What a device has left to send, and since when: as it says, else since it first said so."""
    if left == 0:
        return {"pending_reported": 0, "pending_since": None}
    return {"pending_reported": left, "pending_since": since or known.pending_since or now}


async def _known(conn: Writing, user_id: int, device_id: str) -> views.Device:
    await turn.take(conn, user_id)
    known = await machines.device(conn, user_id, device_id=device_id)
    if known is None:
        raise DeviceNotFound
    return known


async def _change(
    conn: Writing, user_id: int, known: views.Device, changes: Mapping[str, Any]
) -> views.Device:
    """The device with these changes, written where they are any."""
    changed = {name: value for name, value in changes.items() if getattr(known, name) != value}
    if changed:
        await conn.execute(_UPDATE.values(changed), _place(user_id, known.id))
    return replace(known, **changed)


def _place(user_id: int, row_id: int) -> dict[str, Any]:
    return {"owner": user_id, "row": row_id}


_INSERT = insert(Device).returning(col(Device.id))
_UPDATE = update(Device).where(
    col(Device.user_id) == bindparam("owner", type_=Id),
    col(Device.id) == bindparam("row", type_=Id),
)
_SUPERSEDE = _UPDATE.values(state="superseded", superseded_by=bindparam("successor"))
