"""The tables that a reader study's answers are kept in. Times are seconds since 1970 in UTC."""

from sqlalchemy import Boolean, Column, Double, Integer, MetaData, String, Table

METADATA = MetaData()

STUDY = Table(
    "study",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(64), nullable=False),
    Column("title", String, nullable=False),
    Column("weights", String(64), nullable=False),
    Column("begun_at", Double, nullable=False),
)
"""The one study that the answers are of."""

SITTING = Table(
    "sitting",
    METADATA,
    Column("reader", String, primary_key=True),
    Column("token", String(64), nullable=False),
    Column("since_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
)
"""The window in which each reader reads; an empty token where in none."""

SHOWN = Table(
    "shown",
    METADATA,
    Column("reader", String, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("began_at", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("idle_seconds", Double, nullable=False),
    Column("interruptions", Integer, nullable=False),
)
"""How long the films of a reading have been in sight, kept while it goes on."""

ANSWER = Table(
    "answer",
    METADATA,
    Column("reader", String, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, nullable=False),
    Column("case_id", String, nullable=False),
    Column("modality", String, nullable=False),
    Column("probability", Double, nullable=False),
    Column("level", String),
    Column("sign", Boolean),
    Column("mri", Boolean),
    Column("advice", Double),
    Column("seconds", Double, nullable=False),
    Column("idle_seconds", Double, nullable=False),
    Column("interruptions", Integer, nullable=False),
    Column("given_at", Double, nullable=False),
)
"""Locked answers: rows come in, and none is ever changed."""

FAULT = Table(
    "fault",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("reader", String, nullable=False),
    Column("told", String, nullable=False),
    Column("met_at", Double, nullable=False),
)
"""Cases whose films could not be shown, with whoever met that, the newest last."""

CLOSING = Table(
    "closing",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("closed_at", Double, nullable=False),
)
"""When the organiser closed the study; no row while it is open."""

CALIBRATION = Table(
    "calibration",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("reader", String, nullable=False),
    Column("pixels_per_mm", Double, nullable=False),
    Column("device_pixel_ratio", Double, nullable=False),
    Column("screen_width", Integer, nullable=False),
    Column("screen_height", Integer, nullable=False),
    Column("dark_seen", Boolean, nullable=False),
    Column("bright_seen", Boolean, nullable=False),
    Column("made_at", Double, nullable=False),
)
"""Screens as their readers set them up, the newest last."""
