"""Second pass: films read together -> rows, by the way on which `predict` reads them."""

import hashlib
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mvm_core.cluster.memory import check_fits, memory_told
from mvm_core.cluster.pairing import Together
from mvm_core.cluster.rows import (
    LEVELS_KIND,
    PREDICTIONS_KIND,
    READ_KIND,
    UNREAD_KIND,
    film_row,
    level_rows,
    unread_row,
)
from mvm_core.errors import FilmError, StorageError, StudyError, WeightsError
from mvm_core.evaluation import read_examined, rows_of_reading
from mvm_core.examination import Examination, Examiner
from mvm_core.imaging import StudyFile, read_pair
from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.side_by_side import in_threads

Rows = dict[str, list[dict[str, object]]]


@dataclass(frozen=True)
class Reading:
    """What a part is read by; the same for all parts of a run.

    Attributes
    ----------
    weights : Path
    identities : tuple of str
        Of the weights of readings, finder and disease network, as the driver has them.
    memory_mb : int or None
        That a process may take, in MB.
    at_once : int
        Cases of a part that a process reads side by side, each in memory meanwhile.
    """

    weights: Path
    identities: tuple[str, str, str]
    memory_mb: int | None = None
    at_once: int = 1


@dataclass(frozen=True)
class PartDone:
    """What became of a part.

    Attributes
    ----------
    rows : mapping of str to list of dict
        By table: ``levels``, ``films``, ``unread``, ``predictions``.
    seconds : mapping of str to float
        By stage: ``storage``, ``decoding``, ``reading``.
    """

    rows: Rows = field(
        default_factory=lambda: {LEVELS_KIND: [], READ_KIND: [], UNREAD_KIND: [], PREDICTIONS_KIND: []}
    )
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, other: "PartDone") -> None:
        """Take in what became of further cases."""
        for kind, rows in other.rows.items():
            self.rows[kind] += rows
        for stage, seconds in other.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


def identities_of(examiner: Examiner) -> tuple[str, str, str]:
    """The SHA-256 of the manifests of readings, finder and disease network."""
    return (
        examiner.reader.weights.identity,
        examiner.finder.weights.identity,
        examiner.disease.weights.identity,
    )


def open_examiner(by: Reading) -> Examiner:
    """The examiner of this process.

    Raises
    ------
    WeightsError
        If this machine's weights are missing, or others than the driver's.
    """
    examiner = Examiner.open(by.weights)
    if identities_of(examiner) != by.identities:
        raise WeightsError(
            f"{by.weights} on {socket.gethostname()}",
            "its weights are others than those of the run",
            "put the same weights folder on every machine",
        )
    return examiner


def read_part(by: Reading, part: Sequence[Together]) -> PartDone:
    """Read films case by case, as many of them side by side as `by` says: no more are in memory at a time.

    Raises
    ------
    WeightsError
        If this machine's weights are others than the driver's.
    StorageError
        If the storage cannot be reached, or this machine does not see it.
    """
    examiner = open_examiner(by)
    for storage in {film.place.storage for each in part for film in each.films.values()}:
        if "://" not in storage and not Path(storage).exists():
            raise StorageError(
                storage,
                f"the machine {socket.gethostname()} does not see it",
                "put the archive where every machine finds it under the same path",
            )
    done = PartDone()
    for own in in_threads(partial(_read_together, examiner, by.memory_mb), part, by.at_once):
        done.add(own)
    return done


def _read_together(examiner: Examiner, memory_mb: int | None, together: Together) -> PartDone:
    done = PartDone()
    contents: dict[View, StudyFile] = {}
    hashes: dict[View, str] = {}
    for view, film in together.films.items():
        start = time.perf_counter()
        try:
            if film.problem:
                raise FilmError(film.place.short, film.problem, "export the film again")
            check_fits(film.place.short, film.header.pixels, memory_mb)
            with memory_told(film.place.short):
                content = film.place.read()
        except FilmError as error:
            done.rows[UNREAD_KIND].append(unread_row(film, "", error))
            continue
        finally:
            _count(done, "storage", start)
        hashes[view] = hashlib.sha256(content).hexdigest()
        contents[view] = StudyFile(film.place.short, content)
    films: dict[View, Radiograph] = {}
    for view, file in contents.items():
        start = time.perf_counter()
        film = together.films[view]
        try:
            with memory_told(film.place.short):
                films |= read_pair(**{view.value: file}).films
        except FilmError as error:
            done.rows[UNREAD_KIND].append(unread_row(film, hashes[view], error))
        _count(done, "decoding", start)
    pair = FilmPair(films.get(View.AP), films.get(View.LATERAL))
    if not pair.views:
        return done
    start = time.perf_counter()
    try:
        with memory_told(together.case_id):
            found = examiner.examine(pair)
    except (FilmError, StudyError) as error:
        for view in pair.views:
            done.rows[UNREAD_KIND].append(unread_row(together.films[view], hashes[view], error))
        return done
    if together.described is not None:
        done.rows[PREDICTIONS_KIND] += rows_of_reading(together.described, read_examined(found, examiner))
    seconds = _count(done, "reading", start)
    _keep(together, found, hashes, seconds, done)
    return done


def _keep(
    together: Together, found: Examination, hashes: dict[View, str], seconds: float, done: PartDone
) -> None:
    read = {view: together.films[view] for view in found.pair.views}
    lost = [film.place.short for view, film in together.films.items() if view not in read]
    notes = (
        *together.notes,
        *(f"{name}: it could not be read, the other film is read alone." for name in lost),
    )
    done.rows[LEVELS_KIND] += level_rows(together.case_id, read, hashes, found, notes, seconds)
    for view, film in read.items():
        done.rows[READ_KIND].append(film_row(together.case_id, film, view, hashes[view], found, seconds))


def _count(done: PartDone, stage: str, start: float) -> float:
    seconds = time.perf_counter() - start
    done.seconds[stage] = done.seconds.get(stage, 0.0) + seconds
    return seconds
