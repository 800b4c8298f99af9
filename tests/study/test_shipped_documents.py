"""What is told of the shipped weights is what the command writes from their files."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.inference import SHIPPED
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.weights import MANIFEST, REAL_FILMS, load_weights
from mvm_core.sealed import RECORD as SEALED
from mvm_core.sealed import TABLES, read_seal
from mvm_core.spine.weights import load_spine_weights
from mvm_core.study.card import BEGIN, CARD, END, model_card
from mvm_core.study.sealed_figures import sealed_figures
from mvm_core.study.section import RECORD as STUDY
from mvm_core.study.short import real_films_in_short

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


def test_the_card_says_what_is_not_there(written: Path, tmp_path: Path) -> None:
    card = (written / "weights" / CARD).read_text()
    assert ("holds no tables of a study" in card) != (SHIPPED / STUDY).is_file()
    assert "simulated films" in card
    alone = Path(shutil.copytree(SHIPPED, tmp_path / "weights"))
    for name in (STUDY, SEALED, REAL_FILMS):
        (alone / name).unlink()
    told = model_card(alone)
    assert "holds no tables of a study" in told
    assert "Not tested on a split named external" in told
    assert "The sealed test" not in told
    assert "Real films" not in told


def test_a_changed_prediction_changes_the_card(tmp_path: Path) -> None:
    """Figures are worked out from the tables, not copied."""
    changed = Path(shutil.copytree(SHIPPED, tmp_path / "weights"))
    table = pd.read_parquet(changed / TABLES["predictions"])
    table["probability"] = 1 - table["probability"]
    content = table.to_parquet(index=False)
    (changed / TABLES["predictions"]).write_bytes(content)
    record = json.loads((changed / SEALED).read_text())
    record["tables"]["predictions"] = hashlib.sha256(content).hexdigest()
    (changed / SEALED).write_text(json.dumps(record))
    before, after = (
        re.search(r"\| All Views ensemble \| (\d\.\d{3})", text)
        for text in ((SHIPPED / CARD).read_text(), model_card(changed))
    )
    assert before is not None
    assert after is not None
    assert float(after[1]) == pytest.approx(1 - float(before[1]), abs=0.002)


def test_the_figures_of_real_films_are_those_of_the_shipped_finder_and_disease_network() -> None:
    record = json.loads((SHIPPED / REAL_FILMS).read_text())
    assert record["finder"] == load_spine_weights(SHIPPED).identity[:12]
    assert record["disease_network"] == DiseaseReader.open(SHIPPED).weights.identity[:12]
    assert record["weights"] == load_weights(SHIPPED).identity[:12]
    assert record["part"] == "test"


def test_the_readmes_results_are_those_of_the_records(written: Path) -> None:
    block = (written / "README.md").read_text().split(BEGIN)[1].split(END)[0]
    record = json.loads((SHIPPED / REAL_FILMS).read_text())
    for view, own in record["totals"].items():
        found = record["finding"][view]
        assert f"{found['found']}/{found['marked']} | {found['level_right']:.3f}" in block
        assert f"{own['flagged']}/{own['vertebrae']} |" in block
    assert f"Of {record['pairs']['pairs']} pairs" in block
    seal = read_seal(SHIPPED, load_weights(SHIPPED).identity)
    assert seal is not None
    assert ("are not blind" in block) is seal.known_to_finder
    rows = [line.split(" | ") for line in block.splitlines() if line.startswith(("| a |", "| b |", "| c |"))]
    for row, own in zip(rows, sealed_figures(seal), strict=True):
        assert row[0] == f"| {own.site}"
        assert row[1].startswith(f"{own.areas[own.reading].auc:.3f} (")
        at = own.at_points["high specificity"]
        assert [row[2].split()[-1], row[3].split()[-1]] == [
            f"{at.sensitivity.successes}/{at.sensitivity.total}",
            f"{at.specificity.successes}/{at.specificity.total}",
        ]
        assert row[5] == f"{own.healthy_alarms:.2f} |"


def test_without_real_films_the_short_results_leave_them_out(tmp_path: Path) -> None:
    assert real_films_in_short(tmp_path) == ""
