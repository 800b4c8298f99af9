"""Films and labels -> cohort: matched, boxed, de-identified, written; what is doubtful waits for a person."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.cohort_import.films import FilmFile, find_films, studies_of
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.matching import Match, match
from mvm_core.cohort_import.settled import (
    DROP,
    TAKE,
    Doubtful,
    read_settled,
    write_doubtful,
)
from mvm_core.deidentification import Key, TextFinder, deidentify_film
from mvm_core.deidentification.burnt_in import painted_over
from mvm_core.errors import OutputError
from mvm_core.files import write_atomically
from mvm_core.language import gettext
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.spine import Finder

MANIFEST = "manifest.csv"
WORK = ".import"
_PREVIEWS = "doubtful"
_UP_TO = (("train", 0.6), ("tune", 0.8), ("test", 1.0))
"""Shares of patients, cumulated."""
_PREVIEW_PX = 700


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
    films: Path,
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
    films : Path
        Folder of DICOM films and pictures; never changed.
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
    TableError
        If what was settled cannot be read.
    """
    _claim(out, key)
    settled = read_settled(out)
    there = find_films(films)
    importer = _Importer(out, key, finder, text_finder, site)
    rows: list[dict[str, str]] = []
    doubtful: list[Doubtful] = []
    dropped = 0
    for number, label in enumerate(labels, start=1):
        case_id = _case_id(key, label)
        decided = settled.get(case_id)
        if decided is not None and decided.settled == DROP:
            dropped += 1
            doubtful.append(decided)
        else:
            found = importer.take(label, case_id, studies_of(label, there), decided)
            if isinstance(found, Doubtful):
                doubtful.append(found)
            else:
                rows.append(found)
                if decided is not None:
                    doubtful.append(decided)
        if progress is not None:
            progress(number, len(labels))
    _write_manifest(out / MANIFEST, rows)
    write_doubtful(out, doubtful)
    waiting = sum(not row.settled for row in doubtful)
    return Imported(out, len(rows), waiting, dropped)


class _Importer:
    def __init__(
        self, out: Path, key: Key, finder: Finder, text_finder: TextFinder | None, site: str
    ) -> None:
        self._out, self._key, self._finder = out, key, finder
        self._text_finder, self._site = text_finder, site

    def take(
        self,
        label: LabelRow,
        case_id: str,
        studies: Mapping[str, Sequence[FilmFile]],
        decided: Doubtful | None,
    ) -> "dict[str, str] | Doubtful":
        """The manifest's row of one label, or what is doubtful of it."""
        files = [file for own in studies.values() for file in own]
        kept = self._out / WORK / f"{case_id}.json"
        mark = _mark(label, files, decided)
        before = _read_kept(kept)
        if before is not None and before.get("mark") == mark and self._is_whole(before["row"]):
            return dict(before["row"])
        found = match(label, studies, self._finder)
        if decided is not None and decided.settled == TAKE and found.pair is not None:
            found = replace(found, pair=_with_boxes(found.pair, decided), doubts=())
        if found.doubts or found.pair is None:
            return self._doubtful(found, case_id)
        row, held_back = self._write(found, case_id)
        if held_back and decided is None:
            told = gettext("there may be text in the image that was not made out")
            return self._doubtful(replace(found, doubts=(told,)), case_id)
        write_atomically(kept, json.dumps({"mark": mark, "row": row}).encode())
        return row

    def _is_whole(self, row: dict[str, str]) -> bool:
        return all(not row[view.value] or (self._out / row[view.value]).is_file() for view in View)

    def _write(self, found: Match, case_id: str) -> tuple[dict[str, str], bool]:
        row = dict.fromkeys(MANIFEST_COLUMNS, "")
        held_back = False
        pair = found.pair
        for view, file in found.files.items():
            if pair is None or pair.box(view) is None:
                continue
            film = deidentify_film(
                file.path.read_bytes(), f"row {found.row.row}", self._key, self._text_finder
            )
            name = f"films/{case_id}_{view.value}{film.suffix}"
            write_atomically(self._out / name, film.content)
            held_back = held_back or film.held_back
            row[view.value] = name
            row[f"{view.value}_box"] = _as_text(pair.box(view))
            row["age"], row["sex"] = row["age"] or file.age, row["sex"] or file.sex
        label = found.row
        row |= {
            "case_id": case_id,
            "site": self._site,
            "split": _split(case_id.split("-")[0]),
            "label": label.label,
            "sign": label.sign,
            "level": label.level,
            "reference_standard": label.reference_standard,
        }
        return row, held_back

    def _doubtful(self, found: Match, case_id: str) -> Doubtful:
        preview = ""
        if found.pair is not None:
            preview = f"{_PREVIEWS}/{case_id}.png"
            write_atomically(self._out / preview, _preview(found.pair, self._text_finder))
        pair = found.pair or FilmPair()
        return Doubtful(
            found.row.row,
            case_id,
            found.row.level,
            found.row.label,
            "; ".join(found.doubts),
            preview,
            _as_text(pair.ap_box),
            _as_text(pair.lateral_box),
        )


