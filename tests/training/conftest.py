"""A small cohort of PNG films, quick to write and to learn from."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mvm_core.cohort import MANIFEST_COLUMNS, LevelRow
from mvm_core.cohort import marked_films as marked
from mvm_core.cohort.levels import LEVEL_COLUMNS
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.radiograph import View
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


LEVELS = ("L1", "L2", "L3", "L4")
STEP = 100
"""Rows from one body to the next."""


@pytest.fixture(scope="session")
def write_levels_cohort() -> Callable[[Path], Path]:
    """Write patients whose films show four bodies, with a table of levels.

    A dark disc marks the metastasis, a bright bar the fracture, a dark bar what is neither.
    """

    def write(folder: Path) -> Path:
        folder.mkdir(parents=True)
        draw = np.random.default_rng(5)
        labels = {
            "train": ("bvf", "mvm", "bvf") * 10,
            "tune": ("bvf", "mvm", "bvf") * 4,
            "test": ("bvf", "mvm"),
        }
        further = ("intact", "intact", "other")
        patients = [
            (split, label)
            for split, own in labels.items()
            for label in (*own, *(further if split != "test" else ()))
        ]
        rows, levels = [], []
        for number, (split, label) in enumerate(patients):
            row, own = _write_spine(folder, f"v{number:02}", split, label, draw)
            rows.append(row)
            levels += own
        for name, columns, table in (
            ("manifest.csv", MANIFEST_COLUMNS, rows),
            ("levels.csv", LEVEL_COLUMNS, [level.described for level in levels]),
        ):
            with (folder / name).open("w", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(table)
        return folder

    return write


def body(place: int) -> tuple[tuple[float, float], ...]:
    """Corners of the body at a place from above."""
    middle = STEP * (place + 0.5)
    return ((16, middle - 32), (80, middle - 32), (80, middle + 32), (16, middle + 32))


def _write_spine(
    folder: Path, name: str, split: str, label: str, draw: np.random.Generator
) -> tuple[dict[str, str], list[LevelRow]]:
    place = int(draw.integers(len(LEVELS)))
    row = {"case_id": name, "site": "here", "split": split, "label": label, "level": LEVELS[place]}
    levels = []
    for view in View:
        film = draw.uniform(60, 90, (STEP * len(LEVELS), SIDE)).astype(np.uint8)
        for at in range(len(LEVELS)):
            top = STEP * at + 18
            film[top : top + 64, 16:80] += 90
            levels.append(
                LevelRow(
                    name,
                    view,
                    LEVELS[at],
                    label if at == place else "intact",
                    (),
                    body(at),  # type: ignore[arg-type]
                    *[25.0] * 6,
                    1.0,
                )
            )
        middle = STEP * place + 50
        if label == "mvm":
            cv2.circle(film, (48, middle), 18, 20, -1)
        elif label in ("bvf", "other"):
            film[middle - 8 : middle + 8, 20:76] = 250 if label == "bvf" else 30
        (folder / f"{name}_{view.value}.png").write_bytes(cv2.imencode(".png", film)[1].tobytes())
        row |= {view.value: f"{name}_{view.value}.png"}
        row |= {f"{view.value}_box": f"8 {middle - 40} 88 {middle + 40}"}
    return row, levels


@pytest.fixture(scope="session")
def levels_cohort(
    tmp_path_factory: pytest.TempPathFactory, write_levels_cohort: Callable[[Path], Path]
) -> Path:
    return write_levels_cohort(tmp_path_factory.mktemp("levels") / "cohort")


@pytest.fixture(scope="session")
def marked_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of marked AP films that go by names of the training, the tune and the test part."""
    folder = tmp_path_factory.mktemp("marked")
    (folder / "ap").mkdir()
    draw = np.random.default_rng(8)
    lines = ["film,level," + ",".join(f"{axis}{corner}" for corner in range(4) for axis in "xy")]
    parts = _named_parts()
    for part in ("train", "train", "tune", "test"):
        name = parts[part].pop()
        film = draw.uniform(60, 90, (STEP * len(LEVELS), 160)).astype(np.uint8)
        for at, level in enumerate(LEVELS):
            corners = np.array(body(at)) + np.array([32, 0])
            x, y = corners.min(axis=0).astype(int)
            film[y : y + 64, x : x + 64] += 90
            lines.append(f"{name},{level}," + ",".join(f"{value:g}" for value in corners.ravel()))
        (folder / "ap" / name).write_bytes(cv2.imencode(".png", film)[1].tobytes())
    (folder / "ap.csv").write_text("\n".join(lines) + "\n")
    return folder


def _named_parts() -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    with Path(marked.__file__).with_name("real_ap_split.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            parts.setdefault(row["part"], []).append(row["film"])
    return parts


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
        output_stride=32,
        preprocessing=Preprocessing(size_px=64),
    )
