"""explain-score as a user calls it, on a cohort of four cases whose lesions are known."""

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.errors import TableError
from mvm_core.explain.scorecard import read_scorecard
from mvm_core.models.weights import default_weights, load_weights

MASKS = ("ap_lesion_mask", "ap_vertebra_mask")


def write_cohort(folder: Path, *, masks: bool = True) -> Path:
    folder.mkdir()
    draw = np.random.default_rng(0)
    rows = []
    for number, (split, label) in enumerate(
        [("tune", "mvm"), ("tune", "bvf"), ("test", "mvm"), ("test", "bvf")]
    ):
        row = {"case_id": f"p{number}", "site": "here", "split": split, "label": label, "sign": ""}
        row |= {"reference_standard": "MRI", "level": "L1", "ap_box": "40 40 160 160", "ap": f"p{number}.png"}
        film = draw.integers(60, 200, (200, 200)).astype(np.uint8)
        cv2.imwrite(str(folder / row["ap"]), cv2.GaussianBlur(film, (0, 0), 3))
        for name, radius in zip(MASKS, (20, 45), strict=True):
            if masks:
                row[name] = f"p{number}_{name}.png"
                mask = cv2.circle(np.zeros((200, 200), np.uint8), (100, 100), radius, 255, -1)
                cv2.imwrite(str(folder / row[name]), mask)
        rows.append(row)
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, (*MANIFEST_COLUMNS, *MASKS), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scorecard_holds_what_was_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "scorecard.csv"
    arguments = ["explain-score", str(write_cohort(tmp_path / "cohort")), "--readings", "ap,merge-ap"]
    arguments += ["--methods", "evidence,gradcam", "--method-readings", "ap", "--dear-cases", "1"]
    done = CliRunner().invoke(app, [*arguments, "--shuffled-cases", "1", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    found = {(row["reading"], row["method"], row["metric"]): row for row in rows if row["group"] == "all"}
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
    arguments = ["explain-score", str(write_cohort(tmp_path / "cohort")), "--readings", "ap"]
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


def test_cohort_without_masks_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["explain-score", str(write_cohort(tmp_path / "cohort", masks=False))])
    assert isinstance(done.exception, TableError)
    assert "has masks of lesion and vertebra" in str(done.exception)


def test_unknown_method_is_told_with_the_known_ones(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["explain-score", str(tmp_path), "--methods", "gradcam,guess"])
    assert done.exit_code == 2
    assert "--methods guess: choose from evidence, gradcam" in done.stderr
