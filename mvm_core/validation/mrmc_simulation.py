"""Studies drawn by Roe and Metz's model, to see that stated error rates hold."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from mvm_core.errors import ValidationError
from mvm_core.validation.mrmc_study import Design, ReaderStudy


@dataclass(frozen=True)
class RoeMetz:
    """Variances of the model, in units in which what a case and its reading share sums up to 1.

    Attributes
    ----------
    auc : tuple of float
        Expected of each modality, in (0.5, 1), for a reader without deviation of his own.
    reader, modality_reader : float
        Variances of readers, and of readers by modality, in each class.
    case, modality_case, reader_case, error : float
        Variances of cases, cases by modality, cases by reader, and the rest.
    """

    auc: tuple[float, ...] = (0.856, 0.856)
    reader: float = 0.0055
    modality_reader: float = 0.0055
    case: float = 0.3
    modality_case: float = 0.3
    reader_case: float = 0.2
    error: float = 0.2


def draw_study(
    model: RoeMetz, readers: int, positives: int, negatives: int, rng: np.random.Generator,
    design: Design = Design.CROSSED, groups: int = 1, step: float = 0.0,
) -> ReaderStudy:  # fmt: skip
    """Draw a study.

    Parameters
    ----------
    model : RoeMetz
    readers : int
        In each modality where readers are nested in modalities, else in all.
    positives, negatives : int
        Cases of each group of readers, or of each modality where cases are nested there.
    rng : Generator
    design : Design
    groups : int
        Of readers, in a split plot; the readers are dealt to them in turn.
    step : float
        Ratings are rounded to whole steps of this size, so that there are ties; 0 for none.

    Raises
    ------
    ValidationError
        If an area is not between 0.5 and 1, or a variance is below 0.

    Notes
    -----
    Roe and Metz, Acad Radiol 1997;4:298; the variances that are given by default are of their structure with
    high correlation between readings and little variance of readers.
    """
    within = (model.case, model.modality_case, model.reader_case, model.error)
    if not all(0.5 < area < 1 for area in model.auc) or min(*within, model.reader, model.modality_reader) < 0:
        raise ValidationError(
            "model", "areas or variances out of range", "give areas in (0.5, 1), variances from 0"
        )
    t, split = len(model.auc), design is Design.SPLIT_PLOT
    nested = design is Design.READERS_NESTED
    r = readers * t if nested else readers
    blocks = groups if split else t if design is Design.CASES_NESTED else 1
    truth = np.tile(np.repeat([True, False], [positives, negatives]), blocks)
    c = truth.size

    def normal(variance: float, *shape: int) -> np.ndarray:
        return rng.normal(scale=variance**0.5, size=shape)

    ratings = normal(model.case, c) + normal(model.modality_case, t, 1, c)
    ratings = ratings + normal(model.reader_case, r, c) + normal(model.error, t, r, c)
    of_class = truth.astype(int)
    ratings += (
        normal(model.reader, r, 2)[:, of_class] + normal(model.modality_reader, t, r, 2)[:, :, of_class]
    )
    spread = (2 * sum(within)) ** 0.5
    ratings += np.outer(norm.ppf(model.auc) * spread, truth)[:, None, :]
    if step:
        ratings = np.round(ratings / step) * step
    block = np.arange(c) // (positives + negatives)
    if split:
        ratings[:, np.arange(r)[:, None] % groups != block] = np.nan
    elif design is Design.CASES_NESTED:
        ratings[np.broadcast_to((np.arange(t)[:, None] != block)[:, None], ratings.shape)] = np.nan
    elif nested:
        ratings[np.arange(t)[:, None] != np.arange(r) % t] = np.nan
    names = ("unaided", "aided") if t == 2 else tuple(f"modality {i + 1}" for i in range(t))
    return ReaderStudy(
        names,
        tuple(f"reader {j + 1}" for j in range(r)),
        tuple(f"case {k + 1}" for k in range(c)),
        truth,
        ratings,
    )
