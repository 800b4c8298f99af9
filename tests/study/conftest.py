"""A predictions table with known truth, a miniature study, and one thread for training."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from study_manifest import write_manifest

from mvm_core.calibrations import apply_calibration, fit_calibrations
from mvm_core.cohort import PREDICTION_COLUMNS
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient
from mvm_core.study.run import StudyRequest, run_study
from mvm_core.training import TrainingSettings

SIDE = 64
AUDITED = (("mvm", 3), ("bvf", 1), ("mvm", 4), ("bvf", 6))
"""Label and index of simulated patients; the first two are audited."""


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


def logits_table(skill: float, seed: int) -> pd.DataFrame:
    """Logits of all single readings on three splits; a greater skill sets the classes further apart."""
    draw = np.random.default_rng(seed)
    rows = []
    for split, site in (("tune", "a"), ("test", "a"), ("external", "b")):
        for number in range(60):
            label = "mvm" if number % 3 == 0 else "bvf"
            sign = ("sign", "no-sign")[number % 2] if label == "mvm" else ""
            shared = draw.normal()
            for name in SINGLE_READINGS:
                logit = skill * (label == "mvm") + 0.7 * shared + draw.normal() - 0.5
                rows.append(
                    (f"{split}{number}", site, split, label, sign, "L1", 60.0, "F", name, np.nan, logit)
                )
    return pd.DataFrame(rows, columns=list(PREDICTION_COLUMNS))


@pytest.fixture(scope="package")
def good() -> pd.DataFrame:
    table = logits_table(2.0, 1)
    return apply_calibration(table, fit_calibrations(table[table["split"] == "tune"]))


@pytest.fixture(scope="package")
def poor() -> pd.DataFrame:
    table = logits_table(0.8, 2)
    return apply_calibration(table, fit_calibrations(table[table["split"] == "tune"]))


def drawn_case(folder: Path, number: int, split: str, draw: np.random.Generator) -> dict[str, str]:
    """A case of two small PNG films; a dark disc marks the metastasis, a bright one the fracture."""
    label = ("bvf", "mvm", "intact")[number % 3]
    row = {"case_id": f"p{number:02}", "site": folder.name, "split": split, "label": label}
    row |= {"sign": ("sign", "no-sign")[number // 3 % 2] if label == "mvm" else "", "level": "L1"}
    for view in View:
        film = draw.uniform(90, 160, (SIDE, SIDE)).astype(np.uint8)
        if label != "intact":
            cv2.circle(film, (32, 32), 12, 30 if label == "mvm" else 220, -1)
        name = f"p{number:02}_{view.value}.png"
        (folder / name).write_bytes(cv2.imencode(".png", film)[1].tobytes())
        row |= {view.value: name, f"{view.value}_box": f"4 4 {SIDE - 4} {SIDE - 4}"}
    return row


def simulated_case(folder: Path, label: Literal["mvm", "bvf"], index: int) -> dict[str, str]:
    """A case that the simulator can make again, as the audit does; coned down, since it does so often."""
    patient = simulate_patient(PatientRequest(5, index, label, format="coned"))
    row = {"case_id": patient.case_id, "site": "a", "split": "test", "label": label, "sign": patient.sign}
    row["level"] = patient.level
    for view in View:
        name, box = f"{patient.case_id}_{view.value}.dcm", patient.films[view].box
        (folder / name).write_bytes(film_to_dicom(patient, view))
        row |= {view.value: name, f"{view.value}_box": f"{box.x0} {box.y0} {box.x1} {box.y1}"}
    return row


@pytest.fixture(scope="package")
def request_(tmp_path_factory: pytest.TempPathFactory) -> StudyRequest:
    """45 patients of small drawn films here, 15 more that are learnt from as a whole."""
    here, more = (tmp_path_factory.mktemp("cohorts") / name for name in ("a", "r"))
    draw = np.random.default_rng(1)
    splits = ["train"] * 21 + ["tune"] * 12 + ["test"] * 12
    for folder, own in ((here, splits), (more, ["external"] * 15)):
        folder.mkdir()
        write_manifest(folder, [drawn_case(folder, i, split, draw) for i, split in enumerate(own)])
    # Two networks give no ensemble of all; five would tell no more of the stages.
    base = TrainingSettings(
        networks=("ap", "lateral"),
        steps=3,
        batch_size=8,
        init="random",
        output_stride=32,
        evidence_weight=0.0,
        shift_mm=6.0,
        precision="float32",
        preprocessing=Preprocessing(size_px=32),
    )
    return StudyRequest(here, (more,), base, seeds=(1, 2), sizes=(40,))


@pytest.fixture(scope="package")
def done(request_: StudyRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("study") / "out"
    run_study(request_, out)
    return out
