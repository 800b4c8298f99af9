"""Which vertebrae an epoch is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvm_core.cohort import LABELS
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import is_real
from mvm_core.models.registry import Layout, Network
from mvm_core.radiograph import View
from mvm_core.training.patches import Patches
from mvm_core.training.settings import TrainingSettings


@dataclass(frozen=True)
class NetworkSample:
    """One input of a network: a vertebra and the views taken of it.

    Attributes
    ----------
    case : int
        Its place in the patches.
    views : tuple of View
    implanted : bool
        Whether disease is put into it; on real films alone.
    """

    case: int
    views: tuple[View, ...]
    implanted: bool = False


def samples_of(network: Network, patches: Patches, split: str) -> list[NetworkSample]:
    """All inputs that a split offers a network; `merge` takes each film as a sample of its own."""
    if network.layout is Layout.SINGLE:
        return [
            NetworkSample(int(i), (view,))
            for view in network.views
            for i in patches.having((view,))
            if patches.cases[i].split == split
        ]
    return [
        NetworkSample(int(i), network.views)
        for i in patches.having(network.views)
        if patches.cases[i].split == split
    ]


def draw_epoch(
    samples: Sequence[NetworkSample], patches: Patches, settings: TrainingSettings, draw: np.random.Generator
) -> list[NetworkSample]:
    """Choose and order the samples of an epoch.

    Of MVM and BVF all, or with ``downsample`` the majority class drawn anew to the minority's size; of other
    disease all; of intact vertebrae so many that they make up `intact_share` of the epoch, `real_share` of
    them on real films, of which as many are drawn with disease implanted. Where fewer are there than wanted,
    each is drawn more than once, as evenly as can be.
    """
    by_label: dict[str, list[NetworkSample]] = {label: [] for label in (*LABELS, "other", INTACT, "real")}
    for sample in samples:
        case = patches.cases[sample.case]
        by_label["real" if is_real(case) else case.label].append(sample)
    size = min(len(by_label[label]) for label in LABELS)
    chosen = []
    for label in LABELS:
        keep = draw.permutation(len(by_label[label]))[: size if settings.balance == "downsample" else None]
        chosen += [by_label[label][i] for i in keep]
    chosen += by_label["other"]
    intact, real = _intact_counts(len(chosen), settings, bool(by_label[INTACT]), bool(by_label["real"]))
    chosen += _drawn(by_label[INTACT], intact, draw)
    chosen += _drawn(by_label["real"], real, draw)
    chosen += [replace(sample, implanted=True) for sample in _drawn(by_label["real"], real, draw)]
    return [chosen[i] for i in draw.permutation(len(chosen))]


def _intact_counts(diseased: int, settings: TrainingSettings, intact: bool, real: bool) -> tuple[int, int]:
    """How many intact vertebrae of simulated films an epoch holds, and how many of real ones."""
    share = settings.intact_share
    of_real = settings.real_share if real else 0.0
    if not intact:
        return 0, 0
    # The implanted ones, as many as intact real ones, count among the diseased.
    total = share * diseased / (1 - share * (1 + of_real))
    return round(total * (1 - of_real)), round(total * of_real)


def _drawn(members: Sequence[NetworkSample], count: int, draw: np.random.Generator) -> list[NetworkSample]:
    if not members or not count:
        return []
    rounds = -(-count // len(members))
    order = np.concatenate([draw.permutation(len(members)) for _ in range(rounds)])[:count]
    return [members[i] for i in order]
