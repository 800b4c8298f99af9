"""The file of a reader study, checked as a whole: every fault is told at once."""

import hashlib
import json
import math
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np

from mvm_core.cohort import LABELS
from mvm_core.errors import TableError
from mvm_core.language import gettext, gettext_noop
from mvm_core.reader_study.choice import Chosen, choose_cases, in_groups
from mvm_core.reader_study.fields import Fields
from mvm_core.reader_study.order import deal
from mvm_core.reader_study.plan import (
    LEVEL,
    PROBABILITY,
    QUESTIONS,
    Design,
    StudyCase,
    StudyPlan,
    StudyReader,
)

FULLY_CROSSED, SPLIT_PLOT = "fully-crossed", "split-plot"
_CURE = gettext_noop("correct the study file and start the app again")
_SHORTEST_CODE = 6
_LEAST_READERS = 2
"""In each group, so that results can hold for other readers, and a crossover has readers for both orders."""

_LEAST_CASES = 2
"""Of MVM and of BVF, for each group of readers: a variance over cases takes two."""


def read_study_file(path: Path) -> StudyPlan:
    """Read and check a study file.

    Parameters
    ----------
    path : Path
        In TOML; folders and databases named in it lie beside it unless their paths say otherwise.

    Returns
    -------
    StudyPlan

    Raises
    ------
    TableError
        With every fault at once, a sentence each.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TableError(
            path.name, [gettext("it cannot be read ({reason})", reason=reason)], gettext(_CURE)
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TableError(
            path.name, [gettext("it is not in TOML ({error})", error=error)], gettext(_CURE)
        ) from None
    faults: list[str] = []
    plan = _plan(path, Fields(document, "", faults))
    if faults:
        raise TableError(path.name, list(dict.fromkeys(faults)), gettext(_CURE))
    return plan


def _plan(path: Path, fields: Fields) -> StudyPlan:
    title = fields.text("title")
    design = Design(fields.choice("design", tuple(Design)))
    split_plot = fields.choice("assignment", (FULLY_CROSSED, SPLIT_PLOT), FULLY_CROSSED) == SPLIT_PLOT
    seed = int(fields.number("seed", 0, whole=True))
    washout = _washout(fields, design)
    questions, marked = _questions(fields)
    shortest = fields.number("shortest_seconds", 0.0)
    longest = fields.number("longest_seconds", math.inf, 1)
    if longest <= shortest:
        fields.fault(gettext("longest_seconds is not above shortest_seconds, so no case could be answered"))
    idle_after = fields.number("idle_seconds", 30.0, 1)
    organiser = fields.text("organiser_code")
    database = _database(path, fields.text("answers", f"{path.stem}.answers.db"))
    show_map = fields.flag("map", True)
    groups = _groups(fields, split_plot)
    readers = _readers(fields, organiser, split_plot, groups, np.random.default_rng([seed, 10]))
    groups = len({reader.group for reader in readers}) if split_plot else 1
    chosen, practice = _cases(path, fields, seed)
    cases = chosen.cases
    if groups > 1:
        cases = in_groups(cases, groups, np.random.default_rng([seed, 13]))
    fields.no_more()
    if marked:
        _check_boxes(fields, (*cases, *practice.cases))
    _check_readers(fields, readers)
    if cases or not fields.faults:
        _check_cases(fields, readers, cases)
    return StudyPlan(
        path=path,
        title=title,
        design=design,
        split_plot=split_plot,
        washout_days=washout,
        seed=seed,
        readers=readers,
        cases=cases,
        practice=practice.cases,
        simulated=chosen.simulated and practice.simulated,
        questions=questions,
        show_map=show_map,
        marked=marked,
        shortest_s=float(shortest),
        longest_s=float(longest),
        organiser_code=organiser,
        database=database,
        fingerprint=_fingerprint(
            title=title,
            design=[design, split_plot, washout, seed],
            readers=[[reader.name, reader.group] for reader in readers],
            cases=[[each.case.case_id, each.group] for each in cases],
            practice=[each.case.case_id for each in practice.cases],
            manifests=[chosen.fingerprint, practice.fingerprint],
            asked=[questions, show_map, marked, shortest, str(longest), idle_after],
        ),
        idle_after_s=idle_after,
    )


def _washout(fields: Fields, design: Design) -> float:
    if design is Design.CROSSOVER and "washout_days" not in fields:
        fields.fault(gettext("washout_days is missing, which a crossover needs"))
    if design is not Design.CROSSOVER and "washout_days" in fields:
        fields.fault(gettext("washout_days is given, which only a crossover has"))
    return float(fields.number("washout_days", 0.0))


def _questions(fields: Fields) -> tuple[tuple[str, ...], bool]:
    asked = fields.texts("questions") or (PROBABILITY,)
    for name in asked:
        if name not in QUESTIONS:
            fields.fault(
                gettext("question {name!r} is none of {among}", name=name, among=", ".join(QUESTIONS))
            )
    if PROBABILITY not in asked:
        fields.fault(gettext("the question probability is missing, without which there is no analysis"))
    marked = fields.flag("marked", LEVEL not in asked)
    if marked and LEVEL in asked:
        fields.fault(gettext("the level is asked for, and a box marks it: take out one of both"))
    return tuple(name for name in QUESTIONS if name in asked), marked


def _database(path: Path, given: str) -> str:
    return given if "://" in given else f"sqlite:///{(path.parent / given).resolve()}"


def _groups(fields: Fields, split_plot: bool) -> int:
    if "groups" in fields and not split_plot:
        fields.fault(gettext("groups is given, which only a split plot has"))
    return int(fields.number("groups", 2, 2, whole=True))


def _readers(
    fields: Fields, organiser: str, split_plot: bool, groups: int, rng: np.random.Generator
) -> tuple[StudyReader, ...]:
    tables = fields.tables("readers")
    found = []
    named: list[str] = []
    for table in tables:
        name, code = table.text("name"), table.text("code")
        if len(code) < _SHORTEST_CODE and code:
            fields.fault(
                gettext("the code of {name} is shorter than {count} letters", name=name, count=_SHORTEST_CODE)
            )
        if "group" in table and not split_plot:
            fields.fault(gettext("{name} has a group, which only a split plot has", name=name))
        named.append(table.text("group", "") if split_plot else "")
        table.no_more()
        found.append((name, code))
    for name, count in Counter(name for name, _ in found if name).items():
        if count > 1:
            fields.fault(gettext("reader {name} is there twice", name=name))
    for code, count in Counter([organiser, *(code for _, code in found)]).items():
        if count > 1 and code:
            owners = ", ".join(
                [name for name, own in found if own == code]
                + ([gettext("the organiser")] if code == organiser else [])
            )
            fields.fault(gettext("one code is given to {owners}: each needs one of his own", owners=owners))
    group = _group_of_each(fields, named, groups if split_plot else 1, rng)
    return tuple(StudyReader(name, code, at) for (name, code), at in zip(found, group, strict=True))


def _group_of_each(fields: Fields, named: list[str], groups: int, rng: np.random.Generator) -> list[int]:
    """By the names of groups in the file, or drawn where it gives none."""
    if not any(named):
        dealt = {
            place: hand
            for hand, own in enumerate(deal(["reader"] * len(named), groups, rng))
            for place in own
        }
        return [dealt[place] for place in range(len(named))]
    if not all(named):
        fields.fault(gettext("some readers have a group and others have none"))
    order = sorted(set(named))
    return [order.index(name) for name in named]


def _cases(path: Path, fields: Fields, seed: int) -> tuple[Chosen, Chosen]:
    table, practice = fields.table("cases"), fields.table("practice")
    folder = table.text("folder")
    if not folder:
        return Chosen(), Chosen()
    chosen = choose_cases(table, path.parent / folder, np.random.default_rng([seed, 11]))
    table.no_more()
    trial = Chosen()
    if "practice" in fields:
        own = practice.text("folder", folder)
        taken = {each.case.case_id for each in chosen.cases}
        trial = choose_cases(practice, path.parent / own, np.random.default_rng([seed, 12]), taken)
        for each in trial.cases:
            if each.case.case_id in taken:
                fields.fault(
                    gettext("case {name!r} is for practice and for the study", name=each.case.case_id)
                )
        practice.no_more()
    return chosen, trial


def _check_boxes(fields: Fields, cases: tuple[StudyCase, ...]) -> None:
    for each in cases:
        if each.case.ap_box is None and each.case.lateral_box is None:
            fields.fault(gettext("case {name!r} has no box to mark its vertebra by", name=each.case.case_id))


def _groups_of(readers: tuple[StudyReader, ...]) -> dict[int, str]:
    groups = sorted({reader.group for reader in readers}) or [0]
    if len(groups) == 1:
        return {groups[0]: gettext("the study")}
    return {group: gettext("group {number}", number=group + 1) for group in groups}


def _check_readers(fields: Fields, readers: tuple[StudyReader, ...]) -> None:
    for group, which in _groups_of(readers).items():
        count = sum(reader.group == group for reader in readers)
        if count < _LEAST_READERS:
            fields.fault(
                gettext(
                    "{which} has too few readers for its design: {count}, and {least} are the least",
                    which=which,
                    count=count,
                    least=_LEAST_READERS,
                )
            )


def _check_cases(fields: Fields, readers: tuple[StudyReader, ...], cases: tuple[StudyCase, ...]) -> None:
    for group, which in _groups_of(readers).items():
        for label in LABELS:
            own = sum(each.group == group and each.case.label == label for each in cases)
            if own < _LEAST_CASES:
                fields.fault(
                    gettext(
                        "{which} has too few cases of {label} for its design: {count}, and {least} are the "
                        "least",
                        which=which,
                        label=label.upper(),
                        count=own,
                        least=_LEAST_CASES,
                    )
                )


def _fingerprint(**of: object) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()
