"""How a spine gives way where a disc is lost or a body is wedged."""

from dataclasses import replace

import numpy as np

from mvm_core.simulation.other.change import Spine
from mvm_core.simulation.vertebra import Vertebra


def narrow(spine: Spine, row: int, left: float, eroded_mm: float = 0.0) -> Spine:
    """The disc below `row` narrowed to a share of its height; the vertebra in question stays.

    Parameters
    ----------
    left : float
        In (0, 1].
    eroded_mm : float
        By how much the bodies settle into each other besides, where endplates are eaten away.
    """
    upper, lower = spine.vertebrae[row], spine.vertebrae[row + 1]
    axis = np.subtract(upper.centre, lower.centre)
    step = axis / np.linalg.norm(axis) * (upper.size.disc * (1 - left) + eroded_mm)
    upper = replace(upper, size=replace(upper.size, disc=upper.size.disc * left))
    spine = spine.with_vertebra(row, upper)
    if row < spine.row:
        return _shifted(spine, range(row + 1), -step)
    return _shifted(spine, range(row + 1, len(spine.vertebrae)), step)


def bend(spine: Spine, row: int, degrees: float) -> Spine:
    """The spine bent forward at a vertebra, half above and half below it; the one in question stays."""
    pivot = np.array(spine.vertebrae[row].centre)
    vertebrae = []
    for i, vertebra in enumerate(spine.vertebrae):
        turn = degrees / 2 * (1 if i < row else -1 if i > row else 0)
        vertebrae.append(_turned(vertebra, pivot, turn))
    bent = replace(spine, vertebrae=tuple(vertebrae))
    return _shifted(bent, range(len(vertebrae)), -np.array(vertebrae[spine.row].centre))


def _turned(vertebra: Vertebra, pivot: np.ndarray, degrees: float) -> Vertebra:
    x, y, z = np.subtract(vertebra.centre, pivot)
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turned = np.add(pivot, (x, y * cosine + z * sine, z * cosine - y * sine))
    return replace(vertebra, centre=_place(turned), tilt=vertebra.tilt + degrees)


def _shifted(spine: Spine, rows: range, step: np.ndarray) -> Spine:
    vertebrae = list(spine.vertebrae)
    for row in rows:
        vertebrae[row] = replace(vertebrae[row], centre=_place(np.add(vertebrae[row].centre, step)))
    return replace(spine, vertebrae=tuple(vertebrae))


def _place(centre: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in centre)
    return x, y, z
