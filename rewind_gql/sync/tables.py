"""Tables of the ledger: what is synced, every run, every event, what was refused, and secrets."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid
from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

from rewind_gql.store.columns import Flag, Id, Json, Utc

_UNFINISHED = text("ended_at IS NULL")


class Source(SQLModel, table=True):
    """One thing that can be synced, with its schedule and how far it has come.

    `cursor` is how far everything was stored, per part; `checkpoint` is where an unfinished run
    goes on. `pause_reason` is `manual`, `auth_required`, `failing` or `needs_confirmation`.
    """

    __tablename__ = "sync_source"
    __table_args__ = (
        UniqueConstraint("user_id", "provider", "account", "domain", "sync_type"),
        Index("sync_source_due", "next_due_at"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    provider: str
    account: str
    domain: str
    sync_type: str
    cursor: dict[str, Any] = Field(sa_type=Json)
    checkpoint: dict[str, Any] = Field(sa_type=Json)
    interval_s: int
    next_due_at: datetime | None = Field(sa_type=Utc)
    paused: bool = Field(sa_type=Flag)
    pause_reason: str | None
    backoff_until: datetime | None = Field(sa_type=Utc)
    consecutive_failures: int
    last_success_at: datetime | None = Field(sa_type=Utc)
    last_run_id: str | None


class Run(SQLModel, table=True):
    """One unit of sync work, from its first event to its one terminal event.

    The partial unique index on `lock_key` is the lock: inserting the row takes it, ending the run
    frees it. `attempt` is the fencing token: a worker that lost the run can write nothing more.
    """

    __tablename__ = "sync_run"
    __table_args__ = (
        Index(
            "sync_run_lock",
            "lock_key",
            unique=True,
            sqlite_where=text("lock_key IS NOT NULL AND ended_at IS NULL"),
            postgresql_where=text("lock_key IS NOT NULL AND ended_at IS NULL"),
        ),
        Index("sync_run_newest", "user_id", "domain", "started_at", "last_seq"),
        Index("sync_run_updated", "user_id", "last_seq"),
        Index("sync_run_source", "user_id", "source_id", "status", "started_at", "housekeeping"),
        Index("sync_run_queued", "user_id", "queued_at", "id"),
        Index(
            "sync_run_active",
            "user_id",
            "source_id",
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
        Index("sync_run_device", "user_id", "device_id", "started_at"),
        Index("sync_run_strip", "user_id", "source_id", "queued_at"),
        # Its later columns are there to be looked at on the way, not to be searched by.
        Index("sync_run_everybody", "queued_at", "id", "provider", "status", "source", "trigger"),
        Index("sync_run_rate", "user_id", "domain", "status", "started_at", "housekeeping"),
        Index(
            "sync_run_lease",
            "lease_until",
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
        Index(
            "sync_run_idempotency",
            "user_id",
            "idempotency_key",
            unique=True,
            sqlite_where=text("idempotency_key IS NOT NULL"),
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    source_id: int | None = Field(foreign_key="sync_source.id", sa_type=Id)
    provider: str
    domain: str
    sync_type: str
    source: str
    scope: str
    trigger: str
    stage: str
    status: str
    attempt: int
    max_attempts: int
    retry_of: str | None
    root_run_id: str
    progress: float | None
    unit: str | None
    items_total: int | None
    items_processed: int
    items_inserted: int
    items_updated: int
    items_skipped: int
    items_failed: int
    message: str | None
    error: str | None
    error_code: str | None
    error_kind: str | None
    requested_from: datetime | None = Field(sa_type=Utc)
    requested_to: datetime | None = Field(sa_type=Utc)
    covered_from: datetime | None = Field(sa_type=Utc)
    covered_to: datetime | None = Field(sa_type=Utc)
    cursor_before: dict[str, Any] | None = Field(sa_type=Json)
    cursor_after: dict[str, Any] | None = Field(sa_type=Json)
    queued_at: datetime = Field(sa_type=Utc)
    started_at: datetime | None = Field(sa_type=Utc)
    heartbeat_at: datetime | None = Field(sa_type=Utc)
    ended_at: datetime | None = Field(sa_type=Utc)
    lease_owner: str | None
    lease_until: datetime | None = Field(sa_type=Utc)
    cancel_requested_at: datetime | None = Field(sa_type=Utc)
    cancel_requested_by: str | None
    lock_key: str | None
    fingerprint: str
    idempotency_key: str | None
    device_id: str | None
    primary_user_id: int | None = Field(sa_type=Id)
    housekeeping: bool = Field(sa_type=Flag)
    last_seq: int = Field(sa_type=Id)
    meta: dict[str, Any] = Field(sa_type=Json)


class RunPart(SQLModel, table=True):
    """The outcome of one stream of a run. Counts add up; the covered window only widens."""

    __tablename__ = "sync_run_part"

    run_id: str = Field(primary_key=True, foreign_key="sync_run.id", ondelete="CASCADE")
    part: str = Field(primary_key=True)
    kind: str
    status: str
    reported: int | None
    inserted: int
    updated: int
    skipped: int
    failed: int
    covered_from: datetime | None = Field(sa_type=Utc)
    covered_to: datetime | None = Field(sa_type=Utc)
    checkpoint: dict[str, Any] | None = Field(sa_type=Json)
    error_code: str | None
    error: str | None
    attempt: int
    updated_at: datetime = Field(sa_type=Utc)


class Event(SQLModel, table=True):
    """What happened in a run, append-only. `seq` rises by one per user, in commit order."""

    __tablename__ = "sync_event"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("sync_event_run", "run_id", "seq"),
        Index("sync_event_at", "user_id", "ts"),
    )

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    seq: int = Field(primary_key=True, sa_type=Id)
    event_id: UUID = Field(sa_type=Uuid)
    run_id: str = Field(foreign_key="sync_run.id", ondelete="CASCADE")
    provider: str
    source: str
    stage: str
    status: str
    attempt: int
    message: str | None
    progress: float | None
    items_processed: int | None
    items_total: int | None
    error: str | None
    meta: dict[str, Any] = Field(sa_type=Json)
    started_at: datetime | None = Field(sa_type=Utc)
    ended_at: datetime | None = Field(sa_type=Utc)
    ts: datetime = Field(sa_type=Utc)


class Counter(SQLModel, table=True):
    """The last sequence number given to a user's events; its row is the writers' queue."""

    __tablename__ = "sync_counter"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    last_seq: int = Field(sa_type=Id)
    pruned_seq: int = Field(sa_type=Id)


class Reject(SQLModel, table=True):
    """An item a provider or a file sent that could not be read, kept with the reason."""

    __tablename__ = "sync_reject"
    __table_args__ = (
        UniqueConstraint("user_id", "provider", "part", "fingerprint"),
        Index("sync_reject_run", "run_id"),
    )

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    run_id: str = Field(foreign_key="sync_run.id", ondelete="CASCADE")
    provider: str
    part: str
    place: str | None
    reason: str
    raw: str
    fingerprint: str
    seen_at: datetime = Field(sa_type=Utc)


class Credential(SQLModel, table=True):
    """A provider's secret, sealed with AES-GCM under the server's key; useless in a copied file."""

    __tablename__ = "sync_credential"
    __table_args__ = (UniqueConstraint("user_id", "provider", "account", "name"),)

    id: int = Field(primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="auth_user.id", sa_type=Id)
    provider: str
    account: str
    name: str
    key_id: str
    sealed: str
    updated_at: datetime = Field(sa_type=Utc)


class DailyRuns(SQLModel, table=True):
    """Runs too old to keep one by one, summed by day."""

    __tablename__ = "sync_daily"

    user_id: int = Field(primary_key=True, foreign_key="auth_user.id", sa_type=Id)
    domain: str = Field(primary_key=True)
    provider: str = Field(primary_key=True)
    day: datetime = Field(primary_key=True, sa_type=Utc)
    runs: int
    failed: int
    partial: int
    items: int
    p50_ms: int
    p95_ms: int
