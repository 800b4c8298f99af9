"""What the findings of a cohort tell.

Their shares beside the published ones, what one group alone has, and how far the geometry by itself tells the
groups apart.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Cohort, LevelRow
from mvm_core.radiograph import View
from mvm_core.simulation.cohort import MANIFEST
from mvm_core.simulation.frequencies import (
    FREQUENCIES,
    ON_FILMS,
    Frequency,
    belongs,
    has_finding,
    is_part,
    names,
)
from mvm_core.simulation.levels import level_rows
from mvm_core.simulation.patient import Patient
from mvm_core.validation import AucEstimate, auc_with_interval, rate_with_interval

WANTED_GEOMETRY_AUC = 0.90
"""From shape alone the groups must not be told apart better than this."""

LEAST_EXPECTED = 8.0
"""A finding that a group lacks counts as the other's alone only where so many were to be expected there.

By chance a group then lacks it in three of ten thousand cohorts (Poisson: exp(-8)); at site a that takes some
500 patients for a mass in benign fractures, 1,100 for a cleft and 2,100 for a fragment in metastases.
"""

GEOMETRY = (
    "height in front",
    "height in the middle",
    "height behind",
    "tilt",
    "bulge",
    "fragment",
    "fracture-spur",
    "spur",
)
"""Columns of the geometry: heights against those of the levels beside, the tilt on AP in degrees, words."""

_OF_ONE_GROUP = ("acute", "old", "occult", "further-metastasis")
_GROUPS = ("mvm", "bvf")
_FOLDS, _REPEATS, _LEAST, _SEED = 5, 2, 20, 1


@dataclass(frozen=True)
class Told:
    """What is known of the vertebra in question of one case.

    Attributes
    ----------
    label : {'mvm', 'bvf'}
    words : frozenset of str
        Its findings, as in the table of levels.
    geometry : tuple of float
        As `GEOMETRY`; NaN where a film does not show it.
    signs : frozenset of str or None
        Those of its findings that a film shows; None where no film was taken.
    """

    label: str
    words: frozenset[str]
    geometry: tuple[float, ...]
    signs: frozenset[str] | None = None


@dataclass(frozen=True)
class FindingShare:
    """How often a group has a finding.

    Attributes
    ----------
    name, group, among, source
        As in `Frequency`.
    probability : float or None
        With which it is drawn; None for what films show.
    drawn_n, drawn_total : int
        Cases with the finding, and all of them.
    drawn_low, drawn_high : float or None
        95 % limits of their share (Clopper and Pearson 1934); None without any case.
    published_low, published_high : float or None
        95 % limits of the published share; None for an assumption.
    """

    name: str
    group: str
    among: str
    probability: float | None
    drawn_n: int
    drawn_total: int
    drawn_low: float | None
    drawn_high: float | None
    published_low: float | None
    published_high: float | None
    source: str

    @property
    def within(self) -> bool:
        """Whether the share can be one within the published limits."""
        if self.published_low is None or self.published_high is None:
            return True
        if self.drawn_low is None or self.drawn_high is None:
            return True
        return self.drawn_low <= self.published_high and self.published_low <= self.drawn_high


@dataclass(frozen=True)
class FindingsCheck:
    """The three answers.

    Attributes
    ----------
    shares : tuple of FindingShare
    exclusive : tuple of str
        Findings that only one group has, though `LEAST_EXPECTED` were to be expected in the other.
    geometry : AucEstimate or None
        Of gradient-boosted trees on `GEOMETRY`, cross-validated; None with fewer than twenty of a group.
    """

    shares: tuple[FindingShare, ...] = ()
    exclusive: tuple[str, ...] = ()
    geometry: AucEstimate | None = None


def check_findings(cases: Sequence[Told]) -> FindingsCheck:
    """Check the findings of some cases."""
    return FindingsCheck(finding_shares(cases), exclusive_findings(cases), geometry_area(cases))


def told_by_table(cohort: Cohort, rows: Iterable[LevelRow]) -> tuple[Told, ...]:
    """What a cohort's table of levels tells of each diseased case.

    Parameters
    ----------
    rows : iterable of LevelRow
        The table.
    """
    by_case: dict[str, list[LevelRow]] = {}
    for row in rows:
        by_case.setdefault(row.case_id, []).append(row)
    signs = _signs_of(cohort.folder / MANIFEST)
    return tuple(
        replace(_told(case.label, case.level, by_case.get(case.case_id, [])), signs=signs.get(case.case_id))
        for case in cohort.diseased
    )


def _signs_of(manifest: Path) -> dict[str, frozenset[str]]:
    """Signs by case; empty of a manifest that does not tell them."""
    with manifest.open(newline="") as file:
        return {
            row["case_id"]: frozenset(row["signs"].split()) for row in csv.DictReader(file) if "signs" in row
        }


def told_by_draws(patients: Iterable[Patient]) -> tuple[Told, ...]:
    """What the draws of patients tell, without any film."""
    found = []
    for patient in patients:
        near = range(patient.row - 1, patient.row + 2)
        rows = [
            row for view in View for row in level_rows(patient, patient.disease, patient.geometry(view), near)
        ]
        found.append(_told(patient.disease.label, patient.vertebrae[patient.row].name, rows))
    return tuple(found)


def finding_shares(cases: Iterable[Told]) -> tuple[FindingShare, ...]:
    """The share of each finding in each group, in the order of `FREQUENCIES` and `ON_FILMS`."""
    cases = tuple(cases)
    filmed = [case for case in cases if case.signs is not None]
    drawn = [
        _share(each, cases, [has_finding(each.name, case.words) for case in cases]) for each in FREQUENCIES
    ]
    seen = [_share(each, filmed, [_is_seen(each.name, case) for case in filmed]) for each in ON_FILMS]
    return (*drawn, *seen)


def _is_seen(name: str, case: Told) -> bool:
    signs, (_, _, wanted) = case.signs or frozenset(), name.partition("-")
    return wanted in signs if wanted else bool(signs)


def _share(each: Frequency, cases: Sequence[Told], having: Sequence[bool]) -> FindingShare:
    members = [
        there
        for case, there in zip(cases, having, strict=True)
        if case.label == each.group and belongs(each.among, case.words)
    ]
    rate = rate_with_interval(sum(members), len(members), "exact")
    low, high = each.published or (None, None)
    return FindingShare(
        name=each.name,
        group=each.group,
        among=each.among,
        probability=each.drawn,
        drawn_n=sum(members),
        drawn_total=len(members),
        drawn_low=rate.low,
        drawn_high=rate.high,
        published_low=low,
        published_high=high,
        source=each.source,
    )


def exclusive_findings(cases: Iterable[Told]) -> tuple[str, ...]:
    """Findings that only one group has, though enough were to be expected in the other.

    How many were to be expected follows from the table of frequencies; for a word that is not in it, from its
    share in the group that has it.
    """
    cases = tuple(cases)
    words = {word for case in cases for word in case.words}
    others = sorted(word for word in words - set(names()) if not is_part(word))
    candidates = (*names(), *others)
    found = []
    for name in candidates:
        if name in _OF_ONE_GROUP:
            continue
        having = {group: _number(name, group, cases) for group in _GROUPS}
        for group, other in (_GROUPS, _GROUPS[::-1]):
            lacking = having[other] == 0 < having[group]
            if lacking and _expected(name, other, group, cases) >= LEAST_EXPECTED:
                found.append(name)
    return tuple(found)


def geometry_area(cases: Sequence[Told]) -> AucEstimate | None:
    """Cross-validate gradient-boosted trees on the geometry; None with fewer than twenty of a group."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold

    labels = np.array([case.label == "mvm" for case in cases], bool)
    if min(int(labels.sum()), int((~labels).sum())) < _LEAST:
        return None
    columns = np.array([case.geometry for case in cases], float)
    columns = columns[:, ~np.isnan(columns).all(axis=0)]
    if not columns.shape[1]:
        return None
    total = np.zeros(len(labels))
    for repeat in range(_REPEATS):
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED + repeat)
        for fitted, left_out in folds.split(columns, labels):
            model = HistGradientBoostingClassifier(
                max_iter=60, learning_rate=0.1, max_leaf_nodes=8, min_samples_leaf=10, random_state=_SEED
            )
            model.fit(columns[fitted], labels[fitted])
            total[left_out] += model.predict_proba(columns[left_out])[:, 1]
    return auc_with_interval(labels, total / _REPEATS)


