"""Films of simulated patients for tests of the finder."""

import numpy as np

from mvm_core.radiograph import Radiograph, View
from mvm_core.simulation import SimulatedPatient


def film_of(of: SimulatedPatient, view: View) -> Radiograph:
    """The film with the size of its pixels."""
    film = of.films[view]
    return Radiograph(film.pixels.astype(np.float32), view.value, mm_per_pixel=film.mm_per_pixel)
