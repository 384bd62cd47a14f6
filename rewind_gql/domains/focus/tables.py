"""Tables of focus: devices, the sessions they send, what contradicts itself, preferences."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid
from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from rewind_gql.store.columns import Day as Date
from rewind_gql.store.columns import Flag, Id, Json, Utc
from rewind_gql.store.domains import UNTOLD

_TIMED = text("state IN ('completed', 'cancelled')")
_SHOWN = text("state <> 'deleted'")
_MERGED = text("merged_into IS NOT NULL")


class Device(SQLModel, table=True):
    """A program on a machine that sends sessions, and how far it has sent them.

    `state` is `active`, `superseded`, `retired` or `revoked`. Tokens carry the `token_epoch` of
    the day they were made; raising it makes them all worthless.
    """

    __tablename__ = "focus_device"
    __table_args__ = (
        UniqueConstraint("user_id", "device_id"),
        Index("focus_device_seen", "user_id", "last_seen_at"),
        {"info": {"domain": "devices"}},
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    device_id: str
    device_type: str
    name: str | None
    version: str | None
    platform: str | None
    install_id: UUID | None = Field(sa_type=Uuid)
    state: str
    superseded_by: str | None
    first_seen_at: datetime = Field(sa_type=Utc)
    last_seen_at: datetime = Field(sa_type=Utc)
    last_sync_at: datetime | None = Field(sa_type=Utc)
    pending_reported: int
    pending_since: datetime | None = Field(sa_type=Utc)
    prefs_version_seen: int | None
    clock_offset_ms: int | None = Field(sa_type=Id)
    token_epoch: int


class Session(SQLModel, table=True):
    """A stretch of focus or of rest. One row per client's UUID, whoever sends it how often.

    `state` is `completed`, `cancelled`, `merged` (then `merged_into` says where to) or `deleted`.
    Times are as the device told them; `skew_ms` is how far its clock was off.
    """

    __tablename__ = "focus_session"
    __table_args__ = (
        UniqueConstraint("user_id", "client_session_id"),
        Index(
            "focus_session_timed",
            "user_id",
            "start_at",
            sqlite_where=_TIMED,
            postgresql_where=_TIMED,
        ),
        Index(
            "focus_session_newest",
            "user_id",
            "start_at",
            "id",
            sqlite_where=_SHOWN,
            postgresql_where=_SHOWN,
        ),
        Index("focus_session_ended", "user_id", "end_at"),
        Index("focus_session_received", "user_id", "device_id", "received_at"),
        Index(
            "focus_session_merged",
            "merged_into",
            sqlite_where=_MERGED,
            postgresql_where=_MERGED,
        ),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    client_session_id: UUID = Field(sa_type=Uuid)
    device_id: str | None
    source: str
    start_at: datetime = Field(sa_type=Utc)
    end_at: datetime = Field(sa_type=Utc)
    duration_min: float
    planned_min: float | None
    kind: str
    category: str
    project: str
    note: str
    state: str
    cancel_reason: str | None
    merged_into: int | None = Field(sa_type=Id)
    revision: int
    payload_hash: str
    skew_ms: int = Field(sa_type=Id)
    received_at: datetime = Field(sa_type=Utc)
    run_id: str | None


class Timer(SQLModel, table=True):
    """A session that was begun and has neither been sent nor cancelled."""

    __tablename__ = "focus_timer"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    client_session_id: UUID = Field(primary_key=True, sa_type=Uuid)
    device_id: str | None
    source: str
    start_at: datetime = Field(sa_type=Utc)
    planned_min: float | None
    kind: str
    category: str
    project: str
    note: str
    received_at: datetime = Field(sa_type=Utc)


class Day(SQLModel, table=True):
    """Time in completed sessions by the person's own calendar day, kind, project and category.

    A session over midnight gives each day its seconds; it is counted on the day it began.
    """

    __tablename__ = "focus_day"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    day: date = Field(primary_key=True, sa_type=Date)
    kind: str = Field(primary_key=True)
    project: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    seconds: int = Field(sa_type=Id)
    sessions: int


class Total(SQLModel, table=True):
    """Time in completed sessions by the person's own calendar day: `focus_day` added up."""

    __tablename__ = "focus_total"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    day: date = Field(primary_key=True, sa_type=Date)
    focus_s: int = Field(sa_type=Id)
    sessions: int
    break_s: int = Field(sa_type=Id)
    breaks: int


class Conflict(SQLModel, table=True):
    """Sessions, or variants of one, that cannot all be true.

    `fingerprint` names the type and the members, so that what was dismissed is not raised again;
    `undo` holds what a resolution changed, as it was before.
    """

    __tablename__ = "focus_conflict"
    __table_args__ = (
        UniqueConstraint("user_id", "fingerprint"),
        Index("focus_conflict_state", "user_id", "state", "detected_at"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    type: str
    fingerprint: str
    state: str
    auto_resolvable: bool = Field(sa_type=Flag)
    suggestion: str
    resolution: str | None
    resolved_by: str | None
    detected_at: datetime = Field(sa_type=Utc)
    resolved_at: datetime | None = Field(sa_type=Utc)
    undo: dict[str, Any] | None = Field(sa_type=Json)


class ConflictMember(SQLModel, table=True):
    """A session in a conflict; `variant` is what else was said of it, where that is the trouble."""

    __tablename__ = "focus_conflict_member"
    __table_args__ = (
        Index("focus_conflict_member_conflict", "conflict_id"),
        Index("focus_conflict_member_session", "session_id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    conflict_id: int = Field(foreign_key="focus_conflict.id", ondelete="CASCADE", sa_type=Id)
    session_id: int | None = Field(foreign_key="focus_session.id", sa_type=Id)
    device_id: str | None
    variant: dict[str, Any] | None = Field(sa_type=Json)


class Preference(SQLModel, table=True):
    """One field a person set. The newest `version` of all fields is that of the whole."""

    __tablename__ = "focus_preference"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    field: str = Field(primary_key=True)
    value: Any = Field(sa_type=Json)
    version: int = Field(sa_type=Id)
    updated_at: datetime = Field(sa_type=Utc)
    device_id: str | None


class Receipt(SQLModel, table=True):
    """What was answered to a request with an Idempotency-Key, for whoever sends it again."""

    __tablename__ = "focus_receipt"
    __table_args__ = (Index("focus_receipt_created", "created_at"), {"info": {"domain": UNTOLD}})

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    idempotency_key: str = Field(primary_key=True)
    request_hash: str
    status: int
    body: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=Utc)
