"""What the sealed test says of levels, boxes unseen: sensitivity by label, and which level is asked about."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from mvm_core.cohort.manifest import INTACT, LABELS
from mvm_core.review.level_figures import level_kinds
from mvm_core.validation import Rate
from mvm_core.validation.clustered import rate_by_patients

_CASE = ["site", "case_id"]
_DISEASED = (*LABELS, "other")


OWN_WITH_A_SIGN = "MVM or BVF with a sign, the case's own"
"""Of the groups of `sensitivity_by_label`, the one that counts most."""


@dataclass(frozen=True)
class QuestionLevel:
    """Which level is asked about in a group of patients.

    Attributes
    ----------
    own : Rate
        It is the one that the case is of.
    diseased : Rate
        It is diseased: that one, a further metastasis, another fracture, or something else.
    single : Rate
        The same of those with one diseased level alone, where both are one.
    nothing : Rate
        No level is asked about.
    """

    own: Rate
    diseased: Rate
    single: Rate
    nothing: Rate


@dataclass(frozen=True)
class HealthyAlarms:
    """Alarms on the films of healthy patients, two of each.

    Attributes
    ----------
    patients : int
    levels : float
        Flagged levels a film, those with something else (a screw, a haemangioma) too; NaN without patients.
    intact : float
        Of these the ones on intact levels, and where no vertebra lies.
    """

    patients: int
    levels: float
    intact: float


def healthy_alarms(levels: pd.DataFrame, cases: pd.DataFrame) -> HealthyAlarms:
    """Count the levels flagged of patients with neither MVM nor BVF; see `sensitivity_by_label`."""
    healthy = cases.loc[cases["label"] == INTACT, _CASE]
    flagged = levels[levels["flagged"]].merge(healthy, on=_CASE)
    films = 2 * len(healthy) or float("nan")
    return HealthyAlarms(len(healthy), len(flagged) / films, level_kinds(flagged).unharmed.sum() / films)


def sensitivity_by_label(levels: pd.DataFrame, cases: pd.DataFrame) -> dict[str, Rate]:
    """Share flagged of diseased levels by their label, the case's own and its further ones apart.

    Parameters
    ----------
    levels : DataFrame
        As `read_level_predictions` returns it.
    cases : DataFrame
        Columns ``site, case_id, level, label, signs``, a row for each patient; ``signs`` are the findings to
        be seen on a film of its own level, of BVF too, empty where there are none.

    Returns
    -------
    dict of str to Rate
        With intervals by patient; levels that were not found count as missed.
    """
    known = _with_case(levels, cases)
    own = known["level"].eq(known["level_case"])
    bvf, mvm = (known["label"].eq(label) for label in ("bvf", "mvm"))
    with_sign = known["sign"].eq("sign") | (bvf & known["signs"].ne(""))
    groups = {
        "BVF, the case's own": bvf & own,
        "BVF, further levels": bvf & ~own,
        "MVM with a sign, the case's own": mvm & own & known["sign"].eq("sign"),
        "MVM without a sign, the case's own": mvm & own & known["sign"].eq("no-sign"),
        "MVM, further levels": mvm & ~own,
        OWN_WITH_A_SIGN: own & with_sign,
    }
    return {name: _by_patient(known[rows], "flagged") for name, rows in groups.items()}


def question_levels(levels: pd.DataFrame, cases: pd.DataFrame) -> dict[str, QuestionLevel]:
    """Which level is asked about, by group of patients with MVM or BVF.

    Patients whose own level was not to be seen well enough on a film are left out.
    """
    known = _with_case(levels, cases)
    shown = known[known["label_case"].isin(LABELS) & known["level"].eq(known["level_case"])]
    asked = known[known["in_question"]]
    patients = shown.set_index(_CASE)[["label", "sign"]].assign(
        own=shown.set_index(_CASE)["in_question"],
        diseased=asked.groupby(_CASE)["label"].agg(lambda labels: labels.isin(_DISEASED).any()),
        asked=asked.groupby(_CASE).size().gt(0),
        levels=known[known["label"].isin(_DISEASED)].groupby(_CASE).size(),
    )
    patients[["diseased", "asked"]] = patients[["diseased", "asked"]].eq(True)
    return {name: _asked(patients[rows]) for name, rows in _groups(patients)}


def _groups(patients: pd.DataFrame) -> Iterator[tuple[str, "pd.Series[bool]"]]:
    mvm = patients["label"].eq("mvm")
    yield "MVM with a sign", mvm & patients["sign"].eq("sign")
    yield "MVM without a sign", mvm & patients["sign"].eq("no-sign")
    yield "BVF", patients["label"].eq("bvf")
    yield "all with MVM or BVF", patients["label"].ne(INTACT)


def _asked(patients: pd.DataFrame) -> QuestionLevel:
    single = patients[patients["levels"] == 1]
    nothing = patients.assign(nothing=~patients["asked"])
    return QuestionLevel(
        own=_by_patient(patients, "own"),
        diseased=_by_patient(patients, "diseased"),
        single=_by_patient(single, "diseased"),
        nothing=_by_patient(nothing, "nothing"),
    )


def _by_patient(rows: pd.DataFrame, column: str) -> Rate:
    keys = rows.reset_index() if "case_id" not in rows else rows
    return rate_by_patients(rows[column].to_numpy(bool), keys.groupby(_CASE).ngroup().to_numpy())


def _with_case(levels: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    named = cases[["site", "case_id", "level", "label", "signs"]]
    return levels.merge(named, on=_CASE, suffixes=("", "_case"), validate="many_to_one")


def asked_at_their_own(levels: pd.DataFrame, cases: pd.DataFrame) -> frozenset[str]:
    """The case_ids of the patients whose own level is the one asked about, of one site."""
    known = _with_case(levels, cases)
    own = known["level"].eq(known["level_case"])
    return frozenset(known.loc[own & known["in_question"], "case_id"])
