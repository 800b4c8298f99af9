"""Scores and standings of the challenge against hand computations and the statistics of the house."""

from pathlib import Path

import numpy as np
import pytest
from challenge_by_hand import write_by_hand

from mvm_core.challenge import (
    Answer,
    Challenge,
    Visitor,
    model_score,
    points,
    pooled,
    pooled_model,
    score_of,
    standings,
)
from mvm_core.validation import auc_with_interval
from mvm_core.validation.clustered import Draws, auc_by_patients, rate_by_patients
from mvm_core.validation.roc import roc_curve


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    return write_by_hand(tmp_path)


def said(visitor: str, *probabilities: float, level: str = "L2", seconds: float = 10.0) -> list[Answer]:
    return [Answer(visitor, n, p, level, seconds) for n, p in enumerate(probabilities, start=1)]


@pytest.mark.parametrize(
    ("probability", "is_mvm", "worth"),
    [(1.0, True, 100), (1.0, False, 0), (0.5, True, 75), (0.5, False, 75), (0.8, True, 96), (0.8, False, 36)],
)
def test_points_are_a_straight_line_of_the_brier_score(
    probability: float, is_mvm: bool, worth: float
) -> None:
    assert points(probability, is_mvm=is_mvm) == pytest.approx(worth)


def test_points_are_most_for_what_one_believes() -> None:
    """A proper score: whoever believes 0.7 expects most points from saying 0.7."""
    believed, said = 0.7, np.linspace(0, 1, 101)
    expected = [believed * points(p, is_mvm=True) + (1 - believed) * points(p, is_mvm=False) for p in said]
    assert said[int(np.argmax(expected))] == pytest.approx(believed)


def test_score_of_a_visitor_by_hand(challenge: Challenge) -> None:
    # truth 1 0 1 0
    score = score_of(challenge, said("a", 0.9, 0.4, 0.5, 1.0))
    assert score is not None
    assert score.brier == pytest.approx((0.01 + 0.16 + 0.25 + 1.0) / 4)
    assert score.points == pytest.approx(100 * (1 - 0.355))
    # from 0.5 on it is called MVM: right, right, right, wrong
    assert (score.right.successes, score.right.total) == (3, 4)
    assert (score.level_right.successes, score.level_right.total) == (4, 4)
    assert score_of(challenge, []) is None


def test_any_diseased_level_is_a_right_one(challenge: Challenge) -> None:
    score = score_of(challenge, said("a", 0.5, 0.5, 0.5, 0.5, level="L1"))
    assert score is not None
    # L1 is diseased in the third case alone
    assert score.level_right.successes == 1


def test_model_is_scored_as_anybody(challenge: Challenge) -> None:
    score = model_score(challenge)
    assert score.brier == pytest.approx((0.1**2 + 0.2**2 + 0.4**2 + 0.7**2) / 4)
    assert score.right.successes == 3
    assert score.level_right.successes == 3
    assert model_score(challenge, [4]).brier == pytest.approx(0.49)


def test_time_asleep_is_left_out(challenge: Challenge) -> None:
    answers = [*said("a", 0.5, 0.5, seconds=12.0), Answer("a", 3, 0.5, "L2", 4000.0)]
    score = score_of(challenge, answers)
    assert score is not None
    assert score.seconds == 12.0
    slept = score_of(challenge, [Answer("a", 1, 0.5, "L2", 4000.0)])
    assert slept is not None
    assert slept.seconds is None


def test_pooled_ratings_are_those_of_the_validation(challenge: Challenge) -> None:
    answers = [*said("a", 0.9, 0.4, 0.5, 0.8), *said("b", 0.7, 0.6, 0.95, 0.1), *said("c", 0.2, 0.3)]
    labels = np.array([1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
    ratings = np.array([each.probability for each in answers])
    numbers = np.array([each.number for each in answers])
    found = pooled(challenge, answers)
    assert found is not None
    assert (found.readers, found.ratings) == (3, 10)
    curve = roc_curve(labels, ratings)
    assert np.array_equal(found.curve.sensitivity, curve.sensitivity)
    assert np.array_equal(found.curve.specificity, curve.specificity)
    # by hand: of 25 pairs of a metastasis and a fracture, how many are in order
    pairs = [(p > q) + (p == q) / 2 for p in ratings[labels == 1] for q in ratings[labels == 0]]
    assert found.area.auc == pytest.approx(sum(pairs) / 25)
    assert found.area == auc_by_patients(labels, ratings, Draws(numbers))
    called = ratings >= 0.5
    assert found.sensitivity == rate_by_patients(called[labels == 1], numbers[labels == 1])
    assert (found.sensitivity.successes, found.sensitivity.total) == (4, 5)
    assert (found.specificity.successes, found.specificity.total) == (3, 5)


def test_one_visitor_and_the_model_have_delongs_interval(challenge: Challenge) -> None:
    alone = pooled(challenge, said("a", 0.9, 0.4, 0.5, 0.8))
    model = pooled_model(challenge)
    assert alone is not None
    assert model is not None
    assert alone.area == auc_with_interval([1, 0, 1, 0], [0.9, 0.4, 0.5, 0.8])
    assert model.area == auc_with_interval([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.7])


def test_nothing_is_pooled_before_both_groups_were_rated(challenge: Challenge) -> None:
    assert pooled(challenge, []) is None
    assert pooled(challenge, said("a", 0.9)) is None
    assert pooled(challenge, said("a", 0.9, 0.1)) is not None


def test_those_who_finished_stand_first(challenge: Challenge) -> None:
    visitors = [Visitor(name, number, "") for number, name in enumerate("abcd", start=1)]
    answers = [*said("a", 1.0), *said("b", 0.5, 0.5, 0.5, 0.5), *said("c", 0.9, 0.1, 0.9, 0.1)]
    found = standings(challenge, visitors, answers)
    assert [(each.visitor.id, each.finished, each.answered) for each in found] == [
        ("c", True, 4),
        ("b", True, 4),
        ("a", False, 1),
    ]
