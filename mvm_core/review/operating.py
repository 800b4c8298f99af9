"""Reading at a threshold: how it is chosen, and all that follows from it with intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort import DISEASE, MVM, Question
from mvm_core.language import gettext, gettext_noop
from mvm_core.review.assessment import SEED, area_of, replicates_for
from mvm_core.review.samples import Sample, cohort_title
from mvm_core.review.zones import disease_point
from mvm_core.validation.bootstrap_intervals import Estimate, f1_with_interval
from mvm_core.validation.clustered import Draws, rate_intervals_by_patients
from mvm_core.validation.operating_points import (
    cost_point,
    f1_point,
    sensitivity_point,
    specificity_point,
    youden_point,
)
from mvm_core.validation.rates import ConfusionTable, Rate, Ratio, confusion_table, rate_with_interval

MISSED_COST = 5.0
_TARGETS = {
    "SENSITIVE": ("sensitivity", 0.90),
    "SPECIFIC": ("specificity", 0.90),
    "SPECIFIC_75": ("specificity", 0.75),
}
_POINTS = {"sensitivity": sensitivity_point, "specificity": specificity_point}
_Figure = TypeVar("_Figure", Rate, Estimate, Ratio)


class Rule(StrEnum):
    """How a threshold is chosen; each value is its name on pages, in files and in reports."""

    YOUDEN = gettext_noop("greatest Youden's J")
    F1 = gettext_noop("greatest F1")
    SENSITIVE = gettext_noop("sensitivity 0.90 or more")
    SPECIFIC = gettext_noop("specificity 0.90 or more")
    LOWER_LIMIT = gettext_noop("high-sensitivity point, below which BVF is likely")
    UPPER_LIMIT = gettext_noop("high-specificity point, from which MVM is likely")
    DISEASE_POINT = gettext_noop("disease point, from which a vertebra counts as diseased")
    SPECIFIC_75 = gettext_noop("specificity 0.75 or more")
    COST = gettext_noop("least cost, a missed MVM costing 5 false alarms")
    HALF = "0.5"

    @property
    def target(self) -> tuple[str, float] | None:
        """The rate that the rule wants on the cases it is fitted to, by name, and how much of it."""
        return _TARGETS.get(self.name)

    @property
    def of_weights(self) -> bool:
        """Whether weights bring the threshold with them, fitted on the tune split."""
        return self in (Rule.LOWER_LIMIT, Rule.UPPER_LIMIT, Rule.DISEASE_POINT)


def rules_of(question: Question) -> tuple[Rule, ...]:
    """The rules that make sense for a question, the one to begin with first."""
    if question is DISEASE:
        others = (rule for rule in Rule if not rule.of_weights)
        return (Rule.DISEASE_POINT, *others)
    return tuple(rule for rule in Rule if rule is not Rule.DISEASE_POINT)


class Cell(Enum):
    """A cell of the 2×2 table: whether its cases are of the positive class, and are read as that."""

    TRUE_POSITIVE = (True, True)
    FALSE_NEGATIVE = (True, False)
    FALSE_POSITIVE = (False, True)
    TRUE_NEGATIVE = (False, False)

    def title(self, question: Question = MVM) -> str:
        """The cell's name for people, such as MVM read as BVF."""
        names = {True: question.positive, False: question.negative}
        truth, read = self.value
        return gettext("{truth} read as {read}", truth=names[truth], read=names[read])

    def count(self, table: ConfusionTable) -> int:
        """How many cases of a table lie in it."""
        counts = {
            Cell.TRUE_POSITIVE: table.true_positives,
            Cell.FALSE_NEGATIVE: table.false_negatives,
            Cell.FALSE_POSITIVE: table.false_positives,
            Cell.TRUE_NEGATIVE: table.true_negatives,
        }
        return counts[self]


@dataclass(frozen=True)
class AtThreshold:
    """One sample read at one threshold.

    Attributes
    ----------
    threshold : float
        Cases at or above it are read as the positive class.
    table : ConfusionTable
    rates : mapping of str to Rate
        Sensitivity, specificity, precision, NPV and accuracy, with Wilson's intervals; with the clustered
        bootstrap's where patients have several cases, as all below.
    f1 : Estimate
        With its bootstrap interval.
    ratios : mapping of str to Ratio
        Likelihood ratios.
    """

    threshold: float
    table: ConfusionTable
    rates: Mapping[str, Rate]
    f1: Estimate
    ratios: Mapping[str, Ratio]


