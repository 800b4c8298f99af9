"""The manifest of a cohort: which films belong to which case, and what is known of it."""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from mvm_core.cohort._table import Problems, numbers, one_of, parse, require_columns, rows
from mvm_core.errors import TableError
from mvm_core.radiograph import Box, View

LABELS = ("mvm", "bvf")
INTACT, OTHER = "intact", "other"
SIGNS = ("sign", "no-sign", "")
SPLITS = ("train", "tune", "test", "external")
MANIFEST_COLUMNS = (
    "case_id",
    "site",
    "split",
    "label",
    "sign",
    "level",
    "age",
    "sex",
    "reference_standard",
    "ap",
    "lateral",
    "ap_box",
    "lateral_box",
)
_TEXT_COLUMNS = (*MANIFEST_COLUMNS[:6], "sex", "reference_standard")
_PATH_COLUMNS = (
    "ap",
    "lateral",
    "ap_lesion_mask",
    "lateral_lesion_mask",
    "ap_vertebra_mask",
    "lateral_vertebra_mask",
)
_OLDEST = 130
_SIMULATED = "simulated"


@dataclass(frozen=True)
class Case:
    """One patient's row of a manifest.

    Attributes
    ----------
    case_id : str
        Unique in the cohort.
    split : str
        ``train``, ``tune``, ``test`` or ``external``.
    label : str
        ``mvm``, ``bvf``; ``intact`` for a case without either; ``other`` for one with something else at the
        vertebra in question (a haemangioma, cement, myeloma and so on). Only the first two are asked of.
    sign : str
        ``sign``, ``no-sign`` or empty.
    age : float or None
        In years.
    reference_standard : str
        How the label is known, e.g. ``MRI``; ``simulated`` for simulated films.
    ap, lateral : Path or None
        The films' files, of which at least one is there.
    ap_box, lateral_box : Box or None
        Around the vertebra in question, in pixels of the film. Whether it lies inside the film is known
        only when the film is read.
    ap_lesion_mask, lateral_lesion_mask : Path or None
        Where the lesion lies in the film (simulated films).
    ap_vertebra_mask, lateral_vertebra_mask : Path or None
        Where the vertebra in question lies in the film (simulated films).
    row : int or None
        Of the manifest, as in a spreadsheet.
    """

    case_id: str
    site: str
    split: str
    label: str
    sign: str
    level: str
    age: float | None
    sex: str
    reference_standard: str
    ap: Path | None
    lateral: Path | None
    ap_box: Box | None = None
    lateral_box: Box | None = None
    ap_lesion_mask: Path | None = None
    lateral_lesion_mask: Path | None = None
    ap_vertebra_mask: Path | None = None
    lateral_vertebra_mask: Path | None = None
    row: int | None = None

    def place(self, column: str) -> str:
        """Where the manifest tells of this case, for messages."""
        return f"row {self.row}, column {column}: case {self.case_id}"

    def film(self, view: View) -> Path | None:
        """The film's file of one view."""
        return self.ap if view is View.AP else self.lateral

    def box(self, view: View) -> Box | None:
        """The box on the film of one view."""
        return self.ap_box if view is View.AP else self.lateral_box

    @property
    def described(self) -> dict[str, object]:
        """What a predictions table says of the case, by column."""
        return {
            "case_id": self.case_id,
            "site": self.site,
            "split": self.split,
            "label": self.label,
            "sign": self.sign,
            "level": self.level,
            "age": self.age,
            "sex": self.sex,
        }

    def lesion_mask(self, view: View) -> Path | None:
        """The lesion mask's file of one view."""
        return self.ap_lesion_mask if view is View.AP else self.lateral_lesion_mask

    def vertebra_mask(self, view: View) -> Path | None:
        """The vertebra mask's file of one view."""
        return self.ap_vertebra_mask if view is View.AP else self.lateral_vertebra_mask


@dataclass(frozen=True)
class Cohort:
    """The cases of one manifest.

    Attributes
    ----------
    folder : Path
        The folder that holds the manifest; all films lie inside it.
    cases : tuple of Case
        In the manifest's order.
    fingerprint : str
        SHA-256 of the manifest's bytes, in hexadecimal digits.
    simulated : bool
        True if every case is simulated.
    """

    folder: Path
    cases: tuple[Case, ...] = field(repr=False)
    fingerprint: str
    simulated: bool

    @property
    def simulator_version(self) -> int | None:
        """The version of the simulator that wrote the cohort; None where its settings.json does not tell."""
        try:
            found = json.loads((self.folder / "settings.json").read_text()).get("version")
        except (OSError, ValueError, AttributeError):
            return None
        return found if isinstance(found, int) else None

    @property
    def sites(self) -> tuple[str, ...]:
        """The institutions whose films these are."""
        return tuple(sorted({case.site for case in self.cases}))

    @property
    def diseased(self) -> tuple[Case, ...]:
        """The cases of which MVM or BVF can be asked, in the manifest's order."""
        return tuple(case for case in self.cases if case.label in LABELS)

    def split(self, name: str) -> tuple[Case, ...]:
        """The diseased cases of one split, in the manifest's order."""
        return tuple(case for case in self.diseased if case.split == name)

    def splits(self, names: Iterable[str]) -> tuple[Case, ...]:
        """The diseased cases of several splits, one after the other."""
        return tuple(case for name in names for case in self.split(name))


