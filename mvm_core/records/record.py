"""The record: keep a reading, open a case, say what it turned out to be, delete a patient."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, insert, select, update

import mvm_core
from mvm_core.database import name_of, open_database, reading, writing
from mvm_core.errors import DatabaseError
from mvm_core.language import gettext
from mvm_core.records import chain
from mvm_core.records.case import OPINIONS, REFERENCES, TRUTHS, KeptCase, Statement, case_of, zone_of
from mvm_core.records.settings import RecordSettings
from mvm_core.records.tables import cases, heads, patients, trail

MIGRATIONS = Path(__file__).with_name("migrations")


@cache
def open_record(settings: RecordSettings) -> "Record":
    """The record of these settings; opened once in a process.

    Raises
    ------
    DatabaseError
        If it cannot be opened, or was begun with another secret.
    """
    record = Record(open_database(settings.url, MIGRATIONS), settings.secret)
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
    """

    engine: Engine
    secret: bytes

    @property
    def name(self) -> str:
        """The database for people, without its password."""
        return name_of(self.engine.url)

    def keep(self, document: Mapping[str, Any], who: str, said: Statement, marks: Mapping[str, bytes]) -> str:
        """Keep a reading.

        Parameters
        ----------
        document : mapping
            Of `mvm_core.examination_report.examination_as_dict`; names of films are left out.
        who : str
        said : Statement
        marks : mapping of str to bytes
            Of the films, see `mvm_core.imaging.identity.marks_of`, made with the site's secret.

        Returns
        -------
        str
            The case's id.
        """
        _check(said)
        kept = _without_names(document)
        row = {
            "id": secrets.token_hex(8),
            "study": self._mark("study", marks.get("StudyInstanceUID")) or "",
            "kept_at": chain.now(),
            "who": who[:128],
            "program": mvm_core.__version__,
            "weights": document["weights"],
            "level": document.get("level_in_question") or "",
            "zone": zone_of(document),
            "reading": json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
            **asdict(said),
        }
        with writing(self.engine) as connection:
            chain.take_turn(connection)
            patient = self._patient(connection, self._mark("patient", marks.get("PatientID")))
            row["patient"] = patient["id"]
            connection.execute(insert(cases).values(**row))
            self._note(connection, "reading", who, patient, row)
        return str(row["id"])

    def say(self, case: str, who: str, said: Statement) -> None:
        """Change what is said of a case.

        Raises
        ------
        DatabaseError
            If there is no such case, or a value that cannot be.
        """
        _check(said)
        with writing(self.engine) as connection:
            chain.take_turn(connection)
            row, patient = self._row(connection, case)
            changed = {**row, **asdict(said)}
            if changed != dict(row):
                connection.execute(update(cases).where(cases.c.id == case).values(**asdict(said)))
                self._note(connection, "change", who, patient, changed)

    def open_case(self, case: str, who: str) -> KeptCase:
        """A case, with an entry in the trail that it was seen.

        Raises
        ------
        DatabaseError
            If there is no such case.
        """
        with writing(self.engine) as connection:
            chain.take_turn(connection)
            row, patient = self._row(connection, case)
            self._note(connection, "view", who, patient, row)
        return case_of(row)

    def cases(self, patient: str | None = None) -> tuple[KeptCase, ...]:
        """All cases, or those of a patient, the newest first."""
        asked = select(cases).order_by(cases.c.kept_at.desc(), cases.c.id)
        if patient is not None:
            asked = asked.where(cases.c.patient == patient)
        with reading(self.engine) as connection:
            return tuple(case_of(row) for row in _rows(connection, asked))

    def note(self, action: str, who: str) -> chain.Head:
        """Note in the trail what concerns no single case: a login, an export."""
        with writing(self.engine) as connection:
            return chain.append(connection, self.secret, action, who)

    def patient_of(self, number: str) -> str | None:
        """The pseudonym of a patient's number, as films state it; None where the record has none."""
        from mvm_core.imaging.identity import mark_of

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
            chain.take_turn(connection)
            if connection.execute(select(patients.c.id).where(patients.c.id == patient)).first() is None:
                raise DatabaseError(
                    patient,
                    gettext("the record has no such patient"),
                    gettext("look the patient's number up in the films' headers"),
                )
            gone = connection.execute(delete(cases).where(cases.c.patient == patient)).rowcount
            connection.execute(delete(patients).where(patients.c.id == patient))
            chain.append(connection, self.secret, "deletion", who, patient=patient)
        return gone

    def delete_older_than(self, days: int, who: str) -> int:
        """Delete cases kept longer ago than so many days, and patients without any other; how many cases."""
        limit = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
        with writing(self.engine) as connection:
            chain.take_turn(connection)
            old = connection.execute(
                select(cases.c.id, cases.c.patient).where(cases.c.kept_at < limit).order_by(cases.c.id)
            ).all()
            for case, patient in old:
                connection.execute(delete(cases).where(cases.c.id == case))
                chain.append(connection, self.secret, "retention", who, patient=patient, case=case)
            for patient in sorted({patient for _, patient in old}):
                if connection.execute(select(cases.c.id).where(cases.c.patient == patient)).first() is None:
                    connection.execute(delete(patients).where(patients.c.id == patient))
        return len(old)

    def verify(self, noted: str = "") -> list[str]:
        """Look for any change that was not made by this program.

        Parameters
        ----------
        noted : str
            Hash of a head noted before, which the trail must hold.

        Returns
        -------
        list of str
            What does not hold, one sentence each; empty where all is whole.
        """
        with reading(self.engine) as connection:
            return self.faults(connection, noted)

    def faults(self, connection: Connection, noted: str = "") -> list[str]:
        """As `verify`, within a transaction."""
        chain.take_turn(connection)
        entries = _rows(connection, select(trail).order_by(trail.c.number))
        found_heads = _rows(connection, select(heads))
        faults = chain.faults_of_chain(entries, found_heads[0] if found_heads else None, self.secret)
        if len(found_heads) > 1:
            faults.append("the trail has more than one head")
        if noted and noted not in {entry["hash"] for entry in entries}:
            faults.append(f"the trail does not hold the noted head {noted}: it is an older state")
        known = {row["id"]: row for row in _rows(connection, select(patients))}
        there = {row["id"]: row for row in _rows(connection, select(cases))}
        return faults + self._faults_of_cases(entries, known, there)

    def head(self) -> chain.Head | None:
        """The trail's last entry, to be noted elsewhere; None of an empty record."""
        with reading(self.engine) as connection:
            found = connection.execute(select(heads.c.number, heads.c.hash)).first()
        return chain.Head(found[0], found[1]) if found is not None else None

    def _faults_of_cases(
        self,
        entries: Sequence[Mapping[str, Any]],
        known: Mapping[str, Mapping[str, Any]],
        there: Mapping[str, Mapping[str, Any]],
    ) -> list[str]:
        last: dict[str, str] = {}
        for entry in entries:
            if entry["action"] == "deletion":
                of = {each["case"] for each in entries if each["patient"] == entry["patient"]}
                last = {case: digest for case, digest in last.items() if case not in of}
            elif entry["action"] == "retention":
                last.pop(entry["case"], None)
            elif entry["case"]:
                last[entry["case"]] = entry["digest"]
        faults = [f"case {case} is missing" for case in last if case not in there]
        for case, row in there.items():
            if case not in last:
                faults.append(f"case {case} is not in the trail")
            elif row["patient"] not in known:
                faults.append(f"the patient of case {case} is missing")
            elif _digest(known[row["patient"]], row) != last[case]:
                faults.append(f"case {case} or its patient was changed")
        with_cases = {row["patient"] for row in there.values()}
        return faults + [f"patient {each} has no case" for each in known if each not in with_cases]

    def _mark(self, of: str, mark: bytes | None) -> str | None:
        return chain.keyed(self.secret, of, mark.hex()) if mark else None

    def _patient(self, connection: Connection, mark: str | None) -> Mapping[str, Any]:
        """The row of a patient, made where it is not there."""
        if mark is not None:
            found = _rows(connection, select(patients).where(patients.c.mark == mark))
            if found:
                return found[0]
        row = {"id": secrets.token_hex(8), "mark": mark, "key": secrets.token_hex(32)}
        connection.execute(insert(patients).values(**row))
        return row

    def _row(self, connection: Connection, case: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        found = _rows(connection, select(cases).where(cases.c.id == case))
        if not found:
            raise DatabaseError(
                case, gettext("the record has no such case"), gettext("choose one of the table")
            )
        of = select(patients).where(patients.c.id == found[0]["patient"])
        return found[0], _rows(connection, of)[0]

    def _note(
        self,
        connection: Connection,
        action: str,
        who: str,
        patient: Mapping[str, Any],
        row: Mapping[str, Any],
    ) -> None:
        chain.append(
            connection, self.secret, action, who,
            patient=patient["id"], case=row["id"], digest=_digest(patient, row),
        )  # fmt: skip


def _rows(connection: Connection, asked: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(asked).mappings()]


def _digest(patient: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Of all that is kept of a case, by its patient's own key: without the key it tells nothing."""
    parts = [row[column.name] for column in cases.columns]
    return chain.keyed(patient["key"].encode(), patient["id"], patient["mark"] or "", *parts)


def _without_names(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with films named by their view: names of files may name a patient, in warnings too."""
    films = {view: {**film, "name": f"{view} film"} for view, film in document["films"].items()}
    names = {film["name"]: films[view]["name"] for view, film in document["films"].items() if film["name"]}

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            for name in sorted(names, key=len, reverse=True):
                value = value.replace(name, names[name])
            return value
        if isinstance(value, Mapping):
            return {key: plain(each) for key, each in value.items()}
        return [plain(each) for each in value] if isinstance(value, list | tuple) else value

    told = {name: plain(document[name]) for name in ("warnings", "concerns", "missing") if name in document}
    return {**document, **told, "films": films}


def _check(said: Statement) -> None:
    for value, allowed in (
        (said.opinion_before, OPINIONS),
        (said.opinion_after, OPINIONS),
        (said.truth, TRUTHS),
        (said.reference, REFERENCES),
    ):
        if value not in allowed:
            raise DatabaseError(
                value,
                gettext("the record knows no such value"),
                gettext("choose one of {names}", names=", ".join(filter(None, allowed))),
            )
    if bool(said.truth) != bool(said.reference):
        raise DatabaseError(
            gettext("The reference standard"),
            gettext("what it is and what it says belong together"),
            gettext("choose both or neither"),
        )
    if said.reference_date:
        try:
            date.fromisoformat(said.reference_date)
        except ValueError:
            raise DatabaseError(
                said.reference_date, gettext("this is no date"), gettext("write it as YYYY-MM-DD")
            ) from None
