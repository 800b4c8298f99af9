"""Figures of patients with several cases: their intervals and tests draw or count whole patients."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

from mvm_core.errors import ValidationError
from mvm_core.validation._checks import finite, patients_of, two_classes
from mvm_core.validation.bootstrap import auc_of_weights, bootstrap_weights, percentile_interval
from mvm_core.validation.comparisons import McNemarTest, PairedTest, mcnemar
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.rates import Rate, rate_with_interval
from mvm_core.validation.roc import AucEstimate, auc_with_interval

Floats = NDArray[np.float64]
Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Draws:
    """How the clustered bootstrap is drawn."""

    patients: NDArray[np.int64]
    replicates: int = 1_000
    seed: int = 0


def auc_by_patients(labels: ArrayLike, scores: ArrayLike, draws: Draws) -> AucEstimate:
    """Area under the ROC curve with variance and percentile interval of the clustered bootstrap.

    Parameters
    ----------
    labels : array, shape (n,)
        1 for the positive class, else 0.
    scores : array, shape (n,)
        Finite.
    draws : Draws
        With the patient of each case.

    Raises
    ------
    ValidationError
        If labels or scores are unfit, there is only one class, or patients are not one for each case.
    """
    positive, values = two_classes(labels, scores)
    estimate = auc_with_interval(positive, values)
    drawn = np.concatenate(
        [auc_of_weights(positive, values, weights) for weights in _weights(positive, draws)]
    )
    variance = float(np.nanvar(drawn, ddof=1))
    interval = percentile_interval(drawn) if variance else None
    return AucEstimate(estimate.auc, variance, interval, estimate.n, estimate.positives)


def paired_auc_by_patients(
    labels: ArrayLike, first: ArrayLike, second: ArrayLike, draws: Draws
) -> PairedTest:
    """Test two areas over the same cases, by the clustered bootstrap's variance of their difference.

    Raises
    ------
    ValidationError
        As in `auc_by_patients`.
    """
    positive, values = two_classes(labels, first)
    others = finite(second, "scores", positive.size)
    difference = auc_with_interval(positive, values).auc - auc_with_interval(positive, others).auc
    drawn = np.concatenate(
        [
            auc_of_weights(positive, values, weights) - auc_of_weights(positive, others, weights)
            for weights in _weights(positive, draws)
        ]
    )
    error = float(np.nanstd(drawn, ddof=1))
    if not error:
        return PairedTest(difference, None, None, None, positive.size)
    z = difference / error
    half = float(norm.ppf(0.975)) * error
    interval = (difference - half, difference + half)
    return PairedTest(difference, interval, z, float(2 * norm.sf(abs(z))), positive.size)


def mcnemar_by_patients(
    first_right: ArrayLike, second_right: ArrayLike, patients: NDArray[np.int64]
) -> McNemarTest:
    """McNemar's test with each patient's surplus of one reading's right cases as one observation.

    Notes
    -----
    The surpluses of patients sum up to a normal statistic whose variance, where the readings are alike, is
    the sum of their squares. With one case a patient it is McNemar's statistic without correction.

    Raises
    ------
    ValidationError
        If there is not one answer of each reading and one patient for each case.
    """
    test = mcnemar(first_right, second_right)
    if patients.size != test.n:
        raise ValidationError("patients", "there is not one for each case", "name the patient of each case")
    gain = np.asarray(first_right, dtype=np.float64) - np.asarray(second_right, dtype=np.float64)
    surplus = np.bincount(np.unique(patients, return_inverse=True)[1], gain)
    squares = float((surplus**2).sum())
    p = float(2 * norm.sf(abs(surplus.sum()) / squares**0.5)) if squares else 1.0
    return McNemarTest(test.only_first, test.only_second, test.difference, p, test.n)


def rate_intervals_by_patients(
    labels: ArrayLike, scores: ArrayLike, threshold: float, draws: Draws
) -> Mapping[str, Interval]:
    """Percentile intervals of rates at a threshold.

    Returns
    -------
    mapping of str to (low, high) or None
        Of all `METRICS` with an interval, by key; None where fewer than half of the replicates have the
        figure.

    Raises
    ------
    ValidationError
        As in `auc_by_patients`.
    """
    positive, values = two_classes(labels, scores)
    read = values >= threshold
    cells = np.column_stack([positive & read, ~positive & read, positive & ~read, ~positive & ~read])
    counts = np.concatenate([weights @ cells.astype(np.int64) for weights in _weights(positive, draws)])
    cells_drawn = counts.astype(np.float64)
    return {
        key: percentile_interval(metric.values(cells_drawn))
        for key, metric in METRICS.items()
        if metric.has_interval
    }


def rate_by_patients(hits: ArrayLike, patients: ArrayLike) -> Rate:
    """A share of cases, of which a patient may have several, with its 95 % interval.

    Wilson's interval at as many independent cases as the patients' variance is worth (Korn and Graubard,
    Survey Methodology 1998;24:193, with Wilson's in the place of Clopper and Pearson's), Student's t in the
    place of the normal quantile. Where no case or every one is a hit, each patient counts as one case. With
    one case a patient it is Wilson's interval itself.

    Parameters
    ----------
    hits : bool array, shape (n,)
    patients : array, shape (n,)
        The patient of each case.

    Raises
    ------
    ValidationError
        If there is not one patient for each case.
    """
    hit = np.asarray(hits, bool)
    named = patients_of(patients, hit.size)
    k, n = int(hit.sum()), hit.size
    worth, quantile = _worth(hit, named)
    return rate_with_interval(k, n) if quantile is None else _wilson(k, n, worth, quantile)


def rate_by_readers_and_cases(hits: ArrayLike, readers: ArrayLike, cases: ArrayLike) -> Rate:
    """A share of answers, of which a reader gives several and a case gets several, with its 95 % interval.

    As in `rate_by_patients`, with readers and cases both random: the variance is that between readers and
    that between cases less that of single answers (Cameron, Gelbach and Miller, J Bus Econ Stat 2011;29:238),
    and no less than the larger of the two; Student's t is of the smaller number of the two, less one.

    Parameters
    ----------
    hits : bool array, shape (n,)
    readers, cases : array, shape (n,)
        Whose answer it is, and to which case; no pair of them twice.

    Raises
    ------
    ValidationError
        If there is not one reader and one case for each answer.
    """
    hit = np.asarray(hits, bool)
    own = [np.unique(patients_of(each, hit.size), return_inverse=True)[1] for each in (readers, cases)]
    k, n = int(hit.sum()), hit.size
    counts = [int(each.max()) + 1 if n else 0 for each in own]
    if min(counts) < 2:
        # of one reader every answer is of another case, and the other way round
        return rate_with_interval(k, n)
    share, worth = k / n, float(min(counts))
    if 0 < share < 1:
        by_reader, by_case = (_variance(hit, each) for each in own)
        single = share * (1 - share) / (n - 1)
        variance = max(by_reader + by_case - single, by_reader, by_case)
        worth = min(float(n), share * (1 - share) / variance) if variance else float(n)
    return _wilson(k, n, worth, float(student.ppf(0.975, min(counts) - 1)))


def _wilson(k: int, n: int, worth: float, quantile: float) -> Rate:
    """Wilson's interval at as many independent cases as these are worth."""
    share, spread = k / n, quantile**2 / worth
    middle = (share + spread / 2) / (1 + spread)
    half = (spread * share * (1 - share) + spread**2 / 4) ** 0.5 / (1 + spread)
    return Rate(k, n, share, max(0.0, middle - half), min(1.0, middle + half))


