"""Pelvis and ribs as points spread over their surfaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import SimulationError
from mvm_core.simulation.anatomy.landmarks import Frame, lateral_axis
from mvm_core.simulation.anatomy.surfaces import Points, Surface
from mvm_core.simulation.anatomy.volume import signed_distance

PAIRS = 12
_PELVIS_PER_MM2, _RIB_PER_MM2 = 1.0, 2.0
_MARROW_PITCH_MM = 1.6
_APART = 0.15
"""Ribs lie at least this far from the midline, as a share of the chest's width."""


@dataclass(frozen=True)
class Cloud:
    """Points of a bone.

    Attributes
    ----------
    cortex : float32 array, shape (n, 3)
        Spread evenly over the surface, in mm: left, forward, up.
    area : float
        Of the surface that one of them stands for, in mm2.
    marrow : float32 array, shape (m, 3)
        Spread evenly over the inside.
    volume : float
        That one of these stands for, in mm3.
    """

    cortex: NDArray[np.float32] = field(repr=False)
    area: float
    marrow: NDArray[np.float32] = field(repr=False)
    volume: float

    @property
    def length(self) -> float:
        """Of the bone, about, in mm."""
        return float(np.ptp(self.cortex, axis=0).max())


def pelvis_cloud(surface: Surface, frame: Frame) -> Cloud:
    """Spread points over the pelvis, in the frame of the sacrum that belongs to it."""
    return _spread(surface, frame, _PELVIS_PER_MM2)


def rib_clouds(surfaces: Sequence[Surface]) -> Mapping[tuple[int, int], Cloud]:
    """Find the ribs among the parts of a chest.

    Parameters
    ----------
    surfaces : sequence of Surface
        The closed parts of one file.

    Returns
    -------
    mapping of (int, int) to Cloud
        By number from above and side (1: left, -1: right), each from its head.

    Raises
    ------
    SimulationError
        If there are not twelve pairs.
    """
    file = surfaces[0].file
    middles = np.array([(part.vertices.min(0) + part.vertices.max(0)) / 2 for part in surfaces])
    everything = np.concatenate([part.vertices for part in surfaces])
    lateral = lateral_axis(everything)
    midline = (everything[:, lateral].min() + everything[:, lateral].max()) / 2
    apart = np.abs(middles[:, lateral] - midline) > _APART * np.ptp(everything[:, lateral])
    # Single cartilages at the front are shorter than any rib.
    beside = sorted(
        np.flatnonzero(apart).tolist(), key=lambda i: -float(np.ptp(surfaces[i].vertices, 0).max())
    )
    beside = beside[: 2 * PAIRS]
    if len(beside) < 2 * PAIRS:
        raise SimulationError(
            str(file), f"{len(beside)} ribs are found in it, not {2 * PAIRS}", "take it out of the folder"
        )
    spread = np.ptp(middles[beside], axis=0)
    spread[lateral] = 0
    up = int(np.argmax(spread))
    forward = 3 - lateral - up
    longest = surfaces[beside[0]].vertices
    sloping = longest[longest[:, up].argmin(), forward] - longest[longest[:, up].argmax(), forward]
    ahead, above = np.eye(3)[forward] * np.sign(sloping), np.eye(3)[up]
    turn = np.stack([np.cross(above, ahead), ahead, above])
    found = {}
    for side in (1, -1):
        own = [i for i in beside if side * turn[0, lateral] * (middles[i, lateral] - midline) > 0]
        own.sort(key=lambda i: -float(surfaces[i].vertices[:, up].max()))
        for number, i in enumerate(own[:PAIRS], start=1):
            head = _head(surfaces[i].vertices @ turn.T, midline * turn[0, lateral])
            found[number, side] = _spread(surfaces[i], Frame(turn, head @ turn), _RIB_PER_MM2)
    return found


def _head(points: Points, midline: float) -> Points:
    """The end of a rib at the spine: of its back half what is nearest to the midline."""
    back = points[points[:, 1] < np.median(points[:, 1])]
    off = np.abs(back[:, 0] - midline)
    return np.asarray(back[off <= off.min() + 4].mean(axis=0))


def _spread(surface: Surface, frame: Frame, per_mm2: float) -> Cloud:
    corners = surface.vertices[surface.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.cumsum(np.linalg.norm(across, axis=1) / 2)
    number = int(summed[-1] * per_mm2)
    # At equal steps of area from triangle to triangle, and evenly within them.
    i = np.arange(number)
    which = np.searchsorted(summed, (i + 0.5) * summed[-1] / number)
    u, v = ((i * step % 1)[:, np.newaxis] for step in (0.7548776662466927, 0.5698402909980532))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    a, b, c = (corners[which, k] for k in range(3))
    volume = signed_distance(surface.vertices, surface.faces, _MARROW_PITCH_MM)
    inside = np.argwhere(volume.distance < 0)
    shaken = inside + np.random.default_rng(0).uniform(-0.5, 0.5, inside.shape)
    return Cloud(
        frame.own(a + u * (b - a) + v * (c - a)).astype(np.float32),
        float(summed[-1]) / number,
        frame.own(shaken * volume.pitch + volume.origin).astype(np.float32),
        volume.pitch**3,
    )
