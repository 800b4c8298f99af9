"""How often readers follow a model's advice, where it is right and where it is wrong (automation bias)."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from mvm_core.validation.mrmc_study import Bools, Floats, ReaderStudy
from mvm_core.validation.rates import Rate, rate_with_interval


@dataclass(frozen=True)
class Following:
    """How often advice was followed in the aided modality.

    Attributes
    ----------
    modality, reference : str
        The one with advice, and the one without in which the same readers read the same cases.
    agreed : dict of (reader, bool) to Rate
        Aided calls that are the advice's, where it was right (True) or wrong (False).
    swayed : dict of (reader, bool) to Rate
        Of the calls that were against the advice without it, those that went over to it.
    mean_swayed : dict of bool to (value, low, high)
        Mean of the readers' shares with its t interval over readers; None where it cannot be computed.
    misled, helped : int array, shape (c,)
        By case, how many readers a wrong, or a right, advice brought over.
    """

    modality: str
    reference: str
    agreed: dict[tuple[str, bool], Rate]
    swayed: dict[tuple[str, bool], Rate]
    mean_swayed: dict[bool, tuple[float | None, float | None, float | None]]
    misled: np.ndarray
    helped: np.ndarray


def following(study: ReaderStudy, advice: Floats, threshold: float = 0.5) -> Following | None:
    """Compare calls with and without advice; None where no reader made both.

    Parameters
    ----------
    study : ReaderStudy
        With calls.
    advice : float array, shape (t, r, c)
        The probability, or call, that was shown, in [0, 1]; NaN where none was.
    threshold : float
        From which on advice says MVM.
    """
    given = ~np.isnan(advice)
    read = ~np.isnan(study.ratings)
    shown = [i for i in range(len(study.modalities)) if given[i].any()]
    bare = [i for i in range(len(study.modalities)) if not given[i].any()]
    if study.called is None or not shown or not bare:
        return None
    aided, before = shown[0], bare[0]
    both = given[aided] & read[aided] & read[before]
    if not both.any():
        return None
    said = advice[aided] >= threshold
    right = said == study.truth
    follows = study.called[aided] == said
    against = both & (study.called[before] != said)
    agreed, swayed = {}, {}
    mean: dict[bool, tuple[float | None, float | None, float | None]] = {}
    for kind in (True, False):
        of_kind = both & (right == kind)
        for j, reader in enumerate(study.readers):
            agreed[reader, kind] = _rate(follows[j], of_kind[j])
            swayed[reader, kind] = _rate(follows[j], (against & of_kind)[j])
        shares = [swayed[reader, kind].value for reader in study.readers]
        mean[kind] = _mean(np.array([share for share in shares if share is not None]))
    moved = against & follows
    return Following(
        study.modalities[aided], study.modalities[before], agreed, swayed, mean,
        (moved & ~right).sum(axis=0), (moved & right).sum(axis=0),
    )  # fmt: skip


def _rate(happened: Bools, among: Bools) -> Rate:
    return rate_with_interval(int((happened & among).sum()), int(among.sum()))


def _mean(shares: Floats) -> tuple[float | None, float | None, float | None]:
    if not shares.size:
        return None, None, None
    value = float(shares.mean())
    error = float(shares.std(ddof=1)) / shares.size**0.5 if shares.size > 1 else 0.0
    if not error:
        return value, None, None
    half = float(special.stdtrit(shares.size - 1, 0.975)) * error
    return value, max(0.0, value - half), min(1.0, value + half)
