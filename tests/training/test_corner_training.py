"""Corners told closer: what the network is asked, that it learns it, and that the finder uses it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from marked_column import marked_film

from mvm_core.errors import TrainingError, WeightsError
from mvm_core.inference import Graph
from mvm_core.spine import LEVELS, Finder
from mvm_core.spine.chain import Link
from mvm_core.spine.corners import CLOSE, FINE, CloseLooks, LookSize, close_look, told_closer
from mvm_core.spine.look import Candidate
from mvm_core.spine.spine import dents_of
from mvm_core.spine.walk import gaps_filled, walked_on
from mvm_core.spine.weights import MANIFEST, load_spine_weights
from mvm_core.training.spine.corner_look import CORNER_LOOK
from mvm_core.training.spine.corner_network import CornerNetwork
from mvm_core.training.spine.corner_samples import CORNERS, ENDPLATES, Asked, draw_close
from mvm_core.training.spine.films import TrainingFilm
from mvm_core.training.spine.network import start_network
from mvm_core.training.spine.release import add_looks, write_finder
from mvm_core.training.steps import StepSettings, train_by_steps

SETTINGS = StepSettings(steps=160, batch_size=8, learning_rate=4e-3, strength=0.0, mean_decay=0.9)


def roughly(corners: np.ndarray, seed: int) -> Candidate:
    draw = np.random.default_rng(seed)
    return Candidate(0.9, corners + draw.normal(0, 3.0, corners.shape), np.zeros(18))


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finder's folder with corners taught on one plain film."""
    folder = tmp_path_factory.mktemp("taught")
    write_finder(folder, start_network().eval(), {})
    network = train_by_steps(
        CORNER_LOOK.task([marked_film()], [1], SETTINGS), SETTINGS, folder / "run.checkpoint"
    )
    add_looks(folder, network, {"films": "one"})
    return folder


@pytest.mark.parametrize("kind", [CORNERS, ENDPLATES], ids=["corners", "endplates"])
def test_corners_lie_around_the_body_that_the_look_shows(kind: Asked) -> None:
    size = kind.size
    asked = [draw_close(marked_film(), np.random.default_rng(seed), 0.0, kind) for seed in range(60)]
    bodies = [sample for sample in asked if not np.isnan(sample.points).any()]
    share = len(bodies) / len(asked)
    assert share == pytest.approx(1 - kind.no_body, abs=0.15)
    widths = [np.hypot(*(sample.points[2] - sample.points[0])) for sample in bodies]
    assert np.median(widths) == pytest.approx(size.diagonal_px, rel=0.1)
    for sample in bodies:
        assert sample.body != 0
        corners, middles = sample.points[:4], sample.points[4:]
        x, y = corners.T
        # Upper left, upper right, lower right, lower left: clockwise on the film, mirrored or not.
        assert np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) > 0
        assert corners[0, 0] < corners[1, 0]
        # Of the column's bodies the upper endplates are straight, the lower ones dip.
        assert dents_of(corners, middles) == pytest.approx((0, 0.2), abs=1e-3)
        for corner in corners:
            inside, outside = (
                (corners.mean(axis=0) + (corner - corners.mean(axis=0)) * share).astype(int)
                for share in (0.8, 1.25)
            )
            if (outside < (size.columns, size.rows)).all() and (outside >= 0).all():
                assert sample.look[inside[1], inside[0]] > sample.look[outside[1], outside[0]] + 0.5


def test_a_collapsed_body_is_looked_at_oftener_and_the_sacrum_is_not_taken_for_one() -> None:
    film = marked_film()
    corners = film.corners.copy()
    # To half its height, by both endplates.
    corners[3, :2, 1] += 9.5
    corners[3, 2:, 1] -= 9.5
    middles = np.stack([corners[:, :2].mean(axis=1), corners[:, 2:].mean(axis=1)], axis=1)

    def share_of_flat(film: TrainingFilm) -> float:
        drawn = [draw_close(film, np.random.default_rng(seed), 0.0).points for seed in range(300)]
        shown = np.array([points for points in drawn if not np.isnan(points).any()])
        flat = (shown[:, 3] - shown[:, 0])[:, 1] / (shown[:, 1] - shown[:, 0])[:, 0] < 0.45
        return float(flat.mean())

    collapsed = replace(film, corners=corners, middles=middles)
    assert share_of_flat(collapsed) > 0.45
    named = np.full(len(corners), LEVELS.index("S1"))
    assert share_of_flat(replace(collapsed, levels=named)) < 0.3


def test_a_body_that_is_not_shown_is_not_asked_for() -> None:
    film = marked_film(2)
    hidden = replace(film, shown=np.array([False, True]))
    alone = replace(
        film,
        corners=film.corners[1:],
        middles=film.middles[1:],
        levels=film.levels[1:],
        shown=film.shown[1:],
    )
    for seed in range(10):
        asked, known = (draw_close(each, np.random.default_rng(seed), 0.0) for each in (hidden, alone))
        if not np.isnan(asked.points).any():
            assert np.allclose(asked.points, known.points, atol=1e-3)
            assert np.allclose(asked.look, known.look, atol=1e-4)


