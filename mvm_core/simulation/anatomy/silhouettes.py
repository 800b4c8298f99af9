"""Silhouettes of the procedural lumbar vertebrae against those of surfaces, seen from in front and aside."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mvm_core.radiograph import View
from mvm_core.simulation.anatomy.folder import LUMBAR
from mvm_core.simulation.anatomy.landmarks import Landmarks
from mvm_core.simulation.anatomy.library import Anatomy, Bone
from mvm_core.simulation.anatomy.surfaces import Points
from mvm_core.simulation.distance import as_field
from mvm_core.simulation.morphometry import TYPICAL, Size
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

Mask = NDArray[np.bool_]
WANTED_MM = 1.5
PIXEL_MM = 0.6
_AROUND_MM = 12.0
_SLICES = 16
_SHIFTS_MM = np.arange(-2.4, 2.5, 0.6)
_TRANSVERSE_TIP_MM, _SPINOUS_TIP_MM = 2.0, 11.0
"""How far the processes go beyond the ends of their axes."""

_USUAL_WAIST, _USUAL_CONCAVITY_MM = 0.105, 1.9


@dataclass(frozen=True)
class Silhouette:
    """How far two silhouettes lie apart.

    Attributes
    ----------
    level : str
    view : View
    source : str
        Folder of the surface.
    distance_mm : float
        Mean over both contours of the distance to the other one.
    """

    level: str
    view: View
    source: str
    distance_mm: float

    @property
    def as_wanted(self) -> bool:
        """Whether they lie within `WANTED_MM`."""
        return self.distance_mm <= WANTED_MM


def compare(anatomy: Anatomy) -> Iterator[Silhouette]:
    """Compare every lumbar surface of an anatomy with the procedural vertebra of its size."""
    for level in LUMBAR:
        for bone in anatomy.bones[level]:
            yield from compare_bone(level, bone, fitted(level, bone))


def compare_bone(level: str, bone: Bone, vertebra: Vertebra) -> Iterator[Silhouette]:
    """Compare one surface with one vertebra, in each view."""
    box = bone.bounds + np.array([[-_AROUND_MM], [_AROUND_MM]])
    theirs, ours = silhouettes(bone.volume.at, box), silhouettes(vertebra.distance, box)
    for view in View:
        yield Silhouette(level, view, bone.file.parent.name, contour_distance(theirs[view], ours[view]))


def as_text(found: Sequence[Silhouette]) -> str:
    """A table for people."""
    lines = [f"Mean distance of silhouettes in mm, fitted in size; wanted: at most {WANTED_MM:g} each"]
    for source in dict.fromkeys(each.source for each in found):
        for level in LUMBAR:
            own = {each.view: each for each in found if (each.level, each.source) == (level, source)}
            if own:
                cells = "   ".join(f"{view.label} {own[view].distance_mm:.2f}" for view in View)
                missed = "" if all(each.as_wanted for each in own.values()) else "   NOT AS WANTED"
                lines.append(f"{source:<16} {level}   {cells}{missed}")
    if found:
        lines.append(f"mean of all {np.mean([each.distance_mm for each in found]):.2f}")
    return "\n".join(lines)


def as_json(found: Sequence[Silhouette]) -> str:
    """The same for programs."""
    rows = [{**asdict(each), "view": each.view.value, "as_wanted": each.as_wanted} for each in found]
    return json.dumps({"wanted_mm": WANTED_MM, "silhouettes": rows}, indent=2)


def fitted(level: str, bone: Bone) -> Vertebra:
    """The procedural vertebra with the sizes of a surface: body, canal, pedicles, lengths of processes."""
    marks = bone.landmarks
    low, high = bone.bounds
    size = size_of(level, marks)
    return Vertebra(
        name=level,
        size=size,
        centre=(0.0, 0.0, 0.0),
        tilt=0.0,
        yaw=0.0,
        roll=0.0,
        waist=_USUAL_WAIST,
        concavity=_USUAL_CONCAVITY_MM,
        transverse_process=float((high[0] - low[0]) / 2 - marks.pedicle_x) - _TRANSVERSE_TIP_MM,
        spinous_process=float(-low[1] - size.depth / 2 - size.canal_depth) - _SPINOUS_TIP_MM,
        trabecular=1.0,
    )


def size_of(level: str, marks: Landmarks) -> Size:
    """The sizes of a surface; pedicles at most as wide as usual: wide ones go over into processes."""
    usual = TYPICAL[level]
    pedicle = min(marks.pedicle_width, usual.pedicle_width * marks.pedicle_x * 2
                  / (usual.canal_width + usual.pedicle_width))  # fmt: skip
    return Size(
        width=marks.width,
        depth=marks.depth,
        height=marks.behind,
        lordotic=marks.front - marks.behind,
        disc=usual.disc,
        canal_width=2 * marks.pedicle_x - pedicle,
        canal_depth=marks.canal_depth,
        pedicle_width=pedicle,
        pedicle_height=min(marks.pedicle_height, 1.2 * usual.pedicle_height),
    )


def silhouettes(distance: Callable[[Field, Field, Field], Field], box: Points) -> dict[View, Mask]:
    """Where parallel rays meet the bone.

    Parameters
    ----------
    distance : callable
        Signed distance in mm at x, y, z in mm.
    box : float array, shape (2, 3)
        Lowest and highest corner of what is looked at, in mm.

    Returns
    -------
    dict of View to bool array
        Rows from above; columns towards the patient's left (AP) or forward (lateral); `PIXEL_MM` apart.
    """
    axes = [as_field(np.arange(low, high, PIXEL_MM)) for low, high in box.T]
    x, y, z = axes[0][:, np.newaxis, np.newaxis], axes[1][:, np.newaxis], axes[2][::-1]
    inside = np.concatenate(
        [
            distance(*(as_field(axis) for axis in np.broadcast_arrays(part, y, z))) < 0
            for part in np.array_split(x, max(1, len(x) // _SLICES))
        ]
    )
    return {View.AP: np.asarray(inside.any(axis=1)).T, View.LATERAL: np.asarray(inside.any(axis=0)).T}


def contour_distance(a: Mask, b: Mask) -> float:
    """Mean distance in mm of either contour to the other one, where they fit best."""
    shifts = np.rint(_SHIFTS_MM / PIXEL_MM).astype(int)
    edges = [np.argwhere(_edge(mask)) for mask in (a, b)]
    far = [ndimage.distance_transform_edt(~_edge(mask)) * PIXEL_MM for mask in (a, b)]
    best = np.inf
    for down in shifts:
        for across in shifts:
            shift = np.array([down, across])
            there = _looked_up(far[1], edges[0] + shift)
            back = _looked_up(far[0], edges[1] - shift)
            best = min(best, float(there.sum() + back.sum()) / (len(there) + len(back)))
    return best


def _edge(mask: Mask) -> Mask:
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


def _looked_up(field: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    rows, columns = np.clip(places, 0, np.array(field.shape) - 1).T
    return np.asarray(field[rows, columns])
