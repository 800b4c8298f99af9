"""Reading at a threshold: how it is chosen, and all that follows from it with intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort import DISEASE, MVM, Question
from mvm_core.language import gettext, gettext_noop
from mvm_core.review.assessment import SEED, area_of, replicates_for
from mvm_core.review.samples import Sample, cohort_title
from mvm_core.review.zones import disease_point
from mvm_core.validation.clustered import Draws, independent_cases, rate_intervals_by_patients
from mvm_core.validation.metrics import METRICS, Figure, Metric
from mvm_core.validation.operating_points import (
    cost_point,
    f1_point,
    sensitivity_point,
    specificity_point,
    youden_point,
)
from mvm_core.validation.rates import ConfusionTable, Rate, confusion_table, rate_with_interval

MISSED_COST = 5.0
_TARGETS = {
    "SENSITIVE": ("sensitivity", 0.90),
    "SPECIFIC": ("specificity", 0.90),
    "SPECIFIC_75": ("specificity", 0.75),
}
_POINTS = {"sensitivity": sensitivity_point, "specificity": specificity_point}


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
    figures : mapping of str to Rate, Estimate or Ratio
        Each of `METRICS` by key, with its interval; with the clustered bootstrap's where patients have
        several cases.
    worth : (float, float) or None
        As many independent positive and negative cases as these are worth; None where each patient has one.
    """

    threshold: float
    table: ConfusionTable
    figures: Mapping[str, Figure]
    worth: tuple[float, float] | None = None

    @property
    def rates(self) -> dict[str, Rate]:
        """Those of the figures that are rates, by key."""
        return {key: found for key, found in self.figures.items() if isinstance(found, Rate)}


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
    figures = {key: metric.with_interval(table, SEED) for key, metric in METRICS.items()}
    patients, worth = sample.patients, None
    if patients is not None and sample.two_classes:
        right, of = (sample.scores >= threshold) == sample.positive, sample.positive
        worth = independent_cases(right[of], patients[of]), independent_cases(right[~of], patients[~of])
        draws = Draws(patients, replicates_for(patients.size), SEED)
        found = rate_intervals_by_patients(sample.positive, sample.scores, threshold, draws)
        figures |= {key: _with_ends(figures[key], ends) for key, ends in found.items()}
    return AtThreshold(threshold, table, figures, worth)


def _with_ends(figure: Figure, ends: tuple[float, float] | None) -> Figure:
    low, high = ends or (None, None)
    return replace(figure, low=low, high=high)


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
        for metric in METRICS.values():
            if metric.in_results:
                row |= _columns(metric, read.figures[metric.key])
        for sign in ("sign", "no-sign"):
            chosen = sample.positive & (sample.cases["sign"] == sign).to_numpy(dtype=bool)
            found = int(np.count_nonzero(sample.scores[chosen] >= read.threshold))
            rate = rate_with_interval(found, int(chosen.sum()))
            row |= {
                f"sensitivity_{sign}": rate.value,
                f"sensitivity_{sign}_k": rate.successes,
                f"sensitivity_{sign}_n": rate.total,
            }
        for metric in METRICS.values():
            if not metric.in_results:
                row |= _columns(metric, read.figures[metric.key])
        rows.append(row)
    return pd.DataFrame(rows)


def _columns(metric: Metric, found: Figure) -> dict[str, object]:
    """A figure in the columns of its metric."""
    key = metric.key
    columns: dict[str, object] = {key: found.value}
    if metric.has_interval:
        columns |= {f"{key}_low": found.low, f"{key}_high": found.high}
    if isinstance(found, Rate):
        columns |= {f"{key}_k": found.successes, f"{key}_n": found.total}
    return columns
