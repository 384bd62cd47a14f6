"""Preferences as devices set them."""

from collections.abc import Mapping
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.focus import preferences, turn
from rewind_gql.store.engine import Store
from rewind_gql.sync.devices import fields
from rewind_gql.sync.devices.views import Changed

BASE = "base_version"


async def change(
    store: Store, user_id: int, given: Mapping[str, Any], *, device_id: str | None = None
) -> Changed:
    """Set what is named in `given`, whose `base_version` is the version the device had seen.

    Fields that another device has changed since are overwritten, with the old value kept in a
    conflict. Raises `BadInput` for a value out of range; then nothing is written.
    """
    base = given.get(BASE)
    base_version = None if base is None else fields.whole(base, BASE)
    values = {name: value for name, value in given.items() if name != BASE}
    async with store.write() as conn:
        await turn.take(conn, user_id)
        after, ignored, conflict_ids = await preferences.change(
            conn, user_id, values, device_id=device_id, base_version=base_version, now=clock.now()
        )
        conn.announce(user_id)
    return Changed(
        values={name: after.values[name] for name in values if name not in ignored},
        version=after.version,
        ignored=ignored,
        conflict_ids=conflict_ids,
    )
