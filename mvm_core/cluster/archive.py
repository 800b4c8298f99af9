"""An archive of films -> tables of what is read on each: `score`."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mvm_core.cluster.folder import ResultFolder, as_parquet
from mvm_core.cluster.index import FilmEntry, FilmPlace, index_files
from mvm_core.cluster.labels import with_labels
from mvm_core.cluster.likeness import likeness
from mvm_core.cluster.pairing import Together, pair_by_study
from mvm_core.cluster.part import PartDone, Reading, identities_of, read_part
from mvm_core.cluster.rows import PREDICTIONS_KIND, READ_KIND, UNREAD_KIND
from mvm_core.cluster.sources import places_of
from mvm_core.cohort import load_table
from mvm_core.errors import OutputError, StorageError
from mvm_core.examination import Examiner
from mvm_core.files import write_atomically
from mvm_core.side_by_side import Workers, processors, run_tasks

INDEX_PART = 2000
"""Files whose headers are one task."""

BATCH = 32
"""Cases that are one task."""

_AT_ONCE = 2
"""Cases that one process reads side by side where processors are left: its graphs have no more threads."""

_LISTING = "files.parquet"

NumberedPart = tuple[int, tuple[Together, ...]]
Show = Callable[[str, int, int, int], None]
"""Called with what is done, how many films of how many, and how many could not be read."""


@dataclass(frozen=True)
class Scored:
    """What became of an archive.

    Attributes
    ----------
    films, read, unread : int
    parts : int
        Parts of the second pass.
    done_now : int
        Those done by this call.
    reasons : mapping of str to int
        Films that could not be read, by reason.
    records : list of dict
        Of each part: when it ended, in seconds since 1970, how many films it has, what each stage took.
    start : float
        Of this call, in seconds since 1970.
    notice : str
    """

    films: int
    read: int
    unread: int
    parts: int
    done_now: int
    reasons: dict[str, int]
    records: list[dict[str, Any]]
    start: float
    notice: str


def score_archive(
    source: str,
    out: Path,
    weights: Path | None = None,
    workers: Workers = 1,
    batch: int = BATCH,
    show: Show | None = None,
    labels: Path | None = None,
    memory_mb: int | None = None,
) -> Scored:
    """Read every film of an archive, or go on with a run that was stopped.

    Parameters
    ----------
    source : str
        A folder, a ZIP archive, a film, a text file (.txt) with a path or an address a line, or an address of
        object storage such as ``s3://bucket/folder``, or a query of a DICOMweb server as of
        `mvm_core.cluster.dicomweb.WebArchive`.
    out : Path
        New, empty, or of the same run.
    weights : Path, optional
        As of `Examiner.open`.
    workers : int or Engine
    batch : int
        Cases that are one task: kept, and done again where it was interrupted, as a whole.
    show : callable, optional
    labels : Path, optional
        A table of what is known of the cases, as of `mvm_core.cluster.labels.with_labels`; with it there is a
        predictions table too, in parts and as one file.
    memory_mb : int, optional
        That each process may take, in MB: a film that takes more is among those that could not be read.

    Raises
    ------
    StorageError
        If the source is not there, cannot be reached or holds nothing.
    OutputError
        If the folder holds something else, or cannot be written to.
    WeightsError, ClusterError, WorkersError
        If the work cannot be done.
    """
    start = time.time()
    if labels is not None:
        load_table(labels)  # tells what is wrong with it before anything is written
    examiner = Examiner.open(weights)
    by = Reading(
        examiner.reader.weights.folder.resolve(),
        identities_of(examiner),
        memory_mb,
        cases_at_once(workers, memory_mb),
    )
    if "://" not in source and out.resolve().is_relative_to(Path(source).resolve()):
        raise OutputError(str(out), "it lies within the archive", "name a folder outside of it")
    folder = ResultFolder(out)
    folder.claim(
        {
            "source": source if "://" in source else str(Path(source).resolve()),
            "batch": batch,
            "labels": hashlib.sha256(labels.read_bytes()).hexdigest() if labels is not None else None,
            "weights": list(by.identities),
            "versions": likeness(),
            "notice": examiner.reader.weights.notice,
        }
    )
    entries = _index(folder, source, workers, show)
    cases = pair_by_study(entries)
    if labels is not None:
        cases = with_labels(cases, labels)
    parts: list[NumberedPart] = [
        (number, tuple(cases[first : first + batch]))
        for number, first in enumerate(range(0, len(cases), batch))
    ]
    _forget_if_changed(folder, cases)
    before = folder.records()
    counted = Counter(
        films=sum(each["films"] for each in before), unread=sum(each["unread"] for each in before)
    )
    if show is not None and before:
        show("Reading films", counted["films"], len(entries), counted["unread"])

    def keep(part: NumberedPart, done: PartDone) -> None:
        unread = [str(row["reason"]) for row in done.rows[UNREAD_KIND]]
        films = len(done.rows[READ_KIND]) + len(unread)
        record = {
            "films": films,
            "unread": len(unread),
            "reasons": dict(Counter(unread)),
            "ended": time.time(),
            "seconds": done.seconds,
        }
        folder.keep(part[0], done.rows, record)
        counted.update(films=films, unread=len(unread))
        if show is not None:
            show("Reading films", counted["films"], len(entries), counted["unread"])

    done_now = run_tasks(
        parts, partial(_read_numbered, by), lambda part: folder.is_done(part[0]), keep, workers
    )
    if labels is not None:
        folder.write_whole(PREDICTIONS_KIND)
    records = folder.records()
    reasons: Counter[str] = Counter()
    for record in records:
        reasons.update(record["reasons"])
    unread = sum(record["unread"] for record in records)
    return Scored(
        films=len(entries),
        read=len(entries) - unread,
        unread=unread,
        parts=len(parts),
        done_now=done_now,
        reasons=dict(reasons.most_common()),
        records=records,
        start=start,
        notice=examiner.reader.weights.notice,
    )


def cases_at_once(workers: Workers, memory_mb: int | None) -> int:
    """How many cases one process reads side by side, so that this machine's processors are full.

    One where memory is bounded, or an engine gives each of its processes a processor.
    """
    if memory_mb is not None or not isinstance(workers, int):
        return 1
    return max(1, min(_AT_ONCE, processors() // workers))


def _read_numbered(by: Reading, part: NumberedPart) -> PartDone:
    return read_part(by, part[1])


def _index(folder: ResultFolder, source: str, workers: Workers, show: Show | None) -> list[FilmEntry]:
    """The first pass; the list of files is made once, so that a run that goes on sees the same ones."""
    listing = folder.path / _LISTING
    if not listing.is_file():
        listed = places_of(source)
        if not listed:
            raise StorageError(source, "there is no file in it", "name a place with films")
        write_atomically(listing, as_parquet(pa.Table.from_pylist([asdict(place) for place in listed])))
    places = [FilmPlace(**row) for row in pq.read_table(listing).to_pylist()]
    tasks = [
        (number, tuple(places[first : first + INDEX_PART]))
        for number, first in enumerate(range(0, len(places), INDEX_PART))
    ]

    def keep(task: tuple[int, Sequence[FilmPlace]], rows: list[dict[str, Any]]) -> None:
        write_atomically(folder.index_part(task[0]), as_parquet(pa.Table.from_pylist(rows)))

    def progress(done: int, total: int) -> None:
        if show is not None:
            show("Reading headers", min(done * INDEX_PART, len(places)), len(places), 0)

    run_tasks(
        tasks, _index_numbered, lambda task: folder.index_part(task[0]).is_file(), keep, workers, progress
    )
    return [FilmEntry.of_row(row) for row in folder.index_rows()]


def _index_numbered(task: tuple[int, Sequence[FilmPlace]]) -> list[dict[str, Any]]:
    return index_files(task[1])


def _forget_if_changed(folder: ResultFolder, cases: Sequence[Together]) -> None:
    """Note what the parts were made of; a record of other cases would be no record of these."""
    told = json.dumps([[case.case_id, *(film.place.named for film in case.films.values())] for case in cases])
    digest = hashlib.sha256(told.encode()).hexdigest()
    file = folder.path / "cases.sha256"
    if not file.is_file():
        write_atomically(file, f"{digest}\n".encode())
    elif file.read_text().strip() != digest:
        raise StorageError(
            str(file), "the cases differ from those that this run began with", "name a new or empty folder"
        )
