"""Real films with marked vertebrae, and which of them are learnt from, chosen on, and judged by.

A folder holds ``ap.csv`` and ``lateral.csv``, and the films in ``ap/`` and ``lateral/``.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort._table import Problems, numbers, parse, require_columns, rows
from mvm_core.errors import TableError
from mvm_core.radiograph import View

PARTS = ("train", "tune", "test")
_SPLIT = Path(__file__).with_name("real_ap_split.csv")
_CORNERS = tuple(f"{axis}{corner}" for corner in range(4) for axis in "xy")
_UPWARDS = ("S1", "L5", "L4", "L3", "L2", "L1", *(f"T{number}" for number in range(12, 0, -1)))
_FLAT = 2.2
"""Times its height lies the nearest neighbour's middle from that of a mark that is no body."""

_ON_DISCS = 5
"""So many flat marks make a film whose marks lie on discs: 7 of the collection's 481 AP films have 5 to 11,
of the others one has 4, three have 3 and all the rest 2 or fewer."""

_ANGLES = ("main_thoracic", "proximal_thoracic", "thoracolumbar_lumbar")


@dataclass(frozen=True)
class MarkedFilm:
    """One real film and its marks.

    Attributes
    ----------
    path : Path
    view : View
    levels : tuple of str
        From above. Those of lateral films are counted upwards from S1, the lowest body marked there; those
        of AP films stand in the table.
    corners : float array, shape (n, 4, 2)
        Upper left, upper right, lower right, lower left of each body as seen on the film, in pixels.
    cobb : tuple of float or None
        The three Cobb angles published with the film, in degrees.
    middles : float array, shape (n, 2, 2), or None
        Of the upper and the lower endplate of each body; None where they are not marked.
    """

    path: Path
    view: View
    levels: tuple[str, ...]
    corners: NDArray[np.float64] = field(repr=False)
    cobb: tuple[float, float, float] | None = None
    middles: NDArray[np.float64] | None = field(default=None, repr=False)

    @property
    def on_discs(self) -> bool:
        """Whether marks lie on discs where bodies should be marked, so that nothing is learnt from them."""
        return int(flat_marks(self.corners).sum()) >= _ON_DISCS


def flat_marks(corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which marks are too flat for the body of a vertebra, seen from how near the next mark lies.

    Parameters
    ----------
    corners : float array, shape (n, 4, 2)
        From above, of two bodies or more.

    Returns
    -------
    bool array, shape (n,)
    """
    steps = steps_between(corners)
    nearest = np.minimum(np.append(steps, np.inf), np.insert(steps, 0, np.inf))
    heights = np.hypot(*np.moveaxis(corners[:, [3, 2]] - corners[:, [0, 1]], -1, 0)).mean(axis=1)
    return np.asarray(nearest > _FLAT * heights)


def steps_between(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the middle of each body, of shape (n, 4, 2), lies from that of the next: shape (n - 1,)."""
    return np.asarray(np.hypot(*np.diff(corners.mean(axis=1), axis=0).T))


def read_marked(folder: Path) -> tuple[MarkedFilm, ...]:
    """Read a folder of marked films; either table may be missing, not both.

    Raises
    ------
    TableError
        With every problem of a table at once, each with row and column; or if there is no table.
    """
    found: list[MarkedFilm] = []
    angles = _read_angles(folder / "ap_cobb.csv")
    for view in View:
        table = folder / f"{view.value}.csv"
        if table.is_file():
            found += _read_view(table, folder / view.value, view, angles)
    if not found:
        raise TableError(
            str(folder),
            ["there is no ap.csv and no lateral.csv"],
            "name a folder of marked films",
        )
    return tuple(found)


def part_of(films: Sequence[MarkedFilm], part: str) -> tuple[MarkedFilm, ...]:
    """The AP films of one part (`PARTS`, or ``all``) and all lateral ones, which nothing is learnt from.

    AP films whose names the split does not hold count as ``test``.
    """
    parts = _split()
    return tuple(
        film
        for film in films
        if film.view is View.LATERAL or part == "all" or parts.get(film.path.name, "test") == part
    )


def to_learn(films: Sequence[MarkedFilm], part: str) -> list[MarkedFilm]:
    """The AP films of one part that may be learnt from or fitted on: not those marked at their discs."""
    return [film for film in part_of(films, part) if film.view is View.AP and not film.on_discs]


@lru_cache(maxsize=1)
def _split() -> dict[str, str]:
    with _SPLIT.open(encoding="utf-8", newline="") as file:
        return {row["film"]: row["part"] for row in csv.DictReader(file)}


def _read_view(
    table: Path, films: Path, view: View, angles: dict[str, tuple[float, float, float]]
) -> list[MarkedFilm]:
    named = view is View.AP
    frame = parse(table.read_bytes(), str(table))
    problems = Problems(str(table))
    require_columns(frame, ("film", "level" if named else "order", *_CORNERS), problems)
    places: dict[str, list[float]] = {}
    for name in _CORNERS:
        values, bad = numbers(frame[name])
        problems.add_where(bad | values.isna(), name, frame[name], lambda text: f"{text!r} is not a number")
        places[name] = values.tolist()
    for row, film in rows(frame["film"].drop_duplicates()).items():
        if not film or Path(film).name != film or not (films / film).is_file():
            problems.add(row, "film", f"there is no film {film!r} in {films.name}/")
    problems.raise_if_any()
    corners = pd.DataFrame(places).to_numpy().reshape(-1, 4, 2)
    marked = []
    for film, positions in frame.reset_index(drop=True).groupby("film", sort=False).indices.items():
        own, key = frame.iloc[positions], str(film)
        levels = tuple(own["level"]) if named else tuple(reversed(_UPWARDS[: len(own)]))
        marked.append(MarkedFilm(films / key, view, levels, _from_above(corners[positions]), angles.get(key)))
    return marked


def _from_above(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """The bodies of a film from above: in 18 of the collection's 481 AP films the uppermost stands last."""
    heights = corners[:, :, 1].mean(axis=1)
    return np.roll(corners, 1, axis=0) if heights[-1] < heights[0] else corners


def _read_angles(table: Path) -> dict[str, tuple[float, float, float]]:
    if not table.is_file():
        return {}
    frame = parse(table.read_bytes(), str(table))
    problems = Problems(str(table))
    require_columns(frame, ("film", *_ANGLES), problems)
    columns = []
    for name in _ANGLES:
        values, bad = numbers(frame[name])
        problems.add_where(bad | values.isna(), name, frame[name], lambda text: f"{text!r} is not an angle")
        columns.append(values.tolist())
    problems.raise_if_any()
    return dict(zip(frame["film"].tolist(), zip(*columns, strict=True), strict=True))
