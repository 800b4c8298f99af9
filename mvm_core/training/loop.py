"""The training of one network, epoch by epoch, resumable at any moment."""

import io
import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mvm_core.errors import TrainingError
from mvm_core.files import write_atomically
from mvm_core.models.registry import NETWORKS, Layout, Network
from mvm_core.training.averaging import RunningMean
from mvm_core.training.batches import Batch, Sample, batches, draw_epoch, samples_of
from mvm_core.training.depthwise import use_fast_gradients
from mvm_core.training.device import autocast, resolve_precision, training_device
from mvm_core.training.networks import EvidenceNetwork, build_network
from mvm_core.training.patches import Patches
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.steps import UNREADABLE
from mvm_core.training.supervision import misplaced_evidence
from mvm_core.validation import auc_with_interval

log = logging.getLogger(__name__)

_TUNE_BATCH = 32
_SCORED_EPOCHS = 5
"""How many times a training is scored on the tune split; it only informs, so not every epoch need be."""


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave.

    Attributes
    ----------
    number : int
        From 1.
    loss : float
        Mean training loss.
    tune_auc : float or None
        Of the averaged weights on the tune split's samples; None where this epoch was not scored.
    seconds : float
        Of the training alone, without the scoring.
    films_per_s : float
        Training throughput; a film pair counts as two films.
    waiting_share : float
        Share of the training time that the network waited for data.
    loading_s, augmenting_s, network_s : float
        Seconds spent to fetch patches, to augment and preprocess them (both in a thread beside the
        network), and in the network itself.
    """

    number: int
    loss: float
    tune_auc: float | None
    seconds: float
    films_per_s: float
    waiting_share: float
    loading_s: float
    augmenting_s: float
    network_s: float


class NetworkTraining:
    """One network with its optimiser, schedule and running mean of weights.

    Parameters
    ----------
    name : str
        Of the registry.
    patches : Patches
    settings : TrainingSettings
    checkpoint : Path
        Written after every epoch; where it exists, training goes on from it.
    """

    def __init__(self, name: str, patches: Patches, settings: TrainingSettings, checkpoint: Path) -> None:
        self.network: Network = NETWORKS[name]
        self.history: list[Epoch] = []
        self._patches, self._settings, self._checkpoint = patches, settings, checkpoint
        self._device = training_device()
        self.precision = resolve_precision(settings.precision)
        self._train = samples_of(self.network, patches, "train")
        self._tune = samples_of(self.network, patches, "tune")
        self._check_split("train", self._train)
        self._check_split("tune", self._tune)
        self._seed = [settings.seed, list(NETWORKS).index(name)]
        torch.manual_seed(int(np.random.default_rng(self._seed).integers(2**31)))
        self._model = build_network(self.network, settings.init, settings.output_stride)
        self._model.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        use_fast_gradients(self._model)
        self._mean = RunningMean(self._model, settings.ema_decay)
        self._optimiser = torch.optim.AdamW(
            self._model.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, settings.learning_rate, total_steps=settings.epochs * self._steps() + 1
        )
        self._positive_weight = self._weight_of_positives()
        if checkpoint.is_file():
            self._restore()

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return len(self.history) >= self._settings.epochs

    def result(self) -> EvidenceNetwork:
        """The running mean of the weights, in evaluation mode, on the CPU."""
        built = EvidenceNetwork(self.network.channels, output_stride=self._settings.output_stride)
        built.load_state_dict({name: t.cpu() for name, t in self._mean.network.state_dict().items()})
        return built.eval()

    def run_epoch(self) -> Epoch:
        """Train one epoch, score the tune split, write the checkpoint.

        Raises
        ------
        TrainingError
            If the loss is not finite; names the epoch and the cases of the batch.
        """
        number = len(self.history) + 1
        # Seeding each epoch anew makes a resumed run equal to an uninterrupted one.
        torch.manual_seed(int(np.random.default_rng([*self._seed, number]).integers(2**31)))
        draw = np.random.default_rng([*self._seed, number, 1])
        samples = draw_epoch(self._train, self._patches, balance=self._settings.balance, draw=draw)
        start, losses, films = time.perf_counter(), [], 0
        loading, augmenting, waiting = 0.0, 0.0, 0.0
        self._model.train()
        for batch in self._batches(samples, [*self._seed, number]):
            losses.append(self._step(batch, number))
            films += len(batch.films) * (1 if self.network.layout is Layout.SINGLE else 2)
            loading += batch.loading_s
            augmenting += batch.augmenting_s
            waiting += batch.waited_s
        seconds = time.perf_counter() - start
        epoch = Epoch(
            number=number,
            loss=float(np.mean(losses)),
            tune_auc=auc_with_interval(*self._score(self._tune)).auc if self._is_scored(number) else None,
            seconds=seconds,
            films_per_s=films / seconds,
            waiting_share=waiting / seconds,
            loading_s=loading,
            augmenting_s=augmenting,
            network_s=seconds - waiting,
        )
        self.history.append(epoch)
        self._save()
        return epoch

    def _is_scored(self, number: int) -> bool:
        epochs = self._settings.epochs
        return number == epochs or number % max(1, math.ceil(epochs / _SCORED_EPOCHS)) == 0

    def _steps(self) -> int:
        draw = np.random.default_rng(0)
        count = len(draw_epoch(self._train, self._patches, balance=self._settings.balance, draw=draw))
        size = self._settings.batch_size
        return count // size + (1 if count % size >= 2 or count < size else 0)

    def _batches(self, samples: Sequence[Sample], seed: list[int] | None) -> Iterator[Batch]:
        size = self._settings.batch_size if seed is not None else _TUNE_BATCH
        return batches(
            samples,
            self._patches,
            self.network,
            self._settings.preprocessing,
            size=size,
            seed=seed,
            with_lesions=seed is not None and self._settings.evidence_weight > 0,
            shift_mm=self._settings.shift_mm,
        )

    def _step(self, batch: Batch, number: int) -> float:
        films = torch.from_numpy(batch.films).to(self._device, memory_format=torch.channels_last)
        labels = torch.from_numpy(batch.labels).to(self._device)
        with autocast(self._device, self.precision):
            logit, evidence = self._model(films)
        loss = nn.functional.binary_cross_entropy_with_logits(
            logit.float(), labels, pos_weight=self._positive_weight
        )
        if batch.lesions is not None:
            lesions = torch.from_numpy(batch.lesions).to(self._device)
            loss = loss + self._settings.evidence_weight * misplaced_evidence(
                evidence.float(), lesions, labels
            )
        value = float(loss.detach())
        if not np.isfinite(value):
            cases = ", ".join(self._patches.cases[case].case_id for case in batch.cases)
            raise TrainingError(
                f"network {self.network.name}, epoch {number}",
                f"the loss is not finite in the batch of cases {cases}",
                "look at these films, or lower the learning rate",
            )
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._model.parameters(), 5.0)
        self._optimiser.step()
        self._schedule.step()
        self._mean.update(self._schedule.last_epoch)
        return value

    def _score(self, samples: Sequence[Sample]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        network = self._mean.network.eval()
        labels, logits = [], []
        with torch.inference_mode(), autocast(self._device, self.precision):
            for batch in self._batches(samples, None):
                films = torch.from_numpy(batch.films).to(self._device, memory_format=torch.channels_last)
                logits.append(network(films)[0].float().cpu().numpy())
                labels.append(batch.labels)
        return np.concatenate(labels), np.concatenate(logits)

    def _check_split(self, split: str, samples: Sequence[Sample]) -> None:
        for label in ("mvm", "bvf"):
            if not any(self._patches.cases[sample.case].label == label for sample in samples):
                raise TrainingError(
                    f"network {self.network.name}",
                    f"the {split} split has no {label} case with the films it needs",
                    "add some, or train other networks with --networks",
                )

    def _weight_of_positives(self) -> torch.Tensor | None:
        if self._settings.balance != "weight":
            return None
        positives = sum(self._patches.cases[sample.case].label == "mvm" for sample in self._train)
        return torch.tensor((len(self._train) - positives) / positives, device=self._device)

    def _save(self) -> None:
        buffer = io.BytesIO()
        state: dict[str, Any] = {
            "model": self._model.state_dict(),
            "mean": self._mean.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
            "history": [vars(epoch) for epoch in self.history],
        }
        torch.save(state, buffer)
        write_atomically(self._checkpoint, buffer.getvalue())

    def _restore(self) -> None:
        try:
            state = torch.load(self._checkpoint, map_location=self._device, weights_only=True)
            self._model.load_state_dict(state["model"])
            self._mean.network.load_state_dict(state["mean"])
            self._optimiser.load_state_dict(state["optimiser"])
            self._schedule.load_state_dict(state["schedule"])
            self.history = [Epoch(**epoch) for epoch in state["history"]]
        except UNREADABLE as error:
            raise TrainingError(
                str(self._checkpoint),
                f"the checkpoint cannot be read ({type(error).__name__})",
                "delete it to train this network anew",
            ) from None
