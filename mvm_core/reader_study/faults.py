"""Cases whose films could not be shown: kept for the organiser, since no reader may learn a file's name."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from mvm_core.database import reading, writing
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.tables import FAULT


@dataclass(frozen=True)
class CaseFault:
    """A case that could not be shown.

    Attributes
    ----------
    case_id : str
    reader : str
        Who met it last.
    told : str
        What is wrong, in one sentence.
    met_at : float
        In seconds since 1970.
    """

    case_id: str
    reader: str
    told: str
    met_at: float


def report_fault(
    store: Store, case_id: str, reader: str, told: str, now: Callable[[], float] = time.time
) -> None:
    """Keep why a case could not be shown."""
    with writing(store.engine) as connection:
        connection.execute(insert(FAULT).values(case_id=case_id, reader=reader, told=told, met_at=now()))


def mend_fault(store: Store, case_id: str) -> None:
    """Forget the fault of a case that can be shown again; nothing where it had none."""
    if any(each.case_id == case_id for each in faults(store)):
        with writing(store.engine) as connection:
            connection.execute(delete(FAULT).where(FAULT.c.case_id == case_id))


def faults(store: Store) -> tuple[CaseFault, ...]:
    """All cases that could not be shown, each as it was met last."""
    columns = [FAULT.c[name] for name in CaseFault.__dataclass_fields__]
    with reading(store.engine) as connection:
        found = [
            CaseFault(**row._mapping) for row in connection.execute(select(*columns).order_by(FAULT.c.id))
        ]
    return tuple({each.case_id: each for each in found}.values())
