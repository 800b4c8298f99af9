"""Levels told from the straight spine: what is asked, that it is learnt, that the finder uses it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mvm_core.errors import TrainingError, WeightsError
from mvm_core.inference import Graph
from mvm_core.radiograph import View
from mvm_core.spine import LEVELS, Finder
from mvm_core.spine.chain import Link
from mvm_core.spine.look import Candidate
from mvm_core.spine.naming import name_chain
from mvm_core.spine.straight import (
    BEYOND,
    CLASSES,
    COLUMNS,
    FIRSTS,
    PLACE_ROWS,
    at_every_place,
    first_level,
    straightened,
)
from mvm_core.spine.weights import MANIFEST, load_spine_weights
from mvm_core.training.spine import level_samples
from mvm_core.training.spine.corner_look import CORNER_LOOK
from mvm_core.training.spine.films import TrainingFilm, training_film, usual_bodies
from mvm_core.training.spine.level_look import LEVEL_LOOK
from mvm_core.training.spine.level_network import LevelNetwork
from mvm_core.training.spine.level_samples import can_be_named, draw_levels
from mvm_core.training.spine.network import start_network
from mvm_core.training.spine.release import add_levels, write_finder
from mvm_core.training.steps import StepSettings, train_by_steps

SETTINGS = StepSettings(steps=120, batch_size=8, learning_rate=4e-3, strength=0.0, mean_decay=0.9)
FIRST = LEVELS.index("T8")
STEP = 50


def column(number: int = 10) -> TrainingFilm:
    """A bent column of bodies, T8 highest, with ribs beside the thoracic ones alone."""
    rows = np.arange(60 + STEP * number)
    pixels = np.full((len(rows), 260), 0.3, np.float32)
    corners = []
    for place in range(number):
        top = 30 + STEP * place
        left = 100 + round(30 * np.sin(place / 3))
        pixels[top : top + 34, left : left + 60] = 0.8
        if FIRST + place <= LEVELS.index("T12"):
            pixels[top : top + 10, left - 60 : left] = 0.6
            pixels[top : top + 10, left + 60 : left + 120] = 0.6
        corners.append([[left, top], [left + 60, top], [left + 60, top + 34], [left, top + 34]])
    levels = LEVELS[FIRST : FIRST + number]
    return training_film(
        "column", pixels, View.AP, np.array(corners, float), levels, complete=False, mirrored=None
    )


def as_chain(film: TrainingFilm, places: list[int]) -> tuple[Link, ...]:
    steps = [1, *np.diff(places).tolist()]
    none = np.zeros(len(LEVELS))
    return tuple(
        Link(Candidate(0.9, film.corners[place], none), step)
        for place, step in zip(places, steps, strict=True)
    )


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finder's folder with levels taught on one plain film."""
    folder = tmp_path_factory.mktemp("taught")
    write_finder(folder, start_network().eval(), {})
    network = train_by_steps(LEVEL_LOOK.task([column()], [1], SETTINGS), SETTINGS, folder / "run.checkpoint")
    add_levels(folder, network, {"films": "one"})
    return folder


