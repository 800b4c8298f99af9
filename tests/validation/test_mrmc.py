"""Reader studies: error rates that are stated, what must not change a result, designs, plans."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readers_samples import oracle_study

from mvm_core.errors import ValidationError
from mvm_core.validation.mrmc import analyse
from mvm_core.validation.mrmc_covariance import Estimator, figures_and_covariance
from mvm_core.validation.mrmc_error_rates import TRIALS, error_rate
from mvm_core.validation.mrmc_merits import AUC, LROC, MERITS, SENSITIVITY, WEIGHTED_AFROC
from mvm_core.validation.mrmc_power import cases_needed, power
from mvm_core.validation.mrmc_results import Analysis, Components, Fixed
from mvm_core.validation.mrmc_simulation import RoeMetz, draw_study
from mvm_core.validation.mrmc_study import Design, ReaderStudy, layout_of
from mvm_core.validation.roc import auc_with_interval

STUDY = oracle_study()


def studies(design: Design, groups: int, count: int, model: RoeMetz | None = None) -> list[ReaderStudy]:
    rng = np.random.default_rng(5)
    return [draw_study(model or RoeMetz(), 6, 20, 25, rng, design, groups) for _ in range(count)]


def rejected(found: list[Analysis]) -> int:
    return sum(
        one.equality is not None and one.equality.p is not None and one.equality.p < 0.05 for one in found
    )


@pytest.mark.parametrize("trial", TRIALS)
def test_the_stated_error_rate_holds(trial: str) -> None:
    assert 0.03 <= error_rate(trial, 1000) <= 0.07


def test_readers_taken_as_fixed_reject_too_often_where_they_are_random() -> None:
    model = RoeMetz(reader=0.1, modality_reader=0.3)
    drawn = studies(Design.CROSSED, 1, 100, model)
    assert rejected([analyse(study, AUC, fixed=Fixed.READERS) for study in drawn]) > 12
    assert rejected([analyse(study, AUC) for study in drawn]) <= 12


def test_thirty_readers_of_500_cases_take_less_than_five_seconds() -> None:
    study = draw_study(RoeMetz(), 30, 200, 300, np.random.default_rng(1))
    for estimator in Estimator:
        start = time.perf_counter()
        analyse(study, AUC, estimator)
        assert time.perf_counter() - start < 5


def same(one: Analysis, other: Analysis) -> None:
    assert one.equality is not None
    assert other.equality is not None
    assert other.equality.p == pytest.approx(one.equality.p, rel=1e-9)
    for a, b in zip(one.means, other.means, strict=True):
        assert (b.value, b.low, b.high) == pytest.approx((a.value, a.low, a.high), rel=1e-9)


@given(st.permutations(range(5)), st.permutations(range(60)))
@settings(max_examples=15)
def test_order_of_readers_and_cases_does_not_matter(readers: list[int], cases: list[int]) -> None:
    moved = replace(
        STUDY,
        readers=tuple(STUDY.readers[j] for j in readers),
        cases=tuple(STUDY.cases[k] for k in cases),
        truth=STUDY.truth[cases],
        ratings=STUDY.ratings[:, readers][:, :, cases],
    )
    same(analyse(STUDY, AUC), analyse(moved, AUC))


@given(st.floats(0.2, 4), st.floats(-50, 50))
@settings(max_examples=15)
def test_a_rising_change_of_ratings_does_not_matter(exponent: float, shift: float) -> None:
    moved = replace(STUDY, ratings=(STUDY.ratings + 1) ** exponent + shift)
    if np.unique(moved.ratings).size == np.unique(STUDY.ratings).size:
        same(analyse(STUDY, AUC), analyse(moved, AUC))


def test_turning_truth_and_ratings_round_gives_the_same_area() -> None:
    same(analyse(STUDY, AUC), analyse(replace(STUDY, truth=~STUDY.truth, ratings=-STUDY.ratings), AUC))


@pytest.mark.parametrize("estimator", Estimator)
@pytest.mark.parametrize("fixed", Fixed)
def test_modalities_that_are_one_do_not_differ(estimator: Estimator, fixed: Fixed) -> None:
    twice = replace(STUDY, ratings=STUDY.ratings[[0, 0]])
    found = analyse(twice, AUC, estimator, fixed)
    assert found.differences[0].estimate.value == 0
    assert found.differences[0].estimate.standard_error == pytest.approx(0, abs=1e-9)
    assert found.differences[0].p is None
    assert found.means[0] == found.means[1]


def test_ratings_that_are_all_ties_have_an_area_of_one_half() -> None:
    found = analyse(replace(STUDY, ratings=np.ones_like(STUDY.ratings)), AUC, fixed=Fixed.READERS)
    assert {one.value for one in found.means} == {0.5}
    assert found.means[0].low is None


def test_one_fixed_reader_is_delongs_test_and_one_random_reader_is_refused() -> None:
    alone = replace(STUDY, readers=("r1",), ratings=STUDY.ratings[:, :1])
    found = analyse(alone, AUC, fixed=Fixed.READERS)
    expected = auc_with_interval(STUDY.truth, STUDY.ratings[0, 0])
    assert found.means[0].value == pytest.approx(expected.auc)
    assert found.means[0].standard_error == pytest.approx(math.sqrt(expected.variance or 0))
    with pytest.raises(ValidationError, match="one alone in a modality"):
        analyse(alone, AUC)


def test_one_modality_has_means_alone() -> None:
    alone = replace(STUDY, modalities=("unaided",), ratings=STUDY.ratings[:1])
    found = analyse(alone, AUC)
    assert found.means[0] == analyse(STUDY, AUC).means[0]
    assert (found.equality, found.differences) == (None, ())


def test_a_split_plot_of_one_group_is_the_crossed_study() -> None:
    rng = np.random.default_rng(2)
    study = draw_study(RoeMetz(), 4, 10, 12, rng, Design.SPLIT_PLOT, groups=1)
    assert layout_of(study).design is Design.CROSSED


def test_designs_that_cannot_be_analysed_are_told() -> None:
    ratings = STUDY.ratings.copy()
    ratings[0, 1, :3] = np.nan
    with pytest.raises(ValidationError, match="reader r2 in unaided: shares some of the 57 cases"):
        layout_of(replace(STUDY, ratings=ratings))
    ratings = STUDY.ratings.copy()
    ratings[1, 4] = np.nan
    with pytest.raises(ValidationError, match="reader r5: read in 1 of 2 modalities"):
        layout_of(replace(STUDY, ratings=ratings))
    few = replace(STUDY, truth=np.arange(60) == 0)
    with pytest.raises(ValidationError, match="has 1 positive ones, and each class needs two"):
        layout_of(few)


def brute_force(study: ReaderStudy, merit: str, i: int, j: int) -> float:
    """The figures of merit by their definitions, pair by pair."""
    assert study.located is not None
    assert study.pointed is not None
    assert study.places is not None
    total = []
    for p in np.flatnonzero(study.truth):
        for n in np.flatnonzero(~study.truth):
            a, b = study.ratings[i, j, p], study.ratings[i, j, n]
            if merit == "lroc":
                total.append(study.located[i, j, p] * ((a > b) + (a == b) / 2))
                continue
            b = b if study.pointed[i, j, n] else -np.inf
            marks = [a if study.located[i, j, p] else -np.inf] + [-np.inf] * (int(study.places[p]) - 1)
            total.append(float(np.mean([(mark > b) + (mark == b) / 2 for mark in marks])))
    return float(np.mean(total))


@pytest.mark.parametrize("merit", [LROC, WEIGHTED_AFROC], ids=lambda merit: merit.name)
def test_figures_of_places_are_those_of_their_definitions(merit: object) -> None:
    rng = np.random.default_rng(4)
    shape = STUDY.ratings.shape
    pointed = rng.random(shape) < 0.8
    study = replace(
        STUDY,
        located=pointed & (rng.random(shape) < 0.7),
        pointed=pointed,
        places=rng.integers(1, 4, shape[2]),
    )
    name = merit.name  # type: ignore[attr-defined]
    found = analyse(study, MERITS[name], Estimator.JACKKNIFE)
    for i, j in ((0, 0), (1, 3)):
        assert found.figures[i, j] == pytest.approx(brute_force(study, name, i, j), abs=1e-12)


@pytest.mark.parametrize("name", ["auc", "lroc", "weighted_afroc"])
def test_the_jackknife_is_that_of_figures_with_each_case_left_out(name: str) -> None:
    rng = np.random.default_rng(9)
    study = draw_study(RoeMetz(), 2, 6, 7, rng, step=0.5)
    shape = study.ratings.shape
    pointed = rng.random(shape) < 0.7
    places = rng.integers(1, 3, shape[2])
    study = replace(study, located=pointed & (rng.random(shape) < 0.7), pointed=pointed, places=places)
    layout = layout_of(study)
    _, covariance = figures_and_covariance(study, layout, MERITS[name], Estimator.JACKKNIFE)

    def without(k: int) -> ReaderStudy:
        keep = np.arange(shape[2]) != k
        assert study.located is not None
        return replace(
            study,
            cases=tuple(np.array(study.cases)[keep]),
            truth=study.truth[keep],
            ratings=study.ratings[:, :, keep],
            located=study.located[:, :, keep],
            pointed=pointed[:, :, keep],
            places=places[keep],
        )

    left_out = np.array(
        [analyse(without(k), MERITS[name], fixed=Fixed.READERS).figures.ravel() for k in range(shape[2])]
    )
    expected = np.cov(left_out.T) * (shape[2] - 1) ** 2 / shape[2]
    assert covariance.reshape(4, 4) == pytest.approx(expected, abs=1e-12)


def test_the_unbiased_estimator_is_unbiased() -> None:
    model, rng = RoeMetz(reader=0, modality_reader=0), np.random.default_rng(12)
    areas, variances = [], []
    for _ in range(600):
        found = analyse(draw_study(model, 2, 6, 6, rng), AUC, Estimator.UNBIASED, Fixed.READERS)
        areas.append(found.figures[0, 0])
        variances.append(found.components.error)
    # the mean of 600 estimates against the variance of 600 areas, whose own error is near 6 %
    assert np.mean(variances) == pytest.approx(np.var(areas, ddof=1), rel=0.18)


def test_with_all_places_right_both_figures_are_the_area() -> None:
    everywhere = np.ones(STUDY.ratings.shape, bool)
    study = replace(STUDY, located=everywhere, pointed=everywhere, places=np.ones(60, np.int64))
    for merit in (LROC, WEIGHTED_AFROC):
        same(analyse(STUDY, AUC, Estimator.JACKKNIFE), analyse(study, merit, Estimator.JACKKNIFE))
    with pytest.raises(ValidationError, match="places: the study has none"):
        analyse(STUDY, LROC)
    with pytest.raises(ValidationError, match="calls: the study has none"):
        analyse(replace(STUDY, called=None), SENSITIVITY)


def test_the_power_that_is_foretold_is_the_share_that_is_found() -> None:
    model = RoeMetz(auc=(0.80, 0.88))
    found = [analyse(study, AUC) for study in studies(Design.CROSSED, 1, 150, model)]
    mean = Components(
        *(
            float(np.mean([getattr(one.components, name) for one in found]))
            for name in ("reader", "modality_reader", "error", "cov1", "cov2", "cov3")
        )
    )
    difference = float(np.mean([one.differences[0].estimate.value for one in found]))
    foretold = power(mean, 45, difference, 6, 45)
    # three standard errors of a share of 150
    assert abs(rejected(found) / 150 - foretold) < 3 * math.sqrt(foretold * (1 - foretold) / 150)


def test_plans_reach_their_power_with_the_fewest_cases() -> None:
    parts = analyse(STUDY, AUC).components
    plan = cases_needed(parts, 60, 0.03, 5)
    assert plan is not None
    assert plan.power >= 0.8 > power(parts, 60, 0.03, 5, plan.cases - 1)
    assert power(parts, 60, 0.0, 5, 60) == pytest.approx(0.05)
    assert power(parts, 60, -0.05, 5, 60, margin=0.05) == pytest.approx(0.025)
    assert cases_needed(replace(parts, modality_reader=0.5), 60, 0.01, 5) is None
    with pytest.raises(ValidationError, match="plan: too few readers"):
        power(parts, 60, 0.03, 1, 60)
