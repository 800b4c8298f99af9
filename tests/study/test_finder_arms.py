"""What each step of the finder's training brings: measured by a command, told in the card."""

import json
import shutil
from pathlib import Path

from test_cli import one_sentence, run

from mvm_core.radiograph import View
from mvm_core.spine.weights import MANIFEST
from mvm_core.study.finder_arms import RECORD, arms_section

SHIPPED = Path(__file__).resolve().parents[2] / "weights"


def arm(folder: Path, *, strength: float, real: int) -> Path:
    """The shipped finder's first graph alone, as if it had been taught so."""
    folder.mkdir()
    manifest = json.loads((SHIPPED / MANIFEST).read_text())
    shutil.copyfile(SHIPPED / manifest["onnx"]["file"], folder / manifest["onnx"]["file"])
    taught = manifest["trained_on"] | {"real_ap_films": real}
    taught["settings"] = taught["settings"] | {"strength": strength}
    alone = {key: manifest[key] for key in ("format", "onnx", "level_temperature")} | {"trained_on": taught}
    (folder / MANIFEST).write_text(json.dumps(alone))
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
        "the same and real AP films",
    ]
    (section,) = arms_section(tmp_path)
    for each in record["arms"]:
        assert set(each["finding"]) == {"ap", "lateral"}
        for own in each["finding"].values():
            assert f"{own['found']}/{own['marked']}" in section
    assert arms_section(tmp_path / "plain") == []


def test_without_films_or_a_finder_one_sentence(real_spines: Path, tmp_path: Path) -> None:
    asked = ("finder-arms", tmp_path, "--real", real_spines, "--out", tmp_path / RECORD)
    assert "choose train, tune, test or all" in one_sentence(run(*asked, "--part", "none", code=2))
    assert "missing" in one_sentence(run(*asked, code=2))
    assert not (tmp_path / RECORD).exists()
