"""Checks of a cohort: confounders found where there are some, spines as published; the contact sheet."""

import dataclasses
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import Case
from mvm_core.errors import FilmError, ValidationError
from mvm_core.simulation import CohortRequest, PatientRequest, SimulatedPatient, simulate_patient
from mvm_core.simulation.check import CohortCheck, check_cohort
from mvm_core.simulation.confounders import check_confounders, confounders
from mvm_core.simulation.pace import Pace, measure_pace
from mvm_core.simulation.patient import draw_patient
from mvm_core.simulation.proportions import healthy_curves, proportions
from mvm_core.simulation.request import SIMULATOR_VERSION, request_of
from mvm_core.simulation.sheet import contact_sheet, read_real_films
from mvm_core.simulation.spacing import WANTED_DEVIATION, spacings

ANATOMY = Path(__file__).parents[3] / "shared" / "anatomy"


def cases(n: int, age_gap: float = 0.0) -> tuple[Case, ...]:
    draw = np.random.default_rng(3)
    found = []
    for index in range(n):
        label = "mvm" if index % 2 else "bvf"
        age = draw.normal(70, 8) + (age_gap if label == "mvm" else 0)
        level, sex = str(draw.choice(["T12", "L1", "L2"])), str(draw.choice(["F", "M"]))
        film = Path("a.dcm")
        found.append(Case(str(index), "a", "test", label, "", level, age, sex, "MRI", film, film))
    return tuple(found)


def densities(n: int, gap: float = 0.0) -> np.ndarray:
    draw = np.random.default_rng(4)
    return draw.normal(0.5, 0.05, (n, 2)) + gap * (np.arange(n) % 2)[:, np.newaxis]


def test_nothing_to_find_gives_an_auc_near_a_half() -> None:
    check = check_confounders(confounders(cases(300), densities(300)))
    assert check.together.auc < 0.6
    assert (check.n, check.positives) == (300, 150)
    low, high = check.together.ci95 or (0.0, 1.0)
    assert low < 0.5 < high


@pytest.mark.parametrize(("name", "age_gap", "density_gap"), [("age", 12.0, 0.0), ("density", 0.0, 0.08)])
def test_what_tells_the_label_is_found_and_named(name: str, age_gap: float, density_gap: float) -> None:
    found = confounders(cases(200, age_gap), densities(200, density_gap))
    check = check_confounders(found)
    assert check.together.auc > 0.75
    assert max(check.alone, key=lambda group: check.alone[group].auc) == name
    whole = CohortCheck("c", "0", False, check)
    assert whole.shortfalls == ("confounders tell the label with an AUC above 0.65",)
    assert "NOT AS WANTED" in whole.as_text()
    json.dumps(whole.as_dict(), allow_nan=False)


def test_missing_films_and_ages_do_not_stop_the_check() -> None:
    values = densities(60)
    values[::3, 1] = np.nan
    values[:, 0] = np.nan
    check = check_confounders(confounders(cases(60), values))
    assert 0 <= check.together.auc <= 1


def test_too_few_cases_are_told() -> None:
    with pytest.raises(ValidationError, match="15 cases, too few"):
        check_confounders(confounders(cases(30), densities(30)))


def test_a_cohort_without_disease_is_told_before_its_films_are_read(tmp_path: Path) -> None:
    (tmp_path / "healthy.png").write_bytes(b"no film")
    (tmp_path / "manifest.csv").write_text(
        "case_id,site,split,label,sign,level,age,sex,reference_standard,ap,lateral,ap_box,lateral_box\n"
        "1,x,test,intact,,L1,70,F,MRI,healthy.png,,,\n"
    )
    with pytest.raises(ValidationError, match="0 cases, too few"):
        check_cohort(tmp_path)


@pytest.mark.parametrize("site", ["a", "b"])
def test_spines_are_proportioned_as_published(site: str) -> None:
    patients = [draw_patient(PatientRequest(seed=4, index=index, site=site)) for index in range(250)]
    assert max(abs(size.deviation) for size in proportions(patients)) < 1
    for curve in healthy_curves(patients):
        assert curve.normal[0] <= curve.median <= curve.normal[1]
        assert curve.within >= 0.8 * curve.n > 50


@pytest.mark.parametrize(
    ("site", "film_format"),
    [*((site, "whole-spine") for site in "abcr"), ("a", "standard"), ("b", "standard")],
)
def test_vertebrae_lie_as_far_apart_as_on_ct(site: str, film_format: str) -> None:
    if site == "c" and not ANATOMY.is_dir():
        pytest.skip("the anatomy folder is not at hand")
    anatomy = str(ANATOMY) if site == "c" else None
    patients = [
        draw_patient(PatientRequest(seed=5, index=index, site=site, format=film_format, anatomy=anatomy))
        for index in range(800)
    ]
    found = spacings(patients)
    assert {each.measure for each in found} == {"body centres", "pedicles"}
    assert {"T1-T2" if film_format == "whole-spine" else "T4-T5", "L4-L5"} <= {each.level for each in found}
    assert max(abs(each.deviation) for each in found) <= WANTED_DEVIATION


