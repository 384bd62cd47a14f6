"""How far the data of each person has come, by domain."""

import sqlalchemy as sa
from alembic import op

from rewind_gql.store import columns

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A number for each person and domain, with user 0 for what concerns everybody."""
    op.create_table(
        "data_version",
        sa.Column("user_id", columns.Id, nullable=False, autoincrement=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("version", columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "domain"),
    )
