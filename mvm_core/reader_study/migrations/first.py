"""Tables of a reader study's answers."""

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the tables down."""
    op.create_table(
        "study",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("weights", sa.String(64), nullable=False),
        sa.Column("begun_at", sa.Double, nullable=False),
    )
    op.create_table(
        "sitting",
        sa.Column("reader", sa.String, primary_key=True),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("since_at", sa.Double, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
    )
    op.create_table(
        "shown",
        sa.Column("reader", sa.String, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("began_at", sa.Double, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("idle_seconds", sa.Double, nullable=False),
        sa.Column("interruptions", sa.Integer, nullable=False),
    )
    op.create_table(
        "answer",
        sa.Column("reader", sa.String, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("case_id", sa.String, nullable=False),
        sa.Column("modality", sa.String, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("level", sa.String),
        sa.Column("sign", sa.Boolean),
        sa.Column("mri", sa.Boolean),
        sa.Column("advice", sa.Double),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("idle_seconds", sa.Double, nullable=False),
        sa.Column("interruptions", sa.Integer, nullable=False),
        sa.Column("given_at", sa.Double, nullable=False),
    )
    op.create_table(
        "calibration",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reader", sa.String, nullable=False),
        sa.Column("pixels_per_mm", sa.Double, nullable=False),
        sa.Column("device_pixel_ratio", sa.Double, nullable=False),
        sa.Column("screen_width", sa.Integer, nullable=False),
        sa.Column("screen_height", sa.Integer, nullable=False),
        sa.Column("dark_seen", sa.Boolean, nullable=False),
        sa.Column("bright_seen", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Take the tables away."""
    for name in ("calibration", "answer", "shown", "sitting", "study"):
        op.drop_table(name)
