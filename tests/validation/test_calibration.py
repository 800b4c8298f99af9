"""Calibration against R's val.prob, statsmodels and what is known by construction."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import example, given
from scipy.special import expit, logit
from statsmodels.nonparametric.smoothers_lowess import lowess as statsmodels_lowess
from validation_samples import labelled_scores, table

from mvm_core.errors import ValidationError
from mvm_core.validation.calibration import (
    assess_calibration,
    brier_score,
    calibration_curve,
    expected_calibration_error,
    recalibration,
)
from mvm_core.validation.logistic import fit_logistic
from mvm_core.validation.lowess import lowess, variance_by_groups


def test_figures_are_those_of_rms(oracle: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    scores, expected = oracle
    found = assess_calibration(scores["label"], scores["a"])
    of_r = expected["val_prob"]
    assert found.brier == pytest.approx(of_r["Brier"], abs=1e-10)
    assert found.intercept == pytest.approx(of_r["Intercept"], abs=1e-6)
    assert found.slope == pytest.approx(of_r["Slope"], abs=1e-6)
    assert found.ici == pytest.approx(of_r["Eavg"], abs=1e-10)
    assert found.e90 == pytest.approx(of_r["E90"], abs=1e-10)
    assert found.emax == pytest.approx(of_r["Emax"], abs=1e-10)
    assert found.e50 <= found.e90 <= found.emax
    assert (found.n, found.positives, found.left_out) == (expected["n"], expected["positives"], 0)


def test_logistic_fit_is_that_of_statsmodels(oracle: tuple[pd.DataFrame, dict[str, Any]]) -> None:
    scores, _ = oracle
    positive, x = scores["label"].to_numpy() == 1, logit(scores["b"].to_numpy())
    expected = sm.Logit(positive, sm.add_constant(x)).fit(disp=0)
    fit = fit_logistic(positive, x)
    assert (fit.intercept, fit.slope) == pytest.approx(tuple(expected.params), abs=1e-6)
    assert (fit.intercept_error, fit.slope_error) == pytest.approx(tuple(expected.bse), abs=1e-6)
    expected = sm.GLM(positive, np.ones(x.size), family=sm.families.Binomial(), offset=x).fit()
    fit = fit_logistic(positive, x, slope=1.0)
    assert fit.intercept == pytest.approx(expected.params[0], abs=1e-6)
    assert fit.intercept_error == pytest.approx(expected.bse[0], abs=1e-6)


def separates(labels: np.ndarray, x: np.ndarray, overlap: float = 0.0) -> bool:
    """Whether a line tells the classes apart, but for scores that overlap by so much."""
    with_event, without = x[labels], x[~labels]
    return bool(with_event.min() >= without.max() - overlap or with_event.max() <= without.min() + overlap)


@given(labelled_scores(-8, 8))
@example((np.array([False, True, True]), np.array([1.2e-150, 0.0, 1.0])))
def test_a_logistic_fit_leaves_no_gradient_or_is_none(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, x = data
    fit = fit_logistic(labels, x)
    if fit is None:
        assert separates(labels, x, overlap=1e-6) or np.ptp(x) < 1e-3
    else:
        assert not separates(labels, x)
        left = labels - expit(fit.intercept + fit.slope * x)
        assert abs(left.sum()) < 1e-6
        assert abs(left @ x) < 1e-5


def test_smooth_line_is_that_of_statsmodels() -> None:
    generator = np.random.default_rng(0)
    x = generator.uniform(size=150)
    y = np.sin(6 * x) + generator.normal(scale=0.1, size=150)
    # a line at every point where the grid of 1 % is finer than the points
    smooth, leverage = lowess(np.round(x, 1), y)
    expected = statsmodels_lowess(y, np.round(x, 1), frac=2 / 3, it=0, delta=0, return_sorted=False)
    np.testing.assert_allclose(smooth, expected, atol=1e-9)
    assert ((leverage > 0) & (leverage < 1)).all()


@given(labelled_scores(0, 1))
def test_a_straight_line_stays_straight(data: tuple[np.ndarray, np.ndarray]) -> None:
    _, x = data
    smooth, _ = lowess(x, 2 * x + 1)
    # where neighbours are too close for a line R takes their mean, within a thousandth of the range
    np.testing.assert_allclose(smooth, 2 * x + 1, atol=0.005 * np.ptp(x) + 1e-9)


def test_the_band_covers_the_true_curve() -> None:
    covered = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        probabilities = generator.uniform(0.05, 0.95, 500)
        labels = generator.random(500) < probabilities
        curve = calibration_curve(labels, probabilities)
        assert (np.diff(curve.probability) > 0).all()
        assert ((curve.low <= curve.observed) & (curve.observed <= curve.high)).all()
        inside = (curve.low <= curve.probability) & (curve.probability <= curve.high)
        covered.append(inside.mean())
    assert 0.9 < np.mean(covered) < 0.99


def test_true_probabilities_are_found_calibrated() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.uniform(0.01, 0.99, 20_000)
    labels = generator.random(20_000) < probabilities
    found = assess_calibration(labels, probabilities)
    assert found.slope_ci95[0] < 1 < found.slope_ci95[1]
    assert found.intercept_ci95[0] < 0 < found.intercept_ci95[1]
    assert found.intercept_in_the_large == pytest.approx(0, abs=0.05)
    assert max(found.ici, found.ece) < 0.015
    # twice too extreme on the logit
    assert assess_calibration(labels, expit(2 * logit(probabilities))).slope == pytest.approx(0.5, abs=0.02)


def test_recalibration_does_what_it_says() -> None:
    scores = table("external")
    labels, values = scores["label"].to_numpy(), scores["b"].to_numpy()
    both = assess_calibration(labels, recalibration(labels, values, with_slope=True).apply(values))
    assert (both.intercept, both.slope) == (pytest.approx(0, abs=1e-8), pytest.approx(1, abs=1e-8))
    level = recalibration(labels, values, with_slope=False)
    corrected = level.apply(values)
    assert level.slope == 1
    assert assess_calibration(labels, corrected).intercept_in_the_large == pytest.approx(0, abs=1e-8)
    assert corrected.mean() == pytest.approx(labels.mean(), abs=1e-8)
    assert level.apply([0.0, 1.0]).tolist() == [0.0, 1.0]


def test_certain_probabilities_are_left_out_of_the_slope_and_counted() -> None:
    scores = table("small")
    labels, values = scores["label"].to_numpy(), scores["a"].to_numpy()
    expected = assess_calibration(labels, values)
    found = assess_calibration(np.append(labels, [1, 0]), np.append(values, [1.0, 0.0]))
    assert found.left_out == 2
    assert (found.slope, found.intercept) == (
        pytest.approx(expected.slope),
        pytest.approx(expected.intercept),
    )
    assert found.brier == pytest.approx(expected.brier * 40 / 42)
    certain = assess_calibration([0, 1, 1], [0.0, 1.0, 0.0])
    assert (certain.slope, certain.intercept_in_the_large, certain.left_out) == (None, None, 3)


def test_calibration_error_of_bins_by_hand() -> None:
    # bins (0.1, 0.2] and (0.8, 0.9]: |0.3 - 1| and |1.75 - 1| over four cases
    assert expected_calibration_error([0, 1, 1, 0], [0.15, 0.15, 0.85, 0.9]) == pytest.approx(1.45 / 4)
    assert expected_calibration_error([0, 1], [0.0, 1.0]) == 0


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]), ([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]), ([0, 1], [0.3, 0.4])],
)
def test_a_slope_that_does_not_exist_is_none(labels: list[int], probabilities: list[float]) -> None:
    found = assess_calibration(labels, probabilities)
    assert (found.slope, found.intercept, found.slope_ci95) == (None, None, None)
    assert recalibration(labels, probabilities, with_slope=True) is None
    assert found.intercept_in_the_large is not None


def test_unfit_probabilities_are_told() -> None:
    for function in (assess_calibration, brier_score, expected_calibration_error, calibration_curve):
        with pytest.raises(ValidationError, match="treat them as scores"):
            function([0, 1], [0.5, 1.5])
    with pytest.raises(ValidationError, match="one class"):
        assess_calibration([1, 1], [0.5, 0.6])
    with pytest.raises(ValidationError, match="bins"):
        expected_calibration_error([0, 1], [0.5, 0.6], 0)


def _several_cases(patients: int, each: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes of patients whose cases hang together, probabilities that are true, and who has them."""
    generator = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), each)
    probability = expit(generator.normal(size=patients))[who]
    # all cases of a patient share a draw, now and then one of its own
    drawn = generator.uniform(size=patients)[who]
    drawn = np.where(generator.uniform(size=who.size) < 0.2, generator.uniform(size=who.size), drawn)
    return drawn < probability, probability, who


