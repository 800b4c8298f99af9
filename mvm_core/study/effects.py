"""What a setting changes, over patients and training seeds together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.errors import ValidationError
from mvm_core.validation.bootstrap import auc_of_weights, bootstrap_weights, percentile_interval
from mvm_core.validation.comparisons import holm

Floats = NDArray[np.float64]

EFFECT_COLUMNS = (
    "split",
    "question",
    "model",
    "cell",
    "reference",
    "area",
    "reference_area",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "patients",
    "seeds",
)
LEVEL = 0.05
_REPLICATES = 4_000


@dataclass(frozen=True)
class Scores:
    """What the networks of one cell say of the same vertebrae, seed by seed.

    Attributes
    ----------
    positive : bool array, shape (n,)
    patients : array, shape (n,)
        Whose vertebra each is.
    scores : float array, shape (seeds, n)
    """

    positive: NDArray[np.bool_]
    patients: NDArray[np.str_]
    scores: Floats


@dataclass(frozen=True)
class Effect:
    """One cell against another.

    Attributes
    ----------
    areas : tuple of float
        Mean over the seeds of the area under the ROC curve, of both.
    interval : tuple of float or None
        95 %, of the difference.
    p : float
        Two-sided.
    """

    areas: tuple[float, float]
    interval: tuple[float, float] | None
    p: float


def compare(cell: Scores, reference: Scores, replicates: int = _REPLICATES, seed: int = 0) -> Effect:
    """Compare the mean areas of two cells by a hierarchical bootstrap.

    Each replicate draws patients with replacement, the same for both cells, and training seeds with
    replacement, of each cell its own (Davison and Hinkley, Bootstrap Methods, 1997, section 3.8).

    Raises
    ------
    ValidationError
        If the cells are not of the same vertebrae, or these are of one class only.
    """
    if not np.array_equal(cell.patients, reference.patients):
        raise ValidationError("cells", "they are not of the same vertebrae", "read both on the same split")
    chunks = list(bootstrap_weights(cell.positive, replicates, seed, cell.patients))
    draw = np.random.default_rng([seed, 1])
    drawn = [_drawn_areas(each, chunks, draw) for each in (cell, reference)]
    observed = [
        float(np.mean([_area(each.positive, row) for row in each.scores])) for each in (cell, reference)
    ]
    differences = drawn[0] - drawn[1]
    known = differences[np.isfinite(differences)]
    below, above = (1 + (known <= 0).sum()), (1 + (known >= 0).sum())
    p = min(1.0, 2 * min(below, above) / (1 + known.size))
    return Effect((observed[0], observed[1]), percentile_interval(differences), float(p))


def _drawn_areas(scores: Scores, chunks: Sequence[NDArray[np.int64]], draw: np.random.Generator) -> Floats:
    by_seed = np.array(
        [
            np.concatenate([auc_of_weights(scores.positive, row, weights) for weights in chunks])
            for row in scores.scores
        ]
    )
    seeds, replicates = by_seed.shape
    picked = draw.integers(0, seeds, (seeds, replicates))
    return np.asarray(np.take_along_axis(by_seed, picked, axis=0).mean(axis=0))


def _area(positive: NDArray[np.bool_], scores: Floats) -> float:
    return float(auc_of_weights(positive, scores, np.ones((1, positive.size), np.int64))[0])


def effects_table(
    scores: Mapping[tuple[str, str, str], Mapping[str, Scores]], reference: str
) -> pd.DataFrame:
    """Compare every cell with the reference.

    Parameters
    ----------
    scores : mapping
        By split, question and reading, then by cell.
    reference : str
        Name of a cell.

    Returns
    -------
    DataFrame
        Columns `EFFECT_COLUMNS`; `p_holm` is adjusted over all comparisons of the split.
    """
    rows = []
    for (split, question, model), cells in scores.items():
        for name, own in cells.items():
            if name == reference:
                continue
            effect = compare(own, cells[reference])
            low, high = effect.interval or (None, None)
            rows.append(
                {
                    "split": split,
                    "question": question,
                    "model": model,
                    "cell": name,
                    "reference": reference,
                    "area": effect.areas[0],
                    "reference_area": effect.areas[1],
                    "difference": effect.areas[0] - effect.areas[1],
                    "low": low,
                    "high": high,
                    "p": effect.p,
                    "patients": np.unique(own.patients).size,
                    "seeds": len(own.scores),
                }
            )
    table = pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))
    for _, rows_of_split in table.groupby("split"):
        adjusted = holm(rows_of_split["p"].tolist())
        table.loc[rows_of_split.index, "p_holm"] = pd.Series(adjusted, rows_of_split.index, dtype=float)
    return table


def chosen_cell(effects: pd.DataFrame, reference: str) -> str:
    """The cell to release by the tune split: the simplest, unless another is better beyond chance and seeds.

    Another is taken where it is better for one question, with Holm's p below 0.05, and for no question
    worse; of several the one of the greatest sum of differences.
    """
    tune = effects[effects["split"] == "tune"]
    gains: dict[str, float] = {}
    for name, own in tune.groupby("cell", sort=False):
        shown = own["p_holm"] < LEVEL
        if (shown & (own["difference"] > 0)).any() and not (shown & (own["difference"] < 0)).any():
            gains[str(name)] = float(own["difference"].sum())
    return max(gains, key=gains.__getitem__) if gains else reference


RULE = (
    "Written down before: the simplest cell stays unless another is better on the tune split for one of the "
    "questions with Holm's p below 0.05 and worse for none."
)
