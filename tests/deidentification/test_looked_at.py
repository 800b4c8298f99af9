"""What a person does with films that were held back or painted over, and that the next run leaves it so."""

import io
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from held_back import INKED, KEY, UNREAD, Unsure, folder_of

from mvm_core.deidentification import deidentify_folder
from mvm_core.deidentification.looked_at import (
    boxes_found,
    is_settled,
    keep_back,
    paint,
    picture_of,
    release,
)
from mvm_core.deidentification.table import TABLE, Outcome, alone_in, read_table
from mvm_core.errors import DeidentificationError
from mvm_core.imaging import StudyFile
from mvm_core.radiograph import Box


@pytest.fixture
def made(tmp_path: Path, dicom_pair: tuple[StudyFile, StudyFile]) -> tuple[Path, Path]:
    """Films with two doubtful lines each, and the folder that `deidentify` wrote."""
    films = folder_of(tmp_path / "films", dicom_pair)
    deidentify_folder(films, tmp_path / "out", KEY, Unsure())
    return films, tmp_path / "out"


def pixels(out: Path, row: Outcome) -> np.ndarray:
    path = out / row.film
    if path.suffix == ".png":
        return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return pydicom.dcmread(io.BytesIO(path.read_bytes())).pixel_array


def inside(image: np.ndarray, box: Box) -> np.ndarray:
    return image[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]


def test_what_is_doubtful_is_still_to_be_seen_and_then_painted_or_left(made: tuple[Path, Path]) -> None:
    films, out = made
    before = read_table(out)
    assert [row.outcome for row in before] == ["held back"] * 3
    for row in before:
        inked, unread = boxes_found(row)
        assert (inked.doubtful, unread.doubtful) == (True, True)
        held = pixels(out, row)
        assert np.ptp(inside(held, inked.box)) > 0, "a person can see what is there"
        after = release(out, row.number, [unread.box])
        assert (after.outcome, after.texts_painted, after.doubtful_boxes) == ("left", 1, "")
        assert after.acts.endswith(" released")
        assert not (out / row.film).exists()
        left = pixels(out, after)
        assert np.ptp(inside(left, inked.box)) == 0
        assert np.array_equal(inside(left, unread.box), inside(held, unread.box)), "bone stays as it was"
        if after.film.endswith(".dcm"):
            film = pydicom.dcmread(out / after.film)
            assert film.BurnedInAnnotation == "NO"
            assert "113101" in {item.CodeValue for item in film.DeidentificationMethodCodeSequence}
            assert after.film.startswith(f"{after.patient}/")
    assert not list((out / "held-back").iterdir())
    settled = read_table(out)
    assert all(is_settled(row) for row in settled)
    assert deidentify_folder(films, out, KEY, Unsure()) == settled, "what is settled stays settled"


def test_a_film_is_painted_further_kept_back_and_released(made: tuple[Path, Path]) -> None:
    _, out = made
    first = read_table(out)[0]
    box = Box(200, 300, 260, 320)
    painted = paint(out, first.number, box)
    assert painted.film == first.film
    assert np.ptp(inside(pixels(out, painted), box)) == 0
    assert "painted 200 300 260 320" in painted.acts
    assert not is_settled(painted)
    left = release(out, first.number)
    kept = keep_back(out, first.number)
    assert (left.outcome, kept.outcome) == ("left", "held back")
    assert kept.film.startswith("held-back/")
    assert not (out / left.film).exists()
    assert "BurnedInAnnotation" not in pydicom.dcmread(out / kept.film)
    assert [act.split(" ")[1] for act in kept.acts.split("; ")] == ["painted", "released", "kept"]
    assert is_settled(kept)
    shown = picture_of(out, kept)
    assert (shown.dtype, shown.shape) == (np.uint8, pixels(out, kept).shape)


def test_bone_is_bright_whatever_a_film_says(made: tuple[Path, Path]) -> None:
    _, out = made
    row = read_table(out)[0]
    film = pydicom.dcmread(out / row.film)
    before = picture_of(out, row)
    other = {"MONOCHROME1": "MONOCHROME2", "MONOCHROME2": "MONOCHROME1"}[film.PhotometricInterpretation]
    film.PhotometricInterpretation = other
    film.save_as(out / row.film)
    assert np.array_equal(picture_of(out, row), 255 - before)


def test_a_run_at_work_a_lost_film_and_a_spoilt_table_are_told(made: tuple[Path, Path]) -> None:
    _, out = made
    row = read_table(out)[0]
    with alone_in(out), pytest.raises(DeidentificationError, match="something else is at work in it"):
        keep_back(out, row.number)
    with pytest.raises(DeidentificationError, match="film 99: it is not in the folder any more"):
        release(out, 99)
    (out / row.film).unlink()
    with pytest.raises(DeidentificationError, match="call `deidentify` again"):
        picture_of(out, row)
    text = (out / TABLE).read_text().replace(f"{INKED}; {UNREAD}", "5 5 5 5")
    (out / TABLE).write_text(text)
    with pytest.raises(DeidentificationError, match="row 1: a box is not x0 y0 x1 y1"):
        boxes_found(read_table(out)[0])
