"""Many trainings on the same films: what takes part, in which order, and what areas come of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.calibrations import apply_calibration, disease_probabilities, fit_calibrations
from mvm_core.cohort import Case, Cohort, read_manifest
from mvm_core.cohort.questions import ASKED
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS, Layout
from mvm_core.side_by_side import Workers
from mvm_core.training.patches import Patches, load_patches, rows_sha256
from mvm_core.training.pool import processes_of, run_units
from mvm_core.training.run import learnt_rows, versions
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.unit import Unit, read_logits
from mvm_core.validation import auc_with_interval

Progress = Callable[[str, int, int], None]

SPLITS = ("tune", "test")
"""Splits that are scored."""

AREA_COLUMNS = ("split", "question", "model", "area", "low", "high", "positives", "n")


@dataclass(frozen=True)
class Material:
    """What many trainings learn from, choose on and are scored on.

    Attributes
    ----------
    cohort : Cohort
        With the splits train, tune and test.
    others : tuple of Cohort
        Further ones that are learnt from.
    rows : tuple of Case
        See `study_rows`.
    """

    cohort: Cohort
    others: tuple[Cohort, ...]
    rows: tuple[Case, ...]

    @classmethod
    def open(
        cls, cohort: Path, also: Sequence[Path], settings: TrainingSettings, real: Path | None
    ) -> "Material":
        """Read the cohorts and choose the vertebrae.

        Raises
        ------
        TableError
            With every problem of a manifest and its films.
        TrainingError
            If a split is absent, or the folder of real films holds none of the training part.
        """
        first, others = read_manifest(cohort), tuple(read_manifest(folder) for folder in also)
        _check_splits(first)
        return cls(first, others, study_rows(first, settings, real, others))

    def claimed(
        self, settings: TrainingSettings, seeds: Sequence[int], sizes: Sequence[int]
    ) -> dict[str, Any]:
        """What a run that is gone on with must have alike."""
        return {
            "cohorts": [each.fingerprint for each in (self.cohort, *self.others)],
            "rows": rows_sha256(self.rows),
            "seeds": list(seeds),
            "sizes": list(sizes),
            **settings.as_dict(),
        }

    def cut(
        self,
        preprocessing: Preprocessing,
        folder: Path,
        workers: Workers,
        progress: Callable[[int, int], None],
    ) -> Patches:
        """The vertebrae as patches, kept in a folder for the trainings."""
        return load_patches(
            self.cohort,
            preprocessing,
            folder,
            rows=self.rows,
            others=self.others,
            workers=processes_of(workers),
            progress=progress,
        )

    def told(
        self, settings: TrainingSettings, seeds: Sequence[int], records: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        """What a record says of the trainings, from the records of each."""
        return {
            "settings": settings.as_dict(),
            "seeds": list(seeds),
            "simulated": self.cohort.simulated,
            "cohorts": [
                {"sites": each.sites, "patients": len(each.cases), "fingerprint": each.fingerprint}
                for each in (self.cohort, *self.others)
            ],
            "device": records[0]["device"],
            "versions": versions(),
            "training_seconds": round(sum(each["seconds"] for each in records), 1),
        }


def _check_splits(cohort: Cohort) -> None:
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


def train_units(units: Sequence[Unit], workers: Workers, report: Progress) -> list[dict[str, Any]]:
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
        area = auc_with_interval(positive, own["probability"].to_numpy(float))
        low, high = area.ci95 or (None, None)
        yield (split, question, model, area.auc, low, high, int(positive.sum()), len(own))