def _case_id(key: Key, label: LabelRow) -> str:
    """Pseudonym, date and level: the same whenever the command is called."""
    who = label.patient or label.accession
    when = hashlib.sha256(f"{label.accession} {label.date}".encode()).hexdigest()[:4] if label.date else ""
    return "-".join(part for part in (key.pseudonym(who), when, label.level) if part)


def _split(pseudonym: str) -> str:
    """By patient, the same whatever else is imported."""
    share = int(hashlib.sha256(pseudonym.encode()).hexdigest()[:8], 16) / 16**8
    return next(name for name, up_to in _UP_TO if share < up_to)


def _with_boxes(pair: FilmPair, decided: Doubtful) -> FilmPair:
    boxes: dict[View, Box | None] = {
        view: decided.box(view) if pair.film(view) is not None else None for view in View
    }
    return replace(pair, ap_box=boxes[View.AP], lateral_box=boxes[View.LATERAL])


def _mark(label: LabelRow, files: Sequence[FilmFile], decided: Doubtful | None) -> str:
    """What a row was worked out from; where it is the same, so is the result."""
    stats = [(str(file.path), file.path.stat().st_size, file.path.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((label, stats, decided)).encode()).hexdigest()


def _read_kept(path: Path) -> "dict[str, dict[str, str]] | None":
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return None


def _claim(out: Path, key: Key) -> None:
    """Take a folder for this import, or go on with it."""
    path, own = out / WORK / "key", key.pseudonym("the key itself")
    if path.is_file() and path.read_text() != own:
        raise OutputError(
            str(out),
            gettext("it was imported with another key"),
            gettext("use that key, or name another folder"),
        )
    if not path.is_file() and (out / MANIFEST).exists():
        raise OutputError(str(out), gettext("it holds another cohort"), gettext("name another folder"))
    write_atomically(path, own.encode())


def _write_manifest(path: Path, rows: Sequence[dict[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, MANIFEST_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def _preview(pair: FilmPair, text_finder: TextFinder | None) -> bytes:
    """Both films side by side with their boxes; text in them painted over."""
    pictures = []
    for view, film in pair.films.items():
        grey = np.round(film.pixels * 255).astype(np.uint8)
        if text_finder is not None:
            grey = painted_over(grey, text_finder.find(grey))
        shrink = _PREVIEW_PX / grey.shape[0]
        small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        picture = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
        box = pair.box(view)
        if box is not None:
            corners = [int(value * shrink) for value in (box.x0, box.y0, box.x1, box.y1)]
            cv2.rectangle(picture, corners[:2], corners[2:], (0, 200, 255), 2)
        pictures.append(picture)
    height = max(picture.shape[0] for picture in pictures)
    padded = [cv2.copyMakeBorder(p, 0, height - p.shape[0], 0, 8, cv2.BORDER_CONSTANT) for p in pictures]
    _, encoded = cv2.imencode(".png", np.hstack(padded))
    return encoded.tobytes()


def _as_text(box: Box | None) -> str:
    return "" if box is None else box.as_text()
