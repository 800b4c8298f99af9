"""The table of levels of a cohort: what each vertebra on each film is, and where its body lies."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mvm_core.cohort._table import Problems, numbers, one_of, parse, require_columns, rows
from mvm_core.errors import TableError
from mvm_core.radiograph import View

LEVELS_TABLE = "levels.csv"
LEVEL_LABELS = ("intact", "bvf", "mvm", "other")
CORNER_COLUMNS = tuple(f"{axis}{corner}" for corner in range(4) for axis in "xy")
MIDDLE_COLUMNS = tuple(f"{axis}{end}" for end in ("_upper", "_lower") for axis in "xy")
"""Absent in cohorts of earlier versions, and empty in rows that such a version wrote before a resume."""

HEIGHT_COLUMNS = (
    "anterior_mm",
    "middle_mm",
    "posterior_mm",
    "anterior_seen_mm",
    "middle_seen_mm",
    "posterior_seen_mm",
)
LEVEL_COLUMNS = (
    "case_id",
    "view",
    "level",
    "label",
    "findings",
    *CORNER_COLUMNS,
    *HEIGHT_COLUMNS,
    "visible",
)
"""Those that every table has."""

_KEY = ["case_id", "view", "level"]

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
Middles = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class LevelRow:
    """One vertebra on one film.

    Attributes
    ----------
    case_id : str
    view : View
    level : str
        ``T1`` to ``S1``.
    label : str
        ``intact``, ``bvf``, ``mvm``, or ``other`` for what is neither of both and yet not intact, from a
        haemangioma to cement; the findings name it.
    findings : tuple of str
        What the vertebra shows, each a short word.
    corners : tuple of (float, float)
        Of the body as projected, x and y in pixels of the film: upper left, upper right, lower right, lower
        left as seen on the film. A corner may lie off the film.
    anterior_mm, middle_mm, posterior_mm : float
        Heights of the body at the midline, in mm.
    anterior_seen_mm, middle_seen_mm, posterior_seen_mm : float
        The same as projected onto this film, brought back to the patient's size, in mm.
    visible : float
        Share of the quadrilateral of the corners that the film shows, in (0, 1].
    middles : tuple of (float, float), or None
        Of the upper and the lower endplate as projected, x and y in pixels of the film; None in cohorts of
        earlier versions.
    """

    case_id: str
    view: View
    level: str
    label: str
    findings: tuple[str, ...]
    corners: Corners
    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    anterior_seen_mm: float
    middle_seen_mm: float
    posterior_seen_mm: float
    visible: float
    middles: Middles | None = None

    @property
    def described(self) -> dict[str, object]:
        """The row of the table, by column."""
        places = [value for corner in self.corners for value in corner]
        middles = [value for middle in self.middles or () for value in middle]
        return {
            "case_id": self.case_id,
            "view": self.view.value,
            "level": self.level,
            "label": self.label,
            "findings": " ".join(self.findings),
            **dict(zip(CORNER_COLUMNS, places, strict=True)),
            **{name: getattr(self, name) for name in HEIGHT_COLUMNS},
            "visible": self.visible,
            **(dict(zip(MIDDLE_COLUMNS, middles, strict=True)) if middles else {}),
        }


def read_levels(folder: Path) -> tuple[LevelRow, ...]:
    """Read and check a cohort's table of levels.

    Parameters
    ----------
    folder : Path
        The cohort's folder, or its ``levels.csv``.

    Returns
    -------
    tuple of LevelRow
        In the table's order.

    Raises
    ------
    TableError
        With every problem of the table at once, each with row and column.
    """
    folder = Path(folder)
    path = folder / LEVELS_TABLE if folder.is_dir() else folder
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it cannot be read"
        raise TableError(str(path), [reason], "give the folder of a cohort that has levels") from error
    frame = parse(content, str(path))
    problems = Problems(str(path))
    require_columns(frame, LEVEL_COLUMNS, problems)
    _check_texts(frame, problems)
    values = {name: _numbers(frame[name], problems) for name in (*CORNER_COLUMNS, *HEIGHT_COLUMNS)}
    if set(MIDDLE_COLUMNS) <= set(frame.columns):
        none = (frame[list(MIDDLE_COLUMNS)] == "").all(axis=1)
        values |= {name: _numbers(frame[name], problems, unless=none) for name in MIDDLE_COLUMNS}
    visible = _numbers(frame["visible"], problems)
    outside = (visible < 0) | (visible > 1)
    problems.add_where(outside, "visible", frame["visible"], lambda value: f"{value!r} is not within 0 to 1")
    problems.raise_if_any()
    table = pd.DataFrame({**frame[list(LEVEL_COLUMNS[:5])], **values, "visible": visible})
    return tuple(_row(record) for record in table.to_dict("records"))


def _row(record: dict) -> LevelRow:
    places = [float(record[name]) for name in CORNER_COLUMNS]
    upper_left, upper_right, lower_right, lower_left = zip(places[::2], places[1::2], strict=True)
    middles = [float(record[name]) for name in MIDDLE_COLUMNS if pd.notna(record.get(name))]
    return LevelRow(
        case_id=record["case_id"],
        view=View(record["view"]),
        level=record["level"],
        label=record["label"],
        findings=tuple(record["findings"].split()),
        corners=(upper_left, upper_right, lower_right, lower_left),
        **{name: float(record[name]) for name in (*HEIGHT_COLUMNS, "visible")},
        middles=((middles[0], middles[1]), (middles[2], middles[3])) if middles else None,
    )


def _check_texts(frame: pd.DataFrame, problems: Problems) -> None:
    for column in ("case_id", "level"):
        problems.add_where(frame[column] == "", column, frame[column], lambda _: "empty")
    views = tuple(view.value for view in View)
    for column, allowed in (("view", views), ("label", LEVEL_LABELS)):
        problems.add_where(~frame[column].isin(allowed), column, frame[column], one_of(allowed))
    again = frame.duplicated(_KEY)
    for row, level in rows(frame["level"][again]).items():
        problems.add(row, "level", f"{level!r} of this case and view is in an earlier row")


def _numbers(texts: pd.Series, problems: Problems, unless: "pd.Series[bool] | bool" = False) -> pd.Series:
    values, bad = numbers(texts)
    lacking = (bad | values.isna()) & ~np.asarray(unless, bool)
    problems.add_where(lacking, str(texts.name), texts, lambda value: f"{value!r} is not a number")
    return values
