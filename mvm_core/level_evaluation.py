"""Reading every level of a cohort as if nobody had drawn a box: a row for each vertebra, seen or missed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.levels import LevelRow, read_levels
from mvm_core.evaluation import read_case
from mvm_core.examination import READ_LEVELS, Examination, Examiner, LevelReading
from mvm_core.models.reading import Zone
from mvm_core.radiograph import View
from mvm_core.spine import Vertebra
from mvm_core.validation import Rate, rate_with_interval
from mvm_core.validation.froc import FrocCurve, froc_curve

LEVEL_PREDICTION_COLUMNS = (
    "case_id",
    "site",
    "split",
    "level",
    "label",
    "findings",
    "sign",
    "level_said",
    "probability_disease",
    "probability_mvm",
    "zone",
    "flagged",
    "in_question",
)
"""`label` is empty where no vertebra lies; `level_said`, `zone` and the probabilities where none was read,
the one of MVM also where nothing is seen."""

_LEAST_VISIBLE = 0.6
_WITHIN = 0.5
_DISEASED = ("mvm", "bvf")
_ALARMS = (0.05, 0.1, 0.3, 1.0)


@dataclass(frozen=True)
class _Known:
    """A vertebra of a case: its row of levels.csv for each film that shows it."""

    level: str
    rows: Mapping[View, LevelRow]

    @property
    def any_row(self) -> LevelRow:
        return next(iter(self.rows.values()))


def read_all_levels(
    cohort: Cohort,
    examiner: Examiner,
    splits: Iterable[str],
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Examine every case of some splits, and set what is said of each level beside what is known of it.

    A level that was read belongs to the vertebra on which the middle of its box lies, whatever it is called;
    of two films that disagree, the AP film's.

    Returns
    -------
    DataFrame
        The columns `LEVEL_PREDICTION_COLUMNS`.

    Raises
    ------
    TableError, FilmError
        If a table of the cohort or a film cannot be read.
    """
    wanted = set(splits)
    cases = [case for case in cohort.cases if case.split in wanted]
    known = _known_levels(read_levels(cohort.folder))
    rows: list[dict[str, object]] = []
    for done, case in enumerate(cases, start=1):
        pair = replace(read_case(case), ap_box=None, lateral_box=None)
        rows += _rows(case, known.get(case.case_id, []), examiner.examine(pair))
        if progress is not None:
            progress(done, len(cases))
    return pd.DataFrame(rows, columns=list(LEVEL_PREDICTION_COLUMNS))


def _known_levels(rows: Sequence[LevelRow]) -> dict[str, list[_Known]]:
    """The vertebrae by case that are asked for and shown well enough on a film or two."""
    shown: dict[tuple[str, str], dict[View, LevelRow]] = {}
    for row in rows:
        if row.level in READ_LEVELS and row.visible >= _LEAST_VISIBLE:
            shown.setdefault((row.case_id, row.level), {})[row.view] = row
    by_case: dict[str, list[_Known]] = {}
    for (case_id, level), views in shown.items():
        by_case.setdefault(case_id, []).append(_Known(level, views))
    return by_case


def _rows(case: Case, known: Sequence[_Known], found: Examination) -> list[dict[str, object]]:
    described = {"case_id": case.case_id, "site": case.site, "split": case.split}
    rows: list[dict[str, object]] = []
    taken: dict[str, list[LevelReading]] = {}
    for reading in found.levels:
        vertebra = _vertebra_at(reading, known)
        taken.setdefault(vertebra.level if vertebra is not None else "", []).append(reading)
    for vertebra in known:
        own = vertebra.any_row
        truth = {
            "level": vertebra.level,
            "label": own.label,
            "findings": " ".join(own.findings),
            "sign": case.sign if own.level == case.level else "",
        }
        likeliest = max(
            taken.get(vertebra.level, []), key=lambda each: each.probability_disease, default=None
        )
        rows.append({**described, **truth, **_said(likeliest, found)})
    for reading in taken.get("", []):
        nothing = {"level": "", "label": "", "findings": "", "sign": ""}
        rows.append({**described, **nothing, **_said(reading, found)})
    return rows