def test_between_bodies_beside_them_and_beyond_the_ends_there_is_none() -> None:
    film, none = marked_film(), 0
    for seed in range(80):
        sample = draw_close(film, np.random.default_rng(seed), 0.0)
        if np.isnan(sample.points).any():
            assert sample.body != 1
            none += sample.body == 0
    assert none > 10


def test_missing_bodies_are_found_where_their_neighbours_point(taught: Path) -> None:
    film = marked_film()
    weights = load_spine_weights(taught)
    assert weights.corners is not None
    pixels = film.pixels.astype(np.float32) / np.float32(255)
    looks = CloseLooks(Graph(weights.corners), pixels, 71.0)
    bodies = [Candidate(0.9, corners, np.zeros(18)) for corners in film.corners]
    # The lowest two and one in the middle are lacking.
    chain = (Link(bodies[0], 1), Link(bodies[1], 1), Link(bodies[3], 2))
    found = walked_on(looks, gaps_filled(looks, chain), 4, 4)
    middles = np.array([link.body.centre for link in found])
    assert len(found) == 6
    assert np.allclose(middles, film.corners.mean(axis=1), atol=6)
    assert all(link.steps == 1 for link in found)
    assert len(walked_on(looks, gaps_filled(looks, chain), 4, 1)) == 5
    # Steps that were counted too few are seen by the distance.
    assert len(gaps_filled(looks, (*chain[:2], Link(bodies[3], 1), Link(bodies[4], 1)))) == 5


def test_rough_corners_are_told_closer(taught: Path) -> None:
    film = marked_film()
    weights = load_spine_weights(taught)
    assert weights.corners is not None
    pixels = film.pixels.astype(np.float32) / np.float32(255)
    # Three times finer than looks need, too: it is reduced first, and corners come back in its own pixels.
    for times in (1, 3):
        large = np.kron(pixels, np.ones((times, times), np.float32))
        bodies = [roughly(corners, seed) for seed, corners in enumerate(film.corners)]
        bodies = [replace(body, corners=body.corners * times) for body in bodies]
        told = told_closer(CloseLooks(Graph(weights.corners), large, 71.0 * times), bodies)
        before, after = (
            np.hypot(*np.moveaxis(np.array([b.corners for b in each]) / times - film.corners, 2, 0)).mean()
            for each in (bodies, told)
        )
        assert after < 0.6 * before


def test_a_corner_told_far_off_is_not_believed(taught: Path) -> None:
    weights = load_spine_weights(taught)
    assert weights.corners is not None
    body = roughly(marked_film().corners[2], 0)
    moved = replace(body, corners=body.corners + np.array([0, 400]))
    noise = np.random.default_rng(0).random((900, 200), np.float32)
    (told,) = told_closer(CloseLooks(Graph(weights.corners), noise, 71.0), [moved])
    assert np.hypot(*(told.corners - moved.corners).T).max() < 0.5 * 75


def test_the_graph_says_what_the_network_says(tmp_path: Path) -> None:
    write_finder(tmp_path, start_network().eval(), {})
    network = CornerNetwork().eval()
    add_looks(tmp_path, network, {})
    weights = load_spine_weights(tmp_path)
    assert weights.corners is not None
    looks = np.random.default_rng(0).standard_normal((3, 1, CLOSE.rows, CLOSE.columns)).astype(np.float32)
    with torch.inference_mode():
        own = [each.numpy() for each in network(torch.from_numpy(looks))]
    for told, said in zip(Graph(weights.corners).run(("corners", "body"), {"look": looks}), own, strict=True):
        assert told.shape == said.shape
        assert np.abs(told - said).max() < 0.5


def test_both_graphs_are_checked(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="missing"):
        add_looks(tmp_path, CornerNetwork(), {})
    write_finder(tmp_path, start_network().eval(), {})
    before = load_spine_weights(tmp_path)
    add_looks(tmp_path, CornerNetwork().eval(), {"films": "none"})
    after = load_spine_weights(tmp_path)
    assert before.corners is None
    assert before.identity != after.identity
    assert Finder(after).weights.corners == tmp_path / "corners.onnx"
    (tmp_path / "corners.onnx").write_bytes(b"")
    with pytest.raises(WeightsError, match="checksum"):
        load_spine_weights(tmp_path)
    (tmp_path / "corners.onnx").unlink()
    with pytest.raises(WeightsError, match="missing"):
        load_spine_weights(tmp_path)
    manifest = json.loads((tmp_path / MANIFEST).read_bytes())
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest, "corners": {}}))
    with pytest.raises(WeightsError, match="malformed"):
        load_spine_weights(tmp_path)


@pytest.mark.parametrize("size", [CLOSE, FINE], ids=["close", "fine"])
def test_a_close_look_sets_a_body_upright_in_its_middle(size: LookSize) -> None:
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    corners = np.array([[0, 0], [60, 0], [60, 38], [0, 38]], float) @ turn.T + 200
    placed = close_look(corners, size=size).points(corners)
    assert np.allclose(placed.mean(axis=0), (size.columns / 2, size.rows / 2))
    assert np.hypot(*(placed[2] - placed[0])) == pytest.approx(size.diagonal_px)
    assert np.allclose(placed[0, 1], placed[1, 1])


def test_without_films_there_is_no_training() -> None:
    with pytest.raises(TrainingError, match="no film"):
        CORNER_LOOK.task([], [], SETTINGS)
