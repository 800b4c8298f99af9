"""The filling functions by the keys that the table of items names."""

from collections.abc import Callable
from dataclasses import dataclass

from mvm_core.evidence.release import Release

Fill = Callable[[Release], str]
"""From a release to the answer in English, lines apart; empty where its files do not hold it."""


@dataclass(frozen=True)
class Filling:
    """How one thing that is asked is told from a release.

    Attributes
    ----------
    fill : callable
    files : tuple of str
        Without each of these in the folder there is no answer.
    """

    fill: Fill
    files: tuple[str, ...]


FILLINGS: dict[str, Filling] = {}
"""Filled by the modules of `mvm_core.evidence.fillings`."""


def filled_from(*files: str) -> Callable[[Fill], Fill]:
    """Register a function under its own name, with the files that it reads."""

    def register(fill: Fill) -> Fill:
        FILLINGS[fill.__name__] = Filling(fill, files)
        return fill

    return register