def _said(reading: LevelReading | None, found: Examination) -> dict[str, object]:
    if reading is None:
        return {
            "level_said": "",
            "probability_disease": np.nan,
            "probability_mvm": np.nan,
            "zone": "",
            "flagged": False,
            "in_question": False,
        }
    return {
        "level_said": reading.level,
        "probability_disease": reading.probability_disease,
        "probability_mvm": np.nan if reading.probability_mvm is None else reading.probability_mvm,
        "zone": str(reading.zone),
        "flagged": reading.zone is not Zone.NOTHING_SEEN,
        "in_question": reading.level == found.level_in_question,
    }


def _vertebra_at(reading: LevelReading, known: Sequence[_Known]) -> _Known | None:
    for view in View:
        box = reading.box(view)
        if box is None:
            continue
        shown = [vertebra for vertebra in known if view in vertebra.rows]
        bodies = [
            Vertebra(vertebra.level, 1.0, 1.0, np.array(vertebra.rows[view].corners)) for vertebra in shown
        ]
        distances = [float(np.hypot(*np.subtract(body.centre, box.centre))) for body in bodies]
        if distances:
            nearest = int(np.argmin(distances))
            if distances[nearest] < _WITHIN * bodies[nearest].height:
                return shown[nearest]
    return None


@dataclass(frozen=True)
class LevelFigures:
    """What all levels of a cohort amount to.

    Attributes
    ----------
    sensitivity : mapping of str to Rate
        Of levels with MVM or BVF: with a sign, without, all; those not found count as missed.
    in_question : Rate
        How often the level asked about is the case's own, of cases whose level has a sign.
    intact_flagged : Rate
        Of intact levels and of places where no vertebra lies.
    alarms_a_pair : float
        The same, over the pairs of films.
    other_flagged : Rate
        Of levels with something else.
    curve : FrocCurve
    """

    sensitivity: Mapping[str, Rate]
    in_question: Rate
    intact_flagged: Rate
    alarms_a_pair: float
    other_flagged: Rate
    curve: FrocCurve


def level_figures(table: pd.DataFrame) -> LevelFigures:
    """Sum up a table of `read_all_levels`.

    Raises
    ------
    ValidationError
        If it holds no level with MVM or BVF that was read, or none without.
    """
    diseased = table["label"].isin(_DISEASED)
    unharmed = table["label"].isin(("intact", ""))
    pairs = table[["site", "case_id"]].drop_duplicates().shape[0]
    with_sign, without = diseased & table["sign"].eq("sign"), diseased & table["sign"].eq("no-sign")
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
        other_flagged=_rate(table[table["label"].eq("other")], "flagged"),
        curve=froc_curve(
            diseased[counted], table.loc[counted, "probability_disease"], pairs, int((diseased & ~read).sum())
        ),
    )


def _rate(rows: pd.DataFrame, column: str) -> Rate:
    return (
        rate_with_interval(int(rows[column].sum()), len(rows)) if len(rows) else Rate(0, 0, None, None, None)
    )


def level_figures_as_text(figures: LevelFigures) -> str:
    """Write the figures as lines for people."""
    named: dict[str, Any] = {
        f"levels with MVM or BVF flagged, {name}": rate for name, rate in figures.sensitivity.items()
    }
    named["level in question right, of those with a sign"] = figures.in_question
    named["intact levels flagged"] = figures.intact_flagged
    named["levels with something else flagged"] = figures.other_flagged
    lines = [f"{name:<52}{_told(rate)}" for name, rate in named.items()]
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


def _told(rate: Rate) -> str:
    if rate.value is None:
        return "none"
    return f"{rate.successes}/{rate.total} = {rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f})"
