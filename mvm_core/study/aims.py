"""What was aimed at on simulated films, and what a release reached."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from mvm_core.models.registry import TITLES
from mvm_core.study.choice import best_readings
from mvm_core.study.comparisons import comparisons_table
from mvm_core.study.tables import figure_text, markdown, p_value

AUC, F1, EXTERNAL_AUC, NO_SIGN_SENSITIVITY = 0.90, 0.80, 0.80, 0.80
SLOPES = (0.8, 1.25)
TOO_EASY = 0.97
"""An area above this says more of the films than of the networks."""


@dataclass(frozen=True)
class Aim:
    """One aim and how it came out.

    Attributes
    ----------
    text : str
        What is aimed at.
    found : str
        What was found, with its interval.
    met : bool or None
        None where it cannot be told.
    """

    text: str
    found: str
    met: bool | None


def aims_of(predictions: pd.DataFrame, results: pd.DataFrame) -> list[Aim]:
    """Compare a release's best ensemble, chosen on the tune split, with the aims.

    Parameters
    ----------
    predictions : DataFrame
        A predictions table.
    results : DataFrame
        `results_table` of the same predictions, one cell.
    """
    ensemble, single = best_readings(predictions)
    if ensemble is None or single is None:
        return []
    figures = {
        (row["split"], row["metric"]): row
        for row in results[results["model"] == ensemble].to_dict("records")
        if not pd.isna(row["value"])
    }

    def aim(text: str, split: str, metric: str, low: float, high: float = float("inf")) -> Aim:
        row = figures.get((split, metric))
        if row is None:
            return Aim(text, "no such cases, or too few", None)
        return Aim(text, figure_text(row), low <= row["value"] <= high)

    return [
        aim(f"Internal test AUC {AUC:.2f} or more", "test", "auc", AUC),
        aim(f"Internal test F1 {F1:.2f} or more", "test", "f1", F1),
        *_better_than_single(predictions, single),
        aim(f"External AUC {EXTERNAL_AUC:.2f} or more", "external", "auc", EXTERNAL_AUC),
        aim(
            f"Internal test sensitivity without sign {NO_SIGN_SENSITIVITY:.2f} or more, at the threshold of "
            "specificity 0.75 on the tune split",
            "test",
            "sensitivity_no_sign_at_75",
            NO_SIGN_SENSITIVITY,
        ),
        aim(
            f"Internal test calibration slope {SLOPES[0]:.2f} to {SLOPES[1]:.2f}",
            "test",
            "calibration_slope",
            *SLOPES,
        ),
        aim(
            f"Films not too easy: internal test AUC {TOO_EASY:.2f} or less",
            "test",
            "auc",
            float("-inf"),
            TOO_EASY,
        ),
    ]


def aims_as_markdown(predictions: pd.DataFrame, results: pd.DataFrame) -> str:
    """Write the aims as a table under the name of the ensemble that they are put to."""
    ensemble, _ = best_readings(predictions)
    aims = aims_of(predictions, results)
    if ensemble is None or not aims:
        return ""
    told = {True: "yes", False: "no", None: "not computable"}
    rows = [[aim.text, aim.found, told[aim.met]] for aim in aims]
    return f"For the {TITLES[ensemble]}, best of the ensembles on the tune split.\n\n" + markdown(
        ["Aim", "Found (95 % interval)", "Met"], rows
    )


def _better_than_single(predictions: pd.DataFrame, single: str) -> Iterator[Aim]:
    comparisons = comparisons_table({"release": predictions}, "release")
    paired = comparisons[(comparisons["test"] == "paired") & (comparisons["split"] == "test")]
    text = f"Better than the best single reading, {TITLES[single]} (paired DeLong, internal test)"
    for row in paired.to_dict("records"):
        shown = row | {"value": row["difference"], "metric": "difference"}
        better = None if pd.isna(row["p"]) else row["difference"] > 0 and row["p"] < 0.05
        yield Aim(text, f"AUC difference {figure_text(shown)}, p {p_value(row['p'])}", better)
