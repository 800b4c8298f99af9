"""What is no spine film is refused: photographs, documents, slices and other parts of the body, noise."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from matplotlib import get_data_path
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from sklearn.datasets import load_sample_images

from mvm_core.radiograph import Radiograph
from mvm_core.spine import Finder

REFUSED = 0.99
# Radiographs of a spine, or of a trunk that shows one.
SPINES = ("RG1", "RG2", "RG3", "JPGLosslessP14SV1")


def parts_of(name: str, picture: NDArray[np.uint8], number: int) -> Iterator[Radiograph]:
    """A picture whole, and drawn parts of it at drawn sizes."""
    draw = np.random.default_rng(len(name))
    grey = picture.astype(np.float32).mean(axis=2) if picture.ndim == 3 else picture.astype(np.float32)
    grey /= max(float(grey.max()), 1e-6)
    yield Radiograph(grey, name, None)
    for place in range(number):
        rows, columns = grey.shape
        high, wide = int(draw.integers(rows // 4, rows)), int(draw.integers(columns // 4, columns))
        top, left = int(draw.integers(0, rows - high + 1)), int(draw.integers(0, columns - wide + 1))
        part = np.ascontiguousarray(grey[top : top + high, left : left + wide])
        yield Radiograph(part, f"{name}, part {place}", None)


def photographs() -> Iterator[Radiograph]:
    for name, picture in zip(("temple", "flower"), load_sample_images().images, strict=True):
        yield from parts_of(name, picture, 20)
    for name in ("grace_hopper.jpg", "Minduka_Present_Blue_Pack.png", "logo2.png"):
        picture = cv2.imread(str(Path(get_data_path()) / "sample_data" / name))
        assert picture is not None
        yield from parts_of(name, picture, 6)


def documents() -> Iterator[Radiograph]:
    draw = np.random.default_rng(5)
    words = (
        "report",
        "of the",
        "examination",
        "patient",
        "date",
        "fracture",
        "none",
        "seen",
        "please",
        "call",
    )
    for number in range(16):
        page = np.full((1100, 800), 255, np.uint8)
        for row in range(80, 1050, int(draw.integers(24, 60))):
            line = " ".join(draw.choice(words, int(draw.integers(2, 9))))
            cv2.putText(page, line, (60, row), cv2.FONT_HERSHEY_SIMPLEX, float(draw.uniform(0.5, 1)), 0, 2)
        if number % 3 == 0:
            cv2.rectangle(page, (60, 200), (740, int(draw.integers(400, 900))), 90, -1)
        yield Radiograph(page.astype(np.float32) / np.float32(255), f"document {number}", None)


def noise() -> Iterator[Radiograph]:
    draw = np.random.default_rng(6)
    for number in range(16):
        shape = tuple(int(side) for side in draw.integers(40, 900, 2))
        grey = draw.random(shape).astype(np.float32)
        if number % 2:
            grey = cv2.GaussianBlur(grey, (0, 0), float(draw.uniform(1, 30)))
            grey = (grey - grey.min()) / max(float(np.ptp(grey)), 1e-6)
        yield Radiograph(grey, f"noise {number}", None)


def slices_and_other_parts() -> Iterator[Radiograph]:
    """Pixels alone, as if exported as pictures: the reader refuses slices that say what they are."""
    for path in sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm")):
        if any(name in path.name for name in SPINES):
            continue
        try:
            pixels = dcmread(path).pixel_array
        except (AttributeError, ValueError, RuntimeError, NotImplementedError, InvalidDicomError):
            continue
        if pixels.ndim == 2 and min(pixels.shape) >= 64 and np.ptp(pixels):
            grey = (pixels.astype(np.float32) - pixels.min()) / np.float32(np.ptp(pixels))
            yield Radiograph(grey.astype(np.float32), path.name, None)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_no_spine_is_refused() -> None:
    finder = Finder.open()
    asked, taken = 0, []
    for films in (photographs(), documents(), noise(), slices_and_other_parts()):
        for film in films:
            asked += 1
            if finder.find(film).refused is None:
                taken.append(film.name)
    assert asked >= 110
    assert len(taken) <= (1 - REFUSED) * asked, taken
