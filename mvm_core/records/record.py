"""The record: keep a reading, open a case, say what it turned out to be, delete a patient."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, insert, select, update

import mvm_core
from mvm_core.database import name_of, open_database, reading, wipe_deleted, writing
from mvm_core.errors import DatabaseError
from mvm_core.language import gettext
from mvm_core.records import chain, deletion
from mvm_core.records.case import KeptCase, Statement, case_of, check_statement, without_names, zone_of
from mvm_core.records.films import check_cipher, hash_of_film, open_film, seal_film
from mvm_core.records.rows import case_row, note_case, patient_row, rows_of
from mvm_core.records.settings import RecordSettings
from mvm_core.records.tables import cases, films, heads, patients
from mvm_core.records.verification import faults_of_record

MIGRATIONS = Path(__file__).with_name("migrations")

Films = Mapping[str, NDArray[np.float32]]
"""Grey values of films in [0, 1], shape (rows, columns), by view."""


@cache
def open_record(settings: RecordSettings) -> "Record":
    """The record of these settings; opened once in a process.

    Raises
    ------
    DatabaseError
        If it cannot be opened, or was begun with another secret.
    """
    if settings.keep_films:
        check_cipher()
    record = Record(open_database(settings.url, MIGRATIONS), settings.secret, settings.keep_films)
    with reading(record.engine) as connection:
        begun_with = connection.execute(select(heads.c.secret)).scalar()
    if begun_with is not None and begun_with != chain.mark_of_secret(settings.secret):
        record.engine.dispose()
        raise DatabaseError(
            name_of(record.engine.url),
            gettext("it was begun with another secret"),
            gettext("set MVM_DATABASE_SECRET to the one that it was begun with"),
        )
    return record


@dataclass(frozen=True)
class Record:
    """A record that is open; may be used from several threads and processes.

    All that changes anything happens in one transaction with its entry in the trail. Methods raise
    DatabaseError where the database cannot be reached or written to.

    Attributes
    ----------
    engine : Engine
    secret : bytes
    keeps_films : bool
        Whether films are kept with their readings.
    """

    engine: Engine
    secret: bytes
    keeps_films: bool = False

    @property
    def name(self) -> str:
        """The database for people, without its password."""
        return name_of(self.engine.url)

    def keep(
        self,
        document: Mapping[str, Any],
        who: str,
        said: Statement,
        marks: Mapping[str, bytes],
        *,
        simulated: bool = False,
        pixels: Films | None = None,
        key: str = "",
    ) -> str:
        """Keep a reading.

        Parameters
        ----------
        document : mapping
            Of `mvm_core.examination_report.examination_as_dict`; names of films are left out.
        who : str
        said : Statement
        marks : mapping of str to bytes
            Of the films, see `mvm_core.imaging.marks.marks_of`, made with the site's secret.
        simulated : bool
            Whether the project's simulator made a film of it.
        pixels : mapping of str to float32 array, optional
            The films by view; nothing of them is kept unless the settings say so.
        key : str
            What the reading is known by where the same may be given again: it is kept once, and not again
            after it was deleted.

        Returns
        -------
        str
            The case's id.
        """
        check_statement(said)
        kept = without_names(document)
        row = {
            "id": chain.keyed(self.secret, "case", key)[:16] if key else secrets.token_hex(8),
            "study": self._mark("study", marks.get("StudyInstanceUID")) or "",
            "kept_at": chain.now(),
            "who": who[:128],
            "program": mvm_core.__version__,
            "weights": document["weights"],
            "level": document.get("level_in_question") or "",
            "zone": zone_of(document),
            "reading": json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
            "simulated": simulated,
            **asdict(said),
        }
        with writing(self.engine) as connection:
            chain.take_turn(connection)
            if key and chain.has_case(connection, row["id"]):
                return row["id"]
            patient = patient_row(connection, self._mark("patient", marks.get("PatientID")))
            row["patient"] = patient["id"]
            connection.execute(insert(cases).values(**row))
            for view, film in (pixels or {}).items() if self.keeps_films else ():
                sealed = seal_film(film, self.secret, patient["key"], str(row["id"]), view)
                held = {"case": row["id"], "view": view, "sealed": sealed, "sha256": hash_of_film(sealed)}
                connection.execute(insert(films).values(**held))
            note_case(connection, self.secret, "reading", who, patient, row)
        return str(row["id"])

    def say(self, case: str, who: str, said: Statement) -> None:
        """Change what is said of a case.

        Raises
        ------
        DatabaseError
            If there is no such case, or a value that cannot be.
        """
        check_statement(said)
        with writing(self.engine) as connection:
            chain.take_turn(connection)
            row, patient = case_row(connection, case)
            changed = {**row, **asdict(said)}
            if changed != dict(row):
                connection.execute(update(cases).where(cases.c.id == case).values(**asdict(said)))
                note_case(connection, self.secret, "change", who, patient, changed)

    def open_case(self, case: str, who: str) -> KeptCase:
        """A case, with an entry in the trail that it was seen.

        Raises
        ------
        DatabaseError
            If there is no such case.
        """
        with writing(self.engine) as connection:
            chain.take_turn(connection)
            row, patient = case_row(connection, case)
            note_case(connection, self.secret, "view", who, patient, row)
        return case_of(row)

    def films_of(self, case: str) -> dict[str, NDArray[np.float32]]:
        """The films kept with a case that was opened, by view: grey values in [0, 1]; empty without.

        Raises
        ------
        DatabaseError
            If one was changed.
        """
        with reading(self.engine) as connection:
            _, patient = case_row(connection, case)
            held = rows_of(connection, select(films).where(films.c.case == case))
        return {
            row["view"]: open_film(row["sealed"], self.secret, patient["key"], case, row["view"])
            for row in held
        }

    def cases(self, patient: str | None = None) -> tuple[KeptCase, ...]:
        """All cases, or those of a patient, the newest first."""
        asked = select(cases).order_by(cases.c.kept_at.desc(), cases.c.id)
        if patient is not None:
            asked = asked.where(cases.c.patient == patient)
        with reading(self.engine) as connection:
            return tuple(case_of(row) for row in rows_of(connection, asked))

    def note(self, action: str, who: str, cases: Sequence[KeptCase] = ()) -> chain.Head:
        """Note in the trail what concerns no single case: a login, an export, a list that was looked at.

        Parameters
        ----------
        action, who : str
        cases : sequence of KeptCase
            Those it is about, of which the entry holds a hash.
        """
        shown = sorted(case.id for case in cases)
        with writing(self.engine) as connection:
            return chain.append(
                connection, self.secret, action, who, digest=chain.keyed(self.secret, *shown) if shown else ""
            )

    def patient_of(self, number: str) -> str | None:
        """The pseudonym of a patient's number, as films state it; None where the record has none."""
        from mvm_core.imaging.marks import mark_of

        mark = self._mark("patient", mark_of("PatientID", number))
        with reading(self.engine) as connection:
            return connection.execute(select(patients.c.id).where(patients.c.mark == mark)).scalar()

    def delete_patient(self, patient: str, who: str) -> int:
        """Delete a patient with all cases; what the trail holds of them can be assigned to nobody then.

        Returns
        -------
        int
            How many cases.

        Raises
        ------
        DatabaseError
            If the record has no such patient.
        """
        with writing(self.engine) as connection:
            gone = deletion.delete_patient(connection, self.secret, patient, who)
        wipe_deleted(self.engine)
        return gone

    def delete_older_than(self, days: int, who: str) -> int:
        """Delete cases kept longer ago than so many days, and patients without any other; how many cases."""
        limit = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
        with writing(self.engine) as connection:
            gone = deletion.delete_before(connection, self.secret, limit, who)
        if gone:
            wipe_deleted(self.engine)
        return gone

    def verify(self, noted: str = "") -> list[str]:
        """Look for any change that was not made by this program, see `faults_of_record`."""
        with reading(self.engine) as connection:
            return self.faults(connection, noted)

    def faults(self, connection: Connection, noted: str = "") -> list[str]:
        """As `verify`, within a transaction."""
        return faults_of_record(connection, self.secret, noted)

    def head(self) -> chain.Head | None:
        """The trail's last entry, to be noted elsewhere; None of an empty record."""
        with reading(self.engine) as connection:
            found = connection.execute(select(heads.c.number, heads.c.hash)).first()
        return chain.Head(found[0], found[1]) if found is not None else None

    def _mark(self, of: str, mark: bytes | None) -> str | None:
        return chain.keyed(self.secret, of, mark.hex()) if mark else None
