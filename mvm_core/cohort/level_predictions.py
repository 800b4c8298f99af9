"""The table of predictions of levels: a row for each vertebra of a cohort, seen or missed."""

from pathlib import Path
from typing import BinaryIO

import pandas as pd

from mvm_core.cohort._table import Problems, numbers, one_of, require_columns
from mvm_core.cohort.manifest import SIGNS
from mvm_core.cohort.predictions import load_table
from mvm_core.cohort.questions import DISEASE

NEEDED = (
    "case_id",
    "site",
    "split",
    "level",
    "label",
    "sign",
    "probability_disease",
    "flagged",
    "in_question",
)

_YES_OR_NO = {"true": True, "false": False}


def read_level_predictions(source: Path | str | BinaryIO | pd.DataFrame) -> pd.DataFrame:
    """Read and check a table that ``evaluate --all-levels`` has written.

    Returns
    -------
    DataFrame
        Its columns, of which `NEEDED` must be there: texts as str; ``probability_disease`` in [0, 1], NaN
        where the vertebra was not read; ``flagged`` and ``in_question`` as bool.

    Raises
    ------
    TableError
        With every problem of the table at once, each with row and column.
    """
    frame, subject = load_table(source)
    problems = Problems(subject)
    require_columns(frame, NEEDED, problems)
    frame = frame.copy()
    for column in ("case_id", "split"):
        problems.add_where(frame[column] == "", column, frame[column], lambda _: "empty")
    for column, allowed in (("label", (*DISEASE.labels, "")), ("sign", SIGNS)):
        problems.add_where(~frame[column].isin(allowed), column, frame[column], one_of(allowed))
    texts = frame["probability_disease"]
    values, bad = numbers(texts)
    bad |= (values < 0) | (values > 1)
    problems.add_where(bad, "probability_disease", texts, lambda value: f"{value!r} is no number from 0 to 1")
    frame["probability_disease"] = values
    for column in ("flagged", "in_question"):
        answers = frame[column].str.lower()
        wording = one_of(("True", "False"))
        problems.add_where(~answers.isin(_YES_OR_NO), column, frame[column], wording)
        frame[column] = answers.map(_YES_OR_NO).eq(True)
    problems.raise_if_any()
    return frame.reset_index(drop=True)
