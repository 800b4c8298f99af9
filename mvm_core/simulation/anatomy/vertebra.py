"""A vertebra whose shape is a real one's, brought to the sizes drawn for a patient."""

from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from mvm_core.simulation.anatomy.library import Bone
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.morphometry import ALL_TYPICAL, SPINOUS_MM
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Triple, Vertebra

_BLEND_MM = 6.0
"""Over this distance behind the posterior wall the body's scale goes over into the arch's."""

_MARGIN_MM = 3.0


@dataclass(frozen=True, kw_only=True)
class SurfaceVertebra(Vertebra):
    """One vertebra of one patient, shaped after a surface.

    Its width, depth, heights, canal and pedicles are those of `size`; between them the surface is stretched
    smoothly.

    Attributes
    ----------
    bone : Bone
    """

    bone: Bone = field(repr=False, compare=False)

    @cached_property
    def _times(self) -> tuple[f32, f32, f32, f32]:
        """Sizes of the surface against the patient's: width, depth, pedicles apart, canal."""
        marks, size = self.bone.landmarks, self.size
        return (
            f32(marks.width / size.width),
            f32(marks.depth / size.depth),
            f32(marks.pedicle_x / self.pedicle_x),
            f32(np.clip(marks.canal_depth / size.canal_depth, 0.7, 1.3)),
        )

    @property
    def _spinous_times(self) -> float:
        """Length of the spinous process as usual, for a vertebra of this size, against the patient's."""
        # The sacrum may begin with S2, below a sixth lumbar vertebra.
        level = "S1" if self.sacral else self.name
        usual = SPINOUS_MM[level] * self.size.width / ALL_TYPICAL[level].width
        return usual / self.spinous_process

    @property
    def pedicle_z(self) -> float:
        """Height of the pedicles' axes above the middle of the body, in mm."""
        marks = self.bone.landmarks
        return marks.pedicle_z / marks.behind * self.size.height

    @property
    def whole_sacrum(self) -> bool:
        """Whether the bone goes on below the first sacral body."""
        return self.sacral

    def reach(self) -> tuple[Triple, Triple]:
        """Lowest and highest corner of a box around the vertebra, in patient coordinates, in mm."""
        wide, deep, apart, behind = (float(each) for each in self._times)
        low, high = self.bone.bounds
        tall = (self.bone.landmarks.front + self.bone.landmarks.behind) / (
            2 * self.size.height + self.size.lordotic
        )
        least = np.array([min(wide, apart), min(deep, behind), 0.95 * tall])
        least[1] *= min(1.0, self._spinous_times)
        low, high = low / least - _MARGIN_MM, high / least + _MARGIN_MM
        x, y, z = np.meshgrid(*zip(low, high, strict=True), indexing="ij")
        corners = np.stack(self.to_patient(*(as_field(axis.ravel()) for axis in (x, y, z))))
        return tuple(corners.min(1).tolist()), tuple(corners.max(1).tolist())

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Approximate distance to the bone's surface in mm, negative inside; local coordinates."""
        x, y, z = self._before_wear(x, y, z)
        wide, deep, _, _ = self._times
        tall = self.bone.landmarks.half_height(np.zeros(1))[0] / self._half(as_field(0))
        scale = f32(1 / np.cbrt(float(wide) * float(deep) * float(tall)))
        return self.bone.volume.at(*self._to_bone(x, y, z)) * scale

    def body(self, x: Field, y: Field, z: Field) -> Field:
        """Distance to the surface of the body alone."""
        return np.maximum(self.distance(x, y, z), f32(self.posterior_wall_y) - y)

    def rim(self, upper: bool) -> tuple[Field, Field]:
        """Outline of an endplate: x and y, in mm."""
        wide, deep, _, _ = self._times
        x, y = self.bone.landmarks.rims[0 if upper else 1].T
        return as_field(x / wide), as_field(y / deep)

    def _half(self, y: Field) -> Field:
        size = self.size
        share = np.clip(f32(0.5) + y / f32(size.depth), 0, 1)
        return f32(0.5) * (f32(size.height) + f32(size.lordotic) * share)

    def _to_bone(self, x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        """Where a place of the patient's vertebra lies in the surface's own frame."""
        wide, deep, apart, behind = self._times
        marks, wall = self.bone.landmarks, f32(self.posterior_wall_y)
        arch = np.clip((wall - y) / f32(_BLEND_MM), 0, 1)
        back = np.minimum(y - wall, 0)
        spinous = f32(self._spinous_times)
        lamina = f32(-self.size.canal_depth - 6)
        beyond = np.minimum(back - lamina, 0)
        bone_y = np.maximum(y, wall) * deep + (back - beyond) * behind + beyond * behind * spinous
        bone_x = x * (wide * (1 - arch) + apart * arch)
        front, rear = f32(marks.front), f32(marks.behind)
        share = np.clip(f32(0.5) + bone_y / f32(marks.depth), 0, 1)
        bone_half = f32(0.5) * (rear + (front - rear) * share)
        return bone_x, bone_y, z * (bone_half / self._half(y))

    def _before_wear(self, x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        """Undo spurs and what disease does to the posterior wall, point by point."""
        half = self._half(y)
        if self.spurs:
            off = np.maximum(np.hypot(x, y), f32(1))
            shrunk = np.maximum(1 - self._spurs(x, y, z, half) / off, f32(0.3))
            ahead = y > f32(self.posterior_wall_y)
            x, y = np.where(ahead, x * shrunk, x), np.where(ahead, y * shrunk, y)
        if self.bulge or self.fragment:
            across = x / f32(self.size.width / 2)
            middle = np.maximum(0, 1 - across**2)
            shift = f32(self.bulge) * middle * np.maximum(0, 1 - (z / half) ** 2)
            corner = np.exp(-(((z / half - f32(0.65)) / f32(0.35)) ** 2))
            shift = shift + f32(self.fragment) * corner * middle
            wall = f32(self.posterior_wall_y)
            # What lies behind the canal stays.
            here = np.clip((y - wall) / f32(8.0) + 1, 0, 1) * np.clip(1 - (y - wall) / f32(12.0), 0, 1)
            y = y + shift * here
        return x, y, z


def on_bone(vertebra: Vertebra, bone: Bone) -> SurfaceVertebra:
    """The same vertebra shaped after a bone."""
    own = {each.name: getattr(vertebra, each.name) for each in fields(Vertebra)}
    wide = vertebra.size.height / (bone.landmarks.front + bone.landmarks.behind) * 2
    own["concavity"] = min(bone.landmarks.concavity * wide, 3.0)
    return SurfaceVertebra(**own, bone=bone)
