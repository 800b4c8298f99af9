"""Films and labels -> cohort: matched, boxed, de-identified, written; what is doubtful waits for a person."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.cohort_import.films import FolderFilms
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.settled import DROP, Doubtful, read_settled, write_doubtful
from mvm_core.cohort_import.spelling import differently_written
from mvm_core.cohort_import.taking import WORK, Films, Taken, Taking, case_id_of
from mvm_core.deidentification import Key, TextFinder
from mvm_core.deidentification.table import alone_in, claim
from mvm_core.errors import OutputError
from mvm_core.files import write_atomically
from mvm_core.language import gettext
from mvm_core.spine import Finder

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes
    ----------
    folder : Path
        The cohort.
    taken, doubtful, dropped : int
        Rows of labels that are in the cohort; that wait for a person; that a person has dropped.
    """

    folder: Path
    taken: int
    doubtful: int
    dropped: int


def import_cohort(
    films: Path | Films,
    labels: Sequence[LabelRow],
    out: Path,
    key: Key,
    finder: Finder,
    text_finder: TextFinder | None,
    *,
    site: str = "own",
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Make a cohort; called again it goes on where it was, and takes up what a person has settled.

    Parameters
    ----------
    films : Path or Films
        Folder of DICOM films and pictures, never changed; or another place that films come from.
    labels : sequence of LabelRow
    out : Path
        Gets ``manifest.csv``, the films, ``doubtful.csv`` and pictures of what is doubtful.
    key : Key
        Of pseudonyms, new UIDs and dates; patients fall into train, tune and test by it.
    finder : Finder
    text_finder : TextFinder or None
        None leaves images as they are.
    site : str
        Name of the site in the manifest.
    progress : callable, optional
        Called with the number of rows done and to do.

    Raises
    ------
    OutputError
        If the folder holds another cohort, or cannot be written to.
    DeidentificationError
        If something else is at work in the folder.
    ExchangeError
        If the films' server does not answer.
    TableError
        If what was settled cannot be read.
    """
    _check_free(out)
    with alone_in(out, WORK):
        claim(out, key, text_looked_for=text_finder is not None, work=WORK)
        settled = read_settled(out)
        source = FolderFilms(films) if isinstance(films, Path) else films
        taking = Taking(out, key, finder, text_finder, site)
        ways = differently_written(label.patient for label in labels)
        rows: dict[str, Taken] = {}
        doubtful: list[Doubtful] = []
        for number, label in enumerate(labels, start=1):
            decided = settled.get(case_id_of(key, label))
            found: Taken | Doubtful | None = decided
            if decided is None or decided.settled != DROP:
                found = taking.take(label, source, decided, ways.get(label.patient, ()))
                found = _once(found, rows, label, case_id_of(key, label))
            if isinstance(found, Taken):
                rows[found.films] = found
                found = decided
            if found is not None:
                doubtful.append(found)
            if progress is not None:
                progress(number, len(labels))
        _write_manifest(out / MANIFEST, [taken.row for taken in rows.values()])
        write_doubtful(out, doubtful)
    waiting = sum(not row.settled for row in doubtful)
    dropped = sum(row.settled == DROP for row in doubtful)
    return Imported(out, len(rows), waiting, dropped)


def _once(found: Taken | Doubtful, rows: dict[str, Taken], label: LabelRow, case_id: str) -> Taken | Doubtful:
    """What was found, unless another row has the same level of the same films, written otherwise."""
    if not isinstance(found, Taken) or found.films not in rows:
        return found
    other = rows[found.films].row
    told = gettext(
        "the same vertebra of the same films is in the cohort as case {case}, labelled {label}",
        case=other["case_id"],
        label=other["label"],
    )
    return Doubtful(label.row, case_id, label.level, label.label, told, "", "", "")


def _check_free(out: Path) -> None:
    """Take a folder for this import, or go on with it."""
    if not (out / WORK).is_dir() and (out / MANIFEST).exists():
        raise OutputError(str(out), gettext("it holds another cohort"), gettext("name another folder"))


def _write_manifest(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, MANIFEST_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
