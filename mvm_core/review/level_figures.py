"""What reading every level of a cohort amounts to: rates, false alarms a pair of films, free response."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mvm_core.validation import Rate
from mvm_core.validation.clustered import rate_by_patients
from mvm_core.validation.froc import FrocCurve, froc_curve
from mvm_core.validation.rates import rate_text

_DISEASED = ("mvm", "bvf")
_FLAGGED = {
    "with sign": "levels with MVM and a sign flagged",
    "without sign": "levels with MVM without a sign flagged",
    "all": "levels with MVM or BVF flagged",
}
"""For people, by the names of `LevelFigures.sensitivity`; the column ``sign`` is told of MVM alone."""


@dataclass(frozen=True)
class LevelKinds:
    """Which rows of a table of levels are what, each of shape (n,).

    Attributes
    ----------
    diseased : bool Series
        Levels with MVM or BVF.
    with_sign, without_sign : bool Series
        Of them those with MVM, by the sign on the film: of BVF none is told.
    unharmed : bool Series
        Intact levels, and places where no vertebra lies.
    other : bool Series
        Levels with something else.
    """

    diseased: "pd.Series[bool]"
    with_sign: "pd.Series[bool]"
    without_sign: "pd.Series[bool]"
    unharmed: "pd.Series[bool]"
    other: "pd.Series[bool]"


def level_kinds(table: pd.DataFrame) -> LevelKinds:
    """Sort the rows of a table of predictions of levels."""
    diseased = table["label"].isin(_DISEASED)
    return LevelKinds(
        diseased,
        diseased & table["sign"].eq("sign"),
        diseased & table["sign"].eq("no-sign"),
        table["label"].isin(("intact", "")),
        table["label"].eq("other"),
    )


@dataclass(frozen=True)
class LevelFigures:
    """What all levels of a cohort amount to; intervals take a patient's levels together.

    Attributes
    ----------
    sensitivity : mapping of str to Rate
        Of levels with MVM with a sign, with MVM without one, and of all with MVM or BVF; those not found
        count as missed.
    in_question : Rate
        How often the level asked about is the case's own, of cases whose level has a sign.
    intact_flagged : Rate
        Of intact levels and of places where no vertebra lies.
    alarms_a_pair : float
        The same, over the pairs of films.
    alarms : int
        Their number.
    other_flagged : Rate
        Of levels with something else.
    curve : FrocCurve
    """

    sensitivity: Mapping[str, Rate]
    in_question: Rate
    intact_flagged: Rate
    alarms_a_pair: float
    alarms: int
    other_flagged: Rate
    curve: FrocCurve


def level_figures(table: pd.DataFrame) -> LevelFigures:
    """Sum up a table of predictions of levels.

    Raises
    ------
    ValidationError
        If it holds no level with MVM or BVF that was read, or none without.
    """
    kinds = level_kinds(table)
    diseased, unharmed = kinds.diseased, kinds.unharmed
    pairs = table[["site", "case_id"]].drop_duplicates().shape[0]
    with_sign, without = kinds.with_sign, kinds.without_sign
    read = table["probability_disease"].notna()
    counted = read & (diseased | unharmed)
    return LevelFigures(
        sensitivity={
            name: _rate(table[rows], "flagged")
            for name, rows in (("with sign", with_sign), ("without sign", without), ("all", diseased))
        },
        in_question=_rate(table[with_sign], "in_question"),
        intact_flagged=_rate(table[unharmed & read], "flagged"),
        alarms_a_pair=float(table.loc[unharmed, "flagged"].sum()) / max(pairs, 1),
        alarms=int(table.loc[unharmed, "flagged"].sum()),
        other_flagged=_rate(table[kinds.other], "flagged"),
        curve=froc_curve(
            diseased[counted], table.loc[counted, "probability_disease"], pairs, int((diseased & ~read).sum())
        ),
    )


def _rate(rows: pd.DataFrame, column: str) -> Rate:
    return rate_by_patients(rows[column], rows.groupby(["site", "case_id"]).ngroup())


def level_figures_as_text(figures: LevelFigures) -> str:
    """Write the figures as lines for people."""
    named: dict[str, Any] = {_FLAGGED[name]: rate for name, rate in figures.sensitivity.items()}
    named["level in question right, of MVM with a sign"] = figures.in_question
    named["intact levels flagged"] = figures.intact_flagged
    named["levels with something else flagged"] = figures.other_flagged
    lines = [f"{name:<52}{rate_text(rate)}" for name, rate in named.items()]
    at = "  ".join(
        f"{alarms:g}: {figures.curve.sensitivity_at(alarms):.2f}" for alarms in (0.05, 0.1, 0.3, 1)
    )
    return "\n".join(
        [
            *lines,
            f"{'false alarms a pair of films':<52}{figures.alarms_a_pair:.2f}",
            f"{'sensitivity at so many false alarms a pair':<52}{at}",
        ]
    )
