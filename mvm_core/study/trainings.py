"""Many trainings on the same films: what takes part, in which order, and what areas come of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.calibrations import apply_calibration, disease_probabilities, fit_calibrations
from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.questions import ASKED
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.models.registry import NETWORKS, Layout
from mvm_core.training.pool import run_units
from mvm_core.training.run import learnt_rows
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.unit import Unit, read_logits
from mvm_core.validation import auc_with_interval

Progress = Callable[[str, int, int], None]

SPLITS = ("tune", "test")
"""Splits that are scored."""

AREA_COLUMNS = ("split", "question", "model", "area", "low", "high", "positives", "n")


def check_splits(cohort: Cohort) -> None:
    """Refuse a cohort without one of the splits train, tune and test.

    Raises
    ------
    TrainingError
        Naming those that are absent.
    """
    absent = [split for split in ("train", *SPLITS) if not cohort.split(split)]
    if absent:
        raise TrainingError(
            str(cohort.folder),
            f"the study needs the split {' and '.join(absent)}",
            "add such cases to its manifest.csv",
        )


def study_rows(
    cohort: Cohort, settings: TrainingSettings, real: Path | None, others: Sequence[Cohort]
) -> tuple[Case, ...]:
    """What is learnt from and tuned on, and the test split with as many intact levels.

    Raises
    ------
    TableError
        If a table of levels or marks is unfit.
    TrainingError
        If the folder of real films holds none of the training part.
    """
    learnt = learnt_rows(cohort, settings, real, others)
    tested = vertebra_rows(cohort, ("test",), per_patient=settings.intact_per_patient, seed=settings.seed)
    return (*learnt, *tested)


def train_units(units: Sequence[Unit], workers: int, report: Progress) -> list[dict[str, Any]]:
    """Train all, the longest first; gives their records.

    Raises
    ------
    TrainingError
        If a training cannot start or go on.
    """
    # Two films side by side take the longest, and so go first.
    order = sorted(units, key=lambda unit: NETWORKS[unit.network].layout is not Layout.SIDE_BY_SIDE)
    done: dict[str, float] = {}

    def tick(title: str, epochs: int, of: int) -> None:
        done[title] = epochs / of
        report("Training networks", int(sum(done.values())), len(order))

    return run_units(order, workers, tick)


def predictions_of(units: Sequence[Unit]) -> pd.DataFrame:
    """Calibrated probabilities of every reading of some networks, a row for each vertebra and question."""
    logits = pd.concat([read_logits(unit) for unit in units], ignore_index=True)
    calibrations = fit_calibrations(logits[logits["split"] == "tune"])
    malignancy = apply_calibration(logits, calibrations).assign(question="mvm")
    disease = disease_probabilities(logits, calibrations).assign(question="disease")
    return pd.concat([malignancy, disease], ignore_index=True)


def areas_of(predictions: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """The area of every reading and question on each scored split, a row of `AREA_COLUMNS`."""
    for (split, question, model), own in predictions.groupby(["split", "question", "model"], sort=False):
        positive = ASKED[str(question)].positives(own)
        if split not in SPLITS or positive.all() or not positive.any():
            continue
        area = auc_with_interval(positive, own["probability"].to_numpy())
        low, high = area.ci95 or (None, None)
        yield (split, question, model, area.auc, low, high, int(positive.sum()), len(own))
