"""Who of a study is where: nothing of what anybody said."""

from dataclasses import dataclass

from sqlalchemy import func, select

from mvm_core.database import reading
from mvm_core.reader_study.lists import PRACTICE
from mvm_core.reader_study.store import AWAY_S, Store
from mvm_core.reader_study.tables import ANSWER, SITTING


@dataclass(frozen=True)
class ReaderProgress:
    """Where a reader is.

    Attributes
    ----------
    reader : str
    group : int
    done, readings : dict of int to int
        By part: how many are answered, and of how many.
    sits : bool
        Whether he reads at this moment.
    seen_at : float
        When there was the last sign of him, in seconds since 1970; 0 where never.
    ready_at : float
        From when on the next part may be begun; 0 where nothing waits.
    """

    reader: str
    group: int
    done: dict[int, int]
    readings: dict[int, int]
    sits: bool
    seen_at: float
    ready_at: float

    @property
    def finished(self) -> bool:
        """Whether nothing is left to read."""
        return self.done == self.readings


def progress(store: Store, now: float) -> tuple[ReaderProgress, ...]:
    """Of each reader where he is, in the order of the study file.

    Parameters
    ----------
    store : Store
    now : float
        Seconds since 1970.
    """
    counted = select(ANSWER.c.reader, ANSWER.c.part, func.count()).group_by(ANSWER.c.reader, ANSWER.c.part)
    with reading(store.engine) as connection:
        counts = {(reader, part): count for reader, part, count in connection.execute(counted)}
        seats = {row.reader: row for row in connection.execute(select(SITTING))}
    found = []
    for each in store.plan.readers:
        readings: dict[int, int] = {}
        for one in store.lists[each.name]:
            readings[one.part] = readings.get(one.part, 0) + 1
        upcoming = store.next_reading(each.name)
        seat = seats[each.name]
        found.append(
            ReaderProgress(
                reader=each.name,
                group=each.group,
                done={part: counts.get((each.name, part), 0) for part in readings},
                readings=readings,
                sits=bool(seat.token) and now - seat.seen_at < AWAY_S,
                seen_at=seat.seen_at,
                ready_at=store.ready_at(upcoming, each.name)
                if upcoming is not None and upcoming.part != PRACTICE
                else 0.0,
            )
        )
    return tuple(found)
