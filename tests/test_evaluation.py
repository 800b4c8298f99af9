"""A cohort read case by case: who is asked what."""

from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pandas as pd
import pytest

from mvm_core.cohort import (
    DISEASE,
    MANIFEST_COLUMNS,
    MVM,
    Cohort,
    read_manifest,
    read_predictions,
    write_predictions,
)
from mvm_core.evaluation import areas_as_text, evaluate
from mvm_core.models.calibration import DiseaseCalibration, ReadingCalibration
from mvm_core.models.reader import Reader
from mvm_core.models.reading import OperatingPoints, Reading, ReadingResult, Zone
from mvm_core.models.weights import Weights
from mvm_core.radiograph import FilmPair

POINTS = OperatingPoints(0.2, 0.8)


class Says:
    """A reader that says the same of every pair; of disease, what it is made with."""

    def __init__(self, disease: float | None) -> None:
        self.disease = disease
        own = None if disease is None else DiseaseCalibration(1.0, 0.0, 0.5)
        readings = {name: ReadingCalibration(1.0, POINTS, 0.0, own) for name in ("ap", "all-views")}
        self.weights = Weights(Path(), "", "", True, {}, readings, {}, None, None, {})
        self.read_pairs = 0

    def read(self, pair: FilmPair) -> Reading:
        self.read_pairs += 1
        logits = {"ap": 0.5, "all-views": None}
        results = {
            name: ReadingResult(
                name, 0.6, logit, Zone.INDETERMINATE, POINTS, {},
                # one of the two is not asked for disease
                probability_disease=self.disease if name == "ap" else None,
                disease_logit=None if self.disease is None else 1.25,
            )
            for name, logit in logits.items()
        }  # fmt: skip
        return Reading(results, {}, {}, frozenset(), (), "", "")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("cohort")
    cv2.imwrite(str(folder / "film.png"), np.tile(np.arange(64, dtype=np.uint8), (64, 1)))
    common = {"site": "a", "reference_standard": "MRI", "ap": "film.png"}
    rows = [
        {**common, "case_id": label, "split": "test", "label": label}
        for label in ("mvm", "bvf", "intact", "other")
    ]
    rows += [{**row, "case_id": f"tuned-{row['label']}", "split": "tune"} for row in rows]
    pd.DataFrame(rows, columns=list(MANIFEST_COLUMNS)).to_csv(folder / "manifest.csv", index=False)
    return read_manifest(folder)


def test_all_are_asked_for_disease_and_the_diseased_for_mvm(cohort: Cohort, tmp_path: Path) -> None:
    found = evaluate(cohort, cast(Reader, Says(0.7)), ("test",))
    ill, asked = DISEASE.rows(found), MVM.rows(found)
    assert ill["case_id"].tolist() == ["mvm", "bvf", "intact", "other"]
    assert ill[["model", "probability", "logit"]].to_numpy().tolist() == [["ap", 0.7, 1.25]] * 4
    assert DISEASE.positives(ill).tolist() == [True, True, False, True]
    assert asked.groupby("model", sort=False)["case_id"].apply(list).to_dict() == {
        "ap": ["mvm", "bvf"],
        "all-views": ["mvm", "bvf"],
    }
    assert set(asked["probability"]) == {0.6}
    write_predictions(tmp_path / "p.csv", found)
    pd.testing.assert_frame_equal(
        read_predictions(tmp_path / "p.csv")[["case_id", "question", "model", "probability", "logit"]],
        found[["case_id", "question", "model", "probability", "logit"]],
        check_dtype=False,
    )
    text = areas_as_text(found)
    assert text.startswith("MVM against BVF\n")
    assert "Diseased against intact\n" in text


def test_weights_of_one_question_read_the_diseased_alone(cohort: Cohort) -> None:
    reader = Says(None)
    found = evaluate(cohort, cast(Reader, reader), ("test",))
    assert reader.read_pairs == 2
    assert "question" not in found.columns
    assert found["case_id"].tolist() == ["mvm", "mvm", "bvf", "bvf"]