def fit_threshold(fitted_to: Sample | None, rule: Rule) -> float:
    """The threshold that a rule gives on a sample; 0.5 where there is none of two classes."""
    if rule is Rule.HALF or fitted_to is None or not fitted_to.two_classes:
        return 0.5
    labels, scores = fitted_to.positive, fitted_to.scores
    if rule is Rule.DISEASE_POINT:
        return disease_point(fitted_to)
    if rule is Rule.YOUDEN:
        return youden_point(labels, scores).threshold
    if rule is Rule.F1:
        return f1_point(labels, scores).threshold
    if rule in (Rule.LOWER_LIMIT, Rule.UPPER_LIMIT):
        both = sensitivity_point(labels, scores).threshold, specificity_point(labels, scores).threshold
        # where one threshold serves both targets they change places
        return min(both) if rule is Rule.LOWER_LIMIT else max(both)
    if rule.target is not None:
        wanted, share = rule.target
        return _POINTS[wanted](labels, scores, share).threshold
    return cost_point(labels, scores, MISSED_COST).threshold


def read_at(sample: Sample, threshold: float) -> AtThreshold:
    """Read a sample at a threshold."""
    table = confusion_table(sample.positive, sample.scores, threshold)
    read = AtThreshold(
        threshold,
        table,
        {
            "sensitivity": table.sensitivity(),
            "specificity": table.specificity(),
            gettext_noop("precision (PPV)"): table.precision(),
            "NPV": table.npv(),
            gettext_noop("accuracy"): table.accuracy(),
        },
        f1_with_interval(table, seed=SEED),
        {"LR+": table.positive_likelihood_ratio(), "LR−": table.negative_likelihood_ratio()},
    )
    patients = sample.patients
    if patients is None or not sample.two_classes:
        return read
    draws = Draws(patients, replicates_for(patients.size), SEED)
    return _by_patients(read, rate_intervals_by_patients(sample.positive, sample.scores, threshold, draws))


def _by_patients(read: AtThreshold, found: Mapping[str, tuple[float, float] | None]) -> AtThreshold:
    """The same figures with intervals that draw patients whole."""

    def with_ends(figure: _Figure, name: str) -> _Figure:
        low, high = found[name] or (None, None)
        return replace(figure, low=low, high=high)

    keys = ("sensitivity", "specificity", "precision", "npv", "accuracy")
    return replace(
        read,
        rates={
            name: with_ends(rate, key) for (name, rate), key in zip(read.rates.items(), keys, strict=True)
        },
        f1=with_ends(read.f1, "f1"),
        ratios={
            name: with_ends(ratio, key)
            for (name, ratio), key in zip(read.ratios.items(), ("lr_plus", "lr_minus"), strict=True)
        },
    )


def in_cell(sample: Sample, threshold: float, cell: Cell) -> NDArray[np.bool_]:
    """Which cases of a sample lie in a cell of its 2×2 table."""
    truth, read = cell.value
    return (sample.positive == truth) & ((sample.scores >= threshold) == read)


def results_table(samples: Iterable[Sample], thresholds: Mapping[str, float]) -> pd.DataFrame:
    """The table of results, as in the abstract: a row for each cohort and reading, plain numbers.

    Parameters
    ----------
    samples : iterable of Sample
    thresholds : mapping of str to float
        Of each reading.
    """
    rows = []
    for sample in samples:
        area = area_of(sample) if sample.two_classes else None
        read = read_at(sample, thresholds[sample.reading])
        row: dict[str, object] = {
            "cohort": cohort_title(sample.cohort),
            "reading": sample.reading,
            "n": int(sample.positive.size),
            sample.question.keys[0]: int(sample.positive.sum()),
            "auc": area.auc if area else None,
            "auc_low": area.ci95[0] if area and area.ci95 else None,
            "auc_high": area.ci95[1] if area and area.ci95 else None,
            "threshold": read.threshold,
        }
        for name, rate in read.rates.items():
            key = name.split(" ", 1)[0].lower()
            row |= {
                key: rate.value,
                f"{key}_low": rate.low,
                f"{key}_high": rate.high,
                f"{key}_k": rate.successes,
                f"{key}_n": rate.total,
            }
        row |= {"f1": read.f1.value, "f1_low": read.f1.low, "f1_high": read.f1.high}
        for sign in ("sign", "no-sign"):
            chosen = sample.positive & (sample.cases["sign"] == sign).to_numpy(dtype=bool)
            found = int(np.count_nonzero(sample.scores[chosen] >= read.threshold))
            rate = rate_with_interval(found, int(chosen.sum()))
            row |= {
                f"sensitivity_{sign}": rate.value,
                f"sensitivity_{sign}_k": rate.successes,
                f"sensitivity_{sign}_n": rate.total,
            }
        ratios = {"lr_plus": read.ratios["LR+"], "lr_minus": read.ratios["LR−"]}
        for name, ratio in ratios.items():
            row |= {name: ratio.value, f"{name}_low": ratio.low, f"{name}_high": ratio.high}
        row["youden_j"] = read.table.youden_j
        rows.append(row)
    return pd.DataFrame(rows)
