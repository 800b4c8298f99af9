"""Where a point of the patient falls on a film."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.tissue import Field

FILM_MM = {View.AP: (430.0, 300.0), View.LATERAL: (430.0, 300.0)}
"""Height and width of a film at the detector."""


@dataclass(frozen=True)
class Beam:
    """Where the tube stands.

    Attributes
    ----------
    source_to_detector : float
        In mm.
    ap, lateral : float
        Distance of the source from the vertebra in question, in mm.
    """

    source_to_detector: float
    ap: float
    lateral: float

    def source_to_patient(self, view: View) -> float:
        """Distance of the source from the vertebra in question, in mm."""
        return self.ap if view is View.AP else self.lateral

    def magnification(self, view: View) -> float:
        """Of an object at the depth of the vertebra in question."""
        return self.source_to_detector / self.source_to_patient(view)


STANDARD_BEAM = Beam(1150.0, 1000.0, 930.0)


@dataclass(frozen=True)
class Geometry:
    """The cone beam of one film.

    Attributes
    ----------
    view : View
    shape : tuple of int
        Rows and columns.
    mm_per_pixel : float
        At the detector.
    centre : tuple of float
        Column and row where the vertebra in question falls, in pixels. The central ray goes through the
        middle of the film: through that vertebra, it would see its endplates alone edge on.
    beam : Beam
    """

    view: View
    shape: tuple[int, int]
    mm_per_pixel: float
    centre: tuple[float, float]
    beam: Beam = STANDARD_BEAM

    @property
    def magnification(self) -> float:
        """Of an object at the depth of the vertebra in question."""
        return self.beam.magnification(self.view)

    def share(self, depth: Field) -> Field:
        """Size of things on the way through a depth against their shadow.

        The AP source stands in front of the patient, that of the lateral film at the right.

        Parameters
        ----------
        depth : float32 array
            Along the beam, in mm: forward in the AP view, to the patient's left in the lateral one.
        """
        ahead = -depth if self.view is View.AP else depth
        return (f32(self.beam.source_to_patient(self.view)) + ahead) / f32(self.beam.source_to_detector)

    @cached_property
    def axis(self) -> tuple[float, float]:
        """Column and row of the central ray."""
        rows, columns = self.shape
        return columns / 2, rows / 2

    @cached_property
    def aim(self) -> tuple[float, float]:
        """Where the central ray passes the vertebra in question, across and up from its middle, in mm."""
        scale = self.mm_per_pixel / self.magnification
        return (self.axis[0] - self.centre[0]) * scale, (self.centre[1] - self.axis[1]) * scale

    def to_film(self, across: Field, z: Field, depth: Field) -> tuple[Field, Field]:
        """Column and row, in pixels, of points given in mm."""
        scale = 1 / (self.share(depth) * f32(self.mm_per_pixel))
        return (
            as_field(f32(self.axis[0]) + (across - f32(self.aim[0])) * scale),
            as_field(f32(self.axis[1]) - (z - f32(self.aim[1])) * scale),
        )

    def from_film(self, columns: Field, rows: Field, depth: Field) -> tuple[Field, Field]:
        """Across and up, in mm, where the rays to places on the film pass a depth."""
        scale = self.share(depth) * f32(self.mm_per_pixel)
        return (
            as_field(f32(self.aim[0]) + (columns - f32(self.axis[0])) * scale),
            as_field(f32(self.aim[1]) - (rows - f32(self.axis[1])) * scale),
        )

    def points_to_film(self, x: Field, y: Field, z: Field) -> tuple[Field, Field]:
        """Column and row, in pixels, of points in patient coordinates."""
        return self.to_film(x, z, y) if self.view is View.AP else self.to_film(y, z, x)


@dataclass(frozen=True)
class Plane:
    """A film's pixels, thinned, seen at a depth: the grid on which large soft parts are summed.

    Attributes
    ----------
    geometry : Geometry
    every : int
        Takes each so many-th pixel along both sides.
    """

    geometry: Geometry
    every: int

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the thinned grid."""
        rows, columns = self.geometry.shape
        return -(-rows // self.every), -(-columns // self.every)

    def at(self, depth: float) -> tuple[Field, Field]:
        """Across (a row) and height (a column) in mm where the rays pass a depth."""
        rows, columns = self.shape
        half = (self.every - 1) / 2
        across, z = self.geometry.from_film(
            (np.arange(columns) * self.every + half).astype(f32),
            (np.arange(rows) * self.every + half).astype(f32),
            as_field(depth),
        )
        return across[np.newaxis, :], z[:, np.newaxis]


def film_geometry(
    view: View,
    mm_per_pixel: float,
    offset: tuple[float, float],
    film_mm: Sequence[float] | None = None,
    beam: Beam = STANDARD_BEAM,
) -> Geometry:
    """Lay a film out around the vertebra in question, which lies `offset` mm off its middle.

    Parameters
    ----------
    view : View
    mm_per_pixel : float
    offset : tuple of float
        Across and down.
    film_mm : sequence of float, optional
        Height and width; those of the standard format if not given.
    beam : Beam
    """
    rows, columns = (round(side / mm_per_pixel) for side in film_mm or FILM_MM[view])
    across, down = offset
    return Geometry(
        view,
        (rows, columns),
        mm_per_pixel,
        (columns / 2 + across / mm_per_pixel, rows / 2 + down / mm_per_pixel),
        beam,
    )
