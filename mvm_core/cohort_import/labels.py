"""The spreadsheet of labels: who had what, at which level, and how it is known."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mvm_core.cohort import load_table
from mvm_core.cohort._table import Problems
from mvm_core.errors import TableError
from mvm_core.language import gettext
from mvm_core.spine import LEVELS

LABEL_COLUMNS = ("patient", "accession", "level", "label", "sign", "reference_standard", "date")
"""What a row tells; patient or accession, level and label are needed."""

_NAMES = {
    "patient": ("patient", "patientid", "pid", "mrn", "caseid", "case", "id"),
    "accession": ("accession", "accessionnumber", "accessionno", "studyno", "examno"),
    "level": ("level", "vertebra", "segment", "location"),
    "label": ("label", "diagnosis", "class", "truth", "dx", "group"),
    "sign": ("sign", "radiographicsign", "xraysign", "visible"),
    "reference_standard": ("referencestandard", "reference", "standard", "proof", "confirmedby", "modality"),
    "date": ("date", "studydate", "examdate", "filmdate"),
}
_LABELS = {
    "mvm": ("mvm", "metastasis", "malignant", "met", "mets", "malignantvertebralmetastasis"),
    "bvf": ("bvf", "fracture", "benign", "vcf", "ovcf", "osteoporotic", "benignvertebralfracture"),
}
_SIGNS = {
    "sign": ("sign", "yes", "y", "1", "true", "positive", "present"),
    "no-sign": ("nosign", "no", "n", "0", "false", "negative", "absent"),
    "": ("", "unknown", "na", "nan"),
}
_LEVEL = re.compile(r"([TDL])[\s._-]*(\d{1,2})", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})")


@dataclass(frozen=True)
class LabelRow:
    """One vertebra of one patient.

    Attributes
    ----------
    row : int
        As a spreadsheet counts.
    patient, accession : str
        As the films' headers have them; one of the two may be empty.
    level : str
        One of `mvm_core.spine.LEVELS`.
    label : {'mvm', 'bvf'}
    sign : {'sign', 'no-sign', ''}
    reference_standard : str
    date : str
        Of the films, as ``20201103``; empty where not told.
    """

    row: int
    patient: str
    accession: str
    level: str
    label: str
    sign: str
    reference_standard: str
    date: str


def read_labels(source: Path, columns: Mapping[str, str] | None = None) -> tuple[LabelRow, ...]:
    """Read a spreadsheet (CSV or Excel).

    Parameters
    ----------
    source : Path
    columns : mapping of str to str, optional
        Which of its columns is what, by `LABEL_COLUMNS`; the others are guessed by their names.

    Raises
    ------
    TableError
        If it is no table, cells are merged, a needed column is not told, or with every value that is unfit.
    """
    _check_merged(source)
    frame, subject = load_table(source)
    named = _columns(frame, columns or {}, subject)
    problems = Problems(subject)
    found = list(_rows(frame, named, problems))
    problems.raise_if_any()
    return tuple(found)


def _check_merged(source: Path) -> None:
    """Merged cells would give all but their first row an empty value."""
    if not source.is_file() or not zipfile.is_zipfile(source):
        return
    from openpyxl import load_workbook

    sheet = load_workbook(source).worksheets[0]
    merged = [str(cells) for cells in sheet.merged_cells.ranges]
    if merged:
        raise TableError(
            source.name,
            [gettext("cells are merged ({cells})", cells=", ".join(merged[:5]))],
            gettext("unmerge them and fill in each row"),
        )


def _columns(frame: pd.DataFrame, told: Mapping[str, str], subject: str) -> dict[str, str]:
    """Which column is what; of the guesses those that are not told."""
    by_plain = {_plain(name): name for name in reversed(frame.columns.tolist())}
    missing = [name for name in told.values() if name not in frame.columns]
    if missing:
        raise TableError(
            subject,
            [gettext("there is no column {names}", names=", ".join(missing))],
            gettext("name one of {names}", names=", ".join(frame.columns)),
        )
    found = dict(told)
    for role, names in _NAMES.items():
        guess = next((by_plain[name] for name in names if name in by_plain), None)
        if role not in found and guess is not None and guess not in found.values():
            found[role] = guess
    needed = [role for role in ("level", "label") if role not in found]
    if not {"patient", "accession"} & set(found):
        needed.insert(0, "patient")
    if needed:
        raise TableError(
            subject,
            [gettext("no column is known for {roles}", roles=", ".join(needed))],
            gettext("name it, as in --column {role}=NAME", role=needed[0]),
        )
    return found


def _rows(frame: pd.DataFrame, named: Mapping[str, str], problems: Problems) -> Iterator[LabelRow]:
    seen: dict[tuple[str, str, str, str], int] = {}
    for row, record in zip(frame.index.tolist(), frame.to_dict("records"), strict=True):
        said = {role: str(record[column]) for role, column in named.items()}
        level, label = _level(said["level"]), _one_of(_LABELS, said["label"])
        sign, date = _one_of(_SIGNS, said.get("sign", "")), _date(said.get("date", ""))
        patient, accession = said.get("patient", ""), said.get("accession", "")
        wrong = False
        for role, value, wanted in (
            ("level", level, gettext("T1 to L5")),
            ("label", label, "mvm, bvf"),
            ("sign", sign, "sign, no-sign"),
            ("date", date, "2020-11-03"),
        ):
            if value is None:
                wrong = True
                problems.add(
                    row,
                    named[role],
                    gettext("{value!r} is not like {wanted}", value=said[role], wanted=wanted),
                )
        if not patient and not accession:
            wrong = True
            problems.add(row, None, gettext("neither patient nor accession number"))
        key = patient, accession, date or "", level or ""
        if key in seen:
            wrong = True
            problems.add(row, None, gettext("the same vertebra as in row {row}", row=seen[key]))
        seen.setdefault(key, row)
        if not wrong and level is not None and label is not None and sign is not None and date is not None:
            standard = said.get("reference_standard", "")
            yield LabelRow(row, patient, accession, level, label, sign, standard, date)


def _level(said: str) -> str | None:
    found = _LEVEL.fullmatch(said.strip())
    if found is None:
        return None
    name = f"{found.group(1).upper().replace('D', 'T')}{int(found.group(2))}"
    return name if name in LEVELS else None


def _date(said: str) -> str | None:
    if not said:
        return ""
    found = _DATE.match(said)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    return f"{year:04d}{month:02d}{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else None


def _one_of(choices: Mapping[str, tuple[str, ...]], said: str) -> str | None:
    plain = _plain(said)
    return next((name for name, words in choices.items() if plain in words), None)


def _plain(said: str) -> str:
    return re.sub(r"[\W_]+", "", said.casefold())
