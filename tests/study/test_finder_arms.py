"""What each step of the finder's training brings: measured by a command, told in the card."""

import json
import shutil
from pathlib import Path

import pytest
from test_cli import one_sentence, run

from mvm_core.cohort.marked_films import read_marked
from mvm_core.radiograph import Radiograph, View
from mvm_core.spine import Finder, Spine
from mvm_core.spine.weights import MANIFEST
from mvm_core.study.finder_arms import RECORD, arms_section, score_arms, taught

SHIPPED = Path(__file__).resolve().parents[2] / "weights"


def arm(folder: Path, *, strength: float, real: int, whole: bool = False) -> Path:
    """The shipped finder, its first graph alone or all of them, as if they had been taught so."""
    folder.mkdir()
    manifest = json.loads((SHIPPED / MANIFEST).read_text())
    learnt = manifest["trained_on"] | {"real_ap_films": real}
    learnt["settings"] = learnt["settings"] | {"strength": strength}
    own = {key: manifest[key] for key in ("format", "onnx", "level_temperature")} | {"trained_on": learnt}
    closer = ("corners", "levels") if whole else ()
    for name in closer:
        closer_learnt = manifest[name]["trained_on"] | {"real_ap_films": real}
        own[name] = manifest[name] | {"trained_on": closer_learnt}
    for graph in (own, *(own[name] for name in closer)):
        shutil.copyfile(SHIPPED / graph["onnx"]["file"], folder / graph["onnx"]["file"])
    (folder / MANIFEST).write_text(json.dumps(own))
    return folder


def one_film(real_spines: Path, folder: Path) -> Path:
    """The first film of each view with its marks: enough to see that each arm is measured."""
    for view in View:
        (folder / view.value).mkdir(parents=True)
        head, *lines = (real_spines / f"{view.value}.csv").read_text().splitlines()
        name = lines[0].partition(",")[0]
        shutil.copyfile(real_spines / view.value / name, folder / view.value / name)
        own = [line for line in lines if line.startswith(f"{name},")]
        (folder / f"{view.value}.csv").write_text("\n".join([head, *own]) + "\n")
    return folder


def test_arms_are_measured_and_told_apart(real_spines: Path, tmp_path: Path) -> None:
    arms = [
        arm(tmp_path / "plain", strength=0.0, real=0),
        arm(tmp_path / "changed", strength=0.8, real=0),
        arm(tmp_path / "whole", strength=0.8, real=0, whole=True),
        arm(tmp_path / "real", strength=0.8, real=318),
    ]
    out = tmp_path / RECORD
    few = one_film(real_spines, tmp_path / "few")
    run("finder-arms", *arms, "--real", few, "--part", "all", "--out", out)
    record = json.loads(out.read_text())
    titles = [each["title"] for each in record["arms"]]
    assert titles == [
        "simulated films as they are",
        "simulated films, changed at random",
        "simulated films, changed at random: the whole finder",
        "the same and real AP films",
    ]
    (section,) = arms_section(tmp_path)
    for each in record["arms"]:
        assert set(each["finding"]) == {"ap", "lateral"}
        for own in each["finding"].values():
            assert f"{own['found']}/{own['marked']}" in section
    assert arms_section(tmp_path / "plain") == []


def test_steps_of_the_arm_that_another_went_on_from_are_counted(real_spines: Path, tmp_path: Path) -> None:
    folders = [arm(tmp_path / name, strength=0.8, real=0) for name in ("first", "second")]
    for number, folder in enumerate(folders):
        path = folder / MANIFEST
        manifest = json.loads(path.read_text())
        manifest["trained_on"]["settings"]["steps"] = (1800, 1200)[number]
        manifest["trained_on"]["start"] = (None, manifest["onnx"]["sha256"])[number]
        path.write_text(json.dumps(manifest))
    films = read_marked(one_film(real_spines, tmp_path / "few"))[:1]
    assert [each["steps"] for each in score_arms(folders, films, "all")["arms"]] == [1800, 3000]
    assert [each["steps"] for each in score_arms(folders[:1], films, "all")["arms"]] == [1800]


def test_arms_are_told_the_films_views(
    real_spines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, find = [], Finder.find

    def noted(finder: Finder, film: Radiograph, view: View | None = None) -> Spine:
        told.append(view)
        return find(finder, film, view)

    monkeypatch.setattr(Finder, "find", noted)
    score_arms([SHIPPED], read_marked(one_film(real_spines, tmp_path / "few")), "all")
    assert told == list(View)


def test_without_films_or_a_finder_one_sentence(real_spines: Path, tmp_path: Path) -> None:
    asked = ("finder-arms", tmp_path, "--real", real_spines, "--out", tmp_path / RECORD)
    assert "choose train, tune, test or all" in one_sentence(run(*asked, "--part", "none", code=2))
    assert "missing" in one_sentence(run(*asked, code=2))
    assert not (tmp_path / RECORD).exists()


def test_an_arm_says_of_real_films_that_any_of_its_graphs_learnt_from(tmp_path: Path) -> None:
    folder = arm(tmp_path / "whole", strength=0.8, real=0, whole=True)
    manifest = json.loads((folder / MANIFEST).read_text())
    assert taught(manifest).real_ap_films == 0
    manifest["corners"]["trained_on"]["real_ap_films"] = 313
    told = taught(manifest)
    assert (told.real_ap_films, told.title) == (313, "the same and real AP films: the whole finder")
