"""Readings of the node on their way into the clinic's record, where one is kept."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from mvm_core.errors import MvmError
from mvm_core.examination import Examination
from mvm_core.examination_report import examination_as_dict
from mvm_core.exchange.node.patience import Patience
from mvm_core.exchange.node.queue import Queue
from mvm_core.exchange.node.record import Record
from mvm_core.imaging import read_film
from mvm_core.radiograph import Radiograph

_WHAT = "record"


@dataclass(frozen=True)
class ReadingToKeep:
    """What the record takes of a reading, in plain types.

    Attributes
    ----------
    key : str
        Of the reading; the same again is kept once.
    document : mapping
        Of `mvm_core.examination_report.examination_as_dict`.
    marks : mapping of str to str
        Of patient and study, see `mvm_core.imaging.marks.marks_of`, as hexadecimal digits.
    simulated : bool
        Whether the project's simulator made a film of it.
    films : mapping of str to str
        Instances by view.
    """

    key: str
    document: Mapping[str, Any] = field(repr=False)
    marks: Mapping[str, str] = field(repr=False)
    simulated: bool
    films: Mapping[str, str]

    def as_json(self) -> bytes:
        """As it waits in the queue."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "ReadingToKeep":
        """What waited in the queue."""
        return cls(**json.loads(content))


Keep = Callable[[ReadingToKeep, Callable[[], Mapping[str, Radiograph]]], None]
"""Puts a reading into the record; the films, by view, are read where they are kept too. Raises MvmError."""


def reading_to_keep(key: str, found: Examination, films: Mapping[str, str]) -> ReadingToKeep:
    """What the record takes of an examination.

    Parameters
    ----------
    key : str
    found : Examination
    films : mapping of str to str
        Instances by view.
    """
    read = found.pair.films.values()
    marks = {name: mark.hex() for film in read for name, mark in film.marks.items()}
    simulated = any(film.simulated for film in read)
    return ReadingToKeep(key, examination_as_dict(found), marks, simulated, films)


def keep_waiting(queue: Queue, record: Record, keep: Keep, patience: Patience) -> None:
    """Put what waits into the clinic's record, until that cannot be reached.

    Parameters
    ----------
    queue : Queue
    record : Record
        The node's own lines.
    keep : Keep
    patience : Patience
        When the clinic's record is tried again.
    """
    for study, key, content in queue.to_keep():
        if not patience.is_over(_WHAT):
            return
        reading = ReadingToKeep.from_json(content)
        try:
            keep(reading, partial(_films, queue, study, reading))
        except MvmError as error:
            patience.failed(_WHAT)
            record.write("not-recorded", study=study, reading=key, why=error.problem, cure=error.cure)
            return
        patience.done(_WHAT)
        queue.note_kept(study, key)
        record.write("recorded", study=study, reading=key)


def _films(queue: Queue, study: str, reading: ReadingToKeep) -> dict[str, Radiograph]:
    kept = queue.films(study)
    return {view: read_film(kept[uid], uid) for view, uid in reading.films.items() if uid in kept}
