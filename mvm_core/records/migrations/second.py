"""The second form: cases of simulated films are marked, and films may be kept with their case."""

import sqlalchemy as sa
from alembic import op

revision = "second"
down_revision = "first"


def upgrade() -> None:
    """Add a column, a table and an index."""
    op.add_column(
        "record_case", sa.Column("simulated", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "record_film",
        sa.Column("case", sa.String(16), sa.ForeignKey("record_case.id"), primary_key=True),
        sa.Column("view", sa.String(8), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_index("record_trail_of_case", "record_trail", ["case"])
