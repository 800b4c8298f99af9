"""The audit tells a network by what it was taught to go by, and says nothing of one taught none of it.

Each network starts from ImageNet weights and is trained as the command trains, on films of which most with a
metastasis have a marker, or more noise, or no spurs; the command reads it as any other.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from planted_films import (
    AUDITED,
    PLANTS,
    SWITCHED,
    TUNED,
    WITH_MVM,
    Films,
    Taught,
    audited_body,
    films_to_audit,
    planted_in,
    taught_films,
)
from study_manifest import write_manifest
from typer.testing import CliRunner, Result

from mvm_core.cli import app
from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.body import bones_around
from mvm_core.simulation.grains import Grains
from mvm_core.simulation.patient import Patient
from mvm_core.study.audit import GROUPS, Audited, judge
from mvm_core.study.audit_films import AS_IT_IS, WITHOUT
from mvm_core.study.matching import Person, matched_pairs
from mvm_core.study.pairs import LEAST_PAIRS, LIMIT, paired_area
from mvm_core.study.switches import SWITCHES
from mvm_core.training import TrainingSettings, train

LEARNING = TrainingSettings(
    networks=("ap",),
    steps=40,
    init="lite0",
    ema_decay=0.9,
    evidence_weight=0.0,
    output_stride=32,
    shift_mm=0.0,
    intact_per_patient=0,
    intact_share=0.0,
    strength=0.0,
    precision="float32",
    # Equalised, quiet films would look noisy too.
    preprocessing=Preprocessing(size_px=96, clahe=False),
)


@pytest.fixture(autouse=True, scope="module")
def one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.fixture(autouse=True, scope="module")
def bones_laid_out_once() -> Iterator[None]:
    """Ribs and pelvis of a body are the same whatever else is changed in it."""
    laid: dict[int, Grains] = {}

    def bones(patient: Patient) -> Grains:
        number = patient.request.index
        if number not in laid:
            laid.clear()
            laid[number] = bones_around(patient)
        return laid[number]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mvm_core.simulation.variants.bones_around", bones)
        yield


@pytest.fixture(scope="module")
def taught() -> list[Taught]:
    return taught_films()


@pytest.fixture(scope="module")
def films() -> Films:
    return films_to_audit()


def film_row(folder: Path, name: str, pair: FilmPair, **told: str) -> dict[str, str]:
    """Write a film of 16 bits and tell of it as a manifest does."""
    assert pair.ap is not None
    pixels = np.round(pair.ap.pixels * 65535).astype(np.uint16)
    (folder / f"{name}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return {"case_id": name, "site": "a", "level": "L1", "ap": f"{name}.png", **told}


def as_box(x0: float, y0: float, x1: float, y1: float) -> str:
    return f"{x0:.1f} {y0:.1f} {x1:.1f} {y1:.1f}"


def around(pair: FilmPair) -> str:
    """The square that the networks see, or as much of it as lies on the film: PNG films have no scale."""
    assert pair.ap is not None
    assert pair.ap_box is not None
    assert pair.ap.mm_per_pixel is not None
    (x, y), (rows, columns) = pair.ap_box.centre, pair.ap.shape
    half = min(LEARNING.preprocessing.region_mm / 2 / pair.ap.mm_per_pixel, x, y, columns - x, rows - y)
    return as_box(x - half, y - half, x + half, y + half)


def teach(taught: list[Taught], plant: str | None, folder: Path) -> Path:
    """Train a network on films of which most with a metastasis have a feature, and few of the others."""
    cohort, weights = folder / "taught", folder / "weights"
    cohort.mkdir()
    rows = [
        film_row(
            cohort,
            f"t{place:03}",
            each.pair,
            split="tune" if each.number in TUNED else "train",
            label="mvm" if each.mvm else "bvf",
            ap_box=around(each.pair),
        )
        for place, each in enumerate(taught)
        if each.follows(plant)
    ]
    train(write_manifest(cohort, rows), weights, LEARNING)
    return weights


@pytest.fixture(scope="module")
def cohort(films: Films, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited")
    rows = []
    for index in films:
        label, pair = ("bvf", "mvm")[index % 2], films[index][AS_IT_IS]
        assert pair.ap_box is not None
        box = as_box(pair.ap_box.x0, pair.ap_box.y0, pair.ap_box.x1, pair.ap_box.y1)
        name = PatientRequest(77, index, label).case_id
        rows.append(film_row(folder, name, pair, split="test", label=label, ap_box=box))
    return write_manifest(folder, rows)


def audit(cohort: Path, weights: Path, films: Films, record: Path) -> tuple[Result, dict[str, Any]]:
    """Run the command; it takes the films from `films`."""
    number = {(each // 2, ("bvf", "mvm")[each % 2]): each for each in films}

    def taken(patient: Patient, views: list[View]) -> Iterator[tuple[str, FilmPair]]:
        assert views == [View.AP]
        own = films[number[patient.request.index, patient.request.label]]
        return ((name, pair) for name, pair in own.items() if "planted" not in name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mvm_core.study.audit.draw_patient", audited_body)
        patch.setattr("mvm_core.study.audit.audited_films", taken)
        command = ["audit", str(cohort), "--weights", str(weights), "--record", str(record)]
        result = CliRunner().invoke(app, [*command, "--patients", str(len(films))])
    return result, json.loads(record.read_text())


def leaking(films: Films, plant: str) -> Films:
    """As a simulator would give them that has the feature in one group alone."""
    return {
        index: {**own, WITHOUT: own[planted_in(plant, (index % 2 == 1) == WITH_MVM[plant])]}
        for index, own in films.items()
    }


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_shortcut_is_told_by_its_name(
    plant: str, taught: list[Taught], films: Films, cohort: Path, tmp_path: Path
) -> None:
    weights = teach(taught, plant, tmp_path)
    result, found = audit(cohort, weights, films, tmp_path / "audit.json")
    assert result.exit_code == 1, result.output
    assert set(found["shortcuts"]) & set(PLANTS) == {plant}, result.output
    assert f"Shortcut: {SWITCHES[plant].title}." in result.output
    # Its sign tells which group the feature is taken for.
    told = next(each for each in found["comparisons"] if each["name"] == plant)
    assert (told["change"] > 0) == (told["area"] > 0.5) == WITH_MVM[plant]
    # The audited patients are alike but for the disease; told apart by their bodies only where these differ.
    assert GROUPS not in found["shortcuts"]
    _, leaked = audit(cohort, weights, leaking(films, plant), tmp_path / "leaked.json")
    assert GROUPS in leaked["shortcuts"]


def test_nothing_is_told_of_a_network_that_learnt_without_one(
    taught: list[Taught], films: Films, cohort: Path, tmp_path: Path
) -> None:
    result, found = audit(cohort, teach(taught, None, tmp_path), films, tmp_path / "audit.json")
    assert result.exit_code == 0, result.output
    assert found["shortcuts"] == []
    assert "No shortcut was found." in result.output
    assert {each["name"] for each in found["comparisons"]} == {*SWITCHED, GROUPS}
    # Groups of the same bodies: the same intact films.
    groups = next(each for each in found["comparisons"] if each["name"] == GROUPS)
    assert (groups["area"], groups["change"], groups["n"]) == (0.5, 0.0, len(AUDITED))


def test_the_rule_seldom_speaks_where_the_area_is_at_its_limit_and_often_where_it_is_far_above() -> None:
    draw, rounds = np.random.default_rng(5), 400
    flagged = {}
    for area, shift in ((LIMIT, 0.3583), (0.9, 1.8124)):
        told = 0
        for _ in range(rounds):
            patient = draw.normal(0, 1, 20)
            # A part of the scatter is the patient's own, as in films of the same body.
            first = np.sqrt(0.7) * patient + np.sqrt(0.3) * draw.normal(0, 1, 20)
            second = shift + np.sqrt(0.7) * patient + np.sqrt(0.3) * draw.normal(0, 1, 20)
            told += paired_area(first, second, confidence=0.95).verdict == "shortcut"
        flagged[area] = told / rounds
    assert flagged[LIMIT] < 0.05
    assert flagged[0.9] > 0.9


def test_too_few_pairs_say_nothing() -> None:
    few = paired_area(np.zeros(LEAST_PAIRS - 1), np.ones(LEAST_PAIRS - 1))
    enough = paired_area(np.zeros(LEAST_PAIRS), np.ones(LEAST_PAIRS))
    assert (few.verdict, enough.verdict) == ("open", "shortcut")
    assert (few.interval, paired_area([1.0], [2.0]).interval) == (None, None)


def test_patients_are_matched_for_all_that_is_known_of_them() -> None:
    def person(age: float, level: float, group: str = "F a standard") -> Person:
        return Person(group, age, level, (0.0, 0.0, 0.0))

    bvf = [person(70, -6), person(60, -6), person(65, -4, "M a standard"), person(50, -6)]
    mvm = [person(61, -6), person(69, -5), person(66, -4), person(80, -6)]
    assert matched_pairs(bvf, mvm) == [(0, 1), (1, 0)]
    assert matched_pairs(bvf, []) == []


def test_patients_of_one_group_are_refused() -> None:
    one = Audited(True, Person("", 60, 0, (0, 0, 0)), {"as simulated": {"ap": 0.0}})
    with pytest.raises(TrainingError, match="one class only"):
        judge([one, one])