def test_bodies_lie_in_the_middle_of_their_places_however_the_spine_bends() -> None:
    film = column()
    pixels = film.pixels.astype(np.float32) / np.float32(255)
    laid = straightened(pixels, film.corners)
    assert laid.shape == ((10 + 2 * BEYOND) * PLACE_ROWS, COLUMNS)
    for place in range(10):
        middle = (BEYOND + place) * PLACE_ROWS + PLACE_ROWS // 2
        between = middle + PLACE_ROWS // 2
        assert laid[middle, COLUMNS // 2 - 6 : COLUMNS // 2 + 6].min() > 0.5
        if place < 9:
            assert laid[between, COLUMNS // 2] < laid[middle, COLUMNS // 2] - 0.5


def test_a_place_without_a_body_is_laid_out_between_its_neighbours() -> None:
    film = column()
    pixels = film.pixels.astype(np.float32) / np.float32(255)
    whole = straightened(pixels, film.corners)
    kept = [0, 1, 2, 4, 5, 6, 7, 8, 9]
    gap = straightened(pixels, at_every_place(film.corners[kept], np.array(kept)))
    assert gap.shape == whole.shape
    assert np.corrcoef(gap.ravel(), whole.ravel())[0, 1] > 0.97


def test_samples_say_the_level_that_their_first_place_shows() -> None:
    film = column()
    firsts = set()
    for seed in range(60):
        sample = draw_levels(film, np.random.default_rng(seed), 0.0)
        assert len(sample.picture) % PLACE_ROWS == 0
        firsts.add(sample.first)
        for place in range(len(sample.picture) // PLACE_ROWS):
            level = sample.first + place
            row = sample.picture[place * PLACE_ROWS + PLACE_ROWS // 2 - 5]
            beside = max(
                row[COLUMNS // 2 - 24 : COLUMNS // 2 - 16].mean(),
                row[COLUMNS // 2 + 16 : COLUMNS // 2 + 24].mean(),
            )
            if level in (LEVELS.index("T10"), LEVELS.index("T11")):
                assert beside > row.min() + 0.2
    assert {FIRST - BEYOND - 1, FIRST - BEYOND, FIRST - BEYOND + 1} <= firsts
    assert max(firsts) > FIRST + 1


def test_a_film_and_its_mirror_image_are_named_alike(taught: Path) -> None:
    film = column()
    weights = load_spine_weights(taught)
    assert weights.levels is not None
    graph, pixels = Graph(weights.levels), film.pixels.astype(np.float32) / np.float32(255)
    # ribs on one side alone, so that both sides differ
    pixels[:, 160:] = pixels[:1, -1:]
    about = (np.array([pixels.shape[1], 0]) + np.array([-1, 1]) * film.corners)[:, [1, 0, 3, 2]]
    seen = first_level(graph, pixels, as_chain(film, list(range(10))), "L5")
    mirrored = replace(film, corners=about)
    turned = np.ascontiguousarray(pixels[:, ::-1])
    assert seen == pytest.approx(
        first_level(graph, turned, as_chain(mirrored, list(range(10))), "L5"), rel=0.01, abs=0.2
    )


def test_a_film_stretched_across_keeps_its_bodies_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    film, seen = column(), []

    def keep(pixels: np.ndarray, bodies: np.ndarray) -> np.ndarray:
        seen.append((pixels, bodies))
        return straightened(pixels, bodies)

    monkeypatch.setattr(level_samples, "straightened", keep)
    for seed in range(12):
        draw_levels(film, np.random.default_rng(seed), 0.0)
    widths = {pixels.shape[1] for pixels, _ in seen}
    assert min(widths) < 240
    assert max(widths) > 280
    for pixels, bodies in seen:
        inside = bodies[2:-2].mean(axis=1).round().astype(int)
        assert (pixels[inside[:, 1], inside[:, 0]] > 0.6).mean() > 0.8


def test_a_finder_taught_anew_keeps_the_graphs_beside_it(taught: Path, tmp_path: Path) -> None:
    shutil.copytree(taught, tmp_path / "again")
    write_finder(tmp_path / "again", start_network().eval(), {"films": "others"})
    before, after = load_spine_weights(taught), load_spine_weights(tmp_path / "again")
    assert after.levels is not None
    assert before.levels is not None
    assert after.levels.read_bytes() == before.levels.read_bytes()
    # What is not whole is not taken over, and ends no training.
    for damaged in ("levels.onnx", MANIFEST):
        shutil.copytree(taught, tmp_path / f"without {damaged}")
        (tmp_path / f"without {damaged}" / damaged).write_bytes(b"{")
        write_finder(tmp_path / f"without {damaged}", start_network().eval(), {})
        assert load_spine_weights(tmp_path / f"without {damaged}").levels is None


def test_films_whose_levels_are_unknown_or_not_in_a_row_are_not_named() -> None:
    film = column()
    assert can_be_named(film)
    assert not can_be_named(column(3))
    unknown = film.levels.copy()
    unknown[4] = -1
    assert not can_be_named(replace(film, levels=unknown))
    hidden = np.arange(10) != 4
    assert can_be_named(replace(film, levels=unknown, shown=hidden))


def test_marks_that_are_misplaced_doubled_or_missing_are_unusual() -> None:
    corners = column().corners
    assert usual_bodies(corners).all()
    far, twice = corners.copy(), corners.copy()
    far[9, 2] += 900
    twice[5] = corners[4] + 2
    assert not usual_bodies(far)[9]
    assert not usual_bodies(twice)[5]
    assert not usual_bodies(np.delete(corners, [4, 5], axis=0))[4]


def test_a_training_starts_from_a_graph_as_it_is_stored(taught: Path) -> None:
    task = LEVEL_LOOK.task([column()], [1], SETTINGS, taught / "levels.onnx")
    picture = np.random.default_rng(1).normal(0, 1, (2, 1, 6 * PLACE_ROWS, COLUMNS)).astype(np.float32)
    with torch.no_grad():
        started = task.network.eval()(torch.from_numpy(picture)).numpy()
    (stored,) = Graph(taught / "levels.onnx").run(("levels",), {"picture": picture})
    assert started == pytest.approx(stored, abs=1e-4)


def test_a_graph_of_another_network_is_no_start(taught: Path) -> None:
    with pytest.raises(TrainingError, match="it holds no network of train-corners") as raised:
        CORNER_LOOK.task([column()], [1], SETTINGS, taught / "levels.onnx")
    assert "levels.onnx" in str(raised.value)


@pytest.mark.parametrize("places", [range(10), range(2, 9), [0, 1, 3, 4, 6, 7, 8]])
def test_levels_are_told_from_the_last_rib(taught: Path, places: list[int]) -> None:
    film = column()
    weights = load_spine_weights(taught)
    assert weights.levels is not None
    pixels = film.pixels.astype(np.float32) / np.float32(255)
    chain = as_chain(film, list(places))
    firsts = first_level(Graph(weights.levels), pixels, chain, "L5")
    assert firsts.shape == (len(FIRSTS),)
    naming = name_chain(chain, "L5", 1.0, firsts)
    assert naming.names == tuple(LEVELS[FIRST + place] for place in places)
    assert naming.probability > 0.6


def test_a_body_above_the_first_or_below_the_last_level_has_no_name() -> None:
    # C7, T1 to L5, the sacrum.
    firsts = np.where(np.array(FIRSTS) == -1, 0.0, -9.0)
    nowhere = Candidate(0.9, np.zeros((4, 2)), np.zeros(len(LEVELS)))
    naming = name_chain([Link(nowhere, 1)] * 19, "L5", 1.0, firsts)
    assert naming.names == (None, *LEVELS[:17], None)
    assert naming.probability > 0.99


def test_the_graph_says_what_the_network_says(tmp_path: Path) -> None:
    write_finder(tmp_path, start_network().eval(), {})
    network = LevelNetwork().eval()
    add_levels(tmp_path, network, {})
    weights = load_spine_weights(tmp_path)
    assert weights.levels is not None
    for places in (6, 21):
        pictures = np.random.default_rng(0).standard_normal((2, 1, places * PLACE_ROWS, COLUMNS))
        with torch.inference_mode():
            own = network(torch.from_numpy(pictures.astype(np.float32))).numpy()
        (told,) = Graph(weights.levels).run(("levels",), {"picture": pictures.astype(np.float32)})
        assert told.shape == own.shape == (2, places, CLASSES)
        assert np.abs(told - own).max() < 0.05


def test_the_graph_is_checked(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="missing"):
        add_levels(tmp_path, LevelNetwork(), {})
    write_finder(tmp_path, start_network().eval(), {})
    before = load_spine_weights(tmp_path)
    add_levels(tmp_path, LevelNetwork().eval(), {"films": "none"})
    after = load_spine_weights(tmp_path)
    assert before.levels is None
    assert before.identity != after.identity
    assert Finder(after).weights.levels == tmp_path / "levels.onnx"
    (tmp_path / "levels.onnx").write_bytes(b"")
    with pytest.raises(WeightsError, match="checksum"):
        load_spine_weights(tmp_path)
    manifest = json.loads((tmp_path / MANIFEST).read_bytes())
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest, "levels": {}}))
    with pytest.raises(WeightsError, match="malformed"):
        load_spine_weights(tmp_path)


def test_without_films_there_is_no_training() -> None:
    with pytest.raises(TrainingError, match="no film"):
        LEVEL_LOOK.task([], [], SETTINGS)
