"""How often readers follow a model's advice, where it is right and where it is wrong (automation bias)."""

from dataclasses import dataclass

import numpy as np

from mvm_core.validation.clustered import rate_by_readers_and_cases
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
    agreed_in_all, swayed_in_all : dict of bool to Rate
        The same of all readers' calls together, readers and cases random.
    misled, helped : tuple of Rate
        By case, which share of the readers whom a wrong, or a right, advice could bring over went over to it.

    Notes
    -----
    A reader calls a case once, and a case is called once by each reader: both have Wilson's interval.
    """

    modality: str
    reference: str
    agreed: dict[tuple[str, bool], Rate]
    swayed: dict[tuple[str, bool], Rate]
    agreed_in_all: dict[bool, Rate]
    swayed_in_all: dict[bool, Rate]
    misled: tuple[Rate, ...]
    helped: tuple[Rate, ...]


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
    agreed, swayed, agreed_in_all, swayed_in_all = {}, {}, {}, {}
    by_case = {}
    for kind in (True, False):
        of_kind = both & (right == kind)
        for j, reader in enumerate(study.readers):
            agreed[reader, kind] = _rate(follows[j], of_kind[j])
            swayed[reader, kind] = _rate(follows[j], (against & of_kind)[j])
        agreed_in_all[kind] = _in_all(follows, of_kind)
        swayed_in_all[kind] = _in_all(follows, against & of_kind)
        by_case[kind] = tuple(
            _rate(follows[:, k], (against & of_kind)[:, k]) for k in range(len(study.cases))
        )
    return Following(
        study.modalities[aided], study.modalities[before], agreed, swayed, agreed_in_all, swayed_in_all,
        by_case[False], by_case[True],
    )  # fmt: skip


def _rate(happened: Bools, among: Bools) -> Rate:
    return rate_with_interval(int((happened & among).sum()), int(among.sum()))


def _in_all(happened: Bools, among: Bools) -> Rate:
    readers, cases = np.nonzero(among)
    return rate_by_readers_and_cases(happened[among], readers, cases)