def read_manifest(path: Path) -> Cohort:
    """Read and check a cohort's manifest.

    Parameters
    ----------
    path : Path
        The cohort's folder, or its ``manifest.csv``.

    Returns
    -------
    Cohort

    Raises
    ------
    TableError
        With every problem of the manifest at once, each with row (as in a spreadsheet, the header is
        row 1) and column; past fifty they are counted.
    """
    path = Path(path)
    manifest = path / "manifest.csv" if path.is_dir() else path
    try:
        content = manifest.read_bytes()
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it cannot be read"
        raise TableError(str(manifest), [reason], "give a cohort's folder or its manifest.csv") from error
    frame = parse(content, str(manifest))
    problems = Problems(str(manifest))
    require_columns(frame, MANIFEST_COLUMNS, problems)
    _check_values(frame, problems)
    columns: dict[str, dict[int, Any]] = {name: rows(frame[name]) for name in _TEXT_COLUMNS}
    columns["age"] = _ages(frame, problems)
    for name in _PATH_COLUMNS:
        if name in frame.columns:
            columns[name] = _paths(frame[name], manifest.parent, problems)
    for name in ("ap_box", "lateral_box"):
        columns[name] = _boxes(frame[name], problems)
    problems.raise_if_any()
    cases = tuple(
        Case(**{name: column[row] for name, column in columns.items()}, row=int(row)) for row in frame.index
    )
    return Cohort(
        folder=manifest.parent,
        cases=cases,
        fingerprint=hashlib.sha256(content).hexdigest(),
        simulated=all(case.reference_standard == _SIMULATED for case in cases),
    )


def _check_values(frame: pd.DataFrame, problems: Problems) -> None:
    for column, allowed in (("label", (*LABELS, INTACT, OTHER)), ("sign", SIGNS), ("split", SPLITS)):
        problems.add_where(~frame[column].isin(allowed), column, frame[column], one_of(allowed))
    problems.add_where(frame["case_id"] == "", "case_id", frame["case_id"], lambda _: "empty")
    splits = rows(frame["split"])
    first_rows: dict[str, int] = {}
    for row, case_id in rows(frame["case_id"]).items():
        first = first_rows.setdefault(case_id, row)
        if first == row or not case_id:
            continue
        problems.add(row, "case_id", f"{case_id!r} is already in row {first}")
        if splits[row] != splits[first]:
            both = f"{splits[first]} and {splits[row]}"
            problems.add(row, "split", f"case {case_id!r} is in two splits, {both}")
    no_film = (frame["ap"] == "") & (frame["lateral"] == "")
    problems.add_where(no_film, "ap", frame["ap"], lambda _: "neither an AP nor a lateral film is given")
    for split in SPLITS:
        labels = set(frame.loc[frame["split"] == split, "label"]) & set(LABELS)
        for label in sorted(set(LABELS) - labels) if labels else ():
            problems.add(None, "label", f"split {split} has no case labelled {label}")


def _ages(frame: pd.DataFrame, problems: Problems) -> dict[int, float | None]:
    ages, bad = numbers(frame["age"])
    problems.add_where(bad, "age", frame["age"], lambda value: f"{value!r} is not a number of years")
    outside = (ages < 0) | (ages > _OLDEST)
    problems.add_where(outside, "age", frame["age"], lambda value: f"{value!r} is no age in years")
    return {row: None if math.isnan(age) else age for row, age in rows(ages).items()}


def _paths(texts: pd.Series, folder: Path, problems: Problems) -> dict[int, Path | None]:
    root = folder.resolve()
    found: dict[int, Path | None] = dict.fromkeys(rows(texts))
    for row, text in rows(texts[texts != ""]).items():
        path = folder / PurePosixPath(text)
        # resolved, so that neither ".." nor a link can point outside
        if not path.resolve().is_relative_to(root):
            problems.add(row, str(texts.name), f"{text!r} leaves the cohort's folder")
        elif not path.is_file():
            problems.add(row, str(texts.name), f"there is no file {text!r}")
        else:
            found[row] = path
    return found


def _boxes(texts: pd.Series, problems: Problems) -> dict[int, Box | None]:
    found: dict[int, Box | None] = dict.fromkeys(rows(texts))
    for row, text in rows(texts[texts != ""]).items():
        try:
            found[row] = Box.from_text(text)
        except ValueError as error:
            told = str(error)
            problems.add(row, str(texts.name), told if told.startswith(repr(text)) else f"{text!r}: {told}")
    return found
