"""The tables of the record, as the newest migration leaves them. Times are UTC in ISO 8601."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData()

patients = Table(
    "record_patient",
    metadata,
    Column("id", String(16), primary_key=True),  # the pseudonym: random
    Column("mark", String(64), unique=True),  # keyed hash of the patient's number; null where none is known
    Column("key", String(64), nullable=False),  # of the digests in the trail; destroyed with the patient
)

cases = Table(
    "record_case",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("patient", String(16), ForeignKey("record_patient.id"), nullable=False),
    Column("study", String(64), nullable=False),  # keyed hash of the study's number; empty where unknown
    Column("kept_at", String(32), nullable=False),
    Column("who", String(128), nullable=False),
    Column("program", String(32), nullable=False),
    Column("weights", String(64), nullable=False),
    Column("level", String(8), nullable=False),
    Column("zone", String(32), nullable=False),
    Column("reading", Text, nullable=False),  # JSON of predict
    Column("opinion_before", String(16), nullable=False),
    Column("opinion_after", String(16), nullable=False),
    Column("comment", Text, nullable=False),
    Column("truth", String(16), nullable=False),
    Column("reference", String(16), nullable=False),
    Column("reference_date", String(10), nullable=False),
    Column("simulated", Boolean, nullable=False, server_default=false()),  # films of the project's simulator
    Index("record_case_of_patient", "patient"),
    Index("record_case_by_time", "kept_at"),
)

films = Table(
    "record_film",
    metadata,
    Column("case", String(16), ForeignKey("record_case.id"), primary_key=True),
    Column("view", String(8), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # see `mvm_core.records.films`
    Column("sha256", String(64), nullable=False),  # of what is sealed
)
"""No rows unless the configuration asks for films."""

trail = Table(
    "record_trail",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("who", String(128), nullable=False),
    Column("action", String(32), nullable=False),
    Column("patient", String(16), nullable=False),
    Column("case", String(16), nullable=False),
    Column("digest", String(64), nullable=False),  # keyed hash of the case as it then was
    Column("before", String(64), nullable=False),  # hash of the entry before
    Column("hash", String(64), nullable=False),
    Index("record_trail_of_case", "case"),
)

heads = Table(
    "record_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", String(64), nullable=False),
    Column("secret", String(64), nullable=False),  # keyed hash of a known word, to know the site's secret by
)
