"""Cases whose films could not be shown, for the organiser."""

import sqlalchemy as sa
from alembic import op

revision = "second"
down_revision = "first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the table down."""
    op.create_table(
        "fault",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.String, nullable=False),
        sa.Column("reader", sa.String, nullable=False),
        sa.Column("told", sa.String, nullable=False),
        sa.Column("met_at", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("fault")
