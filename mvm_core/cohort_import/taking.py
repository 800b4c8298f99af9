"""One row of labels into a cohort: its films de-identified and written, or put off as doubtful."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.cohort_import.films import FilmFile
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.matching import Match, as_settled, match
from mvm_core.cohort_import.meaning import Meant, meant_by
from mvm_core.cohort_import.previews import write_previews
from mvm_core.cohort_import.settled import TAKE, Doubtful, box_as_text
from mvm_core.deidentification import Deidentified, Key, TextFinder, deidentify_film
from mvm_core.errors import FilmError
from mvm_core.files import write_atomically
from mvm_core.language import gettext
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.spine import Finder

WORK = ".import"
_UP_TO = (("train", 0.6), ("tune", 0.8), ("test", 1.0))
"""Shares of patients, cumulated."""


class Films(Protocol):
    """Where films come from: a folder, or a server that is asked."""

    def films_for(self, row: LabelRow) -> Sequence[FilmFile]:
        """All films of studies that a row may mean, however its patient or number is written."""


@dataclass(frozen=True)
class Taken:
    """A row of labels that is in the cohort.

    Attributes
    ----------
    row : mapping of str to str
        Of the manifest.
    films : str
        What stands for its films and its level.
    """

    row: Mapping[str, str]
    films: str


class Taking:
    """Takes rows of labels into a cohort's folder, and keeps what it has made of each.

    Parameters
    ----------
    out : Path
    key : Key
    finder : Finder
    text_finder : TextFinder or None
    site : str
    """

    def __init__(
        self, out: Path, key: Key, finder: Finder, text_finder: TextFinder | None, site: str
    ) -> None:
        self._out, self._key, self._finder = out, key, finder
        self._text_finder, self._site = text_finder, site

    def take(
        self, label: LabelRow, films: Films, decided: Doubtful | None, other_ways: Collection[str]
    ) -> Taken | Doubtful:
        """A row of the manifest, or what is doubtful; as before where nothing has changed since.

        Raises
        ------
        MvmError
            If the films' server does not answer, or something cannot be written.
        """
        there, case_id = films.films_for(label), case_id_of(self._key, label)
        kept = self._out / WORK / f"{case_id}.json"
        mark = self._key.token(
            repr((label, sorted(film.mark for film in there), decided, sorted(other_ways)))
        )
        before = self._before(kept, mark)
        if before is not None:
            return before
        found = self._work_out(label, meant_by(label, there, other_ways), decided)
        write_atomically(
            kept, json.dumps({"mark": mark, type(found).__name__.lower(): asdict(found)}).encode()
        )
        return found

    def _before(self, kept: Path, mark: str) -> Taken | Doubtful | None:
        """What was made of a row, if it still holds."""
        try:
            said: dict[str, Any] = json.loads(kept.read_text())
            if said["mark"] != mark:
                return None
            if "doubtful" in said:
                waiting = Doubtful(**said["doubtful"])
                return waiting if self._are_there(waiting.preview) else None
            taken = Taken(**said["taken"])
            return taken if self._are_there(*(taken.row[view.value] for view in View)) else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _are_there(self, *names: str) -> bool:
        return all(not name or (self._out / name).is_file() for name in names)

    def _work_out(self, label: LabelRow, meant: Meant, decided: Doubtful | None) -> Taken | Doubtful:
        found = self._match(label, meant, decided)
        if found.doubts or found.pair is None:
            return self._doubtful(found, {})
        pair = found.pair
        cleaned = {
            view: deidentify_film(file.read(), f"row {label.row}, {view.value}", self._key, self._text_finder)
            for view, file in found.files.items()
            if pair.box(view) is not None
        }
        if decided is None and any(film.held_back for film in cleaned.values()):
            told = gettext("there may be text in the image that was not made out")
            texts = {view: _doubtful_texts(film, pair) for view, film in cleaned.items()}
            return self._doubtful(replace(found, doubts=(told,)), texts)
        return self._write(found, pair, cleaned)

    def _match(self, label: LabelRow, meant: Meant, decided: Doubtful | None) -> Match:
        if decided is None or decided.settled != TAKE:
            return match(label, meant, self._finder)
        try:
            settled = as_settled(label, meant, decided, self._key.token)
        except FilmError as error:
            return Match(label, None, doubts=(error.problem,))
        if settled is not None:
            return settled
        found = match(label, meant, self._finder)
        if found.pair is None:
            return found
        boxes = {view: decided.box(view) if found.pair.film(view) is not None else None for view in View}
        pair = replace(found.pair, ap_box=boxes[View.AP], lateral_box=boxes[View.LATERAL])
        return replace(found, pair=pair, doubts=())

    def _write(self, found: Match, pair: FilmPair, cleaned: Mapping[View, Deidentified]) -> Taken:
        label, row = found.row, dict.fromkeys(MANIFEST_COLUMNS, "")
        files = {view: found.files[view] for view in cleaned}
        # As the films write the patient: rows that write the same one otherwise are one patient.
        who = next((file.patient for file in files.values() if file.patient), "")
        case_id = case_id_of(self._key, replace(label, patient=who or label.patient))
        for view, film in cleaned.items():
            name = f"films/{case_id}_{view.value}{film.suffix}"
            write_atomically(self._out / name, film.content)
            row[view.value] = name
            row[f"{view.value}_box"] = box_as_text(pair.box(view))
            row["age"], row["sex"] = row["age"] or files[view].age, row["sex"] or files[view].sex
        row |= {
            "case_id": case_id,
            "site": self._site,
            "split": split_of(case_id.split("-")[0]),
            "label": label.label,
            "sign": label.sign,
            "level": label.level,
            "reference_standard": label.reference_standard,
        }
        films = " ".join(sorted(self._key.token(file.identity) for file in files.values()))
        return Taken(row, f"{films} {label.level}")

    def _doubtful(self, found: Match, texts: Mapping[View, Sequence[Box]]) -> Doubtful:
        case_id = case_id_of(self._key, found.row)
        preview = write_previews(self._out, case_id, found, self._text_finder, self._key.token, texts)
        pair = found.pair or FilmPair()
        names = {view: self._key.token(file.identity) for view, file in found.files.items()}
        return Doubtful(
            row=found.row.row,
            case_id=case_id,
            level=found.row.level,
            label=found.row.label,
            doubts="; ".join(found.doubts),
            preview=preview,
            ap_box=box_as_text(pair.ap_box),
            lateral_box=box_as_text(pair.lateral_box),
            ap_film=names.get(View.AP, ""),
            lateral_film=names.get(View.LATERAL, ""),
        )


def case_id_of(key: Key, label: LabelRow) -> str:
    """Pseudonym, examination and level: the same whenever the command is called."""
    who = label.patient or label.accession
    number = label.accession if label.patient else ""
    when = key.token(f"{number} {label.date}")[:4] if label.date or number else ""
    return "-".join(part for part in (key.pseudonym(who), when, label.level) if part)


def split_of(pseudonym: str) -> str:
    """By patient, the same whatever else is imported."""
    share = int(hashlib.sha256(pseudonym.encode()).hexdigest()[:8], 16) / 16**8
    return next(name for name, up_to in _UP_TO if share < up_to)


def _doubtful_texts(film: Deidentified, pair: FilmPair) -> list[Box]:
    """Where on a film lies what may be text; its file may have pixels that are not square."""
    shown = next((one for one in pair.films.values() if one.shape == film.shape), None)
    return [text.box for text in film.texts if text.doubtful] if shown is not None else []
