"""Reading every level of a cohort as if nobody had drawn a box: a row for each vertebra, seen or missed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from mvm_core.cohort import DISEASE, Case, Cohort
from mvm_core.cohort.levels import LevelRow, read_levels
from mvm_core.evaluation import examine_unmarked, read_case
from mvm_core.examination import READ_LEVELS, Examination, Examiner, LevelReading
from mvm_core.models.reading import Zone
from mvm_core.radiograph import View
from mvm_core.review.level_figures import LevelFigures, level_figures, level_figures_as_text
from mvm_core.side_by_side import Workers, over_jobs
from mvm_core.spine import Vertebra

__all__ = [
    "LEVEL_PREDICTION_COLUMNS",
    "LevelFigures",
    "level_figures",
    "level_figures_as_text",
    "read_all_levels",
]

LEVEL_PREDICTION_COLUMNS = (
    "case_id",
    "site",
    "split",
    "level",
    "label",
    "findings",
    "sign",
    "question",
    "level_said",
    "probability_disease",
    "probability_mvm",
    "zone",
    "flagged",
    "in_question",
)
"""`label` is empty where no vertebra lies; `level_said`, `zone` and the probabilities where none was read,
the one of MVM also where nothing is seen; the question is ``disease`` throughout."""

_LEAST_VISIBLE = 0.6
_WITHIN = 0.5


@dataclass(frozen=True)
class KnownVertebra:
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
    workers: Workers = 1,
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
    known = known_levels(cohort.folder)
    jobs = [(case, known.get(case.case_id, [])) for case in cases]
    work = (
        partial(_rows_of, examiner)
        if workers == 1
        else partial(_rows_apart, examiner.reader.weights.folder.resolve())
    )
    return levels_table([row for rows in over_jobs(work, jobs, workers, progress) for row in rows])


def _rows_apart(weights: Path, job: tuple[Case, Sequence[KnownVertebra]]) -> list[dict[str, object]]:
    return _rows_of(Examiner.open(weights), job)


def _rows_of(examiner: Examiner, job: tuple[Case, Sequence[KnownVertebra]]) -> list[dict[str, object]]:
    case, known = job
    return level_rows(case, known, examine_unmarked(read_case(case), examiner))


def levels_table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows of `level_rows` as a table."""
    return pd.DataFrame(rows, columns=list(LEVEL_PREDICTION_COLUMNS))


def known_levels(folder: Path) -> dict[str, list[KnownVertebra]]:
    """The vertebrae of a cohort by case: those asked for and shown well enough on a film or two.

    Raises
    ------
    TableError
        If the table of levels is unfit.
    """
    shown: dict[tuple[str, str], dict[View, LevelRow]] = {}
    for row in read_levels(folder):
        if row.level in READ_LEVELS and row.visible >= _LEAST_VISIBLE:
            shown.setdefault((row.case_id, row.level), {})[row.view] = row
    by_case: dict[str, list[KnownVertebra]] = {}
    for (case_id, level), views in shown.items():
        by_case.setdefault(case_id, []).append(KnownVertebra(level, views))
    return by_case


def level_rows(case: Case, known: Sequence[KnownVertebra], found: Examination) -> list[dict[str, object]]:
    """What an examination says of each vertebra of a case, and of places where none lies."""
    described = {"case_id": case.case_id, "site": case.site, "split": case.split}
    described["question"] = DISEASE.name
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


def _vertebra_at(reading: LevelReading, known: Sequence[KnownVertebra]) -> KnownVertebra | None:
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