def _variance(hit: NDArray[np.bool_], own: NDArray[np.intp]) -> float:
    """The variance of a share by the surpluses of clusters, numbered from 0 and at least two."""
    count = int(own.max()) + 1
    surplus = np.bincount(own, hit - hit.mean())
    return count / (count - 1) * float((surplus**2).sum()) / hit.size**2


def independent_cases(hits: ArrayLike, patients: ArrayLike) -> float:
    """As many independent cases as a share of these cases is worth, by the patients' variance.

    Parameters
    ----------
    hits : bool array, shape (n,)
    patients : array, shape (n,)
        The patient of each case.

    Returns
    -------
    float
        In (0, n]; n with one case a patient; the number of patients where no case or every one is a hit.

    Raises
    ------
    ValidationError
        If there is not one patient for each case.
    """
    hit = np.asarray(hits, bool)
    named = patients_of(patients, hit.size)
    return _worth(hit, named)[0]


def _worth(hit: NDArray[np.bool_], patients: NDArray[Any]) -> tuple[float, float | None]:
    """As many independent cases as these are worth, and Student's quantile; None where no patient has two."""
    n = hit.size
    own = np.unique(patients, return_inverse=True)[1]
    count = int(own.max()) + 1 if n else 0
    if count == n or count < 2:
        return float(n), None
    share, worth = float(hit.mean()), float(count)
    if 0 < share < 1:
        variance = _variance(hit, own)
        # Patients may chance to lie nearer than independent cases would; that is no reason for certainty.
        worth = min(float(n), share * (1 - share) / variance) if variance else float(n)
    return worth, float(student.ppf(0.975, count - 1))


def _weights(positive: NDArray[np.bool_], draws: Draws) -> Iterator[NDArray[np.int64]]:
    return bootstrap_weights(positive, draws.replicates, draws.seed, draws.patients)
