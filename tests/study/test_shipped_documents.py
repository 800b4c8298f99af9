"""What is told of the shipped weights is what the command writes from their files."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import read_predictions
from mvm_core.inference import SHIPPED
from mvm_core.models.disease import load_disease_weights
from mvm_core.models.weights import MANIFEST
from mvm_core.spine.weights import load_spine_weights
from mvm_core.study.aims import aims_of
from mvm_core.study.card import BEGIN, CARD, END
from mvm_core.study.real_films import RECORD
from mvm_core.study.results import results_table

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of weights and README, with both documents emptied and written again by the command."""
    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(SHIPPED, folder / "weights")
    (folder / "weights" / CARD).unlink()
    before, rest = README.read_text().split(BEGIN)
    (folder / "README.md").write_text(f"{before}{BEGIN}{END}{rest.split(END)[1]}")
    command = ["card", "--weights", str(folder / "weights"), "--readme", str(folder / "README.md")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return folder


def test_the_model_card_is_what_the_command_writes(written: Path) -> None:
    assert (SHIPPED / CARD).read_text() == (written / "weights" / CARD).read_text()


def test_the_readmes_results_are_what_the_command_writes(written: Path) -> None:
    assert README.read_text() == (written / "README.md").read_text()


def test_the_card_gives_the_manifests_operating_points(written: Path) -> None:
    card = (written / "weights" / CARD).read_text()
    points = card.split("## Operating points")[1].split("\n## ")[0]
    shown = re.findall(r"\| (0\.\d{3}) \| (0\.\d{3}) \| ", points)
    readings = json.loads((SHIPPED / MANIFEST).read_text())["readings"].values()
    wanted = [(f"{each['high_sensitivity']:.3f}", f"{each['high_specificity']:.3f}") for each in readings]
    assert sorted(shown) == sorted(wanted)


def test_the_card_says_what_is_not_there(written: Path) -> None:
    card = (written / "weights" / CARD).read_text()
    splits = set(read_predictions(SHIPPED / "predictions.csv")["split"])
    assert ("Not tested on a split named external" in card) == ("external" not in splits)
    assert ("holds no tables of a study" in card) != (SHIPPED / "study.json").is_file()
    assert "simulated films" in card


def test_a_changed_prediction_changes_the_card(written: Path, tmp_path: Path) -> None:
    """Figures are worked out from the predictions, not copied."""
    table = read_predictions(SHIPPED / "predictions.csv")
    table["probability"] = 1 - table["probability"]
    turned = results_table({"release": table})
    found = {aim.text: aim for aim in aims_of(table, turned)}
    assert found["Internal test AUC 0.90 or more"].met is False
    assert found["Films not too easy: internal test AUC 0.97 or less"].met is True


def test_aims_are_put_to_the_ensemble_that_the_tune_split_prefers(good: pd.DataFrame) -> None:
    aims = aims_of(good, results_table({"release": good}))
    assert [aim.met is None for aim in aims] == [False] * 7
    without = good[good["split"] != "external"]
    aims = aims_of(without, results_table({"release": without}))
    assert [aim.text for aim in aims if aim.met is None] == ["External AUC 0.80 or more"]


def test_the_figures_of_real_films_are_those_of_the_shipped_finder_and_disease_network() -> None:
    record = json.loads((SHIPPED / RECORD).read_text())
    assert record["finder"] == load_spine_weights(SHIPPED).identity[:12]
    assert record["disease_network"] == load_disease_weights(SHIPPED).identity[:12]
    assert record["part"] == "test"
