"""Bodies that seem to have lost height are measured by several looks, others by one."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulated_films import film_of

from mvm_core.inference import SHIPPED, Graph
from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, simulate_patient
from mvm_core.spine import Finder
from mvm_core.spine.chain import Link
from mvm_core.spine.corners import FINE, USUAL, CloseLooks, Corners, Frame, LookSize, Told
from mvm_core.spine.look import Candidate
from mvm_core.spine.spine import LEVELS
from mvm_core.spine.surer import measured_surely
from mvm_core.spine.weights import files_of, load_spine_weights
from mvm_core.training.spine.corner_network import CornerNetwork
from mvm_core.training.spine.release import add_looks

BODY = np.array([[-25, -15], [25, -15], [25, 15], [-25, 15]], float)


class Planted:
    """Tells each body so many pixels lower than it was shown, and counts what it was asked."""

    def __init__(self, lower: float = 4.0, dents: tuple[float, float] | None = (0.4, 0.2)) -> None:
        self.asked: list[list[float]] = []
        self._lower, self._dents = lower, dents

    def tell(self, bodies: Sequence[Corners], frame: Frame = USUAL) -> list[Told]:
        self.asked.append([float(body[:, 1].mean()) for body in bodies])
        return [Told(body + np.array([0, self._lower]), 0.9, self._dents) for body in bodies]


def chain(shares: Sequence[float], dents: tuple[float, float] | None = (0.0, 0.0)) -> tuple[Link, ...]:
    """Bodies below one another, each so much of the usual height."""
    return tuple(
        Link(Candidate(0.9, BODY * (1, share) + (100, 100 * (place + 1)), np.zeros(18), dents), 1)
        for place, share in enumerate(shares)
    )


def test_bodies_of_even_height_are_not_looked_at_again() -> None:
    looks, even = Planted(), chain([1.0, 1.04, 0.93, 1.0, 0.95])
    assert measured_surely(looks, even) == even  # type: ignore[arg-type]
    assert not looks.asked


@pytest.mark.parametrize("dents", [(0.4, 0.2), None])
def test_a_collapsed_body_and_its_neighbours_are_the_mean_of_all_looks(
    dents: tuple[float, float] | None,
) -> None:
    looks = Planted(dents=dents)
    before = chain([1.0, 1.0, 0.7, 1.0, 1.0], None if dents is None else (0.0, 0.0))
    after = measured_surely(looks, before)  # type: ignore[arg-type]
    assert looks.asked == [[200.0, 300.0, 400.0]] * len(looks.asked)
    share = len(looks.asked) / (len(looks.asked) + 1)
    for place, (one, other) in enumerate(zip(before, after, strict=True)):
        again = place in (1, 2, 3)
        assert np.allclose(other.body.corners - one.body.corners, [0, 4 * share if again else 0])
        if dents is None:
            assert other.body.dents is None
        else:
            assert other.body.dents == pytest.approx(np.array(dents) * (share if again else 0))


def test_a_look_that_tells_corners_far_off_has_no_say() -> None:
    before = chain([1.0, 1.0, 0.7, 1.0, 1.0])
    after = measured_surely(Planted(lower=30.0), before)  # type: ignore[arg-type]
    assert all(
        np.array_equal(one.body.corners, other.body.corners) for one, other in zip(before, after, strict=True)
    )


def test_a_body_dented_in_its_middle_alone_has_lost_height_too() -> None:
    looks = Planted()
    even = list(chain([1.0] * 5))
    even[2] = replace(even[2], body=replace(even[2].body, dents=(0.15, 0.1)))
    measured_surely(looks, even)  # type: ignore[arg-type]
    assert looks.asked[0] == [200.0, 300.0, 400.0]


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder.open()


def test_each_frame_tells_about_the_same(finder: Finder) -> None:
    film = film_of(simulate_patient(PatientRequest(0)), View.LATERAL)
    corners = [vertebra.corners for vertebra in finder.find(film).vertebrae]
    assert finder.weights.corners is not None
    diagonal = float(np.median([np.hypot(*(body[2] - body[0])) for body in corners]))
    looks = CloseLooks(Graph(finder.weights.corners), film.pixels, diagonal)
    usual = looks.tell(corners)
    for frame in (Frame(mirrored=True), Frame(turned_degrees=5), Frame(smaller=1.1), Frame(-4, 0.92, True)):
        told = looks.tell(corners, frame)
        apart = [np.hypot(*(a.corners - b.corners).T) for a, b in zip(told, usual, strict=True)]
        assert 0 < np.median(apart) < 0.03 * diagonal
        assert np.median([np.subtract(a.dents, b.dents) for a, b in zip(told, usual, strict=True)]) < 0.03


def test_a_fracture_is_measured_by_the_mean_on_a_lateral_film_alone(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = simulate_patient(PatientRequest(0))
    once = CloseLooks.tell

    def lower(looks: CloseLooks, bodies: Sequence[Corners], frame: Frame = USUAL) -> list[Told]:
        down = np.array([0.0, 0.0 if frame == USUAL else 9.0])
        return [replace(told, corners=told.corners + down) for told in once(looks, bodies, frame)]

    for view in View:
        film = film_of(patient, view)
        before = finder.find(film).by_level
        with monkeypatch.context() as patched:
            patched.setattr(CloseLooks, "tell", lower)
            after = finder.find(film).by_level
        moved = {level: after[level].corners[:, 1] - before[level].corners[:, 1] for level in before}
        again = {level for level, by in moved.items() if by.any()}
        assert again >= ({patient.level, *neighbours(patient.level)} if view is View.LATERAL else set())
        assert bool(again) == (view is View.LATERAL)
        # Eight looks of nine are told 9 pixels lower.
        assert all(np.allclose(moved[level], 8.0) for level in again)


def test_endplates_are_told_finer_where_the_folder_has_a_graph_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in files_of(SHIPPED):
        shutil.copy(file, tmp_path)
    add_looks(tmp_path, CornerNetwork(), {"films": "none"}, "endplates")
    finer = Finder(load_spine_weights(tmp_path))
    finer.load()
    asked: dict[View, set[LookSize]] = {view: set() for view in View}
    once = CloseLooks.tell
    film_seen = View.AP

    def noted(looks: CloseLooks, bodies: Sequence[Corners], frame: Frame = USUAL) -> list[Told]:
        if frame != USUAL:
            asked[film_seen].add(looks.size)
        return once(looks, bodies, frame)

    monkeypatch.setattr(CloseLooks, "tell", noted)
    patient = simulate_patient(PatientRequest(0))
    for film_seen in View:
        finer.find(film_of(patient, film_seen))
    assert asked == {View.AP: set(), View.LATERAL: {FINE}}


def neighbours(level: str) -> tuple[str, str]:
    place = LEVELS.index(level)
    return LEVELS[place - 1], LEVELS[place + 1]
