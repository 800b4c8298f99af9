"""Named concerns: told of a film that was spoilt on purpose, silent on the same film unharmed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mvm_core.cohort.marked_films import MarkedFilm, read_marked
from mvm_core.imaging import Concern, check_film, check_region, read_film
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient

Pixels = NDArray[np.float32]


@pytest.fixture(scope="module")
def film(pair: FilmPair) -> tuple[Radiograph, Box]:
    assert pair.ap is not None
    assert pair.ap_box is not None
    return pair.ap, pair.ap_box


def names(film: Radiograph, box: Box, **known: object) -> list[str]:
    found = (*check_film(film), *check_region(film, box, "L2", **known))  # type: ignore[arg-type]
    return [concern.name for concern in found]


def rods(pixels: Pixels, box: Box) -> Pixels:
    """Two rods of 6 mm beside the middle of the body, at the detector's 0.2 to 0.4 mm a pixel."""
    spoilt = pixels.copy()
    thick = round(0.13 * box.width)
    for share in (0.3, 0.7):
        x = round(box.x0 + share * box.width)
        spoilt[round(box.y0 - box.height) : round(box.y1 + box.height), x - thick // 2 : x + thick // 2] = 1.0
    return spoilt


def middle(pixels: Pixels, box: Box) -> float:
    return float(np.median(pixels[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)]))


SPOILT: dict[str, Callable[[Pixels, Box, float], Pixels]] = {
    "clipped": lambda pixels, box, mm: np.clip(12 * (pixels - middle(pixels, box)) + 0.5, 0, 1),
    "overexposed": lambda pixels, box, mm: 0.2 * pixels,
    "underexposed": lambda pixels, box, mm: 0.93 + 0.05 * pixels,
    "blurred": lambda pixels, box, mm: cv2.GaussianBlur(pixels, (0, 0), 2.0 / mm),
    "noisy": lambda pixels, box, mm: np.clip(
        pixels + 0.15 * np.random.default_rng(1).standard_normal(pixels.shape), 0, 1
    ),
    "metal or cement": lambda pixels, box, mm: rods(pixels, box),
}


def test_unharmed_films_raise_no_concern(pair: FilmPair) -> None:
    for view in View:
        film, box = pair.film(view), pair.box(view)
        assert film is not None
        assert box is not None
        assert names(film, box) == []


@pytest.mark.parametrize("name", SPOILT)
def test_what_was_planted_is_told(name: str, film: tuple[Radiograph, Box]) -> None:
    whole, box = film
    pixels = SPOILT[name](whole.pixels, box, whole.mm_per_pixel or 1.0).astype(np.float32)
    found = check_region(replace(whole, pixels=pixels), box, "L2")
    told = next(concern for concern in found if concern.name == name)
    assert told.measure is not None
    assert told.unit
    assert told.sentence.startswith(f"{whole.name}: {name}: ")
    assert "L2" in told.sentence
    # A noisy film is not blurred, and so on; black or white ends go with exposure, and are even as metal is.
    goes_with = {"clipped": {"metal or cement"}}.get(name, {"clipped"})
    assert {concern.name for concern in found} <= {name, *goes_with}


def test_what_lies_in_a_place_is_marked_there(film: tuple[Radiograph, Box]) -> None:
    whole, box = film
    spoilt = replace(whole, pixels=rods(whole.pixels, box))
    metal = next(each for each in check_region(spoilt, box, "L2") if each.name == "metal or cement")
    marked = np.zeros(whole.shape, np.uint8)
    cv2.fillPoly(marked, [np.round(outline).astype(np.int32) for outline in metal.marks], 1)
    inside = np.zeros(whole.shape, bool)
    inside[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)] = True
    planted = (spoilt.pixels == 1.0) & inside
    overlap = np.count_nonzero(planted & (marked > 0)) / np.count_nonzero(planted | (marked > 0))
    assert overlap > 0.7
    assert metal.as_dict()["marks"][0][0] == pytest.approx(metal.marks[0][0], abs=0.06)
    noisy = replace(whole, pixels=SPOILT["noisy"](whole.pixels, box, 1.0).astype(np.float32))
    assert [each.marks for each in check_region(noisy, box, "L2") if each.name == "noisy"] == [()]


