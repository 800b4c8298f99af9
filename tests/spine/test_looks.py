"""How often the finder looks at a film, and what it says of bodies that the film's edge cuts."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_films import film_of

import mvm_core.spine.finder as finders
from mvm_core.radiograph import Radiograph, View
from mvm_core.simulation import PatientRequest, SimulatedPatient, simulate_patient
from mvm_core.spine import Finder, Vertebra
from mvm_core.spine.naming import name_vertebrae


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder.open()


@pytest.fixture(scope="module")
def lumbar() -> SimulatedPatient:
    return simulate_patient(PatientRequest(3, site="r", format="lumbar"))


def looks_at(finder: Finder, film: Radiograph, monkeypatch: pytest.MonkeyPatch) -> int:
    looks = []
    with monkeypatch.context() as patched:
        once = finders.look
        patched.setattr(finders, "look", lambda *given: looks.append(1) or once(*given))
        assert finder.find(film).refused is None
    return len(looks)


def test_a_second_look_is_taken_where_the_first_saw_the_spine_small(
    finder: Finder, lumbar: SimulatedPatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = film_of(lumbar, View.AP)
    assert looks_at(finder, film, monkeypatch) == 1
    rows, columns = film.shape
    wide = np.pad(film.pixels, ((rows // 3, rows // 3), (columns, columns)))
    assert looks_at(finder, replace(film, pixels=wide), monkeypatch) == 2


@pytest.mark.parametrize("sure", [0.9, 0.99, 0.9979])
def test_a_second_look_is_taken_where_the_first_left_the_view_unclear(
    finder: Finder, lumbar: SimulatedPatient, monkeypatch: pytest.MonkeyPatch, sure: float
) -> None:
    looks = []
    once = finders.look

    def unsure(*given: object) -> finders.Look:
        looks.append(1)
        return replace(once(*given), lateral=1 - sure)  # type: ignore[arg-type]

    monkeypatch.setattr(finders, "look", unsure)
    found = finder.find(film_of(lumbar, View.AP))
    assert len(looks) == 2
    assert (found.refused is None) == (sure > 0.985)


@pytest.mark.parametrize(("share", "said"), [(0.2, False), (0.55, False), (0.65, True), (1.0, True)])
def test_a_vertebra_that_the_edge_cuts_off_is_not_said(
    finder: Finder, lumbar: SimulatedPatient, monkeypatch: pytest.MonkeyPatch, share: float, said: bool
) -> None:
    film = film_of(lumbar, View.LATERAL)
    cut = []

    def with_one_at_the_edge(*given: object) -> tuple[tuple[Vertebra, ...], tuple[str, ...]]:
        vertebrae, doubts = name_vertebrae(*given)  # type: ignore[arg-type]
        first = vertebrae[0]
        top, bottom = first.corners[:, 1].min(), first.corners[:, 1].max()
        # A box, so that the share of its area is that of its height.
        box = np.array([[100.0, top], [160.0, top], [160.0, bottom], [100.0, bottom]])
        box[:, 1] += (share - 1) * (bottom - top) - top
        cut.append(replace(first, level="T5", corners=box))
        return (cut[0], *vertebrae), doubts

    monkeypatch.setattr(finders, "name_vertebrae", with_one_at_the_edge)
    levels = [vertebra.level for vertebra in finder.find(film).vertebrae]
    assert ("T5" in levels) == said
    assert len(levels) > 3