def test_errors_by_patients_are_those_of_statsmodels() -> None:
    positive, probability, who = _several_cases(80, 4, 3)
    x = logit(probability)
    expected = sm.Logit(positive, sm.add_constant(x)).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": who}
    )
    fit = fit_logistic(positive, x, patients=who)
    assert fit.covariance == pytest.approx(np.asarray(expected.cov_params()), abs=1e-7)
    found = assess_calibration(positive, probability, who)
    wald = expected.wald_test((np.eye(2), [0, 1]), use_f=False, scalar=True)
    assert found.quality.p == pytest.approx(float(wald.pvalue), abs=1e-7)
    assert found.intercept_ci95 == pytest.approx(tuple(expected.conf_int()[0]), abs=1e-6)
    alone = assess_calibration(positive, probability)
    assert (found.slope, found.ici) == (alone.slope, alone.ici)


def test_calibration_of_patients_is_believed_as_often_as_stated() -> None:
    covered, alone, rejected, draws = 0, 0, 0, 200
    for seed in range(draws):
        positive, probability, who = _several_cases(60, 5, seed)
        found = assess_calibration(positive, probability, who)
        low, high = found.intercept_ci95
        covered += low <= 0 <= high
        low, high = assess_calibration(positive, probability).intercept_ci95
        alone += low <= 0 <= high
        rejected += found.quality.p < 0.05
    assert covered / draws > 0.90
    assert alone / draws < 0.80
    assert rejected / draws < 0.12