def test_measures_follow_the_harm(film: tuple[Radiograph, Box]) -> None:
    whole, box = film

    def measure(pixels: Pixels, name: str) -> float:
        found = check_region(replace(whole, pixels=pixels.astype(np.float32)), box)
        return next(float(concern.measure or 0) for concern in found if concern.name == name)

    blurred = [measure(cv2.GaussianBlur(whole.pixels, (0, 0), px), "blurred") for px in (6, 9, 12)]
    assert blurred == sorted(blurred)
    noise = np.random.default_rng(2).standard_normal(whole.shape)
    noisy = [measure(np.clip(whole.pixels + share * noise, 0, 1), "noisy") for share in (0.15, 0.2, 0.3)]
    assert noisy == sorted(noisy)


def test_vertebra_at_the_edge_is_cut_off(film: tuple[Radiograph, Box]) -> None:
    whole, box = film
    middle = round(box.centre[1])
    cut = replace(whole, pixels=np.ascontiguousarray(whole.pixels[:middle]))
    assert "cut off" in names(cut, box)
    body = np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1 + 40], [box.x0, box.y1]])
    assert "cut off" in names(
        replace(whole, pixels=whole.pixels[: round(box.y1) + 20].copy()), box, corners=body
    )
    assert "cut off" not in names(whole, box, corners=body)


def test_small_films_and_vertebrae(film: tuple[Radiograph, Box]) -> None:
    whole, box = film
    small = cv2.resize(whole.pixels, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
    scale = 10 * (whole.mm_per_pixel or 1)
    tenth = replace(whole, pixels=small, mm_per_pixel=scale)
    found = (
        *check_film(tenth),
        *check_region(tenth, Box(*(v / 10 for v in (box.x0, box.y0, box.x1, box.y1)))),
    )
    assert [(each.name, each.unit) for each in found] == [
        ("too small", "pixels"),
        ("coarse", "mm a pixel"),
        ("too small", "pixels"),
    ]
    narrow = replace(whole, pixels=whole.pixels[:, :200].copy(), mm_per_pixel=0.3)
    assert ("too small", "mm") in [(each.name, each.unit) for each in check_film(narrow)]


def test_flat_film_has_hardly_any_contrast() -> None:
    flat = Radiograph((0.5 + 0.01 * np.random.default_rng(0).random((300, 300))).astype(np.float32), "flat")
    assert [concern.name for concern in check_film(flat)] == ["low contrast"]


def test_cement_of_the_simulator_is_told() -> None:
    patient = simulate_patient(PatientRequest(seed=3, label="other", kind="cemented"))
    film = read_film(film_to_dicom(patient, View.AP), "cement.dcm")
    told = check_region(film, patient.films[View.AP].box, patient.level)
    assert [concern.name for concern in told] == ["metal or cement"]


def middle_vertebra(marked: MarkedFilm) -> tuple[Radiograph, Box]:
    film = read_film(marked.path)
    corners = marked.corners[len(marked.corners) // 2]
    height = float(np.hypot(*(corners[[3, 2]] - corners[[0, 1]]).T).mean())
    low, high = corners.min(0) - 0.12 * height, corners.max(0) + 0.12 * height
    return replace(film, mm_per_pixel=25 / height), Box(*map(float, (*low, *high)))


def test_few_real_films_raise_a_concern(real_spines: Path) -> None:
    marked = read_marked(real_spines)
    found: list[tuple[Concern, ...]] = []
    for each in (*marked[::16], *(film for film in marked if film.view is View.LATERAL)):
        film, box = middle_vertebra(each)
        found.append(check_region(film, box))
    share = sum(bool(concerns) for concerns in found) / len(found)
    assert share < 0.1, [concern.sentence for concerns in found for concern in concerns]
