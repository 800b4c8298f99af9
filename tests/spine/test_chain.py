from dataclasses import replace

import numpy as np
import pytest
from bodies import body, column
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.radiograph import View
from mvm_core.spine.chain import best_chain
from mvm_core.spine.naming import name_chain, name_vertebrae
from mvm_core.spine.spine import LEVELS


@given(number=st.integers(2, 12), seed=st.integers(0, 1000))
def test_a_column_is_one_chain_from_above_whatever_the_order(number: int, seed: int) -> None:
    bodies = column("T6", number)
    shuffled = [bodies[place] for place in np.random.default_rng(seed).permutation(number)]
    chain = best_chain(shuffled)
    assert [link.body for link in chain] == bodies
    assert all(link.steps == 1 for link in chain)


def test_what_lies_beside_the_spine_is_left_out() -> None:
    bodies = column("T10", 8)
    ribs = [body(260, 90, probability=0.6), body(250, 200, probability=0.7), body(20, 150, probability=0.5)]
    assert [link.body for link in best_chain([*ribs, *bodies])] == bodies


def test_a_missed_body_leaves_a_gap_that_is_counted() -> None:
    bodies = column("T10", 8)
    chain = best_chain([each for place, each in enumerate(bodies) if place != 3])
    assert [link.steps for link in chain] == [1, 1, 1, 2, 1, 1, 1]
    names = name_chain(chain, "L5", 1.0).names
    assert names == ("T10", "T11", "T12", "L2", "L3", "L4", "L5")


def test_a_spine_of_thirty_degrees_tilt_holds_together() -> None:
    bodies, x, y = [], 200.0, 50.0
    for place in range(9):
        tilt = 30 * np.sin(place * np.pi / 8)
        bodies.append(body(x, y, tilt=tilt))
        x, y = x - 27 * np.sin(np.deg2rad(tilt)), y + 27 * np.cos(np.deg2rad(tilt))
    assert len(best_chain(bodies)) == 9


def test_a_sharp_bend_between_two_bodies_is_gone_round() -> None:
    # As between L2 and L3 of a severe curve: the axes of both lie 60 degrees off the way between them.
    above = [body(200, 50 + 27 * place) for place in range(4)]
    last, turn = above[-1].centre, np.deg2rad(60)
    below = [
        body(*(last + 27 * place * np.array([-np.sin(turn), np.cos(turn)])), tilt=60) for place in (1, 2, 3)
    ]
    assert [link.body for link in best_chain([*above, *below])] == [*above, *below]


def test_nothing_gives_no_chain() -> None:
    assert best_chain([]) == ()


def test_one_wrong_name_is_outvoted() -> None:
    bodies = column("T12", 6)
    bodies[2] = body(100, 50 + 27 * 2, "T9")
    naming = name_chain(best_chain(bodies), "L5", 1.0)
    assert naming.names == ("T12", "L1", "L2", "L3", "L4", "L5")
    assert naming.probability > 0.9
    assert naming.second_probability < 0.1


def test_dents_are_told_on_lateral_films_alone() -> None:
    bodies = [replace(each, dents=(0.1, 0.05)) for each in column("T10", 8)]
    for view, told in ((View.LATERAL, (0.1, 0.05)), (View.AP, None)):
        found, _ = name_vertebrae(best_chain(bodies), view, 1.0)
        assert {vertebra.dents for vertebra in found} == {told}


def test_names_never_run_past_the_last_level() -> None:
    bodies = [body(100, 50 + 27 * place, "L5") for place in range(4)]
    assert name_chain(best_chain(bodies), "L5", 1.0).names == ("L2", "L3", "L4", "L5")


@pytest.mark.parametrize("temperature", [1.0, 20.0])
def test_a_higher_temperature_is_less_sure(temperature: float) -> None:
    bodies = column("T12", 4)
    bodies[1] = body(100, 77, "L3")
    sure = name_chain(best_chain(bodies), "L5", temperature).probability
    assert (sure > 0.99) == (temperature == 1.0)


def test_two_ways_to_count_are_both_told() -> None:
    bodies = column("T12", 5)
    for place, candidate in enumerate(bodies):
        start = LEVELS.index("T12") + place
        candidate.levels[start - 1 : start + 1] = -0.7, -0.69
    vertebrae, (doubt,) = name_vertebrae(best_chain(bodies), View.AP, 1.0)
    assert vertebrae[-1].level == "L4"
    assert "the lowest vertebra may be L4 (51%) or L3 (49%)" in doubt


def test_a_vertebra_too_many_is_told() -> None:
    bodies = column("T1", 17)
    bodies.append(body(100, 50 + 27 * 17, "L5", probability=0.8))
    vertebrae, (doubt, *_) = name_vertebrae(best_chain(bodies), View.AP, 4.0)
    assert len(vertebrae) == 17
    assert "sixth lumbar" in doubt
    assert name_vertebrae(best_chain(column("T1", 17)), View.AP, 4.0)[1] == ()


def test_no_naming_is_surer_than_it_was_right_on_real_films() -> None:
    vertebrae, doubts = name_vertebrae(best_chain(column("T1", 17)), View.AP, 4.0, reliability=0.7)
    assert {vertebra.level_probability for vertebra in vertebrae} == {0.7}
    assert doubts == ()
