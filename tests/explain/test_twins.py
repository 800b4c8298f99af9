"""The twin test: where the film changed, and whether the map did there."""

import numpy as np
import pytest

from mvm_core.cohort import Case
from mvm_core.explain.twins import Change, twin_test
from mvm_core.models import Reader
from mvm_core.models.registry import READING_NAMES


def change(film: np.ndarray) -> Change:
    return Change(film.astype(np.float32), np.zeros((160, 160), np.float32))


def case(case_id: str, label: str) -> Case:
    return Case(case_id, "a", "test", label, "", "L1", 70.0, "F", "simulated", None, None)


def test_what_lies_between_changed_edges_has_changed_too() -> None:
    film = np.zeros((160, 160))
    film[40, 50:90] = 0.3
    film[70, 50:90] = -0.1
    film[10, 10] = 0.01
    changed = change(film).changed
    assert changed[40:71, 50:90].all()
    assert changed.sum() == 31 * 40


def test_films_that_are_alike_have_not_changed() -> None:
    assert not change(np.zeros((160, 160))).changed.any()


@pytest.mark.parametrize("label", ["mvm", "bvf"])
def test_a_simulated_case_is_put_to_the_test(reader: Reader, label: str) -> None:
    found = twin_test(case("a002026-00007", label), reader, tolerance_px=4.8)
    assert set(found) == set(READING_NAMES)
    for figures in found.values():
        assert set(figures) == {"twin_pointing", "twin_middle", "twin_share", "twin_direction"}
        assert all(0 <= value <= 1 for value in figures.values())
    # The body is the same but for the disease, so the change is seen, and not all over the map.
    assert 0.05 < found["lateral"]["twin_share"] < 1


def test_a_case_that_was_not_simulated_has_no_twins(reader: Reader) -> None:
    assert twin_test(case("patient 7", "mvm"), reader, tolerance_px=4.8) == {}
