"""Preferences in: checked, written field by field, the last writer's word stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rewind_gql.domains.focus import derive, turn, views
from rewind_gql.domains.focus.conflicts import detect
from rewind_gql.domains.focus.fields import FIELDS, TIME_ZONE, check
from rewind_gql.domains.focus.queries import account
from rewind_gql.domains.focus.tables import Preference
from rewind_gql.store.engine import Writing
from rewind_gql.store.upsert import upsert

__all__ = ["FIELDS", "change", "write"]


async def change(
    conn: Writing,
    user_id: int,
    values: Mapping[str, Any],
    *,
    device_id: str | None,
    base_version: int | None = None,
    now: datetime,
) -> tuple[views.Preferences, list[str], list[int]]:
    """Set the fields named in `values`, and say which names are unknown and what was overwritten.

    Shape: all preferences as they are then, the unknown names in the order given, and the ids of
    conflicts. There is one for each field that another device has changed after `base_version` to
    something else; the new value stands all the same. Nothing changes, the version neither, where
    a field has its value already.
    Raises `BadInput` naming the first field that cannot be what it is to be; then nothing is
    written.
    """
    ignored = [name for name in values if name not in FIELDS]
    wanted = {name: check(name, value) for name, value in values.items() if name in FIELDS}
    await turn.take(conn, user_id)
    known = await account.stored_preferences(conn, user_id)
    before = await account.preferences(conn, user_id)
    changed = {
        name: value
        for name, value in wanted.items()
        if name not in known or known[name].value != value
    }
    conflicts = [
        await detect.preference(
            conn,
            user_id,
            field=name,
            old=before.values[name],
            new=value,
            device_id=device_id,
            now=now,
        )
        for name, value in changed.items()
        if _overwrites(known.get(name), device_id, base_version)
    ]
    if not changed:
        return before, ignored, conflicts
    await write(conn, user_id, changed, device_id=device_id, now=now)
    return await account.preferences(conn, user_id), ignored, conflicts


async def write(
    conn: Writing, user_id: int, values: Mapping[str, Any], *, device_id: str | None, now: datetime
) -> int:
    """Write checked `values` as the next version, whatever stood there; gives that version.

    A new time zone moves sessions to other days, so all are counted again.
    """
    await turn.take(conn, user_id)
    zone = await derive.zone_of(conn, user_id)
    version = (await account.preferences(conn, user_id)).version + 1
    stamped = {"version": version, "updated_at": now, "device_id": device_id}
    rows = [
        {"user_id": user_id, "field": name, "value": value, **stamped}
        for name, value in values.items()
    ]
    update = ("value", *stamped)
    await upsert(conn, Preference, rows, key=("user_id", "field"), update=update)
    if TIME_ZONE in values and await derive.zone_of(conn, user_id) != zone:
        await derive.rebuild(conn, user_id)
    return version


def _overwrites(
    known: account.Kept | None, device_id: str | None, base_version: int | None
) -> bool:
    """Whether a field was changed by another device after what this one had seen."""
    if known is None or base_version is None:
        return False
    return known.version > base_version and known.device_id != device_id
