"""All figures of a predictions table at once, as ``validate --json`` prints them."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from mvm_core.cohort.external_sites import is_external
from mvm_core.cohort.questions import Question, questions_of
from mvm_core.errors import ValidationError
from mvm_core.validation.calibration import assess_calibration, brier_score
from mvm_core.validation.comparisons import paired_delong, unpaired_delong_of_estimates
from mvm_core.validation.partial_auc import partial_auc
from mvm_core.validation.roc import AucEstimate, auc_with_interval, precision_recall_curve

MOST_READINGS = 100
_SPLIT_ORDER = ("train", "tune", "test", "internal")
_CASE = ["site", "case_id"]


def summarise_predictions(frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Compute what a predictions table tells.

    Parameters
    ----------
    frame : DataFrame
        As `mvm_core.cohort.read_predictions` returns it; ``probability`` is the score. Where a reading
        has one outside [0, 1] its calibration is not computed.

    Returns
    -------
    dict
        Plain numbers, texts and None (not computable), fit for JSON:

        ``readings``: for each question, split and model ``question, split, model, n, positives, auc,
        auc_ci95, auc_variance, average_precision, partial_auc_spec_90_100, brier, calibration_intercept,
        calibration_slope, ici, e90, emax``;

        ``paired``: for each question, split and two models ``question, split, a, b, n, z, p`` over the n
        cases in common (DeLong);

        ``unpaired``: for each question, model and two splits ``question, model, a, b, d, df, p`` (DeLong,
        Welch's t).

    Raises
    ------
    ValidationError
        If there are more than a hundred models, whose comparisons in pairs nobody could read.
    """
    models = list(dict.fromkeys(frame["model"]))
    if len(models) > MOST_READINGS:
        raise ValidationError(
            "predictions",
            f"{len(models)} readings make {len(models) * (len(models) - 1) // 2} comparisons",
            f"keep {MOST_READINGS} readings or fewer",
        )
    told: dict[str, list[dict[str, Any]]] = {"readings": [], "paired": [], "unpaired": []}
    for question in questions_of(frame):
        for kind, rows in _summarise(question, question.rows(frame)).items():
            told[kind] += [{"question": question.name, **row} for row in rows]
    return told


def _summarise(question: Question, frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    models = list(dict.fromkeys(frame["model"]))
    frame = frame.assign(positive=question.positives(frame))
    splits = _ordered(frame["split"].unique().tolist())
    tables = dict(iter(frame.groupby(["split", "model"], sort=False)))
    keys = [(split, model) for split in splits for model in models if (split, model) in tables]
    areas = {key: _area(tables[key]) for key in keys}
    return {
        "readings": [_reading(*key, tables[key], areas[key]) for key in keys],
        "paired": [
            row for split in splits for row in _paired(split, frame.loc[frame["split"] == split], models)
        ],
        "unpaired": [
            _unpaired(model, a, b, areas)
            for model in models
            for a, b in combinations([split for split in splits if (split, model) in tables], 2)
        ],
    }


def _ordered(splits: Sequence[str]) -> list[str]:
    """Splits of one's own first, the external ones last."""
    known = {name: place for place, name in enumerate(_SPLIT_ORDER)}
    return sorted(splits, key=lambda name: (is_external(name), known.get(name, len(known)), name))


def _area(table: pd.DataFrame) -> AucEstimate | None:
    """Area of one reading in one split; None with one class only."""
    positive = table["positive"]
    if positive.all() or not positive.any():
        return None
    return auc_with_interval(positive.to_numpy(), table["probability"].to_numpy())


def _reading(split: str, model: str, table: pd.DataFrame, area: AucEstimate | None) -> dict[str, Any]:
    positive, scores = table["positive"].to_numpy(), table["probability"].to_numpy()
    is_probability = scores.min() >= 0 and scores.max() <= 1
    calibration = assess_calibration(positive, scores) if area and is_probability else None
    return {
        "split": split,
        "model": model,
        "n": int(positive.size),
        "positives": int(positive.sum()),
        "auc": area.auc if area else None,
        "auc_ci95": list(area.ci95) if area and area.ci95 else None,
        "auc_variance": area.variance if area else None,
        "average_precision": precision_recall_curve(positive, scores).average_precision if area else None,
        "partial_auc_spec_90_100": partial_auc(positive, scores).raw if area else None,
        "brier": brier_score(positive, scores) if is_probability else None,
        "calibration_intercept": calibration.intercept if calibration else None,
        "calibration_slope": calibration.slope if calibration else None,
        "ici": calibration.ici if calibration else None,
        "e90": calibration.e90 if calibration else None,
        "emax": calibration.emax if calibration else None,
    }


def _paired(split: str, table: pd.DataFrame, models: Sequence[str]) -> list[dict[str, Any]]:
    wide = table.pivot_table(index=_CASE, columns="model", values="probability", sort=False)
    positive = table.drop_duplicates(_CASE).set_index(_CASE)["positive"].loc[wide.index]
    rows = []
    for a, b in combinations([model for model in models if model in wide.columns], 2):
        common = wide[a].notna() & wide[b].notna()
        labels = positive[common]
        both = labels.any() and not labels.all()
        test = paired_delong(labels, wide.loc[common, a], wide.loc[common, b]) if both else None
        rows.append(
            {
                "split": split,
                "a": a,
                "b": b,
                "n": int(common.sum()),
                "z": test.z if test else None,
                "p": test.p if test else None,
            }
        )
    return rows


def _unpaired(model: str, a: str, b: str, areas: dict[tuple[str, str], AucEstimate | None]) -> dict[str, Any]:
    first, second = areas[a, model], areas[b, model]
    test = unpaired_delong_of_estimates(first, second) if first and second else None
    return {
        "model": model,
        "a": a,
        "b": b,
        "d": test.d if test else None,
        "df": test.df if test else None,
        "p": test.p if test else None,
    }
