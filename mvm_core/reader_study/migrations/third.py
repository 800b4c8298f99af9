"""The organiser may close a study that somebody never finishes."""

import sqlalchemy as sa
from alembic import op

revision = "third"
down_revision = "second"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the table down."""
    op.create_table(
        "closing",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("closed_at", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("closing")
