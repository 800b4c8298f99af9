"""A run from a cohort to weights: whole, partial, killed, interrupted, refused."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mvm_core import files
from mvm_core.cohort import read_manifest, read_predictions
from mvm_core.errors import OutputError, TableError, TrainingError, WeightsError
from mvm_core.evaluation import read_case
from mvm_core.models import Reader
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import View
from mvm_core.training import TrainingSettings, distance, train
from mvm_core.training.release import PREDICTIONS

RUN = """
import sys
import torch
from pathlib import Path
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.training import TrainingSettings, distance, train
torch.set_num_threads(1)
settings = TrainingSettings(
    networks=("ap", "lateral"), epochs=3, batch_size=4, init="random", output_stride=32,
    preprocessing=Preprocessing(size_px=64),
)
train(Path(sys.argv[1]), Path(sys.argv[2]), settings, resume="--resume" in sys.argv)
"""


@pytest.fixture(scope="module")
def trained(cohort_folder: Path, quick: TrainingSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of an uninterrupted run of two networks."""
    out = tmp_path_factory.mktemp("whole") / "weights"
    subprocess.run([sys.executable, "-c", RUN, cohort_folder, out], check=True, timeout=120)
    return out


def test_partial_networks_give_the_readings_they_allow(trained: Path, cohort_folder: Path) -> None:
    weights = load_weights(trained)
    assert set(weights.networks) == {"ap", "lateral"}
    assert set(weights.readings) == {"ap", "lateral"}
    assert "own films" in weights.notice
    assert not weights.simulated
    case = read_manifest(cohort_folder).split("test")[0]
    assert set(Reader(weights).read(read_case(case)).results) == {"ap", "lateral"}


def test_torchrun_shares_the_networks_out_and_gives_the_same(
    trained: Path, cohort_folder: Path, tmp_path: Path
) -> None:
    script = tmp_path / "run.py"
    script.write_text(RUN)
    out = tmp_path / "weights"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    subprocess.run([*torchrun, script, cohort_folder, out], check=True, timeout=180, env=environment)
    for name in ("ap.onnx", "lateral.onnx", PREDICTIONS):
        assert (out / name).read_bytes() == (trained / name).read_bytes()


def test_predictions_are_those_of_the_released_weights(trained: Path, cohort_folder: Path) -> None:
    table = read_predictions(trained / PREDICTIONS)
    assert set(table["split"]) == {"tune", "test"}
    assert len(table) == 2 * 12
    reader = Reader(load_weights(trained))
    for case in read_manifest(cohort_folder).split("test")[:2]:
        results = reader.read(read_case(case)).results
        rows = table[table["case_id"] == case.case_id].set_index("model")["probability"]
        assert {name: result.probability for name, result in results.items()} == pytest.approx(dict(rows))


def test_manifest_tells_how_the_weights_came_to_be(trained: Path, cohort_folder: Path) -> None:
    manifest = json.loads((trained / "manifest.json").read_text())
    assert manifest["trained_on"]["fingerprint"] == read_manifest(cohort_folder).fingerprint
    assert manifest["trained_on"]["patients"]["train"] == {"mvm": 4, "bvf": 8}
    assert [epoch["number"] for epoch in manifest["training"]["history"]["lateral"]] == [1, 2, 3]
    assert manifest["training"]["settings"]["epochs"] == 3


def test_run_killed_twice_resumes_to_the_same_weights(
    trained: Path, cohort_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "weights"
    command = [sys.executable, "-c", RUN, cohort_folder, out]
    for moment, further in (("ap.pt", ()), ("lateral.pt", ("--resume",))):
        checkpoint = out / ".run" / moment
        with subprocess.Popen([*command, *further]) as process:
            deadline = time.monotonic() + 60
            while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert not (out / "manifest.json").exists()
    subprocess.run([*command, "--resume"], check=True, timeout=120)
    for name in ("ap.onnx", "lateral.onnx", PREDICTIONS):
        assert (out / name).read_bytes() == (trained / name).read_bytes(), name


def test_other_settings_and_silent_reuse_are_refused(
    trained: Path, cohort_folder: Path, quick: TrainingSettings
) -> None:
    other = dataclasses.replace(quick, epochs=4, seed=9)
    with pytest.raises(TrainingError, match="another epochs, seed"):
        train(cohort_folder, trained, other, resume=True)
    with pytest.raises(TrainingError, match="--resume"):
        train(cohort_folder, trained, quick)


def test_damaged_checkpoint_is_named(cohort_folder: Path, quick: TrainingSettings, tmp_path: Path) -> None:
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "ap.pt").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(TrainingError, match=r"ap\.pt.*cannot be read"):
        train(cohort_folder, tmp_path, quick)


