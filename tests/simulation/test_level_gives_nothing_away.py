"""The vertebra in question of a healthy person looks like any other: where it lies tells nothing."""

import numpy as np
import pytest

from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.vertebra import Vertebra

PEOPLE = 150


def disc_above(vertebrae: tuple[Vertebra, ...], row: int) -> float:
    """Room between a body and the one above, in mm."""
    above, own = vertebrae[row - 1], vertebrae[row]
    apart = float(np.linalg.norm(np.subtract(above.centre, own.centre)))
    return apart - (above.size.height + own.size.height) / 2


def healthy(site: str, film_format: str) -> list[Patient]:
    return [
        draw_patient(PatientRequest(8, index, "intact", site=site, format=film_format))
        for index in range(PEOPLE)
    ]


@pytest.mark.parametrize("film_format", ["standard", "lumbar"])
@pytest.mark.parametrize("site", ["a", "b", "r"])
def test_its_disc_is_as_high_as_others(site: str, film_format: str) -> None:
    differences = []
    for patient in healthy(site, film_format):
        neighbours = [disc_above(patient.vertebrae, patient.row + step) for step in (-1, 1)]
        differences.append(disc_above(patient.vertebrae, patient.row) - float(np.mean(neighbours)))
    assert abs(np.mean(differences)) < 0.25 * np.std(differences)


def test_the_central_ray_goes_through_the_middle_of_the_film() -> None:
    patient = healthy("a", "lumbar")[0]
    geometry = patient.geometry(View.LATERAL)
    rows, columns = geometry.shape
    for depth in (-60.0, 0.0, 60.0):
        across, z = geometry.aim
        column, row = geometry.to_film(np.float32([across]), np.float32([z]), np.float32([depth]))
        assert (column[0], row[0]) == pytest.approx((columns / 2, rows / 2), abs=1e-2)
