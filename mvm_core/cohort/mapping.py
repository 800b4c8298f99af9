"""Tables of predictions from anywhere, brought into the project's own form."""

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort._table import Problems, numbers
from mvm_core.cohort.columns import MOST_READINGS, ColumnMap, distinct, guess_columns, guess_positive
from mvm_core.cohort.manifest import LABELS
from mvm_core.cohort.predictions import NEEDED, PATIENT, PREDICTION_COLUMNS, check_predictions, load_table
from mvm_core.cohort.questions import QUESTION
from mvm_core.errors import TableError
from mvm_core.language import gettext, gettext_noop

_CURE = gettext_noop("correct the table, or match its columns otherwise")
_SPELLED_OUT = 5


def read_any_predictions(source: Path | str | BinaryIO, *, as_scores: bool = False) -> pd.DataFrame:
    """Read a predictions table, in the project's form or with any columns, which are then guessed.

    Parameters
    ----------
    source : Path, str or binary file
        As in `load_table`.
    as_scores : bool
        Take the scores as any finite numbers, which allow no calibration.

    Raises
    ------
    TableError
        If it is no table, or its columns cannot be guessed, or its contents are unfit.
    """
    frame, subject = load_table(source)
    if is_own_form(frame):
        return check_predictions(frame, subject, as_scores=as_scores)
    return map_table(frame, replace(guess_columns(frame), as_scores=as_scores), subject)


def is_own_form(frame: pd.DataFrame) -> bool:
    """Whether a table that `load_table` has read is in the project's form, so that no column is guessed."""
    if not set(NEEDED) <= set(frame.columns):
        return False
    return QUESTION in frame.columns or bool(frame["label"].isin((*LABELS, "")).all())


def map_table(frame: pd.DataFrame, columns: ColumnMap, subject: str) -> pd.DataFrame:
    """Bring a table into the form of a predictions table.

    Parameters
    ----------
    frame : DataFrame of str
        As `mvm_core.cohort.load_table` returns it.
    columns : ColumnMap
        Which of its columns is what.
    subject : str
        Its name, for messages.

    Returns
    -------
    DataFrame
        The columns `PREDICTION_COLUMNS`, ``patient_id`` where it is named, and those of `columns.groups`: a
        row for each case and reading; an empty score is a reading that was not made, and has none. The split
        is ``all`` where there is no column for it.

    Raises
    ------
    TableError
        If a column is missing, labels are other than two, a score is no finite number, lies outside [0, 1]
        and is to be a probability, a case is there twice, or there are too many readings.
    """
    _check_columns(frame, columns, subject)
    problems = Problems(subject, _SPELLED_OUT)
    label = _labels(frame[columns.label], columns, subject)
    problems.add_where(label == "", columns.label, frame[columns.label], lambda _: "empty")
    case = frame[columns.case] if columns.case else pd.Series(frame.index.astype(str), frame.index)
    problems.add_where(case == "", columns.case or "case", case, lambda _: "empty")
    base = pd.DataFrame({"case_id": case, "label": label})
    for name in ("site", "split", "sign", "level", "sex"):
        column = getattr(columns, name)
        base[name] = frame[column] if column else ""
    base["split"] = base["split"].where(base["split"] != "", "all")
    base["age"] = numbers(frame[columns.age])[0] if columns.age else np.nan
    further = list(columns.groups)
    base[further] = frame[further]
    if columns.patient:
        base[PATIENT] = frame[columns.patient]
        further.insert(0, PATIENT)
    parts = []
    for column in columns.scores:
        values = _scores(frame[column], column, columns.as_scores, problems)
        model = frame[columns.reading] if columns.reading else column
        parts.append(base.assign(model=model, probability=values, logit=np.nan)[values.notna()])
    long = pd.concat(parts)
    _check_cases(long, problems)
    problems.raise_if_any()
    if long.empty:
        raise TableError(subject, [gettext("no row holds a score")], gettext(_CURE))
    if (count := long["model"].nunique()) > MOST_READINGS:
        raise TableError(
            subject,
            [gettext("{count} readings", count=count)],
            gettext("keep {most_readings} readings or fewer", most_readings=MOST_READINGS),
        )
    return long[[*PREDICTION_COLUMNS, *further]].reset_index(drop=True)


