"""A finished study, read again from the weights folder that it released."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from mvm_core.cohort import MVM, Cohort, read_predictions
from mvm_core.errors import TrainingError
from mvm_core.models.weights import MANIFEST, Weights, check_sum, load_weights
from mvm_core.study.section import COMPARISONS, RECORD, RESULTS
from mvm_core.training.settings import TrainingSettings

_CURE = "name the weights folder of a finished study with --study"

_T = TypeVar("_T")


@dataclass(frozen=True)
class FinishedStudy:
    """What a study left in its weights folder.

    Attributes
    ----------
    weights : Weights
    record : dict
        As in ``study.json``.
    released : str
        Name of the released cell.
    settings : TrainingSettings
        Of the released cell.
    results, comparisons : DataFrame
        Of all cells.
    predictions : DataFrame
        Of the released weights.
    """

    weights: Weights
    record: dict[str, Any]
    released: str
    settings: TrainingSettings
    results: pd.DataFrame
    comparisons: pd.DataFrame
    predictions: pd.DataFrame

    def check_cohorts(self, internal: Cohort, external: Cohort) -> None:
        """Make sure that the study was made of these cohorts.

        Raises
        ------
        TrainingError
            If a fingerprint differs from the record's.
        """
        for name, cohort in (("internal", internal), ("external", external)):
            if cohort.fingerprint != self.record["cohorts"][name]["fingerprint"]:
                raise TrainingError(
                    str(cohort.folder),
                    f"it is not the {name} cohort of the study in {self.weights.folder}: its fingerprint "
                    "differs from the one in study.json",
                    f"give that cohort with --{name}, or study this one",
                )


def read_finished(folder: Path) -> FinishedStudy:
    """Read a weights folder with the tables of its study.

    Raises
    ------
    WeightsError
        If the folder is not a complete weights folder, or its predictions differ from the manifest's sum.
    TrainingError
        If the study's record or a table is missing, damaged or of other weights.
    TableError
        If the predictions are unfit.
    """
    weights = load_weights(folder)
    record = _read(folder / RECORD, lambda path: dict(json.loads(path.read_text())))
    if record.get("weights") != weights.identity:
        raise TrainingError(str(folder / RECORD), "it is of other weights than those beside it", _CURE)
    results, comparisons = (_read(folder / name, pd.read_csv) for name in (RESULTS, COMPARISONS))
    if weights.predictions is None:
        raise TrainingError(str(folder / MANIFEST), "it names no predictions", _CURE)
    manifest = json.loads((folder / MANIFEST).read_text())
    check_sum(weights.predictions, manifest["predictions"]["sha256"])
    try:
        released = str(record["released"])
        settings = TrainingSettings.from_dict(record["cells"][released]["settings"])
        known = all("fingerprint" in record["cohorts"][name] for name in ("internal", "external"))
        known = known and released in set(results["cell"]) and "test" in comparisons
    except (KeyError, TypeError, AttributeError):
        known = False
    if not known:
        raise TrainingError(
            str(folder / RECORD), "it or the tables beside it do not tell of the released settings", _CURE
        )
    predictions = MVM.rows(read_predictions(weights.predictions))
    return FinishedStudy(weights, record, released, settings, results, comparisons, predictions)


def _read(path: Path, read: Callable[[Path], _T]) -> _T:
    try:
        return read(path)
    except FileNotFoundError:
        raise TrainingError(str(path), "there is no such file, so its study is not known", _CURE) from None
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(str(path), f"it cannot be read ({type(error).__name__})", _CURE) from None
