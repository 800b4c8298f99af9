"""Pairs of a patient with MVM and one with BVF who are alike in all that is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from mvm_core.simulation.patient import Patient

AGE_YEARS, LEVELS_APART = 10.0, 2.0
"""How far a pair may differ in age and in level; sex, site and format are the same."""

_NEVER = 1e6


@dataclass(frozen=True)
class Person:
    """What patients are matched for.

    Attributes
    ----------
    group : str
        Sex, site and format: only alike are paired.
    age : float
        In years.
    level : float
        Place of the vertebra in question, counted from above.
    exposure : tuple of float
        Logarithm of the dose, tube voltage in kV and scatter, each against the site's usual one and over its
        standard deviation.
    """

    group: str
    age: float
    level: float
    exposure: tuple[float, ...]


def person_of(patient: Patient) -> Person:
    """What a simulated patient is matched for."""
    technique, request = patient.technique, patient.request
    exposure = (np.log(technique.dose) / 0.35, technique.kvp_shift / 2.5, (technique.grid - 1.05) / 0.15)
    names = [vertebra.name for vertebra in patient.vertebrae]
    return Person(
        f"{patient.sex} {request.site} {request.format}",
        float(patient.age),
        float(names.index(patient.vertebrae[patient.row].name) - len(names)),
        tuple(float(value) for value in exposure),
    )


def matched_pairs(first: Sequence[Person], second: Sequence[Person]) -> list[tuple[int, int]]:
    """Pair people one to one with the least sum of differences; who has no like stays single.

    Differences are squared, in units of `AGE_YEARS`, `LEVELS_APART` and standard deviations of exposure;
    assignment after Kuhn (Naval Research Logistics 1955;2:83).

    Returns
    -------
    list of (int, int)
        Places in `first` and in `second`.
    """
    if not first or not second:
        return []
    cost = np.array([[_difference(one, other) for other in second] for one in first])
    rows, columns = linear_sum_assignment(cost)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if cost[row, column] < _NEVER
    ]


def _difference(one: Person, other: Person) -> float:
    age, level = abs(one.age - other.age) / AGE_YEARS, abs(one.level - other.level) / LEVELS_APART
    if one.group != other.group or age > 1 or level > 1:
        return _NEVER
    exposure = np.subtract(one.exposure, other.exposure)
    # Tenfold, so that exposure decides between those alike in age and level, and seldom against it.
    return float(10 * (age**2 + level**2) + exposure @ exposure)
