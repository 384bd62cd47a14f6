"""Trusted documents, and keys that run nothing else."""

import sqlalchemy as sa
from alembic import op

from rewind_gql.store import columns

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "auth_key",
        sa.Column("trusted_only", columns.Flag(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "auth_document",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("added_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "document_id"),
    )
    op.create_index("auth_document_hash", "auth_document", ["user_id", "hash"])
