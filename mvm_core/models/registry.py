"""The networks, the readings made from them and the ensembles of readings: pure data."""

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import View


class Layout(StrEnum):
    """How a network takes its film or films."""

    SINGLE = "single"
    SIDE_BY_SIDE = "side by side"
    CHANNELS = "channels"


@dataclass(frozen=True)
class Network:
    """One network: the views that it was trained on and how they are laid out."""

    name: str
    layout: Layout
    views: tuple[View, ...]

    @property
    def channels(self) -> int:
        """Number of input channels."""
        return 2 if self.layout is Layout.CHANNELS else 1


@dataclass(frozen=True)
class SingleReading:
    """One network applied to the film or films of the given views."""

    name: str
    network: str
    views: tuple[View, ...]


@dataclass(frozen=True)
class Ensemble:
    """The mean of the calibrated probabilities of its members."""

    name: str
    members: tuple[str, ...]


QUESTIONS = ("mvm", "disease")
"""What a network is asked, in the order of its outputs: whether a vertebra has a metastasis, given that it is
diseased at all; and whether it is. Networks of earlier weights answer the first alone."""

BOTH = (View.AP, View.LATERAL)

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network("ap", Layout.SINGLE, (View.AP,)),
        Network("lateral", Layout.SINGLE, (View.LATERAL,)),
        Network("merge", Layout.SINGLE, BOTH),
        Network("concat", Layout.SIDE_BY_SIDE, BOTH),
        Network("chconcat", Layout.CHANNELS, BOTH),
    )
}

SINGLE_READINGS: dict[str, SingleReading] = {
    reading.name: reading
    for reading in (
        SingleReading("ap", "ap", (View.AP,)),
        SingleReading("lateral", "lateral", (View.LATERAL,)),
        SingleReading("merge-ap", "merge", (View.AP,)),
        SingleReading("merge-lateral", "merge", (View.LATERAL,)),
        SingleReading("concat", "concat", BOTH),
        SingleReading("chconcat", "chconcat", BOTH),
    )
}

ENSEMBLES: dict[str, Ensemble] = {
    ensemble.name: ensemble
    for ensemble in (
        Ensemble("ap-views", ("ap", "merge-ap")),
        Ensemble("lateral-views", ("lateral", "merge-lateral")),
        Ensemble("pair-views", ("concat", "chconcat")),
        Ensemble("all-views", tuple(SINGLE_READINGS)),
    )
}

LEADING = "all-views"
"""The reading shown first where films and weights allow it."""

READING_NAMES: tuple[str, ...] = (*ENSEMBLES, *SINGLE_READINGS)

TITLES: dict[str, str] = {
    "ap": gettext_noop("AP"),
    "lateral": gettext_noop("Lateral"),
    "merge-ap": gettext_noop("Merge (AP)"),
    "merge-lateral": gettext_noop("Merge (Lateral)"),
    "concat": gettext_noop("Concat"),
    "chconcat": gettext_noop("ChConcat"),
    "ap-views": gettext_noop("AP Views ensemble"),
    "lateral-views": gettext_noop("Lateral Views ensemble"),
    "pair-views": gettext_noop("Pair Views ensemble"),
    "all-views": gettext_noop("All Views ensemble"),
}
"""In English, as in files for programs."""


def title_of(name: str) -> str:
    """A reading's name for people, in the language in use; one that is not of the registry as it is."""
    return gettext(TITLES[name]) if name in TITLES else name


def leading_of(names: Container[str]) -> str:
    """The reading to show first of those that there are: `LEADING`, another ensemble, a single one.

    Raises
    ------
    ValueError
        If no reading of the registry is among them.
    """
    order = (LEADING, *reversed(ENSEMBLES), *SINGLE_READINGS)
    found = next((name for name in order if name in names), None)
    if found is None:
        raise ValueError("no reading of the registry is there")
    return found
