"""Concern: what should be known of a film or a pair before a reading of it is believed, by name."""

from dataclasses import dataclass
from typing import Any

from mvm_core.language import gettext


@dataclass(frozen=True)
class Concern:
    """One named warning.

    Attributes
    ----------
    name : str
        Such as ``two patients`` or ``blurred``; the same for the same thing.
    films : str
        The files that it is about.
    told : str
        What is the matter, as one clause.
    measure : float or None
        What was measured; None where nothing can be.
    unit : str
        Of the measure, in words.
    confirm : bool
        Whether a person should confirm before the films are read.
    """

    name: str
    films: str
    told: str
    measure: float | None = None
    unit: str = ""
    confirm: bool = False

    @property
    def sentence(self) -> str:
        """As it is written for people."""
        return gettext("{films}: {name}: {told}.", films=self.films, name=gettext(self.name), told=self.told)

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return {"name": self.name, "films": self.films, "measure": self.measure, "unit": self.unit}
