"""What each reader of a study reads, one thing after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvm_core.reader_study.order import balanced_orders, deal
from mvm_core.reader_study.plan import AIDED, UNAIDED, Design, StudyCase, StudyPlan

PRACTICE = 0
"""The part of a list in which answers do not count."""


@dataclass(frozen=True)
class Reading:
    """One case to be read by one reader in one modality.

    Attributes
    ----------
    place : int
        In the reader's list, from 0.
    part : int
        `PRACTICE`, 1, or 2 after the wash-out of a crossover.
    case_id : str
    modality : str
        Of `MODALITIES`.
    """

    place: int
    part: int
    case_id: str
    modality: str


def reading_lists(plan: StudyPlan) -> dict[str, tuple[Reading, ...]]:
    """Of each reader all that he reads, in order: practice, then every case of his group in each modality.

    The seed of the plan alone decides.
    """
    lists: dict[str, tuple[Reading, ...]] = {}
    for group in sorted({reader.group for reader in plan.readers}):
        names = [reader.name for reader in plan.readers if reader.group == group]
        cases = [each for each in plan.cases if each.group == group]
        rng = np.random.default_rng([plan.seed, 1 + group])
        rows = (
            _sequential(cases, len(names), rng)
            if plan.design is Design.SEQUENTIAL
            else _crossover(cases, len(names), rng)
        )
        practice = _practice(plan)
        for name, own in zip(names, rows, strict=True):
            lists[name] = tuple(Reading(place, *each) for place, each in enumerate([*practice, *own]))
    return lists


_Row = list[tuple[int, str, str]]


def _kinds(cases: Sequence[StudyCase]) -> list[str]:
    return [f"{each.case.label} {each.case.sign}" for each in cases]


def _practice(plan: StudyPlan) -> _Row:
    """The same for all; where a case is not read twice, every other one with the model's answer."""
    rng = np.random.default_rng([plan.seed, 0])
    (order,) = balanced_orders(_kinds(plan.practice), 1, rng) if plan.practice else [[]]
    if plan.design is Design.SEQUENTIAL:
        return [
            (PRACTICE, plan.practice[at].case.case_id, modality)
            for at in order
            for modality in (UNAIDED, AIDED)
        ]
    return [
        (PRACTICE, plan.practice[at].case.case_id, AIDED if turn % 2 else UNAIDED)
        for turn, at in enumerate(order)
    ]


def _sequential(cases: Sequence[StudyCase], readers: int, rng: np.random.Generator) -> list[_Row]:
    return [
        [(1, cases[at].case.case_id, modality) for at in order for modality in (UNAIDED, AIDED)]
        for order in balanced_orders(_kinds(cases), readers, rng)
    ]


def _crossover(cases: Sequence[StudyCase], readers: int, rng: np.random.Generator) -> list[_Row]:
    """Half of the cases aided in each part; for half of the readers the other half first."""
    half = {at: number for number, hand in enumerate(deal(_kinds(cases), 2, rng)) for at in hand}
    arm = {at: number for number, hand in enumerate(deal(["reader"] * readers, 2, rng)) for at in hand}
    rows: list[_Row] = [[] for _ in range(readers)]
    for part in (1, 2):
        for reader, order in enumerate(balanced_orders(_kinds(cases), readers, rng)):
            rows[reader] += [
                (part, cases[at].case.case_id, AIDED if (half[at] + arm[reader] + part) % 2 else UNAIDED)
                for at in order
            ]
    return rows
