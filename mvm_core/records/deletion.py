"""What goes from the record: a patient on request, cases by age. The trail stays."""

from sqlalchemy import Connection, delete, select

from mvm_core.errors import DatabaseError
from mvm_core.language import gettext
from mvm_core.records import chain
from mvm_core.records.tables import cases, films, patients


def delete_patient(connection: Connection, secret: bytes, patient: str, who: str) -> int:
    """Delete a patient with all cases and films; how many cases.

    Raises
    ------
    DatabaseError
        If the record has no such patient.
    """
    chain.take_turn(connection)
    if connection.execute(select(patients.c.id).where(patients.c.id == patient)).first() is None:
        raise DatabaseError(
            patient,
            gettext("the record has no such patient"),
            gettext("look the patient's number up in the films' headers"),
        )
    own = select(cases.c.id).where(cases.c.patient == patient)
    connection.execute(delete(films).where(films.c.case.in_(own)))
    gone = connection.execute(delete(cases).where(cases.c.patient == patient)).rowcount
    connection.execute(delete(patients).where(patients.c.id == patient))
    chain.append(connection, secret, "deletion", who, patient=patient)
    return gone


def delete_before(connection: Connection, secret: bytes, limit: str, who: str) -> int:
    """Delete cases kept before a time with their films, and patients without any other; how many cases."""
    chain.take_turn(connection)
    old = connection.execute(
        select(cases.c.id, cases.c.patient).where(cases.c.kept_at < limit).order_by(cases.c.id)
    ).all()
    for case, patient in old:
        connection.execute(delete(films).where(films.c.case == case))
        connection.execute(delete(cases).where(cases.c.id == case))
        chain.append(connection, secret, "retention", who, patient=patient, case=case)
    for patient in sorted({patient for _, patient in old}):
        if connection.execute(select(cases.c.id).where(cases.c.patient == patient)).first() is None:
            connection.execute(delete(patients).where(patients.c.id == patient))
    return len(old)
