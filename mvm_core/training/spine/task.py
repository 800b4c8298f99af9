"""The finder's training as a task: films drawn by share, laid on canvases, and the loss."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from mvm_core.errors import TrainingError
from mvm_core.training.device import on_device
from mvm_core.training.spine.films import TrainingFilm
from mvm_core.training.spine.losses import finder_loss
from mvm_core.training.spine.network import SpineNetwork, start_network
from mvm_core.training.spine.samples import SHAPES, CanvasSample, draw_nothing, draw_sample
from mvm_core.training.steps import StepSettings, Task, load_start

_NOTHING = 0.1
"""Share of canvases without a spine."""


def finder_task(
    films: Sequence[TrainingFilm],
    shares: Sequence[float],
    settings: StepSettings,
    start: Path | None = None,
) -> Task[SpineNetwork, list[CanvasSample]]:
    """Make the task.

    Parameters
    ----------
    films : sequence of TrainingFilm
    shares : sequence of float
        How often each film is drawn, as weights.
    start : Path, optional
        Checkpoint of an earlier run, or its graph, whose weights are started from.

    Raises
    ------
    TrainingError
        If there is no film, or the checkpoint cannot be read.
    """
    if not films:
        raise TrainingError("train-spine", "there is no film with marked vertebrae", "name cohorts or --real")
    chances = np.asarray(shares, float) / np.sum(shares)

    def draw_batch(draw: np.random.Generator) -> list[CanvasSample]:
        shape = SHAPES[int(draw.integers(len(SHAPES)))]
        batch = []
        for _ in range(settings.batch_size):
            if draw.random() < _NOTHING:
                batch.append(draw_nothing(shape, draw))
            else:
                film = films[int(draw.choice(len(films), p=chances))]
                batch.append(draw_sample(film, shape, draw, settings.strength))
        return batch

    # New layers start from the run's own seed.
    torch.manual_seed(settings.seed)
    return Task("train-spine", started(start), draw_batch, _loss)


def started(start: Path | None) -> SpineNetwork:
    """A network with the mean weights of an earlier run, or with ImageNet's where none is named.

    Raises
    ------
    TrainingError
        If the checkpoint cannot be read.
    """
    network = start_network()
    if start is not None:
        load_start(network, start, "train-spine")
    return network


def _loss(
    network: SpineNetwork, batch: Sequence[CanvasSample]
) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
    device = next(network.parameters()).device
    canvas = on_device(np.stack([sample.canvas for sample in batch])[:, None], device)
    maps, film = network(canvas.contiguous(memory_format=torch.channels_last))
    return finder_loss(maps, film, [sample.target for sample in batch])
