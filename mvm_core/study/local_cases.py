"""What calibrating anew on some cases of a site brings, by how many there are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.calibrations import fit_reading
from mvm_core.cohort import MVM, read_predictions
from mvm_core.models.calibration import ReadingCalibration, score_of_mean
from mvm_core.models.registry import ENSEMBLES, leading_of
from mvm_core.models.weights import Weights
from mvm_core.sealed import Seal
from mvm_core.validation.calibration import brier_score, expected_calibration_error, recalibration
from mvm_core.validation.fitting import Scaling, fit_scaling
from mvm_core.validation.rates import confusion_table

SIZES = (25, 50, 100, 200)
REPEATS = 100
FIGURES = {
    "brier": "Brier score",
    "ece": "Expected error",
    "slope": "Slope (1)",
    "intercept": "Intercept (0)",
    "sensitivity low": "High-sensitivity point: sensitivity",
    "specificity low": "specificity",
    "sensitivity high": "High-specificity point: sensitivity",
    "specificity high": "specificity",
}
"""Titles by key: of the probabilities of the cases not fitted on, and at the points fitted."""

_STREAM = 97
_LEAST_LEFT = 40
"""So many cases must be left to judge by."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """What turns a reading's logits into its probability.

    Attributes
    ----------
    members : tuple of Scaling
        Of an ensemble's members, in the order of the columns; empty for a single reading.
    own : ReadingCalibration
    """

    members: tuple[Scaling, ...]
    own: ReadingCalibration

    def probabilities(self, logits: Floats) -> Floats:
        """Probabilities of MVM, shape (n,), from logits of shape (n, members or 1)."""
        scaling = Scaling(self.own.temperature, self.own.offset)
        return scaling.probabilities(_score(self.members, logits))


@dataclass(frozen=True)
class LocalFigures:
    """Figures at a site after a fit on some of its cases, judged on the others.

    Attributes
    ----------
    cases, judged : int
        Fitted on, and left; with 0 cases the weights' own calibration is judged on all.
    mean, low, high : mapping of str to float
        By the keys of `FIGURES`: over the repeats, their mean and where 95 % of them lie; NaN where no
        repeat has the figure. With 0 cases there is one figure, and low and high are NaN.
    unfitted : mapping of str to float
        The mean of the weights' own calibration on the same cases.
    better : float
        Share of the repeats in which the Brier score is below that of the weights' own calibration on the
        same cases; NaN with 0 cases.
    """

    cases: int
    judged: int
    mean: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    unfitted: Mapping[str, float]
    better: float


def local_figures_by_site(seal: Seal, weights: Weights) -> dict[str, tuple[LocalFigures, ...]]:
    """The figures of the leading reading at every site of a sealed test, at the marked level.

    Raises
    ------
    TableError
        If the table of predictions is unfit.
    """
    table = MVM.rows(read_predictions(seal.predictions))
    reading = leading_of(set(table["model"]))
    return {
        str(site): local_figures(rows, weights, reading) for site, rows in table.groupby("site", sort=False)
    }


def local_figures(
    predictions: pd.DataFrame, weights: Weights, reading: str, repeats: int = REPEATS, seed: int = 0
) -> tuple[LocalFigures, ...]:
    """Fit calibration and points of a reading on random cases, as ``calibrate`` does, and judge the others.

    Parameters
    ----------
    predictions : DataFrame
        Of one site: ``site, case_id, label, model, logit``, MVM and BVF alone.
    weights : Weights
        Whose own calibration stands beside.
    reading : str
        An ensemble or a single reading.
    repeats, seed : int
        Draws of cases for each of `SIZES`.

    Returns
    -------
    tuple of LocalFigures
        For 0 cases, and each size that leaves enough cases to judge by.
    """
    positive, logits, members = _logits(predictions, reading)
    before = _of_weights(weights, reading, members)
    found = [_without(positive, before.probabilities(logits), before.own)]
    for size in SIZES:
        if positive.size - size >= _LEAST_LEFT:
            draw = np.random.default_rng([seed, _STREAM, size])
            orders = [_order(positive, size, draw) for _ in range(repeats)]
            found.append(_repeated(positive, logits, before, size, orders))
    return tuple(found)


def fit(positive: NDArray[np.bool_], logits: Floats, members: int) -> Fit:
    """Fit a reading on cases as `mvm_core.calibrations.fit_calibrations` does.

    Parameters
    ----------
    positive : bool array, shape (n,)
    logits : float array, shape (n, k)
        Of an ensemble's members, or of a single reading.
    members : int
        Of the ensemble; 0 for a single reading.

    Raises
    ------
    ValidationError
        If there is one class only.
    """
    scalings = tuple(fit_scaling(positive, column) for column in logits.T) if members else ()
    return Fit(scalings, fit_reading(positive, _score(scalings, logits)))


def _score(members: tuple[Scaling, ...], logits: Floats) -> Floats:
    if not members:
        return logits[:, 0]
    each = [member.probabilities(column) for member, column in zip(members, logits.T, strict=True)]
    return score_of_mean(np.mean(each, axis=0))


def _logits(predictions: pd.DataFrame, reading: str) -> tuple[NDArray[np.bool_], Floats, tuple[str, ...]]:
    """Labels, and logits of what the reading is made of, of the cases that all of it read."""
    members = ENSEMBLES[reading].members if reading in ENSEMBLES else ()
    key = ["site", "case_id"]
    wide = predictions.pivot_table(index=key, columns="model", values="logit", sort=False)
    wide = wide[list(members or (reading,))].dropna()
    labels = predictions.drop_duplicates(key).set_index(key)["label"].loc[wide.index]
    return labels.eq("mvm").to_numpy(), wide.to_numpy(float), members


def _of_weights(weights: Weights, reading: str, members: tuple[str, ...]) -> Fit:
    own = (weights.readings[name] for name in members)
    return Fit(tuple(Scaling(each.temperature, each.offset) for each in own), weights.readings[reading])


def _order(positive: NDArray[np.bool_], size: int, draw: np.random.Generator) -> NDArray[np.intp]:
    """A random order of the cases of which the first `size`, and the rest, are of both labels."""
    while True:
        order = draw.permutation(positive.size)
        if all(0 < positive[part].sum() < len(part) for part in (order[:size], order[size:])):
            return order


def _repeated(
    positive: NDArray[np.bool_], logits: Floats, before: Fit, size: int, orders: list[NDArray[np.intp]]
) -> LocalFigures:
    anew: list[dict[str, float]] = []
    unfitted: list[dict[str, float]] = []
    for order in orders:
        local, left = order[:size], order[size:]
        fitted = fit(positive[local], logits[local], len(before.members))
        for found, own in ((anew, fitted), (unfitted, before)):
            found.append(dict(_figures(positive[left], own.probabilities(logits[left]), own.own)))
    table, beside = pd.DataFrame(anew), pd.DataFrame(unfitted)
    return LocalFigures(
        size,
        positive.size - size,
        _by_key(table.mean()),
        _by_key(table.quantile(0.025)),
        _by_key(table.quantile(0.975)),
        _by_key(beside.mean()),
        float((table["brier"] < beside["brier"]).mean()),
    )


def _by_key(figures: "pd.Series[float]") -> dict[str, float]:
    return {str(key): float(value) for key, value in figures.items()}


def _without(positive: NDArray[np.bool_], probabilities: Floats, own: ReadingCalibration) -> LocalFigures:
    unknown = dict.fromkeys(FIGURES, float("nan"))
    figures = dict(_figures(positive, probabilities, own))
    return LocalFigures(0, positive.size, figures, unknown, unknown, figures, float("nan"))


def _figures(
    positive: NDArray[np.bool_], probabilities: Floats, own: ReadingCalibration
) -> Iterator[tuple[str, float]]:
    yield "brier", brier_score(positive, probabilities)
    yield "ece", expected_calibration_error(positive, probabilities)
    line = recalibration(positive, probabilities, with_slope=True)
    yield "slope", line.slope if line else float("nan")
    yield "intercept", line.intercept if line else float("nan")
    points = {"low": own.points.high_sensitivity, "high": own.points.high_specificity}
    for name, point in points.items():
        table = confusion_table(positive, probabilities, point)
        yield f"sensitivity {name}", table.true_positives / table.positives
        yield f"specificity {name}", table.true_negatives / table.negatives
