"""Which cases of a cohort a study takes: by name, or so many of each kind by rule."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mvm_core.cohort import LABELS, SPLITS, Case, read_manifest
from mvm_core.cohort.levels import LEVELS_TABLE, read_levels
from mvm_core.errors import TableError
from mvm_core.language import gettext
from mvm_core.reader_study.fields import Fields
from mvm_core.reader_study.order import deal
from mvm_core.reader_study.plan import StudyCase

KINDS: dict[str, Callable[[Case], bool]] = {
    "mvm": lambda case: case.label == "mvm",
    "bvf": lambda case: case.label == "bvf",
    "mvm_with_sign": lambda case: case.label == "mvm" and case.sign == "sign",
    "mvm_without_sign": lambda case: case.label == "mvm" and case.sign == "no-sign",
}
"""What can be counted out of a cohort."""


@dataclass(frozen=True)
class Chosen:
    """Cases that were chosen.

    Attributes
    ----------
    cases : tuple of StudyCase
        By name.
    fingerprint : str
        Of the cohort's manifest.
    simulated : bool
        Whether all of the cohort is simulated.
    """

    cases: tuple[StudyCase, ...] = ()
    fingerprint: str = ""
    simulated: bool = True


def choose_cases(
    fields: Fields, folder: Path, rng: np.random.Generator, taken: Collection[str] = ()
) -> Chosen:
    """Choose cases as a table of a study file says; what is wrong goes to the table's faults.

    Parameters
    ----------
    fields : Fields
        With ``names``, or ``splits``, ``sites`` and ``levels`` that cases must be of and how many of each of
        `KINDS`; without any number all of MVM and BVF.
    folder : Path
        Of the cohort.
    rng : numpy Generator
    taken : collection of str
        Names of cases that are not to be had.
    """
    try:
        cohort = read_manifest(folder)
        diseased = _diseased_levels(cohort.folder)
    except TableError as error:
        fields.fault(str(error))
        return Chosen()
    names = fields.texts("names")
    rules = {
        "split": fields.texts("splits"),
        "site": fields.texts("sites"),
        "level": fields.texts("levels"),
    }
    for split in rules["split"]:
        if split not in SPLITS:
            fields.fault(gettext("cases of the split {split!r} there are none", split=split))
    numbers = {kind: int(fields.number(kind, 0, whole=True)) for kind in KINDS if kind in fields}
    if names:
        if numbers or any(rules.values()):
            fields.fault(gettext("cases are given by name and by rule, and one of both is wanted"))
        found = _by_name(fields, {case.case_id: case for case in cohort.cases}, names)
    else:
        pool = [
            case
            for case in cohort.diseased
            if case.case_id not in taken
            and all(getattr(case, name) in wanted for name, wanted in rules.items() if wanted)
        ]
        found = _by_rule(fields, pool, numbers, rng)
    chosen = tuple(
        StudyCase(case, diseased.get(case.case_id) or ((case.level,) if case.level else ()))
        for case in sorted(found, key=lambda case: case.case_id)
    )
    return Chosen(chosen, cohort.fingerprint, cohort.simulated)


def in_groups(cases: tuple[StudyCase, ...], groups: int, rng: np.random.Generator) -> tuple[StudyCase, ...]:
    """Deal cases to groups of readers, each its share of every kind."""
    hands = deal([f"{each.case.label} {each.case.sign}" for each in cases], groups, rng)
    group = {place: number for number, hand in enumerate(hands) for place in hand}
    return tuple(replace(each, group=group[place]) for place, each in enumerate(cases))


def _by_name(fields: Fields, known: dict[str, Case], names: tuple[str, ...]) -> list[Case]:
    found: dict[str, Case] = {}
    for name in names:
        if name not in known:
            fields.fault(gettext("case {name!r} is not in the cohort", name=name))
        elif name in found:
            fields.fault(gettext("case {name!r} is there twice", name=name))
        elif known[name].label not in LABELS:
            fields.fault(gettext("case {name!r} has no truth: it is known as neither MVM nor BVF", name=name))
        else:
            found[name] = known[name]
    return list(found.values())


def _by_rule(
    fields: Fields, pool: list[Case], numbers: dict[str, int], rng: np.random.Generator
) -> list[Case]:
    if not numbers:
        return pool
    if "mvm" in numbers and len(numbers) > 1 and {"mvm_with_sign", "mvm_without_sign"} & set(numbers):
        fields.fault(gettext("MVM is counted as a whole and by its signs, and one of both is wanted"))
        return []
    found = []
    for kind, number in numbers.items():
        there = sorted((case for case in pool if KINDS[kind](case)), key=lambda case: case.case_id)
        if number > len(there):
            fields.fault(
                gettext(
                    "{number} cases of {kind} are wanted, and the cohort has {there} to choose from",
                    number=number,
                    kind=kind,
                    there=len(there),
                )
            )
            continue
        found += [there[at] for at in rng.choice(len(there), number, replace=False).tolist()]
    return found


def _diseased_levels(folder: Path) -> dict[str, tuple[str, ...]]:
    """The levels of each case that are of MVM or BVF, where the cohort has a table of levels."""
    if not (folder / LEVELS_TABLE).is_file():
        return {}
    found: dict[str, list[str]] = {}
    for row in read_levels(folder):
        if row.label in LABELS and row.level not in (own := found.setdefault(row.case_id, [])):
            own.append(row.level)
    return {case_id: tuple(own) for case_id, own in found.items()}
