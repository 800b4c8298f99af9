"""Boxes drawn off the level."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mvm_core.cohort import MANIFEST_COLUMNS, read_manifest
from mvm_core.cohort.levels import CORNER_COLUMNS, HEIGHT_COLUMNS, LEVEL_COLUMNS
from mvm_core.errors import TableError
from mvm_core.explain import displaced_boxes as module
from mvm_core.explain.displaced_boxes import (
    PLACEMENTS,
    displaced_figures,
    displaced_pair,
    read_displaced,
    read_displaced_figures,
    write_displaced,
)
from mvm_core.inference import SHIPPED
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.study.curves import displaced_section

MM = 0.5
BOX = Box(80, 80, 140, 120)


def film() -> Radiograph:
    return Radiograph(np.zeros((300, 220), np.float32), "film", mm_per_pixel=MM)


def test_each_box_moves_by_the_distance_asked_for() -> None:
    pair = FilmPair(film(), film(), BOX, BOX)
    for distance in (0, 5, 20):
        moved = displaced_pair(pair, "p1", distance)
        assert moved == displaced_pair(pair, "p1", distance)
        for view in View:
            box = moved.box(view)
            assert box is not None
            assert np.hypot(*np.subtract(box.centre, BOX.centre)) * MM == pytest.approx(distance)
            assert (box.width, box.height) == pytest.approx((BOX.width, BOX.height))
    one, other = (displaced_pair(pair, name, 20).ap_box for name in ("p1", "p2"))
    assert one != other
    with pytest.raises(ValueError, match="pixel spacing"):
        displaced_pair(FilmPair(film(), None, BOX, None), "p1", 5)


@dataclass(frozen=True)
class Knows:
    """Sees disease within 12 mm of the marked vertebra, and a metastasis where it sees disease."""

    ill: str

    @property
    def disease(self) -> SimpleNamespace:
        def read(films: object, places: list[dict[View, Box]]) -> list[SimpleNamespace]:
            return [SimpleNamespace(diseased=self.near(boxes[View.AP])) for boxes in places]

        return SimpleNamespace(read=read)

    @property
    def reader(self) -> SimpleNamespace:
        def read(pair: FilmPair) -> SimpleNamespace:
            assert pair.ap_box is not None
            sure = self.ill == "mvm" and self.near(pair.ap_box)
            return SimpleNamespace(leading=SimpleNamespace(probability=0.9 if sure else 0.5))

        return SimpleNamespace(read=read)

    def near(self, box: Box) -> bool:
        return self.ill != "intact" and bool(np.hypot(*np.subtract(box.centre, BOX.centre)) * MM < 12)


@pytest.fixture
def cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six patients, two of each label, at L2; their L1 and L3 are intact, and 40 mm away."""
    cases, levels = [], []
    for number in range(6):
        label = ("mvm", "bvf", "intact")[number % 3]
        row = {"case_id": f"p{number}", "site": "here", "split": "test", "label": label, "level": "L2"}
        for view in View:
            (tmp_path / f"p{number}_{view.value}.png").write_bytes(b"")
            row |= {view.value: f"p{number}_{view.value}.png", f"{view.value}_box": "80 80 140 120"}
            for place, level in enumerate(("L1", "L2", "L3")):
                y = 80 * place
                corners = [80, y, 140, y, 140, y + 40, 80, y + 40]
                levels.append(
                    {
                        **{"case_id": f"p{number}", "view": view.value, "level": level, "visible": 1.0},
                        **{"label": label if level == "L2" else "intact", "findings": ""},
                        **dict(zip(CORNER_COLUMNS, corners, strict=True)),
                        **dict.fromkeys(HEIGHT_COLUMNS, 20.0),
                    }
                )
        cases.append(row | {"reference_standard": "simulated"})
    pd.DataFrame(cases, columns=list(MANIFEST_COLUMNS)).to_csv(tmp_path / "manifest.csv", index=False)
    pd.DataFrame(levels, columns=list(LEVEL_COLUMNS)).to_csv(tmp_path / "levels.csv", index=False)
    monkeypatch.setattr(module, "_read_patient", _read_patient)
    return tmp_path


def _read_patient(folder: Path, job: tuple) -> list:  # type: ignore[type-arg]
    case, neighbour = job
    examiner, pair = Knows(case.label), FilmPair(film(), film(), BOX, BOX)
    return [
        module._read_at(examiner, case, placement, placed)  # type: ignore[arg-type]
        for placement, placed in module._placed(case, pair, neighbour)
    ]


def test_figures_follow_what_is_seen_at_each_box(cohort: Path) -> None:
    opened = read_manifest(cohort)
    readings = read_displaced(opened, SHIPPED, 6)
    assert readings.groupby("placement").size().to_dict() == dict.fromkeys(PLACEMENTS, 6)
    figures = displaced_figures(readings, opened, SHIPPED).set_index(["placement", "metric"])
    for placement, seen in zip(PLACEMENTS, (1, 1, 1, 0, 0, 0), strict=True):
        told = figures.loc[placement]["value"].to_dict()
        assert told == {
            "area": 1.0 if seen else 0.5,
            "flagged_mvm": seen,
            "flagged_bvf": seen,
            "flagged_intact": 0,
        }
    assert set(figures["weights"]) == {load_weights(SHIPPED).identity[:12]}
    assert figures["simulated"].all()


def test_the_card_shows_the_table_of_its_own_weights_alone(cohort: Path, tmp_path: Path) -> None:
    opened, identity = read_manifest(cohort), load_weights(SHIPPED).identity
    figures = displaced_figures(read_displaced(opened, SHIPPED, 6), opened, SHIPPED)
    write_displaced(tmp_path / module.FILE, figures)
    told = "\n".join(displaced_section(tmp_path, identity))
    assert "| one level | 0.500" in told
    assert "Simulated patients" in told
    assert displaced_section(tmp_path, "0" * 64) == []
    (tmp_path / module.FILE).write_text("placement\n5 mm\n")
    with pytest.raises(TableError, match="displace-boxes"):
        read_displaced_figures(tmp_path, identity)


def test_a_cohort_without_boxes_is_refused(cohort: Path) -> None:
    table = pd.read_csv(cohort / "manifest.csv").assign(ap_box="")
    table.to_csv(cohort / "manifest.csv", index=False)
    with pytest.raises(TableError, match="no case of each of mvm and bvf with boxes"):
        read_displaced(read_manifest(cohort), SHIPPED, 6)
