"""Devices: those in use, all there ever were, and what their tokens are worth."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from rewind_gql.domains.focus import views
from rewind_gql.domains.focus.columns import OWNER, of, own
from rewind_gql.domains.focus.tables import Device
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read


async def devices(conn: Conn, user_id: int) -> list[views.Device]:
    """Devices in use, newest seen first: neither superseded by a newer version nor revoked."""
    return await conn.rows(_DEVICES, user_id=user_id)


async def all_devices(conn: Conn, user_id: int) -> list[views.Device]:
    """Every device there ever was, in whatever state, newest seen first."""
    return await conn.rows(_ALL, user_id=user_id)


async def devices_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Device]:
    """These devices by our number; unknown numbers are left out."""
    return {each.id: each for each in await conn.rows(_BY_ID, user_id=user_id, ids=ids)}


async def devices_by_name(
    conn: Conn, user_id: int, device_ids: Sequence[str]
) -> dict[str, views.Device]:
    """These devices by what they call themselves; unknown names are left out."""
    found = await conn.rows(_BY_NAME, user_id=user_id, names=device_ids)
    return {each.device_id: each for each in found}


async def device(conn: Conn, user_id: int, *, device_id: str) -> views.Device | None:
    """The device that calls itself `device_id`, in whatever state; None when there is none."""
    return (await devices_by_name(conn, user_id, [device_id])).get(device_id)


async def standing(conn: Conn, user_id: int, *, device_id: str) -> int | None:
    """The epoch a device's tokens must be of; None when it is unknown or revoked."""
    return await conn.first(_STANDING, user_id=user_id, device_id=device_id)


_MINE: Any = select(*of(views.Device, Device)).where(col(Device.user_id) == OWNER)
_NEWEST = (col(Device.last_seen_at).desc(), col(Device.id).desc())
_DEVICES = Read(_MINE.where(col(Device.state) == "active").order_by(*_NEWEST), views.Device)
_ALL = Read(_MINE.order_by(*_NEWEST), views.Device)
_BY_ID = Read(
    select(*of(views.Device, Device)).where(own(col(Device.user_id)), among(col(Device.id), "ids")),
    views.Device,
)
_BY_NAME = Read(_MINE.where(among(col(Device.device_id), "names")), views.Device)
_STANDING: Read[int] = Read(
    select(col(Device.token_epoch)).where(
        col(Device.user_id) == OWNER,
        col(Device.device_id) == bindparam("device_id"),
        col(Device.state) != "revoked",
    ),
    int,
)
STANDINGS: Any = select(
    col(Device.user_id), col(Device.device_id), col(Device.token_epoch).label("epoch")
).where(col(Device.state) != "revoked")
"""The same of every device there is, for joining with."""
