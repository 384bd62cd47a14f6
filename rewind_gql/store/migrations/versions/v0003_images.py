"""Pictures of things, the bytes they are kept as, the pictures they had, who is making one."""

import sqlalchemy as sa
from alembic import op

from rewind_gql.store import columns

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "images_blob",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", columns.Id, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("thumbhash", sa.String(), nullable=True),
        sa.Column("dominant_color", sa.String(), nullable=True),
        sa.Column("accent_color", sa.String(), nullable=True),
        sa.Column("palette", columns.Json(), nullable=False),
        sa.Column("analysis_version", sa.Integer(), nullable=False),
        sa.Column("stored_at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(
        "images_blob_analysis", "images_blob", ["analysis_version", "hash"], unique=False
    )
    op.create_table(
        "images_making",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "images_picture",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("entity_type", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("attribution", sa.String(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_override", columns.Flag(), nullable=False),
        sa.Column("override_at", columns.Utc(), nullable=True),
        sa.Column("facts", columns.Json(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("retry_at", columns.Utc(), nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("updated_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["content_hash"], ["images_blob.hash"]),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("domain", "entity_type", "entity_id", "user_id"),
    )
    op.create_index("images_picture_hash", "images_picture", ["content_hash"], unique=False)
    op.create_index(
        "images_picture_missing",
        "images_picture",
        ["user_id", "domain", "entity_type", "retry_at"],
        unique=False,
        sqlite_where=sa.text("content_hash IS NULL"),
        postgresql_where=sa.text("content_hash IS NULL"),
    )
    op.create_table(
        "images_former",
        sa.Column("picture_id", columns.Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("attribution", sa.String(), nullable=True),
        sa.Column("is_override", columns.Flag(), nullable=False),
        sa.Column("replaced_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["content_hash"], ["images_blob.hash"]),
        sa.ForeignKeyConstraint(["picture_id"], ["images_picture.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("picture_id", "version"),
    )
    op.create_index("images_former_hash", "images_former", ["content_hash"], unique=False)
