"""Which cell is released: by the tune split alone."""

from collections.abc import Mapping

import pandas as pd

from mvm_core.errors import ValidationError
from mvm_core.models.registry import ENSEMBLES, SINGLE_READINGS
from mvm_core.validation import auc_with_interval


def tune_areas(predictions: pd.DataFrame) -> dict[str, float]:
    """Area under the ROC curve of each reading on the tune split; no other split is looked at."""
    tune = predictions[predictions["split"] == "tune"]
    return {
        str(name): auc_with_interval(rows["label"].eq("mvm").to_numpy(), rows["probability"].to_numpy()).auc
        for name, rows in tune.groupby("model", sort=False)
    }


def merit(predictions: pd.DataFrame) -> float:
    """Mean area of the ensembles on the tune split; of the single readings where there is no ensemble.

    Raises
    ------
    ValidationError
        If the table has no tune split.
    """
    areas = tune_areas(predictions)
    counted = [areas[name] for name in ENSEMBLES if name in areas] or list(areas.values())
    if not counted:
        raise ValidationError("predictions", "they hold no tune split", "predict the tune split too")
    return sum(counted) / len(counted)


def choose_cell(cells: Mapping[str, pd.DataFrame]) -> str:
    """Name the cell of the greatest merit; of equals the first.

    Parameters
    ----------
    cells : mapping of str to DataFrame
        Predictions of each cell.
    """
    return max(cells, key=lambda name: merit(cells[name]))


def best_readings(predictions: pd.DataFrame) -> tuple[str | None, str | None]:
    """The ensemble and the single reading with the greatest area on the tune split."""
    areas = tune_areas(predictions)
    ensembles = [name for name in ENSEMBLES if name in areas]
    singles = [name for name in SINGLE_READINGS if name in areas]
    return max(ensembles, key=areas.__getitem__, default=None), max(
        singles, key=areas.__getitem__, default=None
    )
