"""The table of a reader study's answers: a row for each reader, modality and case."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from mvm_core.cohort._table import Problems, numbers, require_columns
from mvm_core.cohort.columns import distinct, guess_positive
from mvm_core.cohort.predictions import load_table

NEEDED_ANSWERS = ("reader", "modality", "case", "truth", "rating")
FURTHER_ANSWERS = ("positive", "level", "true_level", "seconds", "advice")
ANSWER_COLUMNS = (*NEEDED_ANSWERS, *FURTHER_ANSWERS)
_YES, _NO = ("1", "true", "yes", "mvm"), ("0", "false", "no", "bvf")


def read_answers(source: Path | str | BinaryIO | pd.DataFrame) -> pd.DataFrame:
    """Read and check a table of answers.

    Parameters
    ----------
    source : Path, str, binary file or DataFrame
        As in `load_table`.

    Returns
    -------
    DataFrame
        The columns `NEEDED_ANSWERS`, and of `FURTHER_ANSWERS` those that are there: ``truth`` as bool, True
        for MVM; ``rating`` as finite float64, higher for MVM; ``positive`` as bool, the reader's call;
        ``level``, the one pointed at, and ``true_level``, those diseased, separated by blanks, as str in
        capitals, empty where none; ``seconds`` above 0 and ``advice``, the model's probability of MVM in
        [0, 1] or its call as 1 or 0, as float64, NaN where none.

    Raises
    ------
    TableError
        With every problem of the table at once: a column that is missing or unknown, an empty name, a reader
        twice on one case in one modality, a case without truth or with two, a value that is none.
    """
    frame, subject = load_table(source)
    problems = Problems(subject)
    require_columns(frame, NEEDED_ANSWERS, problems)
    for name in frame.columns:
        if name not in ANSWER_COLUMNS:
            problems.add(1, str(name), f"unknown column, expected one of {', '.join(ANSWER_COLUMNS)}")
    frame = frame[[name for name in ANSWER_COLUMNS if name in frame.columns]].copy()
    for name in ("reader", "modality", "case"):
        problems.add_where(frame[name] == "", name, frame[name], lambda _: "empty")
    key = list(NEEDED_ANSWERS[:3])
    named = frame["reader"] + " has two answers in " + frame["modality"] + " for case " + frame["case"]
    problems.add_where(frame.duplicated(key), "case", named, lambda text: f"reader {text}")
    _check_truth(frame, problems)
    for name in ("rating", "seconds", "advice"):
        if name in frame.columns:
            frame[name] = _number_column(frame, name, problems)
    if "positive" in frame.columns:
        lower = frame["positive"].str.lower()
        wrong = ~lower.isin((*_YES, *_NO))
        problems.add_where(
            wrong, "positive", frame["positive"], lambda value: f"{value!r} is not one of 1, 0"
        )
        frame["positive"] = lower.isin(_YES)
    for name in ("level", "true_level"):
        if name in frame.columns:
            frame[name] = frame[name].str.upper()
    if "true_level" in frame.columns:
        _same_in_case(frame, "true_level", problems)
    elif "level" in frame.columns:
        problems.add(1, "true_level", "missing, and without it no level is right or wrong")
    problems.raise_if_any()
    return frame.reset_index(drop=True)


def _check_truth(frame: pd.DataFrame, problems: Problems) -> None:
    texts = frame["truth"]
    problems.add_where(
        texts == "", "truth", frame["case"], lambda value: f"empty: case {value!r} has no truth"
    )
    values = distinct(texts)
    positive = guess_positive(values)
    if len(values) > 2:
        problems.add(1, "truth", f"holds {len(values)} values where two are wanted, such as mvm and bvf")
    elif len(values) == 1 or (values and not positive):
        problems.add(1, "truth", f"holds {' and '.join(values)}, and two classes, mvm and bvf, are wanted")
    _same_in_case(frame, "truth", problems)
    frame["truth"] = texts == positive


def _same_in_case(frame: pd.DataFrame, name: str, problems: Problems) -> None:
    first = frame.groupby("case", sort=False)[name].transform("first")
    wording = f"case {{!r}} is there with another {name} in a row above".format
    problems.add_where(frame[name] != first, name, frame["case"], wording)


def _number_column(frame: pd.DataFrame, name: str, problems: Problems) -> pd.Series:
    texts = frame[name]
    if name == "advice":
        calls = texts.str.lower().map({"mvm": "1", "bvf": "0"})
        texts = texts.where(calls.isna(), calls)
    values, bad = numbers(texts)
    if name == "rating":
        bad |= values.isna()
    problems.add_where(bad, name, frame[name], lambda value: f"{value!r} is not a finite number")
    if name == "seconds":
        problems.add_where(values <= 0, name, frame[name], lambda value: f"{value} is not above 0")
    if name == "advice":
        outside = (values < 0) | (values > 1)
        problems.add_where(outside, name, frame[name], lambda value: f"{value} is outside 0 to 1")
        if not values.dropna().size:
            return pd.Series(np.nan, values.index)
    return values
