"""The finder's training: what it is asked, that it learns, resumes and exports what it learnt."""

from pathlib import Path

import numpy as np
import pytest
import torch
from marked_column import marked_film

from mvm_core.errors import TrainingError, WeightsError
from mvm_core.inference import Graph
from mvm_core.radiograph import Radiograph
from mvm_core.spine import LEVELS, Finder
from mvm_core.spine.canvas import OFFSET_UNIT, STRIDE
from mvm_core.spine.weights import MANIFEST, load_spine_weights
from mvm_core.training.spine import task as tasks
from mvm_core.training.spine.network import start_network
from mvm_core.training.spine.release import write_finder
from mvm_core.training.spine.samples import draw_nothing, draw_sample
from mvm_core.training.spine.task import finder_task
from mvm_core.training.steps import StepSettings, train_by_steps

SMALL = (128, 96)
QUICK = StepSettings(steps=6, batch_size=2, strength=0.3)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SHAPES", (SMALL,))


def test_targets_lie_on_the_bodies_that_the_canvas_shows() -> None:
    film, found = marked_film(), 0
    for seed in range(40):
        sample = draw_sample(film, (192, 128), np.random.default_rng(seed), 0.0)
        target = sample.target
        for (row, column), offsets, level in zip(target.cells, target.offsets, target.levels, strict=True):
            corners = (np.array([column, row]) + 0.5) * STRIDE + offsets.reshape(4, 2) * OFFSET_UNIT
            # Upper left, upper right, lower right, lower left: clockwise on the film.
            x, y = corners.T
            assert np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) > 0
            assert corners[0, 0] < corners[1, 0]
            assert corners[0, 1] < corners[3, 1]
            inside = corners.mean(axis=0).astype(int)
            assert sample.canvas[inside[1], inside[0]] > sample.canvas.min() + 0.5
            assert LEVELS[level].startswith(("T12", "L"))
            found += 1
    assert found > 200


def test_a_turned_canvas_is_asked_for_its_turn_alone() -> None:
    turned = [
        target
        for seed in range(60)
        if (target := draw_sample(marked_film(), SMALL, np.random.default_rng(seed), 0.0).target).turned > 0
    ]
    assert 5 < len(turned) < 25
    assert all(not target.counted.any() and not len(target.cells) for target in turned)


def test_some_films_are_turned_as_far_as_a_severe_curve_tilts_a_vertebra() -> None:
    tilts = []
    for seed in range(300):
        target = draw_sample(marked_film(), (192, 128), np.random.default_rng(seed), 0.0).target
        if len(target.cells):
            upper = target.offsets[0].reshape(4, 2)[1] - target.offsets[0].reshape(4, 2)[0]
            tilts.append(abs(float(np.degrees(np.arctan2(upper[1], upper[0])))))
    steep = np.mean(np.array(tilts) > 20)
    assert 0.04 < steep < 0.25
    assert max(tilts) > 28


def test_beyond_the_marks_of_an_incomplete_film_nothing_is_learnt() -> None:
    def counted(*, complete: bool) -> float:
        film = marked_film(complete=complete)
        draws = [draw_sample(film, (192, 128), np.random.default_rng(seed), 0.0) for seed in range(20)]
        return float(np.mean([d.target.counted.mean() for d in draws if d.target.turned == 0]))

    assert counted(complete=False) < counted(complete=True) - 0.01


def test_nothing_has_no_bodies() -> None:
    sample = draw_nothing(SMALL, np.random.default_rng(2))
    assert sample.target.spine == 0.0
    assert not sample.target.centre.any()
    assert sample.canvas.shape == SMALL


@pytest.mark.usefixtures("small")
def test_a_resumed_run_ends_as_one_that_was_never_stopped(tmp_path: Path) -> None:
    films = [marked_film(6), marked_film(5)]

    def run(checkpoint: Path, *, stop_at: int | None = None, resume: bool = False) -> torch.nn.Module:
        class Stopped(Exception):  # noqa: N818
            pass

        def progress(done: int, _: int) -> None:
            if done == stop_at:
                raise Stopped

        try:
            return train_by_steps(
                finder_task(films, [1, 1], QUICK), QUICK, checkpoint, resume=resume, progress=progress
            )
        except Stopped:
            return torch.nn.Identity()

    whole = run(tmp_path / "whole.pt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mvm_core.training.steps._SAVE_EVERY", 3)
        run(tmp_path / "stopped.pt", stop_at=4)
    resumed = run(tmp_path / "stopped.pt", resume=True)
    for name, tensor in whole.state_dict().items():
        assert torch.allclose(tensor.float(), resumed.state_dict()[name].float(), atol=1e-6), name


@pytest.mark.usefixtures("small")
def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.pt"
    train_by_steps(finder_task([marked_film()], [1], QUICK), QUICK, checkpoint)
    other = StepSettings(steps=7, batch_size=2, strength=0.3)
    with pytest.raises(TrainingError, match="other settings"):
        train_by_steps(finder_task([marked_film()], [1], other), other, checkpoint, resume=True)
    checkpoint.write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="cannot be read"):
        train_by_steps(finder_task([marked_film()], [1], QUICK), QUICK, checkpoint, resume=True)


def test_without_films_there_is_no_training() -> None:
    with pytest.raises(TrainingError, match="no film"):
        finder_task([], [], QUICK)


@pytest.mark.usefixtures("small")
def test_the_loss_falls_on_what_is_learnt() -> None:
    torch.manual_seed(0)
    task = finder_task([marked_film()], [1], StepSettings(batch_size=4, strength=0.0))
    network, losses = task.network, []
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    for step in range(14):
        loss, _ = task.loss(network, task.draw(np.random.default_rng(step)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-4:]) < 0.6 * np.mean(losses[:3])


def test_the_exported_graph_says_what_the_network_says(tmp_path: Path) -> None:
    network = start_network().eval()
    write_finder(tmp_path, network, {"films": "none"})
    weights = load_spine_weights(tmp_path)
    assert weights.trained_on == {"films": "none"}
    canvas = np.random.default_rng(0).standard_normal((1, 1, 160, 96)).astype(np.float32)
    maps, film = Graph(weights.graph).run(("maps", "film"), {"canvas": canvas})
    with torch.inference_mode():
        own_maps, own_film = network(torch.from_numpy(canvas))
    assert maps.shape == (1, 31, 40, 24)
    # Stored in half precision.
    assert np.abs(maps - own_maps.numpy()).max() < 0.05
    assert np.abs(film - own_film.numpy()).max() < 0.05
    assert (tmp_path / weights.graph.name).stat().st_size < 15 * 2**20


def test_a_damaged_finder_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="missing"):
        load_spine_weights(tmp_path)
    write_finder(tmp_path, start_network().eval(), {})
    graph = tmp_path / "spine.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="checksum"):
        load_spine_weights(tmp_path)
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(WeightsError, match="malformed"):
        load_spine_weights(tmp_path)


def test_an_untaught_finder_answers_without_error(tmp_path: Path) -> None:
    write_finder(tmp_path, start_network().eval(), {})
    finder = Finder(load_spine_weights(tmp_path))
    for shape in ((40, 40), (900, 60), (64, 2000)):
        film = Radiograph(np.random.default_rng(1).random(shape, np.float32), "noise")
        spine = finder.find(film)
        assert spine.refused is not None or spine.vertebrae
