"""What one vertebra of the group ``other`` has, and how it changes the mineral, point by point."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mvm_core.simulation.deformation import unevenness
from mvm_core.simulation.distance import f32
from mvm_core.simulation.pathology import Focus, LevelDisease
from mvm_core.simulation.tissue import Field
from mvm_core.simulation.vertebra import Vertebra

_RIM_MM = 2.2
"""Thickness of the dense rim around a defect that bone has had time to wall off."""


@dataclass(frozen=True)
class Mineral:
    """Changes of a vertebra's mineral at points; the coordinates are the vertebra's.

    Attributes
    ----------
    spongy : float32 array
        Factor on the spongy bone.
    shell_mm : float32 array
        Thickness of the cortex, in mm.
    dense : float32 array
        Share of the space that is dense bone besides, from 0.
    gone : float32 array
        Share of all the bone that is not there, in [0, 1].
    """

    spongy: Field
    shell_mm: Field
    dense: Field
    gone: Field


@dataclass(frozen=True)
class Endplate:
    """Something at one endplate.

    Attributes
    ----------
    upper : bool
    eroded_mm : float
        How deep the endplate is eaten away.
    dense : float
        Share of the space below it that is dense bone.
    depth_mm : float
        How deep that reaches.
    forward : float
        Where it is strongest: -1 behind, 0 in the middle, 1 in front.
    ragged : int
        Seed of its unevenness.
    grown : bool
        Whether it has grown into the neighbour: no cortex is left there.
    """

    upper: bool
    eroded_mm: float = 0.0
    dense: float = 0.0
    depth_mm: float = 6.0
    forward: float = 0.0
    ragged: int = 0
    grown: bool = False

    def on(self, vertebra: Vertebra, x: Field, y: Field, z: Field, mineral: Mineral) -> Mineral:
        """The mineral with it."""
        size, noise = vertebra.size, unevenness(self.ragged, x, y, z)
        half = f32(0.5) * (f32(size.height) + f32(size.lordotic) * (f32(0.5) + y / f32(size.depth)))
        below = half - z if self.upper else half + z
        forward = y / f32(size.depth / 2)
        here = np.exp(-(((forward - f32(self.forward)) / f32(0.9)) ** 2)) * _in_body(vertebra, y)
        gone, dense = mineral.gone, mineral.dense
        if self.grown:
            open_end = np.clip(1 - below / f32(4.0), 0, 1) * _in_body(vertebra, y)
            mineral = replace(mineral, shell_mm=mineral.shell_mm * (1 - open_end))
        # Eaten away unevenly: deep here, spared there.
        eaten = f32(self.eroded_mm) * np.clip(f32(0.75) + f32(0.3) * noise, 0, 1.8) * here
        if self.eroded_mm:
            gone = np.maximum(gone, np.clip(eaten - below + f32(0.5), 0, 1))
        if self.dense:
            reach = f32(self.depth_mm) * np.clip(1 + f32(0.18) * noise, 0.5, 1.6)
            dense = dense + f32(self.dense) * here * np.clip((reach + eaten - below) / f32(3.0), 0, 1)
        return replace(mineral, gone=gone, dense=dense)


@dataclass(frozen=True)
class Spots:
    """Balls of dense bone, or holes.

    Attributes
    ----------
    places : tuple of Focus
    dense : float
        Share of the space that is dense bone.
    hole : float
        Share of the bone that is gone.
    walled : float
        Share of dense bone in a rim around each.
    ragged : int or None
        Seed of the unevenness of their edges; None for round ones.
    """

    places: tuple[Focus, ...]
    dense: float = 0.0
    hole: float = 0.0
    walled: float = 0.0
    ragged: int | None = None

    def on(self, vertebra: Vertebra, x: Field, y: Field, z: Field, mineral: Mineral) -> Mineral:
        """The mineral with them."""
        distance = np.full_like(x, np.inf)
        for place in self.places:
            offset = (x - f32(place.x)) ** 2 + (y - f32(place.y)) ** 2 + (z - f32(place.z)) ** 2
            distance = np.minimum(distance, np.sqrt(offset) - f32(place.radius))
        if self.ragged is not None:
            distance = distance + f32(0.45) * unevenness(self.ragged, x, y, z)
        inside = np.clip(f32(0.5) - distance / f32(1.2), 0, 1)
        rim = np.exp(-(((distance - f32(_RIM_MM / 2)) / f32(_RIM_MM / 2)) ** 2))
        return replace(
            mineral,
            gone=np.maximum(mineral.gone, inside * f32(self.hole)),
            dense=mineral.dense + inside * f32(self.dense) + rim * f32(self.walled),
        )


@dataclass(frozen=True)
class Limbus:
    """A corner of the body that the ring apophysis left free.

    Attributes
    ----------
    upper : bool
        The upper front corner, else the lower one.
    long_mm, high_mm : float
        Of the free corner along the endplate and down the front.
    gap_mm : float
        Width of the cleft.
    ragged : int
        Seed of its unevenness.
    """

    upper: bool
    long_mm: float
    high_mm: float
    gap_mm: float
    ragged: int

    def on(self, vertebra: Vertebra, x: Field, y: Field, z: Field, mineral: Mineral) -> Mineral:
        """The mineral with it."""
        size = vertebra.size
        up = z if self.upper else -z
        half = f32(0.5) * (f32(size.height) + f32(size.lordotic) * (f32(0.5) + y / f32(size.depth)))
        along = (y - f32(size.depth / 2)) / f32(self.long_mm) + (up - half) / f32(self.high_mm)
        slope = f32(np.hypot(1 / self.long_mm, 1 / self.high_mm))
        # Distance to the plane that cuts the corner off, positive towards the corner; it bows.
        off = (along + 1) / slope + f32(0.09) * x**2 / f32(self.long_mm)
        off = off + f32(0.45) * unevenness(self.ragged, x, y, z)
        middle = np.clip((f32(size.width * 0.44) - np.abs(x)) / f32(3.0), 0, 1)
        cleft = np.clip((f32(self.gap_mm / 2) - np.abs(off)) / f32(0.8) + f32(0.5), 0, 1) * middle
        rim = np.exp(-(((np.abs(off) - f32(self.gap_mm / 2 + 1.2)) / f32(1.2)) ** 2)) * middle
        return replace(mineral, gone=np.maximum(mineral.gone, cleft), dense=mineral.dense + f32(0.5) * rim)


Mark = Endplate | Spots | Limbus


@dataclass(frozen=True)
class Change:
    """What one vertebra of the group ``other`` has besides its shape, which is the `Vertebra`'s.

    Attributes
    ----------
    kind : str
        One of `kinds.KINDS`.
    findings : tuple of str
        Words of the table of levels.
    spongy : float
        Factor on the spongy bone of the body.
    cortex_mm : float
        Thickening of the body's cortex, in mm.
    stripes, stripes_mm : float
        Strength of vertical striation in the body and distance between its bars, in mm.
    coarse : float
        Strength of a coarse weave of trabeculae.
    marks : tuple of Mark
    level : LevelDisease or None
        Collapse, in the terms of the diseases.
    cement : tuple of Focus
        Lobes of bone cement; they may lie outside the bone.
    wings : tuple of float
        How far the right and the left transverse process have grown into the sacrum, 0 to 1.
    ribless : bool
    """

    kind: str
    findings: tuple[str, ...]
    spongy: float = 1.0
    cortex_mm: float = 0.0
    stripes: float = 0.0
    stripes_mm: float = 3.5
    coarse: float = 0.0
    marks: tuple[Mark, ...] = ()
    level: LevelDisease | None = None
    cement: tuple[Focus, ...] = ()
    wings: tuple[float, float] = (0.0, 0.0)
    ribless: bool = False

    def mineral(self, vertebra: Vertebra, x: Field, y: Field, z: Field, shell_mm: Field) -> Mineral:
        """The vertebra's mineral with the change.

        Parameters
        ----------
        x, y, z : float32 array
            Coordinates of the vertebra before any collapse, in mm.
        shell_mm : float32 array
            Thickness of the cortex without the change, in mm.
        """
        body, uneven = _in_body(vertebra, y), f32(1)
        if self.cortex_mm:
            uneven = np.clip(1 + f32(0.35) * unevenness(0, x, y, z), 0.2, 2)
        mineral = Mineral(
            spongy=1 + f32(self.spongy - 1) * body,
            shell_mm=shell_mm + f32(self.cortex_mm) * (f32(0.35) + f32(0.65) * body) * uneven,
            dense=np.zeros_like(x),
            gone=np.zeros_like(x),
        )
        for mark in self.marks:
            mineral = mark.on(vertebra, x, y, z, mineral)
        return mineral


@dataclass(frozen=True)
class Spine:
    """The vertebrae of a patient, and what is to be known of them where something is changed.

    Attributes
    ----------
    vertebrae : tuple of Vertebra
        From above.
    row : int
        Index of the vertebra in question, whose centre is the origin.
    changes : mapping of int to Change
        By index.
    """

    vertebrae: tuple[Vertebra, ...]
    row: int
    changes: Mapping[int, Change]

    def with_vertebra(self, row: int, vertebra: Vertebra, change: Change | None = None) -> "Spine":
        """The same with another vertebra, and what it has."""
        vertebrae = (*self.vertebrae[:row], vertebra, *self.vertebrae[row + 1 :])
        changes = self.changes if change is None else {**self.changes, row: change}
        return replace(self, vertebrae=vertebrae, changes=changes)


@dataclass(frozen=True)
class Others:
    """What of the group ``other`` a patient has.

    Attributes
    ----------
    vertebrae : tuple of Vertebra
        The spine with it.
    changes : mapping of int to Change
        By index of the vertebra.
    screws : tuple of str
        Vertebrae with pedicle screws.
    """

    vertebrae: tuple[Vertebra, ...]
    changes: Mapping[int, Change]
    screws: tuple[str, ...] = ()


def _in_body(vertebra: Vertebra, y: Field) -> Field:
    """1 in the body, 0 in the arch."""
    return 1 - np.clip((f32(vertebra.posterior_wall_y) - y) / f32(4.0), 0, 1)
