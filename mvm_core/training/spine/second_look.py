"""Cohorts and real films in, a graph that looks once more at what the finder found out, beside it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import nn

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError
from mvm_core.radiograph import View
from mvm_core.spine.weights import load_spine_weights
from mvm_core.training.spine.films import LONGEST_SIDE, TrainingFilm
from mvm_core.training.spine.release import measure_reliability
from mvm_core.training.spine.run import film_shares, films_to_learn
from mvm_core.training.steps import StepSettings, Task, load_start, train_by_steps

Trained = TypeVar("Trained", bound=nn.Module)
Drawn = TypeVar("Drawn")
Loss = Callable[[Trained, Sequence[Drawn]], tuple[torch.Tensor, Mapping[str, torch.Tensor]]]


@dataclass(frozen=True)
class SecondLook(Generic[Trained, Drawn]):
    """A network beside the finder, and how it is taught.

    Attributes
    ----------
    command : str
        That trains it; its checkpoint lies in ``<what follows the first dash>.checkpoint``.
    network : callable
        Makes it anew.
    usable : callable
        Whether a film can be learnt from.
    draw : callable
        Makes a sample from a film, a random generator and the strength of the changes of grey values.
    loss : callable
        Takes the network and a batch of samples; gives the loss and its parts.
    add : callable
        Writes the network beside the finder of a folder, with what it was trained on; gives the manifest.
    views : tuple of View
        Of which films are learnt from.
    longest_side : int
        Pixels that films are kept reduced to.
    """

    command: str
    network: Callable[[], Trained]
    usable: Callable[[TrainingFilm], bool]
    draw: Callable[[TrainingFilm, np.random.Generator, float], Drawn]
    loss: Loss[Trained, Drawn]
    add: Callable[[Path, Trained, Mapping[str, Any]], Path]
    views: tuple[View, ...] = tuple(View)
    longest_side: int = LONGEST_SIDE

    def task(
        self,
        films: Sequence[TrainingFilm],
        shares: Sequence[float],
        settings: StepSettings,
        start: Path | None = None,
    ) -> Task[Trained, list[Drawn]]:
        """Make the task of a run.

        Parameters
        ----------
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
            raise TrainingError(
                self.command, "there is no film with marked vertebrae", "name cohorts or --real"
            )
        chances = np.asarray(shares, float) / np.sum(shares)

        def draw_batch(draw: np.random.Generator) -> list[Drawn]:
            chosen = draw.choice(len(films), settings.batch_size, p=chances)
            return [self.draw(films[int(place)], draw, settings.strength) for place in chosen]

        # New layers start from the run's own seed.
        torch.manual_seed(settings.seed)
        network = self.network()
        if start is not None:
            load_start(network, start, self.command)
        return Task(self.command, network, draw_batch, self.loss)


def train_second_look(
    look: SecondLook[Any, Any],
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
    """Train a graph and add it to the finder in a folder; gives the finder's manifest.

    Parameters
    ----------
    cohorts : sequence of Path
        Simulated cohorts with a levels.csv.
    out : Path
        Folder with a ``spine.json``.
    real : Path, optional
        Folder of marked real films, whose AP films of the training part are learnt from.
    real_share : float
        Of the samples drawn, those of real films, in [0, 1].
    start : Path, optional
        Checkpoint of an earlier run, or its graph, whose weights are started from.
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
    simulated, learnt = (
        [film for film in films if look.usable(film)]
        for films in films_to_learn(cohorts, real, workers, tell, look.views, look.longest_side)
    )
    shares = film_shares(len(simulated), len(learnt), real_share)
    network = train_by_steps(
        look.task([*simulated, *learnt], shares, settings, start),
        settings,
        out / f"{look.command.partition('-')[2]}.checkpoint",
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
    manifest = look.add(out, network, trained_on)
    if real is not None:
        measure_reliability(out, real)
    return manifest
