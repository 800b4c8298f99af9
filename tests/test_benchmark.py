"""The benchmark prints what it measured, and both sides read the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mvm_core.explain.usual_stack import UsualStack
from mvm_core.models import Reader
from mvm_core.models.inputs import network_inputs
from mvm_core.radiograph import FilmPair

ROOT = Path(__file__).resolve().parents[1]


def test_bench_prints_its_figures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mvm_core", "bench", "--runs", "1", "--batch", "2", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        # Threads of eager torch wait for each other where other tests hold the processors.
        env={**os.environ, "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"},
    )
    figures = json.loads(done.stdout)
    assert figures["cold_predict_loads_torch"] is False
    assert 0 < figures["reader_ms"] < figures["usual_stack_ms"]
    assert figures["change_of_reading_ms"] > 0
    assert 0 < figures["page_stands_s"] < 60
    assert figures["reader_share_of_peak"] > 0.05
    stages = {each["name"]: each for each in figures["stages"]}
    assert {name.split(",")[0] for name in stages} >= {"spine found", "examination of a pair", "network ap"}
    assert {f"2 examinations {how}, each" for how in ("one by one", "two side by side")} <= stages.keys()
    # EfficientNet-B0 is 0.39 billion multiply-adds at 224 pixels, and finer maps cost some more
    assert 0.4 < stages["network ap, one thread"]["gflop"] < 1.0
    assert len(figures["decoding"]) == 9
    assert all(each["ms"] > 0 for each in (*figures["stages"], *figures["decoding"]))
    assert figures["reader_vs_usual_stack"] == pytest.approx(figures["usual_stack_ms"] / figures["reader_ms"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_usual_stack_reads_the_same(reader: Reader, pair: FilmPair) -> None:
    stack = UsualStack(reader.weights)
    results = reader.read(pair).results
    inputs = network_inputs(pair, reader.weights)
    together = stack.read_together(inputs)
    for name, film in inputs.items():
        usual = stack.read(name, film)
        assert together[name].logit == pytest.approx(usual.logit, abs=1e-4)
        assert together[name].heatmap == pytest.approx(usual.heatmap, abs=1e-3)
        assert usual.logit == pytest.approx(results[name].logit, abs=1e-4)
        assert usual.heatmap.shape == film.shape[1:]
        assert np.isfinite(usual.heatmap).all()
