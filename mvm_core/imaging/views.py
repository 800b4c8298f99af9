"""Telling AP from lateral: by tags where there are any, else by words in descriptions and names."""

import dataclasses
import re
from collections.abc import Iterable

from mvm_core.radiograph import Radiograph, View

_POSITIONS = {
    "AP": View.AP,
    "PA": View.AP,
    "LL": View.LATERAL,
    "RL": View.LATERAL,
    "LLD": View.LATERAL,
    "RLD": View.LATERAL,
    "LAT": View.LATERAL,
    "LATERAL": View.LATERAL,
}
_AP_WORDS = {"ap", "pa", "a.p", "frontal", "front", "anteroposterior", "posteroanterior", "coronal"}
_LATERAL_WORDS = {
    "lat",
    "lateral",
    "lateralis",
    "latl",
    "ll",
    "rl",
    "seitlich",
    "seit",
    "profil",
    "profile",
    "sagittal",
}


def view_from_position(position: str) -> View | None:
    """The view that a ViewPosition names, None where it is empty or unknown."""
    return _POSITIONS.get(position.strip().upper())


def view_from_words(text: str) -> View | None:
    """The view that a text names; None where it names none or both.

    ``Thoracolumbar spine AP`` and ``lspine_lat_2`` are told, ``AP and lateral`` is not.
    """
    words = set(re.split(r"[^a-z.]+", re.sub(r"[_\-\d]+", " ", text.lower())))
    words |= {word.strip(".") for word in words}
    ap = bool(words & _AP_WORDS) or "antero-posterior" in text.lower()
    lateral = bool(words & _LATERAL_WORDS)
    if ap == lateral:
        return None
    return View.AP if ap else View.LATERAL


def view_from_name(name: str) -> tuple[View | None, str]:
    """The view that a file's name tells, and where it came from."""
    view = view_from_words(name.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    return view, "file name" if view is not None else "unknown"


def first_known(candidates: Iterable[tuple[View | None, str]]) -> tuple[View | None, str]:
    """The first view that is known, with its source."""
    return next(((view, source) for view, source in candidates if view is not None), (None, "unknown"))


def with_view(film: Radiograph, view: View, source: str = "given") -> Radiograph:
    """The same film with its view set."""
    if film.view is view and source == "given":
        return film
    return dataclasses.replace(film, view=view, view_source=source)
