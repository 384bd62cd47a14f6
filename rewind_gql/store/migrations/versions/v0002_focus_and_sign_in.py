"""Focus sessions with their devices, signing in with a password, passes for pages and streams."""

import sqlalchemy as sa
from alembic import op

from rewind_gql.store import columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "focus_conflict",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("auto_resolvable", columns.Flag(), nullable=False),
        sa.Column("suggestion", sa.String(), nullable=False),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.Column("detected_at", columns.Utc(), nullable=False),
        sa.Column("resolved_at", columns.Utc(), nullable=True),
        sa.Column("undo", columns.Json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "fingerprint"),
    )
    op.create_index(
        "focus_conflict_state", "focus_conflict", ["user_id", "state", "detected_at"], unique=False
    )
    op.create_table(
        "focus_day",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("day", columns.Day(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("seconds", columns.Id, nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "day", "kind", "project", "category"),
    )
    op.create_table(
        "focus_total",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("day", columns.Day(), nullable=False),
        sa.Column("focus_s", columns.Id, nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("break_s", columns.Id, nullable=False),
        sa.Column("breaks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "day"),
    )
    op.create_table(
        "focus_device",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("device_type", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("platform", sa.String(), nullable=True),
        sa.Column("install_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("superseded_by", sa.String(), nullable=True),
        sa.Column("first_seen_at", columns.Utc(), nullable=False),
        sa.Column("last_seen_at", columns.Utc(), nullable=False),
        sa.Column("last_sync_at", columns.Utc(), nullable=True),
        sa.Column("pending_reported", sa.Integer(), nullable=False),
        sa.Column("pending_since", columns.Utc(), nullable=True),
        sa.Column("prefs_version_seen", sa.Integer(), nullable=True),
        sa.Column("clock_offset_ms", columns.Id, nullable=True),
        sa.Column("token_epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "device_id"),
    )
    op.create_index("focus_device_seen", "focus_device", ["user_id", "last_seen_at"], unique=False)
    op.create_table(
        "focus_preference",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", columns.Json(), nullable=False),
        sa.Column("version", columns.Id, nullable=False),
        sa.Column("updated_at", columns.Utc(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "field"),
    )
    op.create_table(
        "focus_receipt",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", columns.Json(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "idempotency_key"),
    )
    op.create_index("focus_receipt_created", "focus_receipt", ["created_at"], unique=False)
    op.create_table(
        "focus_session",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("client_session_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("start_at", columns.Utc(), nullable=False),
        sa.Column("end_at", columns.Utc(), nullable=False),
        sa.Column("duration_min", sa.Float(), nullable=False),
        sa.Column("planned_min", sa.Float(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.Column("merged_into", columns.Id, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("payload_hash", sa.String(), nullable=False),
        sa.Column("skew_ms", columns.Id, nullable=False),
        sa.Column("received_at", columns.Utc(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "client_session_id"),
    )
    op.create_index("focus_session_ended", "focus_session", ["user_id", "end_at"], unique=False)
    op.create_index(
        "focus_session_merged",
        "focus_session",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "focus_session_newest",
        "focus_session",
        ["user_id", "start_at", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'deleted'"),
        postgresql_where=sa.text("state <> 'deleted'"),
    )
    op.create_index(
        "focus_session_received",
        "focus_session",
        ["user_id", "device_id", "received_at"],
        unique=False,
    )
    op.create_index(
        "focus_session_timed",
        "focus_session",
        ["user_id", "start_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('completed', 'cancelled')"),
        postgresql_where=sa.text("state IN ('completed', 'cancelled')"),
    )
    op.create_table(
        "focus_timer",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("client_session_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("start_at", columns.Utc(), nullable=False),
        sa.Column("planned_min", sa.Float(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("received_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "client_session_id"),
    )
    op.create_table(
        "auth_pass",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("key_id", columns.Id, nullable=True),
        sa.Column("user_epoch", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("device_epoch", sa.Integer(), nullable=True),
        sa.Column("token_ends_at", columns.Utc(), nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("expires_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["auth_key.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth_user.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("auth_pass_expiry", "auth_pass", ["expires_at"], unique=False)
    op.create_table(
        "focus_conflict_member",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("conflict_id", columns.Id, nullable=False),
        sa.Column("session_id", columns.Id, nullable=True),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("variant", columns.Json(), nullable=True),
        sa.ForeignKeyConstraint(["conflict_id"], ["focus_conflict.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["focus_session.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "focus_conflict_member_conflict", "focus_conflict_member", ["conflict_id"], unique=False
    )
    op.create_index(
        "focus_conflict_member_session", "focus_conflict_member", ["session_id"], unique=False
    )
    op.add_column("auth_user", sa.Column("username", sa.String(), nullable=True))
    op.add_column("auth_user", sa.Column("email", sa.String(), nullable=True))
    op.add_column("auth_user", sa.Column("password_hash", sa.String(), nullable=True))
    op.add_column(
        "auth_user",
        sa.Column("disabled", columns.Flag(), nullable=False, server_default=sa.false()),
    )
    op.add_column("auth_user", sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("auth_user_email", "auth_user", ["email"], unique=True)
    op.create_index("auth_user_username", "auth_user", ["username"], unique=True)
    op.create_index(
        "sync_run_device", "sync_run", ["user_id", "device_id", "started_at"], unique=False
    )
    op.create_index(
        "sync_run_everybody",
        "sync_run",
        ["queued_at", "id", "provider", "status", "source", "trigger"],
        unique=False,
    )
    op.create_index(
        "sync_run_strip", "sync_run", ["user_id", "source_id", "queued_at"], unique=False
    )
