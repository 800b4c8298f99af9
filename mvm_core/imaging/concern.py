"""Concern: what should be known of a film or a pair before a reading of it is believed, by name."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from mvm_core.language import gettext
from mvm_core.radiograph import Box, View

Outline: TypeAlias = tuple[tuple[float, float], ...]


def outline_of(box: Box) -> Outline:
    """A box as a closed line."""
    return (box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)


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
    view : View or None
        Of the film that it is about, in a pair; None where it is about both.
    marks : tuple of outlines
        Where on that film it lies, as closed lines of (x, y) in film coordinates; empty where it lies in no
        one place.
    """

    name: str
    films: str
    told: str
    measure: float | None = None
    unit: str = ""
    confirm: bool = False
    view: View | None = None
    marks: tuple[Outline, ...] = ()

    @property
    def sentence(self) -> str:
        """As it is written for people."""
        return gettext("{films}: {name}: {told}.", films=self.films, name=gettext(self.name), told=self.told)

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return {
            "name": self.name,
            "films": self.films,
            "view": self.view.value if self.view is not None else None,
            "measure": self.measure,
            "unit": self.unit,
            "marks": [[[round(x, 1), round(y, 1)] for x, y in outline] for outline in self.marks],
        }
