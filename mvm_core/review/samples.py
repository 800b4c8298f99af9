"""What a review is about: the table, its cohorts, and the scores of one reading in one of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort import MVM, PATIENT, QUESTION, Question
from mvm_core.cohort.external_sites import external_title, is_external
from mvm_core.cohort.questions import question_of
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.registry import title_of

COHORT_TITLES = {
    "test": gettext_noop("internal test"),
    "tune": gettext_noop("tune"),
    "train": gettext_noop("training"),
    "all": gettext_noop("all cases"),
}
_ORDER = ("test", "internal", "all", "tune", "train")
_SIMULATED_CASE = r"[a-z]\d{6}-\d{5}"


@dataclass(frozen=True)
class Source:
    """Where scores come from, as every figure says.

    Attributes
    ----------
    name : str
        Of the table.
    weights : str
        Identity of the weights, empty where unknown.
    simulated : bool
        Whether the films are simulated.
    sealed : str
        Which sealed test they are of, in words; empty where of none.
    """

    name: str
    weights: str
    simulated: bool
    sealed: str = ""

    @property
    def label(self) -> str:
        """The line under each figure's title."""
        return gettext("SIMULATED FILMS") if self.simulated else gettext("table {table}", table=self.name)


@dataclass(frozen=True)
class Sample:
    """The scores of one reading for the cases of one cohort.

    Attributes
    ----------
    cohort, reading : str
        Names in the table.
    positive : bool array, shape (n,)
        True for the positive class of the question.
    scores : float array, shape (n,)
        Finite.
    cases : DataFrame
        A row for each case: the table's other columns.
    question : Question
    """

    cohort: str
    reading: str
    positive: NDArray[np.bool_] = field(repr=False)
    scores: NDArray[np.float64] = field(repr=False)
    cases: pd.DataFrame = field(repr=False)
    question: Question = MVM

    @property
    def patients(self) -> NDArray[np.int64] | None:
        """The patient of each case by number; None where no patient has several cases, or none is named."""
        if PATIENT not in self.cases.columns:
            return None
        named = self.cases[["site", PATIENT]].copy()
        # a case without a patient's name is a patient of its own
        nameless = named[PATIENT] == ""
        named.loc[nameless, PATIENT] = [f"\0{place}" for place in np.flatnonzero(nameless)]
        groups = named.groupby(["site", PATIENT], sort=False).ngroup()
        numbers: NDArray[np.int64] = np.asarray(groups, dtype=np.int64)
        return numbers if np.unique(numbers).size < numbers.size else None

    @property
    def two_classes(self) -> bool:
        """Whether there are cases of both."""
        return bool(self.positive.any() and not self.positive.all())

    @property
    def is_probability(self) -> bool:
        """Whether all scores lie in [0, 1], so that their calibration can be asked after."""
        return bool(self.scores.size and self.scores.min() >= 0 and self.scores.max() <= 1)

    @property
    def title(self) -> str:
        """Name of the cohort with the number of its cases."""
        patients = self.patients
        of_patients = (
            ""
            if patients is None
            else gettext(" of {patients:,} patients", patients=np.unique(patients).size)
        )
        return gettext(
            "{cohort}, {cases:,} cases{of_patients} ({positives:,} {positive})",
            cohort=cohort_title(self.cohort),
            cases=self.positive.size,
            of_patients=of_patients,
            positives=int(self.positive.sum()),
            positive=self.question.positive,
        )


def reading_title(reading: str) -> str:
    """The name of a reading for people."""
    return title_of(reading)


def cohort_title(split: str) -> str:
    """The name of a split for people."""
    return gettext(COHORT_TITLES.get(split) or external_title(split))


def cohorts_of(table: pd.DataFrame) -> list[str]:
    """The splits of a predictions table: one's own first, the external ones last."""
    known = {name: place for place, name in enumerate(_ORDER)}
    splits = table["split"].unique().tolist()
    return sorted(splits, key=lambda name: (is_external(name), known.get(name, len(known)), name))


def readings_of(table: pd.DataFrame, known: Sequence[str] = ()) -> list[str]:
    """The readings of a predictions table: those of `known` in their order, then the others as they come."""
    there = table["model"].unique().tolist()
    return [name for name in known if name in there] + [name for name in there if name not in known]


def sample(table: pd.DataFrame, cohort: str, reading: str) -> Sample | None:
    """Take one reading of one cohort out of a table of one question; None where there is no case."""
    rows = table[(table["split"] == cohort) & (table["model"] == reading)]
    if rows.empty:
        return None
    question = question_of(rows)
    return Sample(
        cohort,
        reading,
        question.positives(rows),
        rows["probability"].to_numpy(dtype=np.float64),
        rows.drop(columns=["model", "split", QUESTION], errors="ignore").reset_index(drop=True),
        question,
    )


def looks_simulated(table: pd.DataFrame) -> bool:
    """Whether the cases bear names that the project's simulator gives."""
    return all(re.fullmatch(_SIMULATED_CASE, name) for name in table["case_id"].head(100))
