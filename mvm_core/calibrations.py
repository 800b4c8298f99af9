"""From logits to calibrated readings: temperature, offset and operating points, fitted on the tune split."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from mvm_core.cohort import LABELS, PREDICTION_COLUMNS
from mvm_core.cohort.manifest import INTACT
from mvm_core.models.calibration import BOTH, DiseaseCalibration, ReadingCalibration, score_of_mean
from mvm_core.models.reading import OperatingPoints
from mvm_core.models.registry import ENSEMBLES, SINGLE_READINGS
from mvm_core.radiograph import View
from mvm_core.validation.fitting import fit_detection, fit_scores

TARGET_SENSITIVITY = 0.90
TARGET_SPECIFICITY = 0.90
DISEASE_SPECIFICITY = {"ap": 0.98, "lateral": 0.9995, BOTH: 0.985}
"""Of the intact vertebrae fitted on, by the films that are looked at: at ten levels one false alarm in
five AP films, or seven pairs. Strictest for a lateral film alone, since no real one is learnt from or fitted
on: three of 50 vertebrae of real lateral films passed a point that two in a thousand simulated ones pass."""

_VERTEBRA = ["site", "case_id", "level"]


def fit_calibrations(tune: pd.DataFrame) -> dict[str, ReadingCalibration]:
    """Fit calibrations and operating points.

    Parameters
    ----------
    tune : DataFrame
        Logits of the single readings on the tune split, a row for each vertebra and reading: columns
        ``case_id, site, level, label, model, logit``, and ``logit_disease`` where the networks are asked it.
        Malignancy is fitted on the vertebrae of MVM and BVF, disease on all.

    Returns
    -------
    dict of str to ReadingCalibration
        For every single reading in the table and every ensemble whose members are all there; with that for
        disease where the reading's logits of it are known on intact and on diseased vertebrae.
    """
    asked = _known(tune[tune["label"].isin(LABELS)])
    labels = asked.drop_duplicates(_VERTEBRA).set_index(_VERTEBRA)["label"].eq("mvm")
    logits = _wide(asked, "logit")
    found: dict[str, ReadingCalibration] = {}
    probabilities = pd.DataFrame(index=logits.index)
    for name in [name for name in SINGLE_READINGS if name in logits]:
        known = logits[name].dropna()
        found[name] = fit_reading(labels[known.index].to_numpy(), known.to_numpy())
        probabilities[name] = expit(known / found[name].temperature + found[name].offset)
    for ensemble in ENSEMBLES.values():
        if all(name in probabilities for name in ensemble.members):
            mean = probabilities[list(ensemble.members)].dropna().mean(axis=1)
            scores = score_of_mean(mean.to_numpy())
            found[ensemble.name] = fit_reading(labels[mean.index].to_numpy(), scores)
    disease = fit_disease(tune)
    return {name: replace(own, disease=disease.get(name)) for name, own in found.items()}


def fit_disease(tune: pd.DataFrame) -> dict[str, DiseaseCalibration]:
    """Fit calibrations and points for disease alone, as `fit_calibrations` does."""
    logits, diseased = _disease_logits(tune)
    found: dict[str, DiseaseCalibration] = {}
    probabilities = pd.DataFrame(index=logits.index)
    for name in [name for name in SINGLE_READINGS if name in logits]:
        known = logits[name].dropna()
        fitted = _fitted_disease(diseased[known.index], known.to_numpy(), SINGLE_READINGS[name].views)
        if fitted is not None:
            found[name] = fitted
            probabilities[name] = expit(known / fitted.temperature + fitted.offset)
    for ensemble in ENSEMBLES.values():
        if all(name in probabilities for name in ensemble.members):
            mean = probabilities[list(ensemble.members)].dropna().mean(axis=1)
            views = tuple({view for name in ensemble.members for view in SINGLE_READINGS[name].views})
            fitted = _fitted_disease(diseased[mean.index], score_of_mean(mean.to_numpy()), views)
            if fitted is not None:
                found[ensemble.name] = fitted
    return found


def fit_scan(tune: pd.DataFrame) -> dict[str, DiseaseCalibration]:
    """Fit what reads every level of a film: the AP network's logit of disease, the lateral one's, their mean.

    Parameters
    ----------
    tune : DataFrame
        As `fit_calibrations` takes it.

    Returns
    -------
    dict of str to DiseaseCalibration
        ``ap``, ``lateral`` and ``both``; empty where one of them cannot be fitted.
    """
    logits, diseased = _disease_logits(tune)
    if not all(view.value in logits for view in View):
        return {}
    scores = {view.value: logits[view.value].dropna() for view in View}
    scores[BOTH] = logits[[view.value for view in View]].dropna().mean(axis=1)
    found = {
        name: _fitted_disease(
            diseased[known.index], known.to_numpy(), tuple(View) if name == BOTH else (View(name),)
        )
        for name, known in scores.items()
    }
    fitted = {name: own for name, own in found.items() if own is not None}
    return fitted if len(fitted) == len(found) else {}


def _disease_logits(tune: pd.DataFrame) -> tuple[pd.DataFrame, "pd.Series[bool]"]:
    """Logits of disease, a row for each vertebra and a column for each reading; and which are diseased."""
    if "logit_disease" not in tune:
        return pd.DataFrame(), pd.Series(dtype=bool)
    known = _known(tune)
    diseased = known.drop_duplicates(_VERTEBRA).set_index(_VERTEBRA)["label"].ne(INTACT)
    return _wide(known, "logit_disease"), diseased


def _fitted_disease(
    diseased: "pd.Series[bool]", scores: NDArray[np.float64], views: tuple[View, ...]
) -> DiseaseCalibration | None:
    labels = diseased.to_numpy(bool)
    if labels.all() or not labels.any():
        return None
    target = DISEASE_SPECIFICITY[views[0].value if len(views) == 1 else BOTH]
    fitted = fit_detection(labels, scores, target_specificity=target)
    return DiseaseCalibration(fitted.temperature, fitted.offset, fitted.point)


def _known(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a level in each row: users' manifests may leave it empty."""
    return table.assign(level=table["level"].fillna("") if "level" in table else "")


