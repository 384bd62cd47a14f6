"""Devices, sessions and bodies for the tests of what devices send."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from rewind_gql.domains.focus import derive
from rewind_gql.domains.focus.tables import Device, Preference, Session
from rewind_gql.store.engine import Store
from tests.databases import ME

NOW = datetime(2025, 8, 24, 15, 32, 45, tzinfo=UTC)
NOON = datetime(2025, 8, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def uuid(number: int) -> UUID:
    """The UUID of that number."""
    return UUID(int=number, version=4)


def body(number: int = 1, *, start: datetime = NOON, minutes: int = 25, **given: Any) -> Any:
    """A session as a device sends it; a field that is given as None is left out."""
    sent = {
        "session_id": str(uuid(number)),
        "start_time": start.isoformat(),
        "end_time": (start + minutes * MINUTE).isoformat(),
        "duration": minutes,
        "category": "Work",
        "project": "Thesis",
        "note": "Read a chapter",
        "source": "mac_app",
        **given,
    }
    return {name: value for name, value in sent.items() if value is not None}


def in_a_row(count: int, *, first: int = 1, start: datetime = NOON) -> list[Any]:
    """That many sessions, each a minute long, one after the other, the last one at `start`."""
    return [body(first + at, start=start - (count - at) * MINUTE, minutes=1) for at in range(count)]


async def devices(store: Store, *rows: dict[str, Any], user_id: int = ME) -> None:
    """Store devices; what is not given of one is as of one in use that has nothing to send."""
    usual = {
        "user_id": user_id,
        "name": None,
        "version": None,
        "platform": None,
        "install_id": None,
        "state": "active",
        "superseded_by": None,
        "last_sync_at": None,
        "pending_reported": 0,
        "pending_since": None,
        "prefs_version_seen": None,
        "clock_offset_ms": None,
        "token_epoch": 0,
    }
    made = [{**usual, "first_seen_at": row["last_seen_at"], **row} for row in rows]
    async with store.write() as conn:
        for row in made:
            await conn.execute(insert(Device), [row])


async def sessions(store: Store, rows: Iterable[dict[str, Any]], user_id: int = ME) -> None:
    """Store sessions, twenty-five minutes each unless they say otherwise, and count them."""
    usual = {
        "user_id": user_id,
        "device_id": None,
        "source": "mac_app",
        "duration_min": 25.0,
        "planned_min": None,
        "kind": "focus",
        "category": "Work",
        "project": "Thesis",
        "note": "",
        "state": "completed",
        "cancel_reason": None,
        "merged_into": None,
        "revision": 1,
        "payload_hash": "",
        "skew_ms": 0,
        "run_id": None,
    }
    made = [
        {
            **usual,
            "end_at": row["start_at"] + timedelta(minutes=25),
            "received_at": row["start_at"],
            **row,
        }
        for row in rows
    ]
    async with store.write() as conn:
        await conn.execute(insert(Session), made)
        await derive.rebuild(conn, user_id)


async def preference(store: Store, *, version: int = 1, at: datetime, **values: Any) -> None:
    """Store preferences as one version."""
    rows = [
        {"user_id": ME, "field": field, "value": value, "version": version, "updated_at": at}
        for field, value in values.items()
    ]
    async with store.write() as conn:
        await conn.execute(insert(Preference), [{**row, "device_id": None} for row in rows])


async def count(store: Store, table: Any) -> int:
    """How many rows a table has."""
    async with store.write() as conn:
        found = await conn.execute(select(func.count()).select_from(table))
        return int(found.scalar_one())


async def rows(store: Store, table: Any, *names: str) -> list[Any]:
    """Some columns of every row of a table, in their order."""
    columns = [getattr(table, name) for name in names]
    async with store.write() as conn:
        found = await conn.execute(select(*columns).order_by(*columns))
        return [tuple(row) if len(names) > 1 else row[0] for row in found]
