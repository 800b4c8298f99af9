"""Training by steps: batches drawn ahead from a seed, one-cycle schedule, running mean, checkpoints."""

import io
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Generic, TypeVar

import cv2
import numpy as np
import torch
from torch import nn

from mvm_core.errors import TrainingError
from mvm_core.files import write_atomically
from mvm_core.training.averaging import RunningMean
from mvm_core.training.depthwise import use_fast_gradients
from mvm_core.training.device import autocast, keep_freed_memory, resolve_precision, training_device
from mvm_core.training.stored import fill, read_tensors

log = logging.getLogger(__name__)

_SAVE_EVERY = 200
_CHECKED_EVERY = 50
_TOLD_EVERY = 100
_GREATEST_NORM = 5.0
_AHEAD = 3
_WARM_UP = 0.15

UNREADABLE = (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError, UnpicklingError)
"""What goes wrong when a damaged or foreign checkpoint is read."""

Drawn = TypeVar("Drawn")
Trained = TypeVar("Trained", bound=nn.Module)


@dataclass(frozen=True)
class StepSettings:
    """Everything that, with the films, fixes a run.

    Attributes
    ----------
    steps, batch_size : int
    learning_rate : float
        Peak of the one-cycle schedule.
    weight_decay : float
    strength : float
        Of the changes of grey values, see `randomise`; 0 learns from films as they are.
    seed : int
    mean_decay : float
        Of the running mean of the weights, in [0, 1).
    """

    steps: int = 2000
    batch_size: int = 8
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-4
    strength: float = 1.0
    seed: int = 1
    mean_decay: float = 0.995


@dataclass(frozen=True)
class Task(Generic[Trained, Drawn]):
    """What is trained, on what, by what loss.

    Attributes
    ----------
    name : str
        For messages.
    network : nn.Module
        As it starts.
    draw : callable
        Makes a batch from a random generator of its own, the same for the same step.
    loss : callable
        Takes the network and a batch; gives the loss and its parts, both on the network's device.
    """

    name: str
    network: Trained
    draw: Callable[[np.random.Generator], Drawn]
    loss: Callable[[Trained, Drawn], tuple[torch.Tensor, Mapping[str, torch.Tensor]]]