def test_check_cohort_on_a_cohort_of_ones_own(tmp_path: Path) -> None:
    """The command line on small films that are not simulated: the label is in the film's density."""
    rows = ["case_id,site,split,label,sign,level,age,sex,reference_standard,ap,lateral,ap_box,lateral_box"]
    draw = np.random.default_rng(1)
    for index in range(44):
        label = "mvm" if index % 2 else "bvf"
        film = draw.integers(0, 90, (80, 70)) + (120 if label == "mvm" else 0)
        cv2.imwrite(str(tmp_path / f"{index}.png"), film.astype(np.uint8))
        rows.append(f"{index},x,test,{label},,L1,70,F,MRI,{index}.png,,,")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    done = CliRunner().invoke(app, ["check-cohort", str(tmp_path), "--json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found["confounders"]["together"]["auc"] > 0.95
    assert found["sizes"] == found["curves"] == found["paces"] == []
    assert found["shortfalls"]
    text = CliRunner().invoke(app, ["check-cohort", str(tmp_path)]).stdout
    assert "44 cases, 22 MVM" in text
    assert "simulated" not in text


def test_request_of_a_simulated_cohort(tmp_path: Path) -> None:
    assert request_of(tmp_path) is None
    settings = {"version": 2, "site": "b", "patients": 3, "mvm": 2, "seed": 9}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    assert request_of(tmp_path) == CohortRequest("b", 3, 2, 9)


def test_a_cohort_of_an_older_simulator_says_so() -> None:
    found = check_confounders(confounders(cases(60), densities(60)))
    old, new = (CohortCheck("c", "0", True, found, simulator=each) for each in (3, SIMULATOR_VERSION))
    assert "written by version 3 of the simulator" in old.as_text()
    assert "version" not in new.as_text()


def test_pace_counts_patients() -> None:
    pace = measure_pace("a", 1, 1)
    assert (pace.site, pace.workers, pace.patients) == ("a", 1, 1)
    assert pace.a_minute > 0
    assert pace.peak_mb > 50


def test_a_slow_simulator_is_told_by_processor_time() -> None:
    slow = Pace("a", 1, 5, a_minute=40.0, cpu_s=2.5, peak_mb=300.0)
    assert not slow.as_wanted
    assert "24 a minute and worker" in slow.as_text()
    # Whole spines may take twice as long.
    assert dataclasses.replace(slow, film_format="whole-spine").as_wanted
    found = check_confounders(confounders(cases(60), densities(60)))
    told = {
        seconds: CohortCheck("c", "0", True, found).with_paces((dataclasses.replace(slow, cpu_s=seconds),))
        for seconds in (1.5, 2.5)
    }
    assert "fewer than 30 patients a minute and worker" in told[2.5].shortfalls
    assert told[1.5].shortfalls == ()


def test_sheet_shows_real_and_simulated_at_one_scale(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    for name, shape in (("one.jpg", (720, 200)), ("two.png", (1440, 400))):
        cv2.imwrite(str(tmp_path / name), draw.integers(0, 255, shape).astype(np.uint8))
    (tmp_path / "SOURCE.md").write_text("# Where they come from")
    films = read_real_films(tmp_path)
    assert [film.name for film in films] == ["one.jpg", "two.png"]
    sheet = Image.open(io.BytesIO(contact_sheet(films, 1, 1)))
    # 200 mm of either real film are 300 pixels, beside the simulated film's 300 mm and the gaps.
    assert sheet.size[0] == 300 + 450 + 300 + 4 * 10
    frontal, side = np.split((np.asarray(sheet) == (230, 159, 0)).all(axis=2), [sheet.height * 53 // 100])
    assert frontal.any(axis=0)[320:770].any()
    assert not frontal.any(axis=0)[:310].any()
    assert side.any(axis=0)[:310].any()


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ([], ["a", "b"] * 2),
        (["--site", "r"], ["r"] * 4),
        (["--site", "b", "--patients", "2"], ["b"] * 2),
    ],
)
def test_sheet_shows_the_patients_and_site_asked_for_or_the_clinics_in_turn(
    asked: list[str], shown: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[PatientRequest] = []

    def taken(request: PatientRequest) -> SimulatedPatient:
        requests.append(request)
        return simulate_patient(PatientRequest(1, format="coned"))

    monkeypatch.setattr("mvm_core.simulation.sheet.simulate_patient", taken)
    done = CliRunner().invoke(app, ["simulate", "--sheet", str(tmp_path / "sheet.png"), *asked])
    assert done.exit_code == 0, done.output
    assert [request.site for request in requests] == shown


def test_sheet_of_no_films_is_told(tmp_path: Path) -> None:
    with pytest.raises(FilmError, match="holds no film"):
        read_real_films(tmp_path)
    with pytest.raises(FilmError, match="holds no film"):
        read_real_films(tmp_path / "missing")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "--sheet FILE"), (["out", "--sheet", "s.png"], "--sheet FILE"), (["out", "--real", "f"], "--real")],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(app, ["simulate", *arguments])
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
