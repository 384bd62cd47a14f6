"""What the tests of focus share: sessions and devices as they come in, and what is stored."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlmodel import col

from rewind_gql.auth.tables import User
from rewind_gql.domains.base import Touched
from rewind_gql.domains.focus import derive, devices, intake, preferences, records, views
from rewind_gql.domains.focus.tables import Day, Session
from rewind_gql.store.engine import Store
from tests.databases import ME

NOON = datetime(2025, 3, 12, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAC = "mac-app-v1.2.3"
WEB = "web-chrome-desktop"
UUID_1 = UUID("7d3f0b8e-4a51-4c0e-9a2c-000000000001")
UUID_2 = UUID("7d3f0b8e-4a51-4c0e-9a2c-000000000002")


def session(at: datetime = NOON, *, minutes: float = 25, **more: Any) -> records.Session:
    """A session as a device hands it."""
    told: dict[str, Any] = {
        "client_session_id": uuid4(),
        "source": "mac_app",
        "start_at": at,
        "end_at": at + timedelta(minutes=minutes),
        "duration_min": minutes,
        "category": "work",
        "project": "Thesis",
        "note": "",
        "device_id": MAC,
    }
    return records.Session(**{**told, **more})


async def send(
    store: Store, *given: records.Session, user_id: int = ME, now: datetime = NOON
) -> list[views.Verdict]:
    """Store sessions one by one and count their days, in one transaction."""
    touched = Touched()
    verdicts = []
    async with store.write() as conn:
        for each in given:
            verdict, days = await intake.sessions(conn, user_id, each, received_at=now, run_id=None)
            verdicts.append(verdict)
            touched.add(days)
        await derive.derive(conn, user_id, touched)
    return verdicts


async def mark(store: Store, number: int, **values: Any) -> None:
    """Change a stored session as a resolution would, and count its days."""
    async with store.write() as conn:
        row = col(Session.id) == number
        await conn.execute(update(Session).where(row).values(values))
        await derive.rebuild(conn, ME)


async def stored(store: Store, user_id: int = ME) -> list[Any]:
    """Every session of a user as it is stored, by number."""
    columns = Session.__table__.c  # type: ignore[attr-defined]  # every table model has one
    statement = select(*columns).where(columns.user_id == user_id).order_by(columns.id)
    async with store.write() as conn:
        return list(await conn.execute(statement))


async def counted(store: Store, user_id: int = ME) -> dict[tuple[date, str, str, str], Any]:
    """The stored counts: seconds and sessions by day, kind, project and category."""
    columns = Day.__table__.c  # type: ignore[attr-defined]  # every table model has one
    async with store.write() as conn:
        mine = select(*columns).where(columns.user_id == user_id).order_by(columns.day)
        rows = await conn.execute(mine)
    return {
        (row.day, row.kind, row.project, row.category): (row.seconds, row.sessions) for row in rows
    }


async def seen(
    store: Store, device_id: str = MAC, *, now: datetime = NOON, **more: Any
) -> views.Device:
    """Let a device call."""
    async with store.write() as conn:
        told = records.Device(device_id=device_id, **more)
        return await devices.seen(conn, ME, told, now=now)


async def prefer(
    store: Store, *, device_id: str | None = MAC, now: datetime = NOON, **values: Any
) -> views.Preferences:
    """Set preferences."""
    async with store.write() as conn:
        after, _, _ = await preferences.change(conn, ME, values, device_id=device_id, now=now)
    return after


async def move(store: Store, time_zone: str, user_id: int = ME) -> None:
    """Let the person have been made with another time zone."""
    async with store.write() as conn:
        row = col(User.id) == user_id
        await conn.execute(update(User).where(row).values(time_zone=time_zone))


def ids(given: Sequence[views.Session]) -> list[int]:
    """The numbers of sessions."""
    return [each.id for each in given]
