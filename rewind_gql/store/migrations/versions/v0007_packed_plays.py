"""Months packed play by play, no longer as counts."""

import sqlalchemy as sa
from alembic import op

from rewind_gql.store import columns
from rewind_gql.store.migrations import packs

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """What was packed is told by the plays, and is packed anew."""
    op.drop_table("listening_pack")
    op.create_table(
        "listening_pack",
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("month", columns.Day(), nullable=False),
        sa.Column("stamp", columns.Id, nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth_user.id"]),
        sa.PrimaryKeyConstraint("user_id", "kind", "month"),
    )
    packs.fill(op.get_bind())
