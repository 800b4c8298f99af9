"""The tables of the record, as the newest migration leaves them. Times are UTC in ISO 8601."""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text

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
    Column("patient", ForeignKey("record_patient.id"), nullable=False, index=True),
    Column("study", String(64), nullable=False),  # keyed hash of the study's number; empty where unknown
    Column("kept_at", String(32), nullable=False, index=True),
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
)

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
