"""Which films of a study are read together."""

import numpy as np
import pytest

from mvm_core.errors import StudyError
from mvm_core.exchange.node.pairing import SpineFilm, as_pair, sort_films
from mvm_core.radiograph import Radiograph, View
from mvm_core.spine import LEVELS, Scale, Spine, Vertebra

LUMBAR, THORACIC = "T12 L1 L2 L3 L4 L5", "T6 T7 T8 T9 T10 T11 T12"


def film(
    name: str, view: View, levels: str, taken: str = "", *, stated: bool = True, turned: int = 0
) -> SpineFilm:
    pixels = np.random.default_rng(len(name) + sum(map(ord, name))).random((64, 48), np.float32)
    corners = np.array([(0.0, 0), (1, 0), (1, 1), (0, 1)])
    vertebrae = tuple(Vertebra(level, 0.9, 0.9, corners + LEVELS.index(level)) for level in levels.split())
    spine = Spine(name, view, 1.0, turned, False, Scale(None, "unknown"), vertebrae)
    return SpineFilm(name, Radiograph(pixels, name, view if stated else None), spine, (taken,))


def together(*films: SpineFilm) -> set[frozenset[str]]:
    return {frozenset(each.instance for each in group) for group in sort_films(films).together}


def test_two_parts_of_a_spine_are_two_pairs() -> None:
    films = [
        film("l-lat", View.LATERAL, LUMBAR),
        film("t-ap", View.AP, THORACIC),
        film("l-ap", View.AP, LUMBAR),
        film("t-lat", View.LATERAL, THORACIC),
    ]
    assert together(*films) == {frozenset({"l-ap", "l-lat"}), frozenset({"t-ap", "t-lat"})}


def test_of_a_film_taken_again_the_later_counts() -> None:
    films = [
        film("ap-1", View.AP, LUMBAR, "0900"),
        film("ap-2", View.AP, LUMBAR, "0905"),
        film("lat", View.LATERAL, LUMBAR, "0903"),
    ]
    found = sort_films(films)
    assert together(*films) == {frozenset({"ap-2", "lat"})}
    assert set(found.left_out) == {"ap-1"}


def test_a_film_without_another_is_read_alone() -> None:
    films = [film("ap", View.AP, LUMBAR), film("t-lat", View.LATERAL, "T5 T6 T7")]
    assert together(*films) == {frozenset({"ap"}), frozenset({"t-lat"})}


def test_a_turned_film_stays_with_the_only_other() -> None:
    films = [film("ap", View.AP, LUMBAR, turned=90), film("lat", View.LATERAL, LUMBAR)]
    assert together(*films) == {frozenset({"ap", "lat"})}


def test_a_view_that_no_header_states_is_told_by_the_spine() -> None:
    pair = as_pair([film("x", View.LATERAL, LUMBAR, stated=False)])
    assert pair.views == (View.LATERAL,)


def test_one_film_under_two_views_is_refused() -> None:
    one, other = film("a", View.AP, LUMBAR), film("a", View.LATERAL, LUMBAR)
    with pytest.raises(StudyError, match="same film"):
        as_pair([one, other])