@pytest.mark.parametrize("content", ["{", "[1, 2]", ""])
def test_damaged_record_of_a_run_is_named(
    cohort_folder: Path, quick: TrainingSettings, tmp_path: Path, content: str
) -> None:
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "settings.json").write_text(content)
    with pytest.raises(TrainingError, match=r"settings\.json: .*cannot be read"):
        train(cohort_folder, tmp_path, quick, resume=True)


def test_loss_that_is_not_finite_names_network_epoch_and_cases(
    cohort_folder: Path, quick: TrainingSettings, tmp_path: Path
) -> None:
    runaway = dataclasses.replace(quick, learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"network ap, epoch \d: .*not finite.*cases p\d\d, p\d\d"):
        train(cohort_folder, tmp_path, runaway)
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize("victim", ["lateral.onnx", PREDICTIONS, "manifest.json"])
def test_interrupted_write_leaves_no_weights_that_load(
    trained: Path,
    cohort_folder: Path,
    quick: TrainingSettings,
    monkeypatch: pytest.MonkeyPatch,
    victim: str,
) -> None:
    before = {path.name: path.read_bytes() for path in trained.iterdir() if path.is_file()}
    real = Path.replace

    def disk_full(self: Path, target: Path) -> Path:
        if target == trained / victim:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(files.Path, "replace", disk_full)
    with pytest.raises(OutputError, match=rf"{re.escape(victim)}.*No space left"):
        train(cohort_folder, trained, quick, resume=True)
    monkeypatch.undo()
    with pytest.raises(WeightsError):
        load_weights(trained)
    assert not [path for path in trained.iterdir() if path.name.startswith(f".{victim}")]
    # Nothing of the training is lost: the same command finishes the work.
    train(cohort_folder, trained, quick, resume=True)
    assert {path.name: path.read_bytes() for path in trained.iterdir() if path.is_file()} == before


def test_every_problem_of_the_films_is_told_at_once_with_row_and_column(
    write_cohort: Callable[[Path], Path], quick: TrainingSettings, tmp_path: Path
) -> None:
    folder = write_cohort(tmp_path / "cohort")
    for name in ("p00_ap.png", "p00_lateral.png", "p23_lateral.png"):
        (folder / name).write_bytes(b"no film")
    manifest = folder / "manifest.csv"
    lines = manifest.read_text().splitlines(keepends=True)
    lines[5] = lines[5].replace("8 8 88 88", "8 8 88 97", 1)
    manifest.write_text("".join(lines))
    with pytest.raises(TableError, match=re.escape(str(manifest))) as caught:
        train(folder, tmp_path / "out", quick)
    wanted = ("row 2, column ap: ", "row 2, column lateral: ", "row 6, column ap_box: ", "row 25, column lat")
    # The last is a film of the test split, which the training itself would not read.
    assert len(caught.value.problems) == len(wanted)
    for found, start in zip(caught.value.problems, wanted, strict=True):
        assert found.startswith(start)
    assert not list((tmp_path / "out").rglob("*.pt"))


def test_unknown_and_missing_networks_are_refused() -> None:
    with pytest.raises(TrainingError, match=r"'oblique' is unknown; choose from ap, "):
        TrainingSettings(networks=("ap", "oblique"))
    with pytest.raises(TrainingError, match="no network is named"):
        TrainingSettings(networks=())


def test_learns_what_there_is_to_learn(cohort_folder: Path, quick: TrainingSettings, tmp_path: Path) -> None:
    warm = dataclasses.replace(
        quick, networks=("ap",), epochs=8, init="lite0", learning_rate=3e-3, balance="weight"
    )
    manifest = json.loads(train(cohort_folder, tmp_path, warm).read_text())
    history = manifest["training"]["history"]["ap"]
    assert history[-1]["tune_auc"] == 1.0
    assert history[-1]["loss"] < history[0]["loss"]


def test_weights_bring_a_rule_for_unlike_films_where_films_suffice(
    cohort_folder: Path, quick: TrainingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dataclasses.replace(quick, networks=("ap",), epochs=1)
    alone = train(cohort_folder, tmp_path / "few", settings)
    assert load_weights(alone.parent).distance is None
    monkeypatch.setattr(distance, "LEAST_FILMS", 8)
    monkeypatch.setattr(distance, "KEPT", 3)
    # the toy's films are too small and dull for a real fit
    monkeypatch.setattr(distance, "REFUSED", frozenset())
    monkeypatch.setattr(distance, "check_film", lambda *_: ())
    weights = load_weights(train(cohort_folder, tmp_path / "enough", settings).parent)
    assert weights.distance is not None
    reader = Reader(weights)
    case = read_manifest(cohort_folder).split("test")[0]
    assert set(reader.read(read_case(case)).distances) == {View.AP}
