"""Every level of a cohort read, set beside what is known of it."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pandas as pd
import pytest

from mvm_core.cohort import MANIFEST_COLUMNS, read_manifest
from mvm_core.cohort.level_predictions import read_level_predictions
from mvm_core.cohort.levels import CORNER_COLUMNS, HEIGHT_COLUMNS, LEVEL_COLUMNS, read_levels
from mvm_core.examination import Examination, Examiner, LevelReading
from mvm_core.level_evaluation import level_figures, level_figures_as_text, read_all_levels
from mvm_core.models.reading import Zone
from mvm_core.radiograph import Box, FilmPair, View

LEVELS = ("T12", "L1", "L2", "L3")
PITCH = 40


def quad(place: int) -> list[list[float]]:
    top = 20 + PITCH * place
    return [[30, top], [80, top], [80, top + 30], [30, top + 30]]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cases of four vertebrae on both films: a metastasis of L1 with a sign, a fracture of L2 without."""
    folder = tmp_path_factory.mktemp("levels")
    film = np.full((200, 110), 90, np.uint8)
    film[20:180, 30:80] = 160
    cases, levels = [], []
    for name, label, ill, sign in (("p1", "mvm", "L1", "sign"), ("p2", "bvf", "L2", "no-sign")):
        row = {"case_id": name, "site": "here", "split": "test", "label": label, "level": ill, "sign": sign}
        for view in View:
            cv2.imwrite(str(folder / f"{name}_{view}.png"), film)
            row |= {view.value: f"{name}_{view}.png"}
            for place, level in enumerate(LEVELS):
                levels.append(_level(name, view, place, label if level == ill else "intact"))
        cases.append(row | {"reference_standard": "MRI"})
    pd.DataFrame(cases, columns=list(MANIFEST_COLUMNS)).to_csv(folder / "manifest.csv", index=False)
    pd.DataFrame(levels, columns=list(LEVEL_COLUMNS)).to_csv(folder / "levels.csv", index=False)
    return folder


def _level(name: str, view: View, place: int, label: str) -> dict[str, object]:
    corners = [value for corner in quad(place) for value in corner]
    return {
        **{"case_id": name, "view": view.value, "level": LEVELS[place], "label": label, "findings": ""},
        **dict(zip(CORNER_COLUMNS, corners, strict=True)),
        **dict.fromkeys(HEIGHT_COLUMNS, 25.0),
        "visible": 1.0,
    }


class Says:
    """The same of every pair: L1 (called L2) diseased, T12 not, and one more where no vertebra lies."""

    def examine(self, pair: FilmPair) -> Examination:
        assert pair.ap_box is None
        assert pair.lateral_box is None
        return Examination(
            pair=pair,
            spines={},
            levels=(self.level("L1", 0, 0.1), self.level("L2", 1, 0.9), self.level("L5", 9, 0.6)),
            level_in_question="L2",
            reading=None,
            pointed_at=False,
            warnings=(),
        )

    def level(self, name: str, place: int, disease: float) -> LevelReading:
        (x0, y0), _, (x1, y1), _ = quad(place)
        zone = Zone.INDETERMINATE if disease >= 0.5 else Zone.NOTHING_SEEN
        return LevelReading(name, Box(x0, y0, x1, y1), None, disease, 0.5, None, zone)


@pytest.fixture(scope="module")
def table(cohort: Path) -> pd.DataFrame:
    return read_all_levels(read_manifest(cohort), cast(Examiner, Says()), ("test",))


def test_each_vertebra_has_a_row_and_what_lies_nowhere_too(table: pd.DataFrame) -> None:
    assert table.groupby("case_id").size().to_dict() == {"p1": 5, "p2": 5}
    own = table[table["case_id"] == "p1"].set_index("level")
    assert own.loc["L1", "level_said"] == "L2"
    assert own.loc["L1", "flagged"]
    assert own.loc["L1", "in_question"]
    assert own.loc["T12", "probability_disease"] == pytest.approx(0.1)
    assert np.isnan(own.loc["L3", "probability_disease"])
    assert own.loc["", "label"] == ""
    assert own.loc["", "probability_disease"] == pytest.approx(0.6)
    assert set(table["question"]) == {"disease"}


def test_table_is_read_back_as_it_was_written(table: pd.DataFrame) -> None:
    back = read_level_predictions(io.BytesIO(table.to_csv(index=False).encode()))
    assert back["flagged"].tolist() == table["flagged"].tolist()
    assert back["probability_disease"].tolist() == pytest.approx(
        table["probability_disease"].tolist(), nan_ok=True
    )
    assert level_figures(back).in_question == level_figures(table).in_question


def test_figures_count_what_is_missed_and_what_is_nowhere(table: pd.DataFrame) -> None:
    found = level_figures(table)
    assert (found.sensitivity["with sign"].successes, found.sensitivity["with sign"].total) == (1, 1)
    assert (found.sensitivity["without sign"].successes, found.sensitivity["without sign"].total) == (0, 1)
    assert (found.in_question.successes, found.in_question.total) == (1, 1)
    # L1 of the second case, and a place without a vertebra in each.
    assert found.alarms_a_pair == pytest.approx(1.5)
    assert found.curve.diseased == 2
    assert found.curve.sensitivity.max() == pytest.approx(0.5)
    told = level_figures_as_text(found)
    assert "1.50" in told
    # The table has no sign of a BVF.
    assert re.search(r"levels with MVM and a sign flagged +1\.000 \(.*\) 1/1\n", told)
    assert re.search(r"levels with MVM without a sign flagged +0\.000 \(.*\) 0/1\n", told)
    assert re.search(r"levels with MVM or BVF flagged +0\.500 \(.*\) 1/2\n", told)


def test_other_levels_are_neither_alarms_nor_missed(table: pd.DataFrame) -> None:
    other = table.assign(label=table["label"].where(table["level"] != "T12", "other"))
    assert level_figures(other).other_flagged.total == 2
    assert level_figures(other).alarms_a_pair == level_figures(table).alarms_a_pair


def test_a_vertebra_that_the_film_hardly_shows_is_not_asked_for(
    cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tuple(replace(row, visible=0.3) if row.level == "L3" else row for row in read_levels(cohort))
    monkeypatch.setattr("mvm_core.level_evaluation.read_levels", lambda folder: hidden)
    table = read_all_levels(read_manifest(cohort), cast(Examiner, Says()), ("test",))
    assert "L3" not in set(table["level"])