def train_by_steps(
    task: Task[Trained, Any],
    settings: StepSettings,
    checkpoint: Path,
    *,
    resume: bool = False,
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Trained:
    """Train, or go on with a run that was stopped.

    Parameters
    ----------
    checkpoint : Path
        Where the run's state is kept.
    threads : int
        That draw batches ahead; these are the same for any number.
    progress : callable, optional
        Called with the number of steps done and to do.

    Returns
    -------
    nn.Module
        The running mean of the weights, in evaluation mode, on the CPU.

    Raises
    ------
    TrainingError
        If the checkpoint cannot be read or is of another run, or the loss is not finite.
    """
    keep_freed_memory()
    run = _Run(task, settings, checkpoint, threads)
    if resume and checkpoint.is_file():
        run.restore()
    for done in run.remaining():
        if progress is not None:
            progress(done, settings.steps)
    return run.mean.network.eval().cpu()  # type: ignore[return-value]


def load_start(network: nn.Module, start: Path, command: str) -> None:
    """Give a network the weights that a training starts from.

    Parameters
    ----------
    network : torch.nn.Module
    start : Path
        A trained graph (``.onnx``), or the checkpoint of an earlier run, of which the mean weights count.
    command : str
        That trains such networks.

    Raises
    ------
    TrainingError
        If the file cannot be read, or is of another network.
    """
    if start.suffix == ".onnx":
        fill(network, read_tensors(start), f"network of {command}")
        return
    try:
        network.load_state_dict(torch.load(start, map_location="cpu", weights_only=True)["mean"])
    except UNREADABLE as error:
        raise TrainingError(
            str(start),
            f"it is no checkpoint of {command} ({type(error).__name__})",
            "name the checkpoint of an earlier run, or a trained graph (.onnx)",
        ) from None


class _Run:
    def __init__(self, task: Task[Any, Any], settings: StepSettings, checkpoint: Path, threads: int) -> None:
        torch.manual_seed(settings.seed)
        self.task, self.settings, self.checkpoint, self.threads = task, settings, checkpoint, threads
        self.device = training_device()
        self.precision = resolve_precision("auto")
        self.network = task.network.to(self.device, memory_format=torch.channels_last)
        use_fast_gradients(self.network)
        self.mean = RunningMean(self.network, settings.mean_decay)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, settings.learning_rate, total_steps=settings.steps + 1, pct_start=_WARM_UP
        )
        self.done = 0
        self.losses: list[torch.Tensor] = []

    def remaining(self) -> Iterator[int]:
        """Take the steps that are left; gives the number done after each."""
        self.network.train()
        parts: dict[str, list[torch.Tensor]] = defaultdict(list)
        started = time.perf_counter()
        for step, batch in self._batches():
            for name, value in self._step(batch).items():
                parts[name].append(value)
            self.done = step + 1
            # Asked now and then, since a GPU would wait for each answer.
            if self.done % _CHECKED_EVERY == 0 or self.done == self.settings.steps:
                self._check_losses()
            if self.done % _SAVE_EVERY == 0 or self.done == self.settings.steps:
                self._save()
            if self.done % _TOLD_EVERY == 0:
                means = {name: float(torch.stack(values).mean()) for name, values in parts.items()}
                told = "  ".join(f"{name} {mean:.3f}" for name, mean in means.items())
                pace = (time.perf_counter() - started) / _TOLD_EVERY
                log.info("%s, step %d: %s (%.2f s a step)", self.task.name, self.done, told, pace)
                parts.clear()
                started = time.perf_counter()
            yield self.done

    def _batches(self) -> Iterator[tuple[int, Any]]:
        steps = range(self.done, self.settings.steps)
        with ThreadPoolExecutor(self.threads) as pool:
            reach = _AHEAD * self.threads
            ahead = [pool.submit(self._draw, step) for step in steps[:reach]]
            for step in steps:
                batch = ahead.pop(0).result()
                if step + reach < self.settings.steps:
                    ahead.append(pool.submit(self._draw, step + reach))
                yield step, batch

    def _draw(self, step: int) -> Any:
        cv2.setNumThreads(1)
        return self.task.draw(np.random.default_rng([self.settings.seed, step]))

    def _step(self, batch: Any) -> Mapping[str, torch.Tensor]:
        with autocast(self.device, self.precision):
            loss, parts = self.task.loss(self.network, batch)
        self.losses.append(loss.detach())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _GREATEST_NORM)
        self.optimiser.step()
        self.schedule.step()
        self.mean.update(self.schedule.last_epoch)
        return parts

    def _check_losses(self) -> None:
        finite = bool(torch.isfinite(torch.stack(self.losses)).all())
        self.losses.clear()
        if not finite:
            raise TrainingError(self.task.name, "the loss is not finite", "lower the learning rate")

    def _save(self) -> None:
        buffer = io.BytesIO()
        state: dict[str, Any] = {
            "settings": asdict(self.settings),
            "done": self.done,
            "network": self.network.state_dict(),
            "mean": self.mean.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }
        torch.save(state, buffer)
        write_atomically(self.checkpoint, buffer.getvalue())

    def restore(self) -> None:
        """Go on from the checkpoint."""
        try:
            state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
            if state["settings"] != asdict(self.settings):
                raise TrainingError(
                    str(self.checkpoint),
                    "it belongs to a run with other settings",
                    "delete it, or repeat the settings of that run",
                )
            self.network.load_state_dict(state["network"])
            self.mean.network.load_state_dict(state["mean"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.schedule.load_state_dict(state["schedule"])
            self.done = int(state["done"])
        except UNREADABLE as error:
            raise TrainingError(
                str(self.checkpoint),
                f"the checkpoint cannot be read ({type(error).__name__})",
                "delete it to train anew",
            ) from None
