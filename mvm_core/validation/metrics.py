"""The one home of metrics at a threshold: each with its key, title, formula and interval.

A new one is an entry in `METRICS`; tables, reports, pages, CSV and JSON read them from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mvm_core.language import gettext, gettext_noop
from mvm_core.validation.bootstrap import percentile_interval
from mvm_core.validation.bootstrap_intervals import Estimate
from mvm_core.validation.rates import ConfusionTable, Rate, Ratio, rate_with_interval

Floats = NDArray[np.float64]
Figure: TypeAlias = Rate | Estimate | Ratio
REPLICATES = 10_000


class Counts(NamedTuple):
    """The four cells of 2×2 tables, arrays of one shape; cases."""

    true_positives: Floats
    false_positives: Floats
    false_negatives: Floats
    true_negatives: Floats


@dataclass(frozen=True)
class Share:
    """A formula that is a quotient of sums of the cells, as rates are.

    Attributes
    ----------
    above, below : tuple of int
        How often each cell counts above and below the line, in the order of `Counts`.
    """

    above: tuple[int, int, int, int]
    below: tuple[int, int, int, int]

    def __call__(self, counts: Counts) -> Floats:
        """The quotient; not finite where nothing is below the line."""
        above, below = (
            np.asarray(sum(weight * cell for weight, cell in zip(part, counts, strict=True) if weight))
            for part in (self.above, self.below)
        )
        quotient: Floats = above / below
        return quotient


@dataclass(frozen=True)
class Metric:
    """A figure of a 2×2 table.

    Attributes
    ----------
    key : str
        In CSV and JSON.
    title : str
        In English, marked by `gettext_noop`; may say more in brackets, such as another name.
    of : callable
        The values of many tables, shape as the counts; not finite where there is none.
    interval : callable
        Of the metric, a table and a seed: the figure with its 95 % interval. Of these are `wilson`, of a
        rate; `on_the_logarithm`, of a likelihood ratio; and `value_alone`. None is `bootstrap`.
    heading : str
        Of a column, in English, marked; empty where it is the title without brackets, with a capital.
    digits : int
        After the point, where people read it.
    in_results : bool
        Whether the table of all readings shows it to people.
    in_study : bool
        Whether the study's tables have it.
    """

    key: str
    title: str
    of: Callable[[Counts], Floats]
    interval: "Interval | None" = None
    heading: str = ""
    digits: int = 3
    in_results: bool = True
    in_study: bool = True

    @property
    def share(self) -> Share | None:
        """The formula where it is a quotient of sums, else None."""
        return self.of if isinstance(self.of, Share) else None

    @property
    def has_interval(self) -> bool:
        """Whether it is told with an interval."""
        return self.interval is not value_alone

    def value(self, table: ConfusionTable) -> float | None:
        """Of one table; None where it cannot be computed."""
        found = float(self.values(np.array([cells_of(table)], dtype=np.float64))[0])
        return found if np.isfinite(found) else None

    def values(self, cells: Floats) -> Floats:
        """Of many tables, shape (n, 4) in the order of `Counts`; not finite where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.of(Counts(*cells.T))

    def with_interval(self, table: ConfusionTable, seed: int = 0) -> Figure:
        """Of one table, with its 95 % interval; `seed` is of the bootstrap."""
        return (self.interval or bootstrap)(self, table, seed)

    def column(self) -> str:
        """Heading of a column in the language in use."""
        plain = self.title.partition(" (")[0]
        return gettext(self.heading) if self.heading else _capital(gettext(plain))


Interval: TypeAlias = Callable[[Metric, ConfusionTable, int], Figure]


def cells_of(table: ConfusionTable) -> tuple[int, int, int, int]:
    """The cells of a table in the order of `Counts`."""
    return table.true_positives, table.false_positives, table.false_negatives, table.true_negatives


def wilson(metric: Metric, table: ConfusionTable, seed: int = 0) -> Rate:
    """A rate with Wilson's interval; the metric's formula is a `Share`."""
    share = metric.share
    if share is None:
        raise TypeError(f"{metric.key} is no share of cases: give it another interval")
    k, n = (
        sum(weight * cell for weight, cell in zip(part, cells_of(table), strict=True))
        for part in (share.above, share.below)
    )
    return rate_with_interval(k, n)


