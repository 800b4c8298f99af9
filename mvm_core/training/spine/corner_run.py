"""`train-corners`: cohorts and real films in, the graph that tells corners closer out, beside a finder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError
from mvm_core.spine.corners import DIAGONAL_PX
from mvm_core.training.device import on_device
from mvm_core.training.spine.corner_network import CornerNetwork
from mvm_core.training.spine.corner_samples import CloseSample, draw_close
from mvm_core.training.spine.films import TrainingFilm
from mvm_core.training.spine.release import add_corners
from mvm_core.training.spine.run import cohort_films, film_shares, real_films
from mvm_core.training.steps import StepSettings, Task, train_by_steps

CHECKPOINT = "corners.checkpoint"
_TILTS = 1.0


def train_corners(
    cohorts: Sequence[Path],
    out: Path,
    settings: StepSettings,
    *,
    real: Path | None = None,
    real_share: float,
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
    tell = progress or (lambda title, done, total: None)
    simulated = [
        film
        for cohort in cohorts
        for film in cohort_films(cohort, lambda done, total: tell("Reading films", done, total), workers)
        if film.shown.any()
    ]
    learnt = real_films(real) if real is not None else []
    task = corner_task([*simulated, *learnt], film_shares(len(simulated), len(learnt), real_share), settings)
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
    }
    return add_corners(out, network, trained_on)


def corner_task(
    films: Sequence[TrainingFilm], shares: Sequence[float], settings: StepSettings
) -> Task[CornerNetwork, list[CloseSample]]:
    """Make the task of telling corners.

    Raises
    ------
    TrainingError
        If there is no film.
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
    return Task("train-corners", CornerNetwork(), draw_batch, _loss)


def _loss(
    network: CornerNetwork, batch: Sequence[CloseSample]
) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
    """Mean distance of the corners as a share of the diagonal, and of the mid-lines' tilts."""
    device = next(network.parameters()).device
    looks = on_device(np.stack([sample.look for sample in batch])[:, None], device)
    wanted = on_device(np.stack([sample.corners for sample in batch]), device)
    said = network(looks.contiguous(memory_format=torch.channels_last)).float()
    corner = (said - wanted).abs().mean() / DIAGONAL_PX
    tilt = (_tilt(said) - _tilt(wanted)).abs().mean()
    parts = {"corner": 10 * corner, "tilt": 10 * _TILTS * tilt}
    return parts["corner"] + parts["tilt"], {name: part.detach() for name, part in parts.items()}


def _tilt(corners: torch.Tensor) -> torch.Tensor:
    """Rise of both endplates against their length."""
    ends = torch.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 3]], dim=1)
    return ends[..., 1] / DIAGONAL_PX
