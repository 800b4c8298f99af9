"""Where all visitors stand: their points, and the ROC curve of their pooled ratings beside the model's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvm_core.challenge.case import Challenge
from mvm_core.challenge.scores import CALLED_FROM, Score, score_of
from mvm_core.challenge.store import Answer, Visitor
from mvm_core.errors import ValidationError
from mvm_core.validation import Rate, auc_with_interval
from mvm_core.validation.clustered import Draws, auc_by_patients, rate_by_patients
from mvm_core.validation.roc import AucEstimate, RocCurve, roc_curve


@dataclass(frozen=True)
class Standing:
    """A visitor with a score.

    Attributes
    ----------
    visitor : Visitor
    score : Score
        Of the cases answered.
    answered : int
    finished : bool
        Whether every case was answered.
    """

    visitor: Visitor
    score: Score
    answered: int
    finished: bool


@dataclass(frozen=True)
class Pooled:
    """Ratings as if one reader had given them all.

    Attributes
    ----------
    readers : int
    ratings : int
    curve : RocCurve
    area : AucEstimate
        For several readers its interval is that of a bootstrap that draws cases, each with all its ratings:
        it is one over cases like these, with these readers.
    sensitivity, specificity : Rate
        MVM called from `CALLED_FROM` on. Intervals take the ratings of a case together.
    """

    readers: int
    ratings: int
    curve: RocCurve
    area: AucEstimate
    sensitivity: Rate
    specificity: Rate


def standings(
    challenge: Challenge, visitors: Sequence[Visitor], answers: Sequence[Answer]
) -> tuple[Standing, ...]:
    """Visitors by falling points, those who have finished first; those without an answer are left out."""
    given: dict[str, list[Answer]] = {}
    for each in answers:
        given.setdefault(each.visitor, []).append(each)
    found = []
    for visitor in visitors:
        own = given.get(visitor.id, [])
        score = score_of(challenge, own)
        if score is not None:
            found.append(Standing(visitor, score, len(own), len(own) == len(challenge.cases)))
    return tuple(sorted(found, key=lambda each: (not each.finished, -each.score.points)))


def pooled(challenge: Challenge, answers: Sequence[Answer]) -> Pooled | None:
    """Pool the ratings of visitors; None before both MVM and BVF were rated."""
    if not answers:
        return None
    numbers = np.array([each.number for each in answers])
    readers = len({each.visitor for each in answers})
    return _pool(challenge, numbers, np.array([each.probability for each in answers]), readers)


def pooled_model(challenge: Challenge) -> Pooled | None:
    """The model's ratings of all cases; None where these are of one group."""
    numbers = np.array([case.number for case in challenge.cases])
    ratings = np.array([case.model.probability for case in challenge.cases])
    return _pool(challenge, numbers, ratings, 1)


def _pool(challenge: Challenge, numbers: np.ndarray, ratings: np.ndarray, readers: int) -> Pooled | None:
    is_mvm = np.array([challenge.case(int(number)).is_mvm for number in numbers])
    try:
        curve = roc_curve(is_mvm, ratings)
        area = (
            auc_with_interval(is_mvm, ratings)
            if readers == 1
            else auc_by_patients(is_mvm, ratings, Draws(numbers))
        )
    except ValidationError:
        return None
    called = ratings >= CALLED_FROM
    return Pooled(
        readers,
        ratings.size,
        curve,
        area,
        rate_by_patients(called[is_mvm], numbers[is_mvm]),
        rate_by_patients(~called[~is_mvm], numbers[~is_mvm]),
    )
