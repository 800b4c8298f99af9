"""The table of predictions: a row for each case and reading."""

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from mvm_core.cohort._sheet import as_texts, read_sheet
from mvm_core.cohort._table import Problems, numbers, one_of, parse, require_columns
from mvm_core.cohort.manifest import SIGNS
from mvm_core.cohort.questions import ASKED, MVM, QUESTION, Question
from mvm_core.errors import OutputError, TableError
from mvm_core.language import gettext

PREDICTION_COLUMNS = (
    "case_id",
    "site",
    "split",
    "label",
    "sign",
    "level",
    "age",
    "sex",
    "model",
    "probability",
    "logit",
)
PATIENT = "patient_id"
PREDICTIONS_FOLDER = "predictions"
"""Within the folder that `score` writes."""

NEEDED = ("case_id", "split", "label", "model", "probability")
_NUMERIC = ("age", "probability", "logit")


def read_predictions(
    source: Path | str | BinaryIO | pd.DataFrame, *, as_scores: bool = False
) -> pd.DataFrame:
    """Read and check a predictions table.

    Parameters
    ----------
    source : Path, str, binary file or DataFrame
        A CSV file, or a Parquet file if its name ends so; or a table already read.
    as_scores : bool
        Take ``probability`` as a score of any finite value. Such a table allows no calibration.

    Returns
    -------
    DataFrame
        The columns `PREDICTION_COLUMNS`, and ``patient_id`` and ``question`` where they are there: texts as
        str, empty where unknown; ``age`` in years, ``probability`` in [0, 1] and ``logit`` as float64, NaN
        where unknown. Without ``question`` all rows are of the question ``mvm``. ``case_id``, ``split``,
        ``label``, ``model`` and ``probability`` must be there; splits may have any name, since the table may
        come from anywhere.

    Raises
    ------
    TableError
        With every problem of the table at once, each with row (as in a spreadsheet, the header is row 1)
        and column; past fifty they are counted.
    """
    return check_predictions(*load_table(source), as_scores=as_scores)


def check_predictions(frame: pd.DataFrame, subject: str, *, as_scores: bool = False) -> pd.DataFrame:
    """Check a table that `load_table` has read; see `read_predictions`."""
    problems = Problems(subject)
    frame = frame.copy()
    require_columns(frame, NEEDED, problems)
    for column in PREDICTION_COLUMNS:
        if column not in frame.columns:
            frame[column] = ""
    known = [*PREDICTION_COLUMNS, *(name for name in (PATIENT, QUESTION) if name in frame.columns)]
    frame = frame[known].copy()
    _check_texts(frame, problems)
    for column in _NUMERIC:
        texts = frame[column]
        values, bad = numbers(texts)
        if column == "probability":
            bad |= values.isna()
        problems.add_where(
            bad, column, texts, lambda value: gettext("{value!r} is not a finite number", value=value)
        )
        frame[column] = values
    if not as_scores:
        outside = (frame["probability"] < 0) | (frame["probability"] > 1)
        problems.add_where(
            outside,
            "probability",
            frame["probability"],
            lambda value: gettext("{value} is outside 0 to 1", value=value),
        )
    _check_cases(frame, problems)
    problems.raise_if_any()
    return frame.reset_index(drop=True)


