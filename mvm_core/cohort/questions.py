"""What a table's scores answer: MVM against BVF, or diseased against intact."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort.manifest import INTACT, LABELS, OTHER
from mvm_core.language import gettext_noop, translated

QUESTION = "question"
"""Column of a predictions table; where it is absent, or empty, the question is `MVM`."""


@translated("title", "positive", "negative", "condition", "meaning")
@dataclass(frozen=True, eq=False)
class Question:
    """One question of two classes.

    Attributes
    ----------
    name : str
        In tables and in the address.
    title : str
        For people.
    labels : tuple of str
        What a case may be that is asked it.
    negative_label : str
        The one of them that is the negative class.
    positive, negative : str
        The classes for people, as in "read as MVM".
    condition : str
        What has a prevalence and a probability.
    meaning : str
        The positive class in full.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    negative_label: str
    positive: str
    negative: str
    condition: str
    meaning: str

    @property
    def keys(self) -> tuple[str, str]:
        """The classes in names of columns, the positive one first."""
        return vars(self)["positive"].lower(), vars(self)["negative"].lower()

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a predictions table that answer this question."""
        if QUESTION not in table.columns:
            return table if self is MVM else table.iloc[:0]
        return table[_names(table) == self.name]

    def positives(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows of this question are of the positive class, shape (n,)."""
        return table["label"].ne(self.negative_label).to_numpy(dtype=bool)


MVM = Question(
    "mvm",
    gettext_noop("MVM against BVF"),
    LABELS,
    "bvf",
    gettext_noop("MVM"),
    gettext_noop("BVF"),
    gettext_noop("MVM"),
    gettext_noop("malignant vertebral metastasis (MVM)"),
)
DISEASE = Question(
    "disease",
    gettext_noop("Diseased against intact"),
    (*LABELS, OTHER, INTACT),
    INTACT,
    gettext_noop("diseased"),
    gettext_noop("intact"),
    gettext_noop("disease"),
    gettext_noop("a diseased vertebra (MVM, BVF or something else), the negative class an intact one"),
)
ASKED: Mapping[str, Question] = {question.name: question for question in (MVM, DISEASE)}
"""All questions by name, in the order of the networks' outputs."""


def questions_of(table: pd.DataFrame) -> tuple[Question, ...]:
    """The questions that a predictions table answers, in the order of `ASKED`."""
    there = set(_names(table)) if QUESTION in table.columns else {MVM.name}
    return tuple(question for name, question in ASKED.items() if name in there)


def question_of(table: pd.DataFrame) -> Question:
    """The question of a table that answers one."""
    return next(iter(questions_of(table)), MVM)


def _names(table: pd.DataFrame) -> pd.Series:
    return table[QUESTION].replace("", MVM.name)