def _check_columns(frame: pd.DataFrame, columns: ColumnMap, subject: str) -> None:
    if not columns.label:
        raise TableError(
            subject,
            [gettext("no column is named as the reference standard")],
            gettext("name the label's column"),
        )
    if not columns.scores:
        raise TableError(
            subject, [gettext("no column is named as a score")], gettext("name the score's column")
        )
    if len(columns.scores) > MOST_READINGS:
        raise TableError(
            subject,
            [gettext("{scores} readings", scores=len(columns.scores))],
            gettext("keep {most_readings} readings or fewer", most_readings=MOST_READINGS),
        )
    if columns.reading and len(columns.scores) > 1:
        raise TableError(
            subject,
            [gettext("a column names the reading, and yet there are several score columns")],
            gettext("name one score column, or no reading column"),
        )
    named = [columns.case, columns.label, columns.reading, columns.split, columns.site, columns.sign]
    named += [columns.level, columns.age, columns.sex, columns.patient, *columns.scores, *columns.groups]
    used = [name for name in named if name]
    if absent := [name for name in used if name not in frame.columns]:
        raise TableError(subject, [gettext("there is no column {absent}", absent=absent[0])], gettext(_CURE))
    if twice := [name for name in dict.fromkeys(used) if used.count(name) > 1]:
        raise TableError(
            subject, [gettext("column {twice} is named for two things", twice=twice[0])], gettext(_CURE)
        )


def _labels(texts: pd.Series, columns: ColumnMap, subject: str) -> pd.Series:
    values = distinct(texts)
    if len(values) > 2:
        shown = ", ".join(values[:4]) + (", ..." if len(values) > 4 else "")
        raise TableError(
            subject,
            [
                gettext(
                    "column {columns} holds {values} labels ({shown}) where two are wanted",
                    columns=columns.label,
                    values=len(values),
                    shown=shown,
                )
            ],
            gettext("keep the cases of two labels, or name another column"),
        )
    positive = columns.positive or guess_positive(values)
    if values and not positive:
        raise TableError(
            subject,
            [gettext("which of {values} is MVM is not told", values=" and ".join(values))],
            gettext("name the label of MVM"),
        )
    mapped = np.where(texts == positive, "mvm", np.where(texts == "", "", "bvf"))
    return pd.Series(mapped, texts.index, dtype="str")


def _scores(texts: pd.Series, column: str, as_scores: bool, problems: Problems) -> pd.Series:
    values, bad = numbers(texts)
    problems.add_where(
        bad, column, texts, lambda value: gettext("{value!r} is not a finite number", value=value)
    )
    if not as_scores:
        outside = (values < 0) | (values > 1)
        problems.add_where(
            outside,
            column,
            texts,
            lambda value: gettext(
                "{value} is outside 0 to 1 (it can be taken as a score, without calibration)", value=value
            ),
        )
    return values


def _check_cases(long: pd.DataFrame, problems: Problems) -> None:
    # whole numbers compare many times faster than texts
    case = _codes(long["site"]) * (long["case_id"].nunique() + 1) + _codes(long["case_id"])
    reading = case * (long["model"].nunique() + 1) + _codes(long["model"])
    twice = pd.Series(reading).duplicated().to_numpy()
    problems.add_where(
        pd.Series(twice),
        "case",
        long["case_id"],
        lambda value: gettext("case {value!r} has two scores for one reading", value=value),
    )
    problems.add_where(long["model"] == "", "reading", long["model"], lambda _: "empty")
    first_row = pd.Series(np.arange(len(long))).groupby(case).transform("first").to_numpy()
    for column in ("split", "label"):
        codes = _codes(long[column])
        wording = gettext("case {{!r}} is there with another {column} in a row above", column=column).format
        problems.add_where(pd.Series((codes != codes[first_row]) & ~twice), column, long["case_id"], wording)


def _codes(texts: pd.Series) -> NDArray[np.int64]:
    return pd.factorize(texts)[0].astype(np.int64)
