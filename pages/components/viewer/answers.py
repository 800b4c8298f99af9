"""What the browser sends back from the viewer, checked like any other input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.radiograph import Box, View
from mvm_core.spine import LEVELS

NamedCorners = tuple[str, NDArray[np.float64]]


@dataclass(frozen=True)
class MovedBoxes:
    """Boxes that the user drew: which study they belong to, and how often it was changed."""

    study: str
    revision: int
    boxes: Mapping[View, Box | None]


@dataclass(frozen=True)
class MovedVertebrae:
    """Each film's vertebrae from above, level and corners, as the user has corrected them."""

    study: str
    revision: int
    vertebrae: Mapping[View, Sequence[NamedCorners]]


@dataclass(frozen=True)
class PickedLevel:
    """The level of the vertebra that the user clicked."""

    study: str
    revision: int
    level: str


def moved_boxes() -> MovedBoxes | None:
    """What the user last drew in the viewer; None where nothing sensible is there."""
    sent = _sent("boxes")
    if not sent:
        return None
    try:
        boxes = {View(view): _box(corners) for view, corners in sent["boxes"].items()}
        return MovedBoxes(str(sent["study"]), int(sent["revision"]), boxes)
    except _NONSENSE:
        return None


def moved_vertebrae() -> MovedVertebrae | None:
    """The vertebrae as the user last corrected them; None where nothing sensible is there."""
    sent = _sent("vertebrae")
    if not sent:
        return None
    try:
        vertebrae = {View(view): _chain(chain) for view, chain in sent["vertebrae"].items()}
        return MovedVertebrae(str(sent["study"]), int(sent["revision"]), vertebrae)
    except _NONSENSE:
        return None


def picked_level() -> PickedLevel | None:
    """The level that the user last clicked in the viewer; None where nothing sensible is there."""
    sent = _sent("level")
    if not sent:
        return None
    try:
        return PickedLevel(str(sent["study"]), int(sent["revision"]), str(sent["level"]))
    except _NONSENSE:
        return None


_NONSENSE = (KeyError, TypeError, ValueError, OverflowError, AttributeError)


def _sent(name: str) -> object:
    return (st.session_state.get("viewer") or {}).get(name)


def _box(corners: Sequence[float] | None) -> Box | None:
    if corners is None:
        return None
    x0, y0, x1, y1 = (float(value) for value in corners)
    if not np.isfinite((x0, y0, x1, y1)).all():
        raise ValueError("a box lies at finite places")
    return Box(x0, y0, x1, y1)


def _chain(chain: Sequence[Mapping[str, object]]) -> tuple[NamedCorners, ...]:
    levels = [str(each["level"]) for each in chain]
    places = [LEVELS.index(level) for level in levels]
    if any(lower <= upper for upper, lower in pairwise(places)):
        raise ValueError("vertebrae follow each other from above")
    return tuple((level, _four_points(each["corners"])) for level, each in zip(levels, chain, strict=True))


def _four_points(corners: object) -> NDArray[np.float64]:
    points = np.array(corners, float)
    if points.shape != (4, 2) or not np.isfinite(points).all():
        raise ValueError("a body has four corners at finite places")
    return points
