"""From a checked table of answers to the arrays of a reader study."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mvm_core.validation.mrmc_study import Floats, ReaderStudy


@dataclass(frozen=True)
class Answers:
    """A reader study with all that its table holds.

    Attributes
    ----------
    study : ReaderStudy
    threshold : float or None
        From which rating on a reader's call is positive; None where the table brings calls, or the scale of
        the ratings tells no threshold and none was given.
    scale : float or None
        The rating that stands for certainty, 1 or 100, where ratings can be probabilities.
    seconds, advice : float array, shape (t, r, c), or None
        NaN where there is none.
    """

    study: ReaderStudy
    threshold: float | None
    scale: float | None
    seconds: Floats | None = field(default=None, repr=False)
    advice: Floats | None = field(default=None, repr=False)


def answers_of(table: pd.DataFrame, threshold: float | None = None) -> Answers:
    """Bring a table of `mvm_core.cohort.reader_answers.read_answers` into arrays.

    Parameters
    ----------
    table : DataFrame
    threshold : float or None
        From which rating on a call is positive, where the table brings no calls; without it the middle of a
        scale from 0 to 1 or 0 to 100.
    """
    codes, names = zip(*(pd.factorize(table[name]) for name in ("modality", "reader", "case")), strict=True)
    shape = tuple(len(name) for name in names)

    def spread(values: np.ndarray, empty: object) -> np.ndarray:
        array = np.full(shape, empty)
        array[codes] = values
        return array

    rating = table["rating"].to_numpy(np.float64)
    scale = None
    if rating.min() >= 0 and rating.max() <= 100:
        scale = 1.0 if rating.max() <= 1 else 100.0 if rating.max() > 10 else None
    truth = np.zeros(shape[2], bool)
    truth[codes[2]] = table["truth"].to_numpy(bool)
    called = None
    if "positive" in table.columns:
        threshold, called = None, spread(table["positive"].to_numpy(bool), False)
    else:
        threshold = threshold if threshold is not None else scale / 2 if scale else None
        if threshold is not None:
            called = spread(rating >= threshold, False)
    located = pointed = places = None
    if "level" in table.columns:
        own = [str(text).split() for text in table["true_level"]]
        right = [level in levels and bool(level) for level, levels in zip(table["level"], own, strict=True)]
        located = spread(np.array(right, bool), False)
        pointed = spread(table["level"].ne("").to_numpy(bool), False)
        places = np.zeros(shape[2], np.int64)
        places[codes[2]] = [len(levels) for levels in own]
    further = {
        name: spread(table[name].to_numpy(np.float64), np.nan)
        for name in ("seconds", "advice")
        if name in table.columns
    }
    modalities, readers, cases = (tuple(map(str, name)) for name in names)
    ratings = spread(rating, np.nan)
    study = ReaderStudy(modalities, readers, cases, truth, ratings, called, located, pointed, places)
    return Answers(study, threshold, scale, **further)
