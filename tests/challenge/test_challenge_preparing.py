"""Preparing a challenge: patients nobody learnt from, of the kind asked for, and read as any films."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from challenge_by_hand import write_by_hand
from typer.testing import CliRunner

from mvm_core.challenge import preparing, read_challenge
from mvm_core.challenge.case import RECORD, Challenge
from mvm_core.challenge.preparing import is_of_kind, labels_of, prepare
from mvm_core.cli import app
from mvm_core.errors import ChallengeError
from mvm_core.evaluation import read_examined
from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.radiograph import View
from mvm_core.sealed import seed_of
from mvm_core.simulation import PatientRequest, SimulatedPatient, film_to_dicom, simulate_patient


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Challenge:
    return prepare(tmp_path_factory.mktemp("challenge") / "new", cases=4, seed=3)


def test_seed_follows_from_the_finished_weights(prepared: Challenge) -> None:
    weights = Examiner.open().reader.weights.identity
    assert prepared.weights == weights
    assert prepared.patient_seed == seed_of(weights, "challenge mixed 3")
    assert prepared.patient_seed != seed_of("f" * 64, "challenge mixed 3")
    assert prepared.patient_seed not in {seed_of(weights, site) for site in "abc"}


def test_case_is_the_patient_and_the_model_reads_it_unmarked(prepared: Challenge) -> None:
    case = next(each for each in prepared.cases if each.is_mvm)
    patient = simulate_patient(PatientRequest(prepared.patient_seed, 0, "mvm"))
    assert (case.level, case.kind, case.age) == (patient.level, patient.kind, patient.age)
    assert case.signs == tuple(patient.signs.split())
    films = pair_films(read_study([StudyFile(f"{v}.dcm", film_to_dicom(patient, v)) for v in View]))
    examiner = Examiner.open()
    found = examiner.examine(films)
    assert case.model.probability == pytest.approx(
        read_examined(found, examiner).leading.probability, abs=1e-4
    )
    assert case.levels == tuple(dict.fromkeys(case.levels))
    for film in case.films:
        shown = cv2.imdecode(np.frombuffer(prepared.picture(film), np.uint8), cv2.IMREAD_UNCHANGED)
        pixels = films.films[film.view].pixels
        assert shown.shape == pixels.shape == (film.rows, film.columns)
        assert np.abs(shown / 255.0 - pixels).mean() < 0.02
        lesion = np.zeros(shown.shape, np.uint8)
        for line in film.lesion:
            cv2.fillPoly(lesion, [np.round(np.array(line) - 0.5).astype(np.int32)], 1)
        mask = patient.films[film.view].lesion_mask
        assert (lesion.astype(bool) & mask).sum() >= 0.95 * mask.sum()


def test_pictures_and_names_tell_nothing(prepared: Challenge) -> None:
    names = " ".join(path.name for path in prepared.folder.iterdir())
    assert not any(word in names for word in ("mvm", "bvf", "lytic"))
    assert all((prepared.folder / film.picture).stat().st_size < 400_000 for film in prepared.cases[0].films)


def test_prepared_anew_no_picture_of_before_is_left(tmp_path: Path) -> None:
    before = write_by_hand(tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".jpg"] * 8 + [".json"]
    preparing._drop_other_pictures(tmp_path, before.cases[:1])
    assert sum(path.suffix == ".jpg" for path in tmp_path.iterdir()) == 2


def test_labels_are_about_half_and_not_always_half() -> None:
    counts = {labels_of(seed, 10).count("mvm") for seed in range(40)}
    assert counts == {4, 5, 6}
    assert labels_of(7, 10) == labels_of(7, 10)
    assert len({labels_of(seed, 10) for seed in range(40)}) > 30


def test_kinds_are_told_by_the_findings_that_films_show(patient: SimulatedPatient) -> None:
    for signs, kinds in (
        ("", {"mixed", "no-sign"}),
        ("lytic", {"mixed", "one-finding"}),
        ("lytic mass", {"mixed"}),
    ):
        shown = replace(patient, signs=signs)
        assert {kind for kind in ("mixed", "no-sign", "one-finding") if is_of_kind(shown, kind)} == kinds


def test_a_kind_that_is_never_drawn_ends_in_a_sentence(
    patient: SimulatedPatient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "simulate_patient", lambda request: replace(patient, signs="lytic mass"))
    with pytest.raises(ChallengeError, match=r"case 1: no patient of kind 'no-sign' was found in 40; try"):
        prepare(tmp_path / "none", kind="no-sign")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kind", "hard"], "kind 'hard': it is unknown; choose one of mixed, no-sign, one-finding"),
        (["--cases", "2"], "2 cases: so many make no challenge; ask for 4 to 50"),
    ],
)
def test_command_says_what_is_wrong(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["challenge", "prepare", str(tmp_path / "c"), *arguments])
    assert isinstance(done.exception, ChallengeError)
    assert said in str(done.exception)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("how", ["empty", "cut", "format", "numbers", "picture"])
def test_damaged_challenge_is_one_sentence(tmp_path: Path, how: str) -> None:
    write_by_hand(tmp_path)
    record = tmp_path / RECORD
    said = json.loads(record.read_bytes())
    if how == "empty":
        record.unlink()
    elif how == "cut":
        record.write_bytes(record.read_bytes()[:300])
    elif how == "format":
        record.write_text(json.dumps({**said, "format": 9}))
    elif how == "numbers":
        record.write_text(json.dumps({**said, "cases": said["cases"][1:]}))
    else:
        next(tmp_path.glob("*.jpg")).unlink()
    with pytest.raises(ChallengeError, match=r"python -m mvm_core challenge prepare"):
        read_challenge(tmp_path)


def test_a_picture_is_looked_for_in_the_folder_alone(tmp_path: Path) -> None:
    write_by_hand(tmp_path / "c")
    record = tmp_path / "c" / RECORD
    said = json.loads(record.read_bytes())
    (tmp_path / "secret.jpg").write_bytes(b"x")
    said["cases"][0]["films"][0]["picture"] = "../secret.jpg"
    record.write_text(json.dumps(said))
    with pytest.raises(ChallengeError, match="missing"):
        read_challenge(tmp_path / "c")


def test_wipe_command_leaves_nobody(tmp_path: Path) -> None:
    from mvm_core.challenge import AnswerStore

    made = write_by_hand(tmp_path)
    AnswerStore(tmp_path, made.identity).enter("Ada")
    done = CliRunner().invoke(app, ["challenge", "wipe", str(tmp_path)])
    assert done.exit_code == 0
    assert AnswerStore(tmp_path, made.identity).visitors() == ()
