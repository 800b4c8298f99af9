"""`train-corners`: cohorts and real films in, the graph that tells corners closer out, beside a finder."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError
from mvm_core.spine.corners import DIAGONAL_PX
from mvm_core.spine.weights import load_spine_weights
from mvm_core.training.device import on_device
from mvm_core.training.spine.corner_network import CornerNetwork
from mvm_core.training.spine.corner_samples import CloseSample, draw_close
from mvm_core.training.spine.films import TrainingFilm
from mvm_core.training.spine.release import add_corners, measure_reliability
from mvm_core.training.spine.run import film_shares, films_to_learn
from mvm_core.training.steps import StepSettings, Task, load_mean, train_by_steps

CHECKPOINT = "corners.checkpoint"
_CORNERS, _TILTS = 10.0, 10.0


def train_corners(
    cohorts: Sequence[Path],
    out: Path,
    settings: StepSettings,
    *,
    real: Path | None = None,
    real_share: float,
    start: Path | None = None,
    resume: bool = False,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Train the graph and add it to the finder in a folder; gives the finder's manifest.

    Parameters
    ----------
    cohorts : sequence of Path
        Simulated cohorts with a levels.csv.
    out : Path
        Folder with a ``spine.json``.
    real : Path, optional
        Folder of marked real films, whose AP films of the training part are learnt from.
    real_share : float
        Of the looks drawn, those at real films, in [0, 1].
    start : Path, optional
        Checkpoint of an earlier run, whose mean weights are started from.
    workers : int
        Processes that read films, and threads that draw batches ahead.

    Raises
    ------
    TrainingError
        If there is nothing to learn from.
    TableError, FilmError
        If a cohort or a film cannot be read.
    WeightsError
        If the folder holds no finder.
    """
    # Told before hours of training, not after.
    load_spine_weights(out)
    tell = progress or (lambda title, done, total: None)
    simulated, learnt = films_to_learn(cohorts, real, workers, tell)
    simulated = [film for film in simulated if film.shown.any()]
    shares = film_shares(len(simulated), len(learnt), real_share)
    task = corner_task([*simulated, *learnt], shares, settings, start)
    network = train_by_steps(
        task,
        settings,
        out / CHECKPOINT,
        resume=resume,
        threads=workers,
        progress=lambda done, total: tell("Training", done, total),
    )
    trained_on = {
        "cohorts": {folder.name: read_manifest(folder).fingerprint for folder in cohorts},
        "simulated_films": len(simulated),
        "real_ap_films": len(learnt),
        "real_share": real_share,
        "settings": asdict(settings),
        "start": None if start is None else hashlib.sha256(start.read_bytes()).hexdigest(),
    }
    manifest = add_corners(out, network, trained_on)
    if real is not None:
        measure_reliability(out, real)
    return manifest


def corner_task(
    films: Sequence[TrainingFilm],
    shares: Sequence[float],
    settings: StepSettings,
    start: Path | None = None,
) -> Task[CornerNetwork, list[CloseSample]]:
    """Make the task of telling corners.

    Parameters
    ----------
    start : Path, optional
        Checkpoint of an earlier run, whose mean weights are started from.

    Raises
    ------
    TrainingError
        If there is no film, or the checkpoint cannot be read.
    """
    if not films:
        raise TrainingError(
            "train-corners", "there is no film with marked vertebrae", "name cohorts or --real"
        )
    chances = np.asarray(shares, float) / np.sum(shares)

    def draw_batch(draw: np.random.Generator) -> list[CloseSample]:
        chosen = draw.choice(len(films), settings.batch_size, p=chances)
        return [draw_close(films[int(place)], draw, settings.strength) for place in chosen]

    torch.manual_seed(settings.seed)
    return Task("train-corners", _started(start), draw_batch, _loss)


def _started(start: Path | None) -> CornerNetwork:
    network = CornerNetwork()
    if start is not None:
        load_mean(network, start, "train-corners")
    return network


def _loss(
    network: CornerNetwork, batch: Sequence[CloseSample]
) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
    """How far corners and endplates' tilts are off, against the diagonal; cross-entropy of the body."""
    device = next(network.parameters()).device
    looks = on_device(np.stack([sample.look for sample in batch])[:, None], device)
    wanted = on_device(np.stack([sample.corners for sample in batch]), device)
    said, body = network(looks.contiguous(memory_format=torch.channels_last))
    known = np.flatnonzero([not np.isnan(sample.corners).any() for sample in batch])
    own, wanted = said.float()[known], wanted[known]
    asked = np.flatnonzero([not np.isnan(sample.body) for sample in batch])
    there = np.array([sample.body for sample in batch], np.float32)[asked]
    parts = {
        "corner": _CORNERS * (own - wanted).abs().mean() / DIAGONAL_PX,
        "tilt": _TILTS * (_tilt(own) - _tilt(wanted)).abs().mean(),
        "body": nn.functional.binary_cross_entropy_with_logits(
            body.float()[on_device(asked, device)], on_device(there, device)
        ),
    }
    # A batch may ask of no body, or of bodies alone.
    told = {name: part for name, part in parts.items() if bool(len(asked if name == "body" else known))}
    return torch.stack(list(told.values())).sum(), {name: part.detach() for name, part in told.items()}


def _tilt(corners: torch.Tensor) -> torch.Tensor:
    """Rise of both endplates against their length."""
    ends = torch.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 3]], dim=1)
    return ends[..., 1] / DIAGONAL_PX
