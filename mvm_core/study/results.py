"""The study's figures: the abstract's metrics for every cell, reading and split, each with its interval."""

from collections.abc import Iterator, Mapping

import pandas as pd

from mvm_core.validation import Rate, auc_with_interval, rate_with_interval
from mvm_core.validation.calibration import assess_calibration
from mvm_core.validation.metrics import of_study
from mvm_core.validation.operating_points import f1_point, specificity_point
from mvm_core.validation.rates import confusion_table

SPLITS = ("tune", "test", "external")
COLUMNS = ("cell", "split", "model", "metric", "value", "low", "high", "k", "n")
SPECIFICITY = 0.75
"""At which the sensitivity for cases without a sign is asked for."""

_Row = tuple[str, float | None, float | None, float | None, int | None, int | None]


def study_results(cells: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Work out every metric.

    Thresholds are fitted on the tune split: the one of greatest F1 for the metrics of `of_study`; the one of
    specificity 0.75 for those named ``..._at_75``.

    Parameters
    ----------
    cells : mapping of str to DataFrame
        Predictions of each cell.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; ``low`` and ``high`` bound the 95 % interval (of rates and F1 as their metric has
        it, DeLong for the area, Wald for the calibration slope); ``k`` of ``n`` cases.
    """
    rows = [
        (cell, split, model, *figure)
        for cell, table in cells.items()
        for model in dict.fromkeys(table["model"])
        for split, figure in _figures_of_model(table[table["model"] == model])
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _figures_of_model(table: pd.DataFrame) -> Iterator[tuple[str, _Row]]:
    tune = table[table["split"] == "tune"]
    labels, scores = tune["label"].eq("mvm").to_numpy(), tune["probability"].to_numpy()
    threshold = f1_point(labels, scores).threshold
    specific = specificity_point(labels, scores, SPECIFICITY).threshold
    for split in SPLITS:
        part = table[table["split"] == split]
        if len(part) and part["label"].nunique() == 2:
            for figure in _figures(part, threshold, specific):
                yield split, figure


def _figures(part: pd.DataFrame, threshold: float, specific: float) -> Iterator[_Row]:
    positive, scores = part["label"].eq("mvm").to_numpy(), part["probability"].to_numpy()
    n = len(part)
    yield "threshold", threshold, None, None, None, None
    table = confusion_table(positive, scores, threshold)
    for metric in of_study():
        found = metric.with_interval(table)
        if isinstance(found, Rate):
            yield _rate(metric.key, found)
        else:
            yield metric.key, found.value, found.low, found.high, None, n
    area = auc_with_interval(positive, scores)
    yield "auc", area.auc, *(area.ci95 or (None, None)), int(positive.sum()), n
    calibration = assess_calibration(positive, scores)
    yield "calibration_slope", calibration.slope, *(calibration.slope_ci95 or (None, None)), None, n
    yield (
        "calibration_intercept",
        calibration.intercept,
        *(calibration.intercept_ci95 or (None, None)),
        None,
        n,
    )
    at_75 = confusion_table(positive, scores, specific)
    yield "threshold_at_75", specific, None, None, None, None
    yield _rate("specificity_at_75", at_75.specificity())
    yield _rate("sensitivity_at_75", at_75.sensitivity())
    for sign in ("sign", "no-sign"):
        shown = part.loc[part["sign"] == sign, "probability"].to_numpy()
        if len(shown):
            name = sign.replace("-", "_")
            yield _rate(
                f"sensitivity_{name}", rate_with_interval(int((shown >= threshold).sum()), len(shown))
            )
            at = rate_with_interval(int((shown >= specific).sum()), len(shown))
            yield _rate(f"sensitivity_{name}_at_75", at)


def _rate(name: str, rate: Rate) -> _Row:
    return name, rate.value, rate.low, rate.high, rate.successes, rate.total