def apply_calibration(table: pd.DataFrame, readings: Mapping[str, ReadingCalibration]) -> pd.DataFrame:
    """Turn logits of single readings into a predictions table with the ensembles, as the reader does.

    Parameters
    ----------
    table : DataFrame
        Columns of a predictions table but ``probability``; rows of labels but MVM and BVF are left out.
    readings : mapping of str to ReadingCalibration

    Returns
    -------
    DataFrame
        The columns of a predictions table.
    """
    return _probabilities(_known(table[table["label"].isin(LABELS)]), readings)


def disease_probabilities(table: pd.DataFrame, readings: Mapping[str, ReadingCalibration]) -> pd.DataFrame:
    """Turn logits of disease into a predictions table with the ensembles, as the reader does.

    Parameters
    ----------
    table : DataFrame
        As for `apply_calibration`, with ``logit_disease``; vertebrae of all labels.
    readings : mapping of str to ReadingCalibration

    Returns
    -------
    DataFrame
        The columns of a predictions table; empty where disease is not asked.
    """
    asked = {name: own.disease for name, own in readings.items() if own.disease is not None}
    if "logit_disease" not in table:
        return pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    known = _known(table[table["logit_disease"].notna()])
    return _probabilities(known.assign(logit=known["logit_disease"]), asked)


def _probabilities(
    known: pd.DataFrame, calibrations: Mapping[str, ReadingCalibration | DiseaseCalibration]
) -> pd.DataFrame:
    singles = known[known["model"].isin(list(calibrations))].copy()
    temperature = singles["model"].map(lambda name: calibrations[name].temperature)
    offset = singles["model"].map(lambda name: calibrations[name].offset)
    singles["probability"] = expit((singles["logit"] / temperature + offset).astype(float))
    wide = _wide(singles, "probability")
    described = singles.drop_duplicates(_VERTEBRA).set_index(_VERTEBRA)
    parts = [singles]
    for ensemble in ENSEMBLES.values():
        if ensemble.name in calibrations and all(name in wide for name in ensemble.members):
            mean = wide[list(ensemble.members)].dropna().mean(axis=1)
            own = calibrations[ensemble.name]
            part = described.loc[mean.index].assign(
                model=ensemble.name,
                logit=np.nan,
                probability=expit(score_of_mean(mean.to_numpy()) / own.temperature + own.offset),
            )
            parts.append(part.reset_index())
    return pd.concat(parts, ignore_index=True)[list(PREDICTION_COLUMNS)]


def _wide(table: pd.DataFrame, values: str) -> pd.DataFrame:
    """A row for each vertebra, a column for each reading."""
    return table.pivot_table(index=_VERTEBRA, columns="model", values=values)


def fit_reading(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> ReadingCalibration:
    """Fit the calibration and the points of one reading.

    Parameters
    ----------
    labels : bool array, shape (n,)
        Whether each vertebra is a metastasis; both classes.
    scores : float array, shape (n,)
        Logits of a single reading, or `score_of_mean` of the members of an ensemble.

    Raises
    ------
    ValidationError
        If there is one class only, or a score is not finite.
    """
    fitted = fit_scores(
        labels, scores, target_sensitivity=TARGET_SENSITIVITY, target_specificity=TARGET_SPECIFICITY
    )
    return ReadingCalibration(fitted.temperature, OperatingPoints(fitted.low, fitted.high), fitted.offset)