def on_the_logarithm(metric: Metric, table: ConfusionTable, seed: int = 0) -> Ratio:
    """A likelihood ratio, ``lr_plus`` or ``lr_minus``, with Simel's interval on the logarithm."""
    return _LIKELIHOOD_RATIOS[metric.key](table)


def value_alone(metric: Metric, table: ConfusionTable, seed: int = 0) -> Estimate:
    """The value without an interval."""
    return Estimate(metric.value(table), None, None)


def bootstrap(metric: Metric, table: ConfusionTable, seed: int = 0) -> Estimate:
    """A figure with the percentile interval of the stratified bootstrap of `REPLICATES` draws.

    Cases of one cell of the table are alike, so drawing them anew within each class is the same as drawing
    its true positives and its false positives from two binomial distributions.
    """
    value, (m, n) = metric.value(table), (table.positives, table.negatives)
    if not m or not n or value is None:
        return Estimate(value, None, None)
    generator = np.random.default_rng(seed)
    true_positives = generator.binomial(m, table.true_positives / m, REPLICATES)
    false_positives = generator.binomial(n, table.false_positives / n, REPLICATES)
    drawn = np.column_stack([true_positives, false_positives, m - true_positives, n - false_positives])
    interval = percentile_interval(metric.values(drawn.astype(np.float64)))
    return Estimate(value, *(interval or (None, None)))


def of_results() -> tuple[Metric, ...]:
    """Those of the table of all readings, accuracy first as in the study's abstract."""
    shown = [metric for metric in METRICS.values() if metric.in_results]
    return tuple(sorted(shown, key=lambda metric: metric.key != "accuracy"))


def of_study() -> tuple[Metric, ...]:
    """Those of the study's tables, in the same order."""
    return tuple(metric for metric in of_results() if metric.in_study)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _youden_j(counts: Counts) -> Floats:
    sensitivity, specificity = (METRICS[key].of(counts) for key in ("sensitivity", "specificity"))
    return sensitivity + specificity - 1


def _lr_plus(counts: Counts) -> Floats:
    tp, fp, fn, tn = counts
    ratio: Floats = (tp / (tp + fn)) / (fp / (tn + fp))
    return ratio


def _lr_minus(counts: Counts) -> Floats:
    tp, fp, fn, tn = counts
    ratio: Floats = (fn / (tp + fn)) / (tn / (tn + fp))
    return ratio


_LIKELIHOOD_RATIOS: dict[str, Callable[[ConfusionTable], Ratio]] = {
    "lr_plus": ConfusionTable.positive_likelihood_ratio,
    "lr_minus": ConfusionTable.negative_likelihood_ratio,
}
_REST: dict[str, Any] = {"in_results": False, "in_study": False}
_ALL = (1, 1, 1, 1)
METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "sensitivity",
            gettext_noop("sensitivity"),
            Share((1, 0, 0, 0), (1, 0, 1, 0)),
            wilson,
            gettext_noop("Sensitivity"),
        ),
        Metric(
            "specificity",
            gettext_noop("specificity"),
            Share((0, 0, 0, 1), (0, 1, 0, 1)),
            wilson,
            gettext_noop("Specificity"),
        ),
        Metric(
            "precision",
            gettext_noop("precision (PPV)"),
            Share((1, 0, 0, 0), (1, 1, 0, 0)),
            wilson,
            gettext_noop("Precision"),
        ),
        Metric("npv", gettext_noop("NPV"), Share((0, 0, 0, 1), (0, 0, 1, 1)), wilson, "NPV", in_study=False),
        Metric(
            "accuracy", gettext_noop("accuracy"), Share((1, 0, 0, 1), _ALL), wilson, gettext_noop("Accuracy")
        ),
        Metric("f1", "F1", Share((2, 0, 0, 0), (2, 1, 1, 0))),
        Metric("lr_plus", "LR+", _lr_plus, on_the_logarithm, digits=2, **_REST),
        Metric("lr_minus", "LR−", _lr_minus, on_the_logarithm, digits=2, **_REST),
        Metric("youden_j", gettext_noop("Youden's J"), _youden_j, value_alone, **_REST),
    )
}
"""By key, in the order of tables."""
