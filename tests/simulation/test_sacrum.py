"""The sacrum below its first body."""

import numpy as np
import pytest

from mvm_core.simulation.grains import Grains
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.sacrum import sacrum
from mvm_core.simulation.settings import PatientRequest


def drawn(index: int) -> Patient:
    return draw_patient(PatientRequest(12, index, "intact", site="r", format="lumbar"))


def own(patient: Patient) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Grains in the frame of the first sacral body, and their volumes."""
    grains: Grains = sacrum(patient)
    return (*patient.sacrum.to_local(grains.x, grains.y, grains.z), grains.volume)


@pytest.mark.parametrize("index", range(4))
def test_it_tapers_and_its_end_is_turned_forward(index: int) -> None:
    patient = drawn(index)
    x, y, z, _ = own(patient)
    reach = -z.min()
    assert 80 < reach < 150
    # Of pieces from above downwards: the middle line, and how wide they are.
    pieces = [(z < -reach * low) & (z > -reach * (low + 0.15)) for low in (0.2, 0.45, 0.7)]
    wide = [np.ptp(x[piece]) for piece in pieces]
    assert wide[0] > wide[1] > wide[2]
    ahead = [np.median(y[piece & (np.abs(x) < 8)]) for piece in pieces]
    assert ahead[2] - ahead[1] > ahead[1] - ahead[0]
    assert wide[0] > patient.sacrum.size.width


def test_what_is_left_of_the_disc_above_s2_differs_between_patients() -> None:
    def gap(patient: Patient) -> float:
        """How much mineral is missing where S1 and S2 are fused, against beside it."""
        x, y, z, volume = own(patient)
        middle = (np.abs(x) < 10) & (np.abs(y) < 8)
        top = -patient.sacrum.size.height * 0.42
        at, below = (
            volume[middle & (z < top - low) & (z > top - high)].sum() / (high - low)
            for low, high in ((23.0 - 1.2, 23.0 + 1.2), (28.0, 36.0))
        )
        return float(at / below)

    found = [gap(drawn(index)) for index in range(12)]
    assert min(found) < 0.7 * max(found)


def test_the_same_patient_has_the_same_sacrum() -> None:
    one, other = sacrum(drawn(1)), sacrum(drawn(1))
    assert np.array_equal(one.volume, other.volume)
    assert np.array_equal(one.z, other.z)
