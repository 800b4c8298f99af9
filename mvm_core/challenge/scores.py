"""What answers are worth: the Brier score, and points that are a straight line of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from mvm_core.challenge.case import Case, Challenge
from mvm_core.challenge.store import Answer
from mvm_core.validation import Rate, rate_with_interval

CALLED_FROM = 0.5
"""From this probability on an answer counts as MVM."""

AWAY_S = 300.0
"""Who takes longer for a case was away, or the tablet asleep: such times are left out."""


@dataclass(frozen=True)
class Score:
    """How well some cases were answered.

    Attributes
    ----------
    brier : float
        Mean squared distance of the probability from the truth, in [0, 1]; 0 is best (Brier, Mon Weather Rev
        1950;78:1).
    points : float
        100 (1 - brier): 100 for sure and right, 75 for undecided, 0 for sure and wrong.
    right : Rate
        Cases called rightly, MVM from `CALLED_FROM` on.
    level_right : Rate
        Cases in which a diseased level was pointed at.
    seconds : float or None
        Median time for a case; None where it is not known.
    """

    brier: float
    points: float
    right: Rate
    level_right: Rate
    seconds: float | None = None


def points(probability: float, *, is_mvm: bool) -> float:
    """Points of one answer, in [0, 100].

    Parameters
    ----------
    probability : float
        Of MVM, in [0, 1].
    is_mvm : bool
    """
    return 100.0 * (1.0 - _squared_distance(probability, is_mvm))


def is_right(probability: float, case: Case) -> bool:
    """Whether a case is called what it is."""
    return (probability >= CALLED_FROM) == case.is_mvm


def score_of(challenge: Challenge, answers: Sequence[Answer]) -> Score | None:
    """Score the answers of one visitor; None without any."""
    given = [(challenge.case(each.number), each.probability, each.level) for each in answers]
    there = [each.seconds for each in answers if each.seconds <= AWAY_S]
    return _score(given, median(there) if there else None) if given else None


def model_score(challenge: Challenge, numbers: Sequence[int] | None = None) -> Score:
    """Score the model on some cases, on all where none are named."""
    cases = challenge.cases if numbers is None else [challenge.case(number) for number in numbers]
    return _score([(case, case.model.probability, case.model.level) for case in cases], None)


def _score(given: Sequence[tuple[Case, float, str]], seconds: float | None) -> Score:
    count = len(given)
    brier = sum(_squared_distance(probability, case.is_mvm) for case, probability, _ in given) / count
    return Score(
        brier,
        100.0 * (1.0 - brier),
        rate_with_interval(sum(is_right(probability, case) for case, probability, _ in given), count),
        rate_with_interval(sum(level in case.diseased for case, _, level in given), count),
        seconds,
    )


def _squared_distance(probability: float, is_mvm: bool) -> float:
    return (probability - float(is_mvm)) ** 2
