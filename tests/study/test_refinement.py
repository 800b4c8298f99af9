"""Finer evidence maps after a miniature study, through the command line."""

import dataclasses
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import read_predictions
from mvm_core.errors import MvmError, TrainingError, WeightsError
from mvm_core.explain.scorecard import FILE, Score, Source, summarise, write_scorecard
from mvm_core.models import load_weights
from mvm_core.models.registry import TITLES
from mvm_core.study import StudyRequest
from mvm_core.study.choice import merit
from mvm_core.validation.comparisons import paired_delong

READINGS = {"ap", "merge-ap", "merge-lateral", "ap-views"}
CHANGED = ("--epochs", "1", "--evidence-weight", "1", "--shift-mm", "9")


def refine(request: StudyRequest, study: Path, out: Path, *more: str) -> str:
    cohorts = ["--internal", str(request.internal), "--external", str(request.external)]
    command = ["refine", *cohorts, "--study", str(study), "--out", str(out), "--workers", "1", *more]
    result = CliRunner().invoke(app, command)
    if isinstance(result.exception, MvmError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def study(done: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights folder alone, as it is shipped."""
    folder = tmp_path_factory.mktemp("finished") / "weights"
    shutil.copytree(done / "weights", folder, ignore=shutil.ignore_patterns(".run"))
    record = json.loads((folder / "study.json").read_text())
    for cell in record["cells"].values():
        # As in records from before the setting.
        cell["settings"].pop("shift_mm")
    (folder / "study.json").write_text(json.dumps(record, indent=2))
    return folder


@pytest.fixture(scope="module")
def kept(request_: StudyRequest, study: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A refinement that is released whatever it costs, and what it said."""
    out = tmp_path_factory.mktemp("refined") / "out"
    said = refine(request_, study, out, *CHANGED, "--tolerance", "1", "--audited", "2")
    return out, said


@pytest.fixture(scope="module")
def left(
    request_: StudyRequest, study: Path, kept: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The same training where no gain would do."""
    out = trained_again(kept[0], tmp_path_factory.mktemp("left") / "out")
    said = refine(request_, study, out, *CHANGED, "--tolerance", "-2", "--audited", "2", "--resume")
    return out, said


def trained_again(done: Path, out: Path) -> Path:
    """What a call leaves that was killed after its training."""
    for name in ("cells", ".run"):
        shutil.copytree(done / name, out / name)
    return out


def record_of(out: Path) -> dict:  # type: ignore[type-arg]
    record = json.loads((out / "weights" / "study.json").read_text())
    assert record == json.loads((out / "study.json").read_text())
    return dict(record)


def test_finer_maps_are_released_with_their_stride(kept: tuple[Path, str], study: Path) -> None:
    out, said = kept
    assert said.startswith("The finer maps are released: ")
    assert len(said.splitlines()) == 1
    weights, before = load_weights(out / "weights"), json.loads((study / "study.json").read_text())
    assert {network.output_stride for network in weights.networks.values()} == {16}
    assert weights.identity != load_weights(study).identity
    record = record_of(out)
    name = f"{before['released']}-stride-16-evidence-1-shift-9-epochs-1"
    assert (record["released"], record["weights"]) == (name, weights.identity)
    assert set(record["cells"]) == {*before["cells"], name}
    start = load_weights(study).identity
    assert record["cells"][name]["settings"]["init"] == start
    for network, told in record["cells"][name]["networks"].items():
        assert told["start_sha256"] == load_weights(study).networks[network].graph_sha256
    assert (record["cost"], record["cohorts"]) == (before["cost"], before["cohorts"])
    assert (record["audit"]["n"], record["audit"] != before["audit"]) == (2, True)
    refinement = record["refinement"]
    assert (refinement["from"], refinement["to"], refinement["kept"]) == (before["released"], name, True)
    assert refinement["settings"] == {
        "epochs": [2, 1],
        "evidence_weight": [0.0, 1.0],
        "init": ["random", start],
        "output_stride": [32, 16],
        "shift_mm": [6.0, 9.0],
    }
    assert refinement["tune_merit"] == {
        "before": pytest.approx(merit(read_predictions(study / "predictions.csv"))),
        "after": pytest.approx(merit(read_predictions(out / "cells" / name / "predictions.csv"))),
    }
    assert refinement["cost"]["training_seconds"] > 0


def test_the_release_before_stays_whole(left: tuple[Path, str], study: Path) -> None:
    out, said = left
    assert said.startswith("The release before stays; ")
    changed = {"study.json", "study_results.csv", "study_comparisons.csv", "model_card.md"}
    files = {path.name for path in study.iterdir()}
    assert {path.name for path in (out / "weights").iterdir()} == files
    for name in files - changed:
        assert (out / "weights" / name).read_bytes() == (study / name).read_bytes(), name
    record, before = record_of(out), json.loads((study / "study.json").read_text())
    assert record["refinement"]["kept"] is False
    for key in ("released", "weights", "audit"):
        assert record[key] == before[key]
    assert record["refinement"]["to"] in record["cells"]
    card = (out / "weights" / "model_card.md").read_text()
    assert "The release before stays" in card.split("### Finer evidence maps")[1]


def test_the_tolerance_is_the_greatest_loss_of_tune_merit(
    kept: tuple[Path, str], request_: StudyRequest, study: Path, tmp_path: Path
) -> None:
    merits = record_of(kept[0])["refinement"]["tune_merit"]
    loss = merits["before"] - merits["after"]
    assert loss != 0
    out = trained_again(kept[0], tmp_path / "out")
    for tolerance, released in ((loss + 1e-6, True), (loss - 1e-6, False)):
        refine(request_, study, out, *CHANGED, "--tolerance", str(tolerance), "--audited", "0", "--resume")
        record = record_of(out)
        assert record["refinement"]["kept"] is released
        assert (load_weights(out / "weights").identity != load_weights(study).identity) is released
        # An audit is of certain weights: that of the weights before does not pass to others.
        assert ("audit" in record) is not released


@pytest.mark.parametrize("which", ["kept", "left"])
def test_tables_keep_what_was_there_and_gain_the_new_cell(
    which: str, study: Path, request: pytest.FixtureRequest
) -> None:
    out, _ = request.getfixturevalue(which)
    name = record_of(out)["refinement"]["to"]
    before = (study / "study_results.csv").read_text()
    after = (out / "weights" / "study_results.csv").read_text()
    assert after.startswith(before)
    assert all(line.startswith(f"{name},") for line in after.removeprefix(before).splitlines())
    old, new = (pd.read_csv(folder / "study_comparisons.csv") for folder in (study, out / "weights"))
    released = record_of(out)["released"]
    assert set(new.loc[new["test"].isin(["paired", "unpaired"]), "cell"]) == {released}
    for test in ("settings",) if which == "kept" else ("paired", "unpaired", "settings"):
        rows = [table[table["test"] == test].reset_index(drop=True) for table in (old, new)]
        pd.testing.assert_frame_equal(*rows)
    maps = new[new["test"] == "maps"]
    assert len(maps) == 3 * len(READINGS)
    assert set(maps["split"]) == {"tune", "test", "external"}
    assert set(maps["cell"]) == READINGS
    assert set(maps["a"]) == {name}
    assert set(maps["b"]) == {record_of(out)["refinement"]["from"]}


def test_each_reading_is_compared_over_the_same_cases(kept: tuple[Path, str], study: Path) -> None:
    out, _ = kept
    name = record_of(out)["refinement"]["to"]
    after, before = (
        read_predictions(path / "predictions.csv").query("split == 'external'")
        for path in (out / "cells" / name, study)
    )
    comparisons = pd.read_csv(out / "study_comparisons.csv")
    for row in comparisons.query("test == 'maps' and split == 'external'").to_dict("records"):
        first, second = (
            table[table["model"] == row["cell"]].set_index("case_id") for table in (after, before)
        )
        label = first["label"].eq("mvm")
        test = paired_delong(label, first["probability"], second["probability"][first.index])
        assert row["difference"] == pytest.approx(test.difference, abs=1e-6)
        assert row["n"] == 8


def test_the_card_shows_both_side_by_side(kept: tuple[Path, str], study: Path, tmp_path: Path) -> None:
    weights = Path(shutil.copytree(kept[0] / "weights", tmp_path / "weights"))
    refinement = record_of(kept[0])["refinement"]
    part = finer_part(weights)
    assert f"| Setting | `{refinement['from']}` | `{refinement['to']}` |" in part
    assert "| output_stride | `32` | `16` |" in part
    assert "| shift_mm | `6.0` | `9.0` |" in part
    assert "| evidence_weight | `0.0` | `1.0` |" in part
    for split in ("Internal, test split", "External site"):
        assert all(f"| {split} | {TITLES[name]} | " in part for name in READINGS)
    assert "Peak in the lesion" not in part
    identities = [refinement[key][:12] for key in ("weights_from", "weights_to")]
    tables = [
        summarise(
            [
                Score("ap", "evidence", "pointing_game_lesion", f"p{i}", ("mvm",), hit)
                for i, hit in enumerate(hits)
            ],
            Source("c0", "test", identity, simulated=True),
        )
        for identity, hits in zip(identities, ((0.0, 0.0), (1.0, 1.0)), strict=True)
    ]
    write_scorecard(weights / FILE, tables[0])
    assert "Peak in the lesion" not in finer_part(weights)
    write_scorecard(weights / FILE, pd.concat(tables))
    part = finer_part(weights)
    assert "| AP | before | – | 0.00 (0.00 to 0.00), 2 |" in part
    assert "| AP | after | – | 1.00 (1.00 to 1.00), 2 |" in part


def finer_part(weights: Path) -> str:
    result = CliRunner().invoke(app, ["card", "--weights", str(weights)])
    assert result.exit_code == 0, result.output
    return (weights / "model_card.md").read_text().split("### Finer evidence maps")[1].split("\n### ")[0]


def test_a_refinement_resumes_with_the_networks_that_are_done(
    left: tuple[Path, str], request_: StudyRequest, study: Path
) -> None:
    out, _ = left
    cell = out / "cells" / record_of(out)["refinement"]["to"]
    before = {path.name: path.read_bytes() for path in cell.iterdir()}
    for path in cell.glob("ap.*"):
        path.unlink()
    options = (*CHANGED, "--tolerance", "-2", "--audited", "0")
    with pytest.raises(TrainingError, match="--resume"):
        refine(request_, study, out, *options)
    with pytest.raises(TrainingError, match="another learning_rate"):
        refine(request_, study, out, *options, "--learning-rate", "0.1", "--resume")
    refine(request_, study, out, *options, "--resume")
    for name in ("ap.csv", "merge.csv", "merge.json", "predictions.csv"):
        assert (cell / name).read_bytes() == before[name], name


def test_what_is_no_finished_study_of_these_cohorts_is_told(
    request_: StudyRequest, study: Path, kept: tuple[Path, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    swapped = dataclasses.replace(request_, internal=Path(shutil.copytree(request_.internal, tmp_path / "a")))
    manifest = swapped.internal / "manifest.csv"
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(TrainingError, match=f"{swapped.internal}: it is not the internal cohort"):
        refine(swapped, study, out)
    with pytest.raises(WeightsError, match="no weights here"):
        refine(request_, tmp_path, out)
    for name in ("study.json", "study_results.csv", "study_comparisons.csv"):
        folder = Path(shutil.copytree(study, tmp_path / name / "weights"))
        (folder / name).unlink()
        with pytest.raises(TrainingError, match=f"{name}: there is no such file"):
            refine(request_, folder, out)
        (folder / name).write_bytes(b"")
        with pytest.raises(TrainingError, match=f"{name}: it cannot be read"):
            refine(request_, folder, out)
    folder = Path(shutil.copytree(study, tmp_path / "other"))
    shutil.copy(kept[0] / "study.json", folder)
    with pytest.raises(TrainingError, match="of other weights"):
        refine(request_, folder, out)
    shutil.copy(study / "study.json", folder)
    shutil.copy(kept[0] / "weights" / "predictions.csv", folder)
    with pytest.raises(WeightsError, match=r"predictions\.csv: the file differs"):
        refine(request_, folder, out)
    with pytest.raises(TrainingError, match="the one to be refined"):
        refine(request_, study, study.parent)
    with pytest.raises(TrainingError, match=r"holds the settings .*-epochs-1 already"):
        refine(request_, kept[0] / "weights", out, *CHANGED)
    assert not out.exists()