def _told(label: str, level: str, rows: Sequence[LevelRow]) -> Told:
    own = {row.view: row for row in rows if row.level == level}
    words = frozenset(word for row in own.values() for word in row.findings)
    lateral, frontal = own.get(View.LATERAL), own.get(View.AP)
    heights, tilt = [np.nan] * 3, np.nan
    if lateral is not None:
        beside = [row for row in rows if row.view is View.LATERAL and row.label == "intact"]
        near = sorted(beside, key=lambda row: abs(row.corners[0][1] - lateral.corners[0][1]))[:2]
        if near:
            usual = np.mean([_heights(row) for row in near], axis=0)
            heights = (np.array(_heights(lateral)) / usual).tolist()
    if frontal is not None:
        tilt = abs(_tilt(frontal))
    flags = [float(word in words) for word in GEOMETRY[4:]]
    return Told(label, words, (*heights, float(tilt), *flags))


def _heights(row: LevelRow) -> tuple[float, float, float]:
    return row.anterior_seen_mm, row.middle_seen_mm, row.posterior_seen_mm


def _tilt(row: LevelRow) -> float:
    """Angle between the endplates as seen on the film, in degrees."""
    upper_left, upper_right, lower_right, lower_left = np.array(row.corners)
    return _slope(upper_right - upper_left) - _slope(lower_right - lower_left)


def _slope(along: NDArray[np.float64]) -> float:
    return float(np.degrees(np.arctan2(along[1], along[0])))


def _number(name: str, group: str, cases: Iterable[Told]) -> int:
    return sum(case.label == group and has_finding(name, case.words) for case in cases)


def _expected(name: str, group: str, having: str, cases: Sequence[Told]) -> float:
    """How many of a group were to be expected to have a finding."""
    rows = [each for each in FREQUENCIES if each.name == name and each.group == group]
    if rows:
        members = [case for case in cases if case.label == group]
        return sum(
            (each.drawn or 0.0) * sum(belongs(each.among, case.words) for case in members) for each in rows
        )
    counts = {each: sum(case.label == each for case in cases) for each in _GROUPS}
    return _number(name, having, cases) / counts[having] * counts[group]