def test_band_by_patients_is_the_spread_over_new_patients() -> None:
    heights, variances, alone = [], [], []
    at = np.linspace(0.3, 0.7, 5)
    for seed in range(150):
        positive, probability, who = _several_cases(60, 5, seed)
        smooth, leverage = lowess(probability, positive.astype(float))
        order = np.argsort(probability)
        variance = variance_by_groups(probability, positive - smooth, who)
        heights.append(np.interp(at, probability[order], smooth[order]))
        variances.append(np.interp(at, probability[order], variance[order]))
        independent = leverage * smooth * (1 - smooth)
        alone.append(np.interp(at, probability[order], independent[order]))
    spread = np.var(heights, axis=0)
    assert np.mean(variances, axis=0) == pytest.approx(spread, rel=0.35)
    assert (np.mean(alone, axis=0) < 0.6 * spread).all()
    curve = calibration_curve(positive, probability, who)
    assert (curve.high - curve.low).mean() > 1.3 * np.mean(
        calibration_curve(positive, probability).high - calibration_curve(positive, probability).low
    )


def test_patients_of_other_cases_are_told() -> None:
    for told in (assess_calibration, calibration_curve):
        with pytest.raises(ValidationError, match="not one for each case"):
            told([0, 1, 1], [0.2, 0.4, 0.8], [1, 2])