def write_predictions(path: Path, rows: pd.DataFrame | Iterable[Mapping[str, object]]) -> None:
    """Write a predictions table as CSV, whole or not at all.

    Parameters
    ----------
    path : Path
        The file to write; replaced if it is there.
    rows : DataFrame or iterable of mappings
        With the keys `PREDICTION_COLUMNS`, and ``question`` where there is more than one; checked as in
        `read_predictions`.

    Raises
    ------
    TableError
        If the rows would not be read back.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    checked = read_predictions(frame)
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            checked.to_csv(stream, index=False, lineterminator="\n")
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or gettext("the system refused")
        raise OutputError(
            str(path),
            gettext("the predictions cannot be written ({reason})", reason=reason),
            gettext("choose another place"),
        ) from error


def load_table(source: Path | str | BinaryIO | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Read a table with any columns.

    Parameters
    ----------
    source : Path, str, binary file or DataFrame
        A CSV file, or an Excel (.xlsx) or Parquet file if its name ends so; a folder that `score` has
        written with labels; or a table already read.

    Returns
    -------
    frame : DataFrame of str
        Empty where unknown; its index is the row as a spreadsheet counts (the header is row 1).
    subject : str
        The table's name, for messages.

    Raises
    ------
    TableError
        If it is no table, has a column twice, or there are no rows.
    """
    if isinstance(source, pd.DataFrame):
        return as_texts(source, "predictions"), "predictions"
    if isinstance(source, str | Path):
        subject = str(source)
        if Path(source).is_dir():
            return as_texts(_read_folder(Path(source)), subject), subject
        try:
            content = Path(source).read_bytes()
        except OSError as error:
            reason = (
                gettext("there is no such file")
                if isinstance(error, FileNotFoundError)
                else gettext("it cannot be read")
            )
            raise TableError(subject, [reason], gettext("give a table in CSV, Excel or Parquet")) from error
    else:
        subject = str(getattr(source, "name", "predictions"))
        content = source.read()
    if subject.lower().endswith(".xlsx"):
        return read_sheet(content, subject), subject
    if not subject.lower().endswith(".parquet"):
        return parse(content, subject), subject
    try:
        table = pd.read_parquet(io.BytesIO(content))
    except (ValueError, OSError) as error:
        raise TableError(
            subject, [gettext("not a Parquet file")], gettext("write it anew or give a CSV file")
        ) from error
    return as_texts(table, subject), subject


def _read_folder(folder: Path) -> pd.DataFrame:
    """The predictions of an archive, in the order of their parts."""
    files = sorted((folder / PREDICTIONS_FOLDER).glob("*.parquet"))
    if not files:
        raise TableError(
            str(folder),
            [gettext("it is a folder without predictions of an archive")],
            gettext("give a table, or the folder that score has written with --labels"),
        )
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)


def _check_texts(frame: pd.DataFrame, problems: Problems) -> None:
    for column in ("case_id", "split", "model"):
        problems.add_where(frame[column] == "", column, frame[column], lambda _: "empty")
    if QUESTION in frame.columns:
        frame[QUESTION] = frame[QUESTION].where(frame[QUESTION] != "", MVM.name)
        problems.add_where(~frame[QUESTION].isin(ASKED), QUESTION, frame[QUESTION], one_of(ASKED))
    for question in ASKED.values():
        asked = question.rows(frame)["label"]
        problems.add_where(~asked.isin(question.labels), "label", asked, _wrong_label(question, frame))
    problems.add_where(~frame["sign"].isin(SIGNS), "sign", frame["sign"], one_of(SIGNS))


def _wrong_label(question: Question, frame: pd.DataFrame) -> Callable[[object], str]:
    wording = one_of(question.labels)
    if QUESTION not in frame.columns:
        return wording
    return lambda value: gettext(
        "{value}, the labels of the question {question}", value=wording(value), question=question.name
    )


def _check_cases(frame: pd.DataFrame, problems: Problems) -> None:
    """A case of one site is in one split, has one label, and one row for each reading and question."""
    keys = ["site", "case_id", "model", *([QUESTION] if QUESTION in frame.columns else [])]
    twice = frame.duplicated(keys)
    problems.add_where(
        twice,
        "case_id",
        frame["case_id"],
        lambda value: gettext("case {value!r} has two rows for one reading", value=value),
    )
    for column in ("split", "label"):
        first = frame.groupby(["site", "case_id"], sort=False)[column].transform("first")
        wording = gettext("case {{!r}} is there with another {column} in a row above", column=column).format
        problems.add_where(frame[column] != first, column, frame["case_id"], wording)
