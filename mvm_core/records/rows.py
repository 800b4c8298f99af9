"""Rows of the record within a transaction, and the entries of the trail that vouch for them."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from mvm_core.errors import DatabaseError
from mvm_core.language import gettext
from mvm_core.records import chain
from mvm_core.records.tables import cases, films, patients

_FIRST_FORM = (
    "id", "patient", "study", "kept_at", "who", "program", "weights", "level", "zone", "reading",
    "opinion_before", "opinion_after", "comment", "truth", "reference", "reference_date",
)  # fmt: skip
"""Columns of a case that every digest holds: what came later adds to it only where it says something."""

Row = Mapping[str, Any]


def rows_of(connection: Connection, asked: Select[Any]) -> list[dict[str, Any]]:
    """All rows of a query as dictionaries."""
    return [dict(row) for row in connection.execute(asked).mappings()]


def case_row(connection: Connection, case: str) -> tuple[Row, Row]:
    """The rows of a case and of its patient.

    Raises
    ------
    DatabaseError
        If there is no such case.
    """
    found = rows_of(connection, select(cases).where(cases.c.id == case))
    if not found:
        raise DatabaseError(case, gettext("the record has no such case"), gettext("choose one of the table"))
    of = select(patients).where(patients.c.id == found[0]["patient"])
    return found[0], rows_of(connection, of)[0]


def patient_row(connection: Connection, mark: str | None) -> Row:
    """The row of a patient, made where it is not there."""
    if mark is not None:
        found = rows_of(connection, select(patients).where(patients.c.mark == mark))
        if found:
            return found[0]
    row = {"id": secrets.token_hex(8), "mark": mark, "key": secrets.token_hex(32)}
    connection.execute(insert(patients).values(**row))
    return row


def film_hashes(connection: Connection, case: str) -> dict[str, str]:
    """Of the films kept with a case, by view, the hash."""
    asked = select(films.c.view, films.c.sha256).where(films.c.case == case)
    return {row.view: row.sha256 for row in connection.execute(asked)}


def note_case(connection: Connection, secret: bytes, action: str, who: str, patient: Row, row: Row) -> None:
    """Add an entry on a case as it stands now."""
    digest = digest_of(patient, row, film_hashes(connection, row["id"]))
    chain.append(connection, secret, action, who, patient=patient["id"], case=row["id"], digest=digest)


def digest_of(patient: Row, row: Row, film_hashes: Mapping[str, str]) -> str:
    """Of all that is kept of a case, by its patient's own key: without the key it tells nothing."""
    parts = [row[name] for name in _FIRST_FORM]
    parts += ["simulated"] if row["simulated"] else []
    parts += [f"{view} {digest}" for view, digest in sorted(film_hashes.items())]
    return chain.keyed(patient["key"].encode(), patient["id"], patient["mark"] or "", *parts)
