"""A film set right: turned by quarter turns, mirrored."""

import dataclasses

import numpy as np

from mvm_core.radiograph import Radiograph


def turned(film: Radiograph, degrees: int) -> Radiograph:
    """The same film turned clockwise; view, spacing and warnings stay.

    Parameters
    ----------
    film : Radiograph
    degrees : int
        A multiple of 90; negative turns go the other way.

    Raises
    ------
    ValueError
        If the turn is not one of quarters.
    """
    quarters, rest = divmod(degrees, 90)
    if rest:
        raise ValueError(f"a film is turned by quarters, not by {degrees} degrees")
    return dataclasses.replace(film, pixels=np.ascontiguousarray(np.rot90(film.pixels, -quarters)))


def mirrored(film: Radiograph) -> Radiograph:
    """The same film with left and right interchanged; view, spacing and warnings stay."""
    return dataclasses.replace(film, pixels=np.ascontiguousarray(film.pixels[:, ::-1]))
