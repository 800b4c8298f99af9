"""Candidates for tests: a straight or bent column of bodies, and false ones beside it."""

import numpy as np

from mvm_core.spine.look import Candidate
from mvm_core.spine.spine import LEVELS


def body(
    x: float, y: float, level: str = "L1", probability: float = 0.9, height: float = 20.0, tilt: float = 0.0
) -> Candidate:
    half = np.array([[-20, -height / 2], [20, -height / 2], [20, height / 2], [-20, height / 2]])
    angle = np.deg2rad(tilt)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    logs = np.full(len(LEVELS), -6.0)
    logs[LEVELS.index(level)] = -0.1
    return Candidate(probability, half @ turn.T + (x, y), logs)


def column(first: str, number: int, pitch: float = 27.0, x: float = 100.0) -> list[Candidate]:
    start = LEVELS.index(first)
    return [body(x, 50 + pitch * place, LEVELS[start + place]) for place in range(number)]
