"""What the person set, and by which calendar their days go."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlmodel import col

from rewind_gql import clock, trace
from rewind_gql.auth.tables import User
from rewind_gql.domains.focus import views
from rewind_gql.domains.focus.calendar import day_of, midnight
from rewind_gql.domains.focus.columns import OWNER, itself
from rewind_gql.domains.focus.fields import DEFAULTS, FIELDS, TIME_ZONE
from rewind_gql.domains.focus.tables import Preference
from rewind_gql.store.read import Conn, Read


@dataclass(slots=True, kw_only=True)
class Kept:
    """One field as it is stored."""

    field: str | None
    value: Any
    version: int
    updated_at: datetime
    device_id: str | None
    time_zone: str


_PREFERENCES = Read(
    select(
        col(Preference.field).label("field"),
        col(Preference.value).label("value"),
        col(Preference.version).label("version"),
        col(Preference.updated_at).label("updated_at"),
        col(Preference.device_id).label("device_id"),
        col(User.time_zone).label("time_zone"),
    )
    .select_from(User)
    .outerjoin(Preference, col(Preference.user_id) == col(User.id))
    .where(col(User.id) == OWNER),
    Kept,
)
_ZONE: Read[tuple[str, str | None]] = Read(
    select(col(User.time_zone), col(Preference.value))
    .select_from(User)
    .outerjoin(
        Preference,
        and_(col(Preference.user_id) == col(User.id), col(Preference.field) == TIME_ZONE),
    )
    .where(col(User.id) == OWNER)
)
_CHANGED = Read(
    select(func.max(col(Preference.updated_at))).where(col(Preference.user_id) == OWNER),
    itself,
)


async def preferences(conn: Conn, user_id: int) -> views.Preferences:
    """Every preference: what was set on any device, and the defaults for the rest.

    The default time zone is the person's. Fields that no longer exist are left out.
    """
    rows = await conn.rows(_PREFERENCES, user_id=user_id)
    known = [row for row in rows if row.field is not None]
    values = {**DEFAULTS, TIME_ZONE: rows[0].time_zone if rows else "UTC"}
    values |= {str(row.field): row.value for row in known if row.field in FIELDS}
    return views.Preferences(
        values=values,
        version=max((row.version for row in known), default=0),
        updated_at=max((row.updated_at for row in known), default=None),
    )


async def stored_preferences(conn: Conn, user_id: int) -> dict[str, Kept]:
    """What was set, by field, with the version and the device of each; no defaults."""
    rows = await conn.rows(_PREFERENCES, user_id=user_id)
    return {row.field: row for row in rows if row.field is not None}


async def preferences_updated(conn: Conn, user_id: int) -> datetime | None:
    """When a preference was changed last; None before the first."""
    return await conn.value(_CHANGED, user_id=user_id)


async def zone(conn: Conn, user_id: int) -> ZoneInfo:
    """The zone the person's days go by: the preference, else the one they were made with."""
    found = await conn.first(_ZONE, user_id=user_id)
    made, preferred = found or ("UTC", None)
    return clock.zone(preferred or made)


async def today(conn: Conn, user_id: int, *, now: datetime) -> date:
    """The person's own calendar day at the instant `now`, which is the present one."""
    own = await zone(conn, user_id)
    day = day_of(now, own)
    trace.until(midnight(day + clock.DAY, own))
    return day
