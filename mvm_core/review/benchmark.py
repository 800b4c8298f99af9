"""Timings of the statistics, and against the loop that one would write, taken in one process run."""

import importlib.util
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mvm_core.cohort import read_any_predictions
from mvm_core.errors import ValidationError
from mvm_core.review import figures
from mvm_core.review.operating import read_at
from mvm_core.review.references import roc_references
from mvm_core.review.review import Review, review
from mvm_core.review.samples import Source
from mvm_core.review.style import SCREEN, Look
from mvm_core.side_by_side import processors
from mvm_core.validation.bootstrap import auc_of_draws, bootstrap_auc
from mvm_core.validation.roc import auc_with_interval

CASES, POSITIVES, REPLICATES = 1514, 426, 10_000


@dataclass(frozen=True)
class ValidationBenchmark:
    """Wall times, each the least of several runs.

    Attributes
    ----------
    delong_million_s : float
        Area with DeLong's variance of a million scores, in s.
    bootstrap_s : float
        10,000 replicates of the area for 1,514 cases, in s.
    loop_s : float
        The same by scikit-learn's roc_auc_score, in s: measured on `loop_measured` replicates and scaled.
    loop_measured : int
        Replicates that the loop was run for.
    bootstrap_vs_loop : float
        How many times faster the bootstrap is.
    largest_difference : float
        Between the two over the draws that both were given.
    slider_ms : float
        What the server does when the slider moves, for 2,000 cases and ten readings, in ms.
    table_200000_s : float
        A CSV of 200,000 rows read, checked and reviewed, in s.
    cores : int
        Processors that the run could use.
    """

    delong_million_s: float
    bootstrap_s: float
    loop_s: float
    loop_measured: int
    bootstrap_vs_loop: float
    largest_difference: float
    slider_ms: float
    table_200000_s: float
    cores: int

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """A line for each figure, for people."""
        return "\n".join(
            [
                f"DeLong, 1,000,000 scores                  {self.delong_million_s:8.3f} s",
                f"10,000 bootstrap replicates, 1,514 cases  {self.bootstrap_s:8.3f} s",
                f"loop over scikit-learn's roc_auc_score    {self.loop_s:8.3f} s "
                f"(scaled from {self.loop_measured} replicates)",
                f"the bootstrap is                          {self.bootstrap_vs_loop:8.0f} times faster; "
                f"on equal draws they differ by {self.largest_difference:.1e} at most",
                f"slider, 2,000 cases and ten readings      {self.slider_ms:8.1f} ms (the server's part)",
                f"CSV of 200,000 rows, read and reviewed    {self.table_200000_s:8.2f} s",
                f"on {self.cores} processors",
            ]
        )


def run_validation_benchmark(loop_replicates: int = 200) -> ValidationBenchmark:
    """Time the statistics of the cohort page.

    Raises
    ------
    ValidationError
        If scikit-learn is not there to compare with.
    """
    if importlib.util.find_spec("sklearn") is None:
        raise ValidationError("scikit-learn", "it is not installed", "pip install -r requirements.txt")
    generator = np.random.default_rng(0)
    million = generator.random(1_000_000) < 0.3
    scores = generator.normal(size=million.size) + million
    loop_s, bootstrap_s, difference = _bootstrap(generator, loop_replicates)
    two_thousand = _table(generator, 2_000)
    source = Source("benchmark", "", True)
    reviewed = review(two_thousand, source, "reading 0")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.csv"
        _table(generator, 20_000).to_csv(path, index=False)
        table_s = _least(lambda: review(read_any_predictions(path), source, "reading 0"), 2)
    return ValidationBenchmark(
        delong_million_s=_least(lambda: auc_with_interval(million, scores), 3),
        bootstrap_s=bootstrap_s,
        loop_s=loop_s,
        loop_measured=loop_replicates,
        bootstrap_vs_loop=loop_s / bootstrap_s,
        largest_difference=difference,
        slider_ms=1e3 * _least(lambda: redraw(reviewed, 0.4), 5),
        table_200000_s=table_s,
        cores=processors(),
    )


def redraw(reviewed: Review, threshold: float) -> tuple[str, str]:
    """Compute and draw what depends on the slider; the figures as they go to the browser."""
    reads = [read_at(one, threshold) for one in reviewed.samples]
    curves = [
        figures.Curve(one.cohort, found)
        for one, found in zip(reviewed.samples, reviewed.found, strict=True)
        if found is not None
    ]
    look = Look(SCREEN, reviewed.source.label)
    points = [figures.Point("threshold", read, live=True) for read in reads]
    roc = figures.roc(curves, points, roc_references(), look)
    return roc.to_json(), figures.histogram(reviewed.first, threshold, look).to_json()


def _bootstrap(generator: np.random.Generator, loop_replicates: int) -> tuple[float, float, float]:
    """Seconds of loop and bootstrap for all replicates, and their largest difference on equal draws."""
    from sklearn.metrics import roc_auc_score

    labels = np.repeat([True, False], [POSITIVES, CASES - POSITIVES])
    scores = generator.normal(size=CASES) + 1.5 * labels
    positive, negative = np.flatnonzero(labels), np.flatnonzero(~labels)
    draws = (
        generator.integers(0, positive.size, (loop_replicates, positive.size)),
        generator.integers(0, negative.size, (loop_replicates, negative.size)),
    )

    def loop() -> np.ndarray:
        areas = np.empty(loop_replicates)
        for index, (first, second) in enumerate(zip(*draws, strict=True)):
            chosen = np.concatenate([positive[first], negative[second]])
            areas[index] = roc_auc_score(labels[chosen], scores[chosen])
        return areas

    begun = time.perf_counter()
    by_loop = loop()
    loop_s = (time.perf_counter() - begun) * REPLICATES / loop_replicates
    difference = float(np.abs(by_loop - auc_of_draws(labels, scores, *draws)).max())
    return loop_s, _least(lambda: bootstrap_auc(labels, scores, REPLICATES), 5), difference


def _table(generator: np.random.Generator, cases: int) -> pd.DataFrame:
    """Ten readings of so many cases, in a test and an external split."""
    positive = generator.random(cases) < 0.3
    ill = 1 / (1 + np.exp(-(generator.normal(size=(10, cases)) + 2.0 * positive - 1.2)))
    number = np.arange(cases)
    base = pd.DataFrame(
        {
            "case_id": [f"case-{index}" for index in number],
            "site": np.where(number % 4, "a", "b"),
            "split": np.where(number % 4, "test", "external"),
            "label": np.where(positive, "mvm", "bvf"),
            "sign": np.where(positive, np.where(number % 2, "sign", "no-sign"), ""),
            "level": "L1",
            "age": generator.integers(40, 90, cases).astype(float),
            "sex": np.where(number % 3, "F", "M"),
        }
    )
    parts = [
        base.assign(model=f"reading {index}", probability=scores, logit=np.nan)
        for index, scores in enumerate(ill)
    ]
    return pd.concat(parts, ignore_index=True)


def _least(action: Callable[[], object], runs: int) -> float:
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)
