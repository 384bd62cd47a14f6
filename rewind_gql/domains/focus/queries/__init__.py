"""Every question focus answers, in one place."""

from rewind_gql.domains.focus.queries.account import (
    preferences,
    preferences_updated,
    today,
    zone,
)
from rewind_gql.domains.focus.queries.conflicts import (
    conflicts,
    conflicts_by_id,
    conflicts_by_session,
    members_by_conflict,
    members_by_id,
    open_conflicts_count,
)
from rewind_gql.domains.focus.queries.history import (
    SESSIONS,
    SESSIONS_TYPES,
    recent_uuids,
    sessions,
    sessions_by_id,
    sessions_by_uuid,
    sessions_count,
    timers,
)
from rewind_gql.domains.focus.queries.machines import (
    STANDINGS,
    all_devices,
    device,
    devices,
    devices_by_id,
    devices_by_name,
    standing,
)
from rewind_gql.domains.focus.queries.totals import days, streak, summary, tracking

__all__ = [
    "SESSIONS",
    "SESSIONS_TYPES",
    "STANDINGS",
    "all_devices",
    "conflicts",
    "conflicts_by_id",
    "conflicts_by_session",
    "days",
    "device",
    "devices",
    "devices_by_id",
    "devices_by_name",
    "members_by_conflict",
    "members_by_id",
    "open_conflicts_count",
    "preferences",
    "preferences_updated",
    "recent_uuids",
    "sessions",
    "sessions_by_id",
    "sessions_by_uuid",
    "sessions_count",
    "standing",
    "streak",
    "summary",
    "timers",
    "today",
    "tracking",
    "zone",
]
