"""The challenge: simulated patients whom visitors read beside the model, their answers and their scores."""

from mvm_core.challenge.case import Case, Challenge, ChallengeFilm, ModelAnswer, read_challenge
from mvm_core.challenge.scores import Score, model_score, points, score_of
from mvm_core.challenge.standings import Pooled, Standing, pooled, pooled_model, standings
from mvm_core.challenge.store import Answer, AnswerStore, Visitor

__all__ = [
    "Answer",
    "AnswerStore",
    "Case",
    "Challenge",
    "ChallengeFilm",
    "ModelAnswer",
    "Pooled",
    "Score",
    "Standing",
    "Visitor",
    "model_score",
    "points",
    "pooled",
    "pooled_model",
    "read_challenge",
    "score_of",
    "standings",
]
