"""The first form: patients, cases, the trail that nothing can be taken from, its signed head."""

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision = None

_SQLITE = """
CREATE TRIGGER record_trail_no_{event} BEFORE {event} ON record_trail
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
"""
_POSTGRESQL = """
CREATE FUNCTION record_trail_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the trail is append-only' USING ERRCODE = '23000'; END $$
"""
_POSTGRESQL_TRIGGER = """
CREATE TRIGGER record_trail_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON record_trail
FOR EACH STATEMENT EXECUTE FUNCTION record_trail_stays()
"""


def _texts(**lengths: int) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(length), nullable=False) for name, length in lengths.items()]


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "record_patient",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("mark", sa.String(64), unique=True),
        *_texts(key=64),
    )
    op.create_table(
        "record_case",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("patient", sa.String(16), sa.ForeignKey("record_patient.id"), nullable=False),
        *_texts(study=64, kept_at=32, who=128, program=32, weights=64, level=8, zone=32),
        sa.Column("reading", sa.Text, nullable=False),
        *_texts(opinion_before=16, opinion_after=16),
        sa.Column("comment", sa.Text, nullable=False),
        *_texts(truth=16, reference=16, reference_date=10),
    )
    op.create_index("record_case_of_patient", "record_case", ["patient"])
    op.create_index("record_case_by_time", "record_case", ["kept_at"])
    op.create_table(
        "record_trail",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_texts(at=32, who=128, action=32, patient=16, case=16, digest=64, before=64, hash=64),
    )
    op.create_table(
        "record_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        *_texts(hash=64, signature=64, secret=64),
    )
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(event=event))
    else:
        op.execute(_POSTGRESQL)
        op.execute(_POSTGRESQL_TRIGGER)
