"""From logits to calibrated readings: temperature, offset and operating points, fitted on the tune split."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from mvm_core.cohort import PREDICTION_COLUMNS
from mvm_core.models.reading import OperatingPoints
from mvm_core.models.registry import ENSEMBLES, SINGLE_READINGS
from mvm_core.models.weights import ReadingCalibration, score_of_mean
from mvm_core.validation.fitting import fit_scores

TARGET_SENSITIVITY = 0.90
TARGET_SPECIFICITY = 0.90
_CASE = ["site", "case_id"]


def fit_calibrations(tune: pd.DataFrame) -> dict[str, ReadingCalibration]:
    """Fit calibrations and operating points.

    Parameters
    ----------
    tune : DataFrame
        Logits of the single readings on the tune split: columns ``case_id, site, label, model, logit``.

    Returns
    -------
    dict of str to ReadingCalibration
        For every single reading in the table and every ensemble whose members are all there.
    """
    labels = tune.drop_duplicates(_CASE).set_index(_CASE)["label"].eq("mvm")
    logits = _wide(tune, "logit")
    found: dict[str, ReadingCalibration] = {}
    probabilities = pd.DataFrame(index=logits.index)
    for name in [name for name in SINGLE_READINGS if name in logits]:
        known = logits[name].dropna()
        found[name] = _fitted(labels[known.index].to_numpy(), known.to_numpy())
        probabilities[name] = expit(known / found[name].temperature + found[name].offset)
    for ensemble in ENSEMBLES.values():
        if all(name in probabilities for name in ensemble.members):
            mean = probabilities[list(ensemble.members)].dropna().mean(axis=1)
            found[ensemble.name] = _fitted(labels[mean.index].to_numpy(), score_of_mean(mean.to_numpy()))
    return found


def apply_calibration(table: pd.DataFrame, readings: dict[str, ReadingCalibration]) -> pd.DataFrame:
    """Turn logits of single readings into a predictions table with the ensembles, as the reader does.

    Parameters
    ----------
    table : DataFrame
        Columns of a predictions table but ``probability``.
    readings : dict of str to ReadingCalibration

    Returns
    -------
    DataFrame
        The columns of a predictions table.
    """
    singles = table[table["model"].isin(list(readings))].copy()
    temperature = singles["model"].map(lambda name: readings[name].temperature)
    offset = singles["model"].map(lambda name: readings[name].offset)
    singles["probability"] = expit(singles["logit"] / temperature + offset)
    wide = _wide(singles, "probability")
    described = singles.drop_duplicates(_CASE).set_index(_CASE)
    parts = [singles]
    for ensemble in ENSEMBLES.values():
        if ensemble.name in readings and all(name in wide for name in ensemble.members):
            mean = wide[list(ensemble.members)].dropna().mean(axis=1)
            part = described.loc[mean.index].assign(
                model=ensemble.name,
                logit=np.nan,
                probability=_of_mean(mean.to_numpy(), readings[ensemble.name]),
            )
            parts.append(part.reset_index())
    return pd.concat(parts, ignore_index=True)[list(PREDICTION_COLUMNS)]


def _wide(table: pd.DataFrame, values: str) -> pd.DataFrame:
    """A row for each case, a column for each reading."""
    return table.pivot_table(index=_CASE, columns="model", values=values)


def _of_mean(mean: NDArray[np.float64], calibration: ReadingCalibration) -> NDArray[np.float64]:
    return np.asarray(expit(score_of_mean(mean) / calibration.temperature + calibration.offset))


def _fitted(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> ReadingCalibration:
    fitted = fit_scores(
        labels, scores, target_sensitivity=TARGET_SENSITIVITY, target_specificity=TARGET_SPECIFICITY
    )
    return ReadingCalibration(fitted.temperature, OperatingPoints(fitted.low, fitted.high), fitted.offset)
