"""Films of the neck and oblique ones are refused with their reason; people of all sizes are not."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_films import film_of

from mvm_core.radiograph import CERVICAL, OBLIQUE, Radiograph, View
from mvm_core.simulation import PatientRequest, SimulatedPatient, patient, simulate_patient
from mvm_core.spine import Finder
from mvm_core.spine.refusals import NECK, NO_SPINE, SAID_OBLIQUE, TOO_FEW, TOO_SMALL, TURNED


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder.open()


@pytest.fixture(scope="module")
def tall() -> list[SimulatedPatient]:
    return [simulate_patient(PatientRequest(seed, site="r", format="whole-spine")) for seed in range(4)]


def neck_of(of: SimulatedPatient, view: View) -> Radiograph:
    """The part of a tall film that lies above T3."""
    row = next(row for row in of.levels if row.view is view and row.level == "T2")
    corners = np.array(row.corners)
    (left, _), reach = corners.mean(axis=0), 7 * np.ptp(corners[:, 1])
    film = film_of(of, view)
    columns = slice(max(0, int(left - reach)), int(left + reach))
    return replace(film, pixels=np.ascontiguousarray(film.pixels[: int(corners[:, 1].max()), columns]))


def test_no_level_of_chest_or_loin_is_named_on_a_neck(finder: Finder, tall: list[SimulatedPatient]) -> None:
    more = [simulate_patient(PatientRequest(seed, site="r", format="whole-spine")) for seed in range(4, 8)]
    refused = [finder.find(neck_of(each, view)).refused for each in (*tall, *more) for view in View]
    assert set(refused) <= {TOO_SMALL, TOO_FEW, NO_SPINE, TURNED, None}
    assert TOO_SMALL in refused
    assert refused.count(None) <= 2


def test_whole_films_and_children_are_not_refused(finder: Finder, tall: list[SimulatedPatient]) -> None:
    children = [
        each
        for seed in (14, 27)
        if (each := simulate_patient(PatientRequest(seed, site="r", format="thoracic"))).age < 10
    ]
    assert len(children) == 2
    assert {finder.find(film_of(each, view)).refused for each in tall for view in View} == {None}
    refused = [finder.find(film_of(each, view)).refused for each in children for view in View]
    # Of 56 films of children below twelve, two are.
    assert refused.count(None) >= 3
    assert set(refused) <= {None, TOO_SMALL}


def test_a_wrong_pixel_size_is_told(finder: Finder, tall: list[SimulatedPatient]) -> None:
    film = film_of(tall[0], View.LATERAL)
    assert film.mm_per_pixel is not None
    assert finder.find(replace(film, mm_per_pixel=film.mm_per_pixel / 2)).refused == TOO_SMALL


def test_what_a_film_says_of_itself_counts_unless_its_size_speaks_against_it(
    finder: Finder, tall: list[SimulatedPatient]
) -> None:
    grown_up = next(each for each in tall if each.age > 50)
    film = film_of(grown_up, View.AP)
    assert finder.find(replace(film, unsuited=CERVICAL, mm_per_pixel=None)).refused == NECK
    assert finder.find(replace(film, unsuited=CERVICAL)).refused is None
    assert finder.find(replace(film, unsuited=OBLIQUE)).refused == SAID_OBLIQUE


def test_a_patient_taken_from_the_side_askew_is_neither_ap_nor_lateral(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = patient.draw_stance
    monkeypatch.setattr(patient, "draw_stance", lambda *given: replace(drawn(*given), turned=38.0))
    requests = [PatientRequest(seed, site="r", format="lumbar") for seed in range(901, 909)]
    films = [film_of(simulate_patient(request), View.AP) for request in requests]
    found = [finder.find(film) for film in films]
    assert sum(each.refused == TURNED for each in found) >= 5
    turned = next(film for film, each in zip(films, found, strict=True) if each.refused == TURNED)
    assert finder.find(turned, View.AP).refused is None
