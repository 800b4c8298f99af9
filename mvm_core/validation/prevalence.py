"""Carrying sensitivity and specificity to a place where metastases are rarer or more frequent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation.bootstrap import percentile_interval
from mvm_core.validation.bootstrap_intervals import Estimate
from mvm_core.validation.decision_curve import net_benefit
from mvm_core.validation.metrics import METRICS, Counts
from mvm_core.validation.rates import ConfusionTable

Floats = NDArray[np.float64]

CARRIED = {"ppv": "precision", "npv": "npv", "f1": "f1", "accuracy": "accuracy"}
"""What is carried to another prevalence beside net benefit: its name in tables, and its metric."""


@dataclass(frozen=True)
class AtPrevalence:
    """What an operating point is worth at one prevalence, each with its 95 % interval.

    Attributes
    ----------
    prevalence : float
        Share of MVM, in (0, 1).
    ppv, npv, f1, accuracy : Estimate
        In [0, 1].
    net_benefit : Estimate
        In true positives per case.
    """

    prevalence: float
    ppv: Estimate
    npv: Estimate
    f1: Estimate
    accuracy: Estimate
    net_benefit: Estimate


def at_prevalence(
    table: ConfusionTable,
    prevalence: float,
    threshold: float,
    draws: int = 10_000,
    seed: int = 0,
    worth: tuple[float, float] | None = None,
) -> AtPrevalence:
    """Carry a 2×2 table to another prevalence, by Bayes' rule.

    It holds as far as sensitivity and specificity are the same there.

    Parameters
    ----------
    table : ConfusionTable
        Counts at the operating point; cases of both classes.
    prevalence : float
        In (0, 1).
    threshold : float
        Threshold probability in (0, 1), for the net benefit.
    draws, seed : int
        Intervals are percentiles of so many draws of sensitivity and specificity from their Beta
        distributions with Jeffreys' prior, which stay sensible where a rate is 0 or 1.
    worth : (float, float), optional
        As many independent positive and negative cases as those of the table are worth, where patients have
        several (`independent_cases`).

    Raises
    ------
    ValidationError
        If the table has one class only, or prevalence or threshold are out of range.
    """
    if not table.positives or not table.negatives:
        raise ValidationError("2×2 table", "it has one class only", "give cases of both")
    for name, value in (("prevalence", prevalence), ("threshold", threshold)):
        if not 0 < value < 1:
            raise ValidationError(f"{name} {value}", "it is not between 0 and 1", "give one that is")
    generator = np.random.default_rng(seed)
    # the table's own rates first, the draws after them
    of_positives, of_negatives = worth or (table.positives, table.negatives)
    sensitivity = _rate_and_draws(table.true_positives / table.positives, of_positives, draws, generator)
    specificity = _rate_and_draws(table.true_negatives / table.negatives, of_negatives, draws, generator)
    cells = Counts(
        true_positives=prevalence * sensitivity,
        false_positives=(1 - prevalence) * (1 - specificity),
        false_negatives=prevalence * (1 - sensitivity),
        true_negatives=(1 - prevalence) * specificity,
    )
    figures = {name: _estimate(METRICS[key].values(np.column_stack(cells))) for name, key in CARRIED.items()}
    return AtPrevalence(
        prevalence=prevalence,
        net_benefit=_estimate(net_benefit(sensitivity, specificity, threshold, prevalence)),
        **figures,
    )


def _rate_and_draws(rate: float, cases: float, draws: int, generator: np.random.Generator) -> Floats:
    return np.append(rate, generator.beta(rate * cases + 0.5, (1 - rate) * cases + 0.5, draws))


def _estimate(values: Floats) -> Estimate:
    """The first value, with the percentile interval of the others."""
    if not np.isfinite(values[0]):
        return Estimate(None, None, None)
    interval = percentile_interval(values[1:])
    return Estimate(float(values[0]), *interval) if interval else Estimate(float(values[0]), None, None)
