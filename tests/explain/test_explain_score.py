"""explain-score as a user calls it, on a cohort of four cases whose lesions are known."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from masked_cohort import write_masked_cohort
from two_outputs import write_two_outputs
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import read_manifest
from mvm_core.errors import TableError
from mvm_core.explain.cases import on_network, open_case
from mvm_core.explain.scorecard import read_scorecard
from mvm_core.explain.scores import average_precision
from mvm_core.models import Reader
from mvm_core.models.weights import default_weights, load_weights
from mvm_core.radiograph import View


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scorecard_holds_what_was_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "scorecard.csv"
    arguments = ["explain-score", str(write_masked_cohort(tmp_path / "cohort")), "--readings", "ap,merge-ap"]
    arguments += ["--methods", "evidence,gradcam", "--method-readings", "ap", "--dear-cases", "1"]
    done = CliRunner().invoke(app, [*arguments, "--shuffled-cases", "1", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    found = {
        (row["reading"], row["method"], row["metric"]): row
        for row in rows
        if row["group"] == "all" and row["question"] == "mvm"
    }
    for where in ("vertebra", "lesion"):
        row = found["ap", "evidence", f"pointing_game_{where}"]
        assert row["n"] == 2
        assert row["ci95"][0] <= row["value"] <= row["ci95"][1]
    assert found["ap", "evidence", "insertion_over_random"]["n"] == 1
    assert found["ap", "gradcam", "randomised_all"]["n"] == 1
    assert found["merge-ap", "evidence", "randomised_head"]["value"] <= 1
    assert ("merge-ap", "gradcam", "pointing_game_lesion") not in found
    # Grad-CAM is the evidence map, and so scores alike.
    for metric in ("auprc_lesion", "iou_lesion", "deletion"):
        expected = found["ap", "evidence", metric]["value"]
        assert found["ap", "gradcam", metric]["value"] == pytest.approx(expected, abs=1e-3)
    table = read_scorecard(out)
    assert table is not None
    assert len(table) == len(rows)


def test_weights_of_before_are_localised_on_the_same_cases(tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(default_weights(), before)
    manifest = before / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    out = tmp_path / "scorecard.csv"
    arguments = ["explain-score", str(write_masked_cohort(tmp_path / "cohort")), "--readings", "ap"]
    arguments += ["--dear-cases", "1", "--shuffled-cases", "0", "--out", str(out)]
    done = CliRunner().invoke(app, [*arguments, "--earlier-weights", str(before)])
    assert done.exit_code == 0, done.output
    table = read_scorecard(out)
    assert table is not None
    earlier = load_weights(before).identity[:12]
    own = table[table["weights"] != earlier].set_index(["metric", "group"])["value"]
    other = table[table["weights"] == earlier].set_index(["metric", "group"])["value"]
    assert earlier in done.stdout
    # The same networks, so the same figures; the dearer ones are of the weights in use alone.
    assert other.to_dict() == own[other.index].to_dict()
    assert {"pointing_game_lesion", "auprc_lesion"} <= {metric for metric, _ in other.index}
    assert "deletion" not in {metric for metric, _ in other.index}
    assert "deletion" in {metric for metric, _ in own.index}


def test_maps_of_disease_are_scored_for_both_labels_and_old_tables_are_of_mvm(tmp_path: Path) -> None:
    weights, out = write_two_outputs(tmp_path / "weights", ("ap",)), tmp_path / "scorecard.csv"
    cohort = write_masked_cohort(tmp_path / "cohort")
    arguments = ["explain-score", str(cohort), "--weights", str(weights), "--readings", "ap"]
    arguments += ["--dear-cases", "1", "--shuffled-cases", "0", "--out", str(out)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    table = read_scorecard(out)
    assert table is not None
    assert set(table["question"]) == {"mvm", "disease"}
    assert any(line.split()[1:3] == ["disease", "ap"] for line in done.stdout.splitlines())
    own = {
        question: rows.set_index(["group", "metric"])["value"] for question, rows in table.groupby("question")
    }
    # Worked out anew, of both cases with the same sign: each is diseased. The table has four digits.
    reader, expected = Reader.open(weights), {}
    for case in read_manifest(cohort).split("test"):
        read = open_case(case, reader)
        evidence = read.reading.results["ap"].disease_evidence[View.AP]
        support = on_network(evidence, read.reading.regions[View.AP], 160)
        expected[case.label] = average_precision(support, read.truth.lesion[View.AP])
    for label, value in expected.items():
        assert own["disease"][label, "auprc_lesion"] == pytest.approx(value, abs=6e-5)
    assert own["disease"]["all", "auprc_lesion"] == pytest.approx(np.mean(list(expected.values())), abs=6e-5)
    assert own["mvm"]["all", "auprc_lesion"] != own["disease"]["all", "auprc_lesion"]
    for where in ("vertebra", "lesion"):
        assert own["disease"]["all", f"pointing_game_{where}"] in (0, 0.5, 1)
    # The dearer figures are of the maps for MVM.
    assert ("all", "deletion") in own["mvm"].index
    assert ("all", "deletion") not in own["disease"].index

    table[table["question"] == "mvm"].drop(columns="question").to_csv(out, index=False)
    old = read_scorecard(out)
    assert old is not None
    assert set(old["question"]) == {"mvm"}


def test_cohort_without_masks_is_told(tmp_path: Path) -> None:
    cohort = write_masked_cohort(tmp_path / "cohort", masks=False)
    done = CliRunner().invoke(app, ["explain-score", str(cohort)])
    assert isinstance(done.exception, TableError)
    assert "has masks of lesion and vertebra" in str(done.exception)


def test_unknown_method_is_told_with_the_known_ones(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["explain-score", str(tmp_path), "--methods", "gradcam,guess"])
    assert done.exit_code == 2
    assert "--methods guess: choose from evidence, gradcam" in done.stderr
