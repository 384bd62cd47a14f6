"""Sessions made for tests of conflicts, what is stored of them, and the short ways to ask."""

from collections.abc import Collection
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from rewind_gql.domains.focus import derive, intake, queries, records, views
from rewind_gql.domains.focus.conflicts import detect, resolve
from rewind_gql.domains.focus.conflicts.rules import Row
from rewind_gql.domains.focus.tables import Session
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Read
from tests.databases import ME

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LIMITS: dict[str, int] = {"tolerance_s": 60, "skew_warn_s": 120}
_SPACE = UUID("00000000-0000-4000-8000-0000000000ff")
_ROWS = Read(select(*(col(getattr(Session, f.name)).label(f.name) for f in fields(Row))), Row)


def uuid(name: object) -> UUID:
    """The UUID a test calls by a name."""
    return uuid5(_SPACE, str(name))


def session(name: object, start: float, end: float, **more: Any) -> records.Session:
    """A session from `start` to `end`, in minutes from noon, as a device hands it."""
    given: dict[str, Any] = {
        "client_session_id": uuid(name),
        "source": "mac_app",
        "device_id": "mac",
        "start_at": NOON + start * MINUTE,
        "end_at": NOON + end * MINUTE,
        "duration_min": end - start,
        "category": "",
        "project": "",
        "note": "",
    }
    return records.Session(**(given | more))


def row(at: int, start: float, end: float, **more: Any) -> Row:
    """The same as a stored row with that id."""
    given: dict[str, Any] = {
        "id": at,
        "client_session_id": uuid(at),
        "device_id": "mac",
        "source": "mac_app",
        "start_at": NOON + start * MINUTE,
        "end_at": NOON + end * MINUTE,
        "duration_min": end - start,
        "planned_min": None,
        "kind": "focus",
        "category": "",
        "project": "",
        "note": "",
        "state": "completed",
        "cancel_reason": None,
        "merged_into": None,
        "revision": 1,
        "payload_hash": str(at),
        "skew_ms": 0,
        "received_at": NOW + at * SECOND,
    }
    return Row(**(given | more))


async def send(
    store: Store, *batch: records.Session, received_at: datetime = NOW, user_id: int = ME
) -> list[views.Verdict]:
    """Store sessions, each received a second after the one before, in one transaction."""
    verdicts = []
    async with store.write() as conn:
        for at, each in enumerate(batch):
            verdict, touched = await intake.sessions(
                conn, user_id, each, received_at=received_at + at * SECOND, run_id=None
            )
            await derive.derive(conn, user_id, touched)
            verdicts.append(verdict)
    return verdicts


async def find(
    store: Store, ids: Collection[int], *, user_id: int = ME, **limits: int
) -> list[int]:
    """What these sessions contradict."""
    async with store.write() as conn:
        return await detect.detect(conn, user_id, ids, now=NOW, **(LIMITS | limits))


async def sent(
    store: Store, *batch: records.Session, user_id: int = ME, **limits: int
) -> list[int]:
    """Store sessions and look what they contradict; gives the ids of the conflicts."""
    verdicts = await send(store, *batch, user_id=user_id)
    return await find(store, [each.id for each in verdicts], user_id=user_id, **limits)


async def settle(store: Store, conflict_id: int, how: str, **more: Any) -> views.Conflict:
    """Resolve a conflict as its owner does, and count the days again."""
    given = {"by": "owner", "now": NOW, **more}
    async with store.write() as conn:
        settled, touched = await resolve.resolve(
            conn, ME, conflict_id=conflict_id, resolution=how, **given
        )
        await derive.derive(conn, ME, touched)
    return settled


async def settle_safely(store: Store, ids: Collection[int], mode: str) -> list[views.Conflict]:
    """Resolve what needs no person, and count the days again."""
    async with store.write() as conn:
        settled, touched = await resolve.auto_resolve(conn, ME, ids, mode=mode, now=NOW)
        await derive.derive(conn, ME, touched)
    return settled


async def take_back(store: Store, conflict_id: int, *, now: datetime = NOW) -> views.Conflict:
    """Undo a resolution, and count the days again."""
    async with store.write() as conn:
        opened, touched = await resolve.undo(conn, ME, conflict_id=conflict_id, now=now)
        await derive.derive(conn, ME, touched)
    return opened


async def stored(store: Store) -> dict[int, Row]:
    """Every stored session of anybody."""
    async with store.write() as conn:
        return {each.id: each for each in await conn.rows(_ROWS)}


async def named(store: Store, *names: object) -> list[Row]:
    """Stored sessions by the names tests gave them."""
    by_uuid = {each.client_session_id: each for each in (await stored(store)).values()}
    return [by_uuid[uuid(name)] for name in names]


async def open_sets(store: Store, user_id: int = ME) -> set[tuple[str, frozenset[int]]]:
    """The open conflicts, as types and sessions."""
    found = await store.ask(queries.conflicts, user_id)
    ids = [each.id for each in found]
    members = await store.ask(queries.members_by_conflict, user_id, ids)
    return {
        (each.type, frozenset(m.session_id for m in members[each.id] if m.session_id))
        for each in found
    }


async def state_of(store: Store, conflict_id: int) -> str:
    """The state a conflict is in."""
    return (await store.ask(queries.conflicts_by_id, ME, [conflict_id]))[conflict_id].state
