"""A small cohort of PNG films, quick to write and to learn from."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.training import TrainingSettings

SPLITS = ("train",) * 12 + ("tune",) * 6 + ("test",) * 6
SIDE = 96


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """On images this small, threads that wait for each other on a busy machine cost many times the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    # Read by the processes that tests start.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def write_cohort() -> Callable[[Path], Path]:
    """Write 24 cases with both films; a dark spot marks the metastasis."""

    def write(folder: Path) -> Path:
        folder.mkdir(parents=True)
        draw = np.random.default_rng(3)
        rows = [_write_case(folder, number, split, draw) for number, split in enumerate(SPLITS)]
        with (folder / "manifest.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, MANIFEST_COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return folder

    return write


def _write_case(folder: Path, number: int, split: str, draw: np.random.Generator) -> dict[str, str]:
    label = ("bvf", "mvm", "bvf")[number % 3]
    row = {"case_id": f"p{number:02}", "site": "here", "split": split, "label": label}
    row |= {"reference_standard": "MRI", "level": "L1"}
    for view in ("ap", "lateral"):
        film = draw.uniform(90, 160, (SIDE, SIDE)).astype(np.uint8)
        film[20:76, 20:76] += 60
        if label == "mvm":
            cv2.circle(film, (48, 48), 14, 20, -1)
        (folder / f"p{number:02}_{view}.png").write_bytes(cv2.imencode(".png", film)[1].tobytes())
        row |= {view: f"p{number:02}_{view}.png", f"{view}_box": f"8 8 {SIDE - 8} {SIDE - 8}"}
    return row


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory: pytest.TempPathFactory, write_cohort: Callable[[Path], Path]) -> Path:
    return write_cohort(tmp_path_factory.mktemp("training") / "cohort")


@pytest.fixture(scope="session")
def quick() -> TrainingSettings:
    """Settings for a run of seconds."""
    return TrainingSettings(
        networks=("ap", "lateral"),
        epochs=3,
        batch_size=4,
        init="random",
        preprocessing=Preprocessing(size_px=64),
    )
