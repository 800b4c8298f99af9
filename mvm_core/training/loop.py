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
from torch import nn

from mvm_core.cohort import Case
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import is_real
from mvm_core.errors import TrainingError
from mvm_core.files import write_atomically
from mvm_core.models.registry import NETWORKS, QUESTIONS, Layout, Network
from mvm_core.training.averaging import RunningMean
from mvm_core.training.batches import Augmentation, Batch, batches
from mvm_core.training.depthwise import use_fast_gradients
from mvm_core.training.device import autocast, on_device, resolve_precision, training_device
from mvm_core.training.epochs import NetworkSample, draw_epoch, samples_of
from mvm_core.training.losses import evidence_loss, malignancy_loss
from mvm_core.training.networks import EvidenceNetwork, build_network
from mvm_core.training.patches import Patches
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.steps import UNREADABLE
from mvm_core.validation import auc_with_interval

log = logging.getLogger(__name__)

_TUNE_BATCH = 32
_CHECKED_STEPS = 20
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
    tune_auc_disease : float or None
        The same for disease; None also where the network is not asked it.
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
    tune_auc_disease: float | None = None


class NetworkTraining:
    """One network with its optimiser, schedule and running mean of weights.

    It is asked for disease where both the train and the tune split hold intact vertebrae.

    Parameters
    ----------
    name : str
        Of the registry.
    patches : Patches
    settings : TrainingSettings
    checkpoint : Path
        Written after every epoch; where it exists, training goes on from it.
    threads : int
        That prepare batches ahead.
    """

    def __init__(
        self, name: str, patches: Patches, settings: TrainingSettings, checkpoint: Path, threads: int = 1
    ) -> None:
        self.network: Network = NETWORKS[name]
        self.history: list[Epoch] = []
        self._patches, self._settings, self._checkpoint = patches, settings, checkpoint
        self._threads = threads
        self._device = training_device()
        self.precision = resolve_precision(settings.precision)
        self._train = samples_of(self.network, patches, "train")
        self._tune = samples_of(self.network, patches, "tune")
        self._check_split("train", self._train)
        self._check_split("tune", self._tune)
        self._seed = [settings.seed, list(NETWORKS).index(name)]
        torch.manual_seed(int(np.random.default_rng(self._seed).integers(2**31)))
        self.questions = self._questions()
        self._model = build_network(self.network, settings.init, settings.output_stride, self.questions)
        self._model.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        use_fast_gradients(self._model)
        self._mean = RunningMean(self._model, settings.ema_decay)
        self._optimiser = torch.optim.AdamW(
            self._model.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        an_epoch = self._steps_of_epoch()
        self._total_steps = settings.steps or settings.epochs * an_epoch
        self.epochs = math.ceil(self._total_steps / an_epoch)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, settings.learning_rate, total_steps=self._total_steps + 1
        )
        self._positive_weight = self._weight_of_positives()
        if checkpoint.is_file():
            self._restore()

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return len(self.history) >= self.epochs

    def result(self) -> EvidenceNetwork:
        """The running mean of the weights, in evaluation mode, on the CPU."""
        built = EvidenceNetwork(
            self.network.channels,
            questions=self.questions,
            output_stride=self._settings.output_stride,
        )
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
        samples = draw_epoch(self._train, self._patches, self._settings, draw)
        left = self._total_steps - self._schedule.last_epoch
        samples = samples[: left * self._settings.batch_size]
        start, films = time.perf_counter(), 0
        losses: list[float] = []
        loading, augmenting, waiting = 0.0, 0.0, 0.0
        self._model.train()
        taken: list[tuple[torch.Tensor, Batch]] = []
        for batch in self._batches(samples, [*self._seed, number]):
            taken.append((self._step(batch), batch))
            if len(taken) == _CHECKED_STEPS:
                losses += self._finite(taken, number)
                taken = []
            films += len(batch.films) * (1 if self.network.layout is Layout.SINGLE else 2)
            loading += batch.loading_s
            augmenting += batch.augmenting_s
            waiting += batch.waited_s
        losses += self._finite(taken, number)
        seconds = time.perf_counter() - start
        areas = self._tune_areas() if self._is_scored(number) else {}
        epoch = Epoch(
            number=number,
            loss=float(np.mean(losses)),
            tune_auc=areas.get("mvm"),
            tune_auc_disease=areas.get("disease"),
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
        return number == self.epochs or number % max(1, math.ceil(self.epochs / _SCORED_EPOCHS)) == 0

    def _steps_of_epoch(self) -> int:
        count = len(draw_epoch(self._train, self._patches, self._settings, np.random.default_rng(0)))
        size = self._settings.batch_size
        return count // size + (1 if count % size >= 2 or count < size else 0)

    def _batches(self, samples: Sequence[NetworkSample], seed: list[int] | None) -> Iterator[Batch]:
        settings = self._settings
        augmentation = None
        if seed is not None:
            augmentation = Augmentation(tuple(seed), settings.shift_mm, settings.strength)
        return batches(
            samples,
            self._patches,
            self.network,
            settings.preprocessing,
            size=settings.batch_size if seed is not None else _TUNE_BATCH,
            augmentation=augmentation,
            with_lesions=seed is not None and settings.evidence_weight > 0,
            threads=self._threads,
        )

    def _finite(self, taken: Sequence[tuple[torch.Tensor, Batch]], number: int) -> list[float]:
        """The losses of some steps as numbers; asked for together, since a GPU would wait for each."""
        values: list[float] = torch.stack([loss for loss, _ in taken]).tolist() if taken else []
        for value, (_, batch) in zip(values, taken, strict=True):
            if not np.isfinite(value):
                cases = ", ".join(self._patches.cases[case].case_id for case in batch.cases)
                raise TrainingError(
                    f"network {self.network.name}, epoch {number}",
                    f"the loss is not finite in the batch of cases {cases}",
                    "look at these films, or lower the learning rate",
                )
        return values

    def _films(self, batch: Batch) -> torch.Tensor:
        return on_device(batch.films, self._device).contiguous(memory_format=torch.channels_last)

    def _step(self, batch: Batch) -> torch.Tensor:
        films = self._films(batch)
        labels, asked, diseased = (
            on_device(each, self._device) for each in (batch.labels, batch.asked, batch.diseased)
        )
        with autocast(self._device, self.precision):
            logit, evidence = self._model(films)
        loss = malignancy_loss(logit[:, 0].float(), labels, asked, self._positive_weight)
        if "disease" in self.questions:
            loss = loss + nn.functional.binary_cross_entropy_with_logits(logit[:, 1].float(), diseased)
        if batch.lesions is not None:
            lesions = on_device(batch.lesions, self._device)
            loss = loss + self._settings.evidence_weight * evidence_loss(
                evidence.float(), lesions, labels, asked, diseased
            )
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._model.parameters(), 5.0)
        self._optimiser.step()
        self._schedule.step()
        self._mean.update(self._schedule.last_epoch)
        return loss.detach()

    def _tune_areas(self) -> dict[str, float]:
        """Area under the ROC curve of each question on the tune split."""
        network = self._mean.network.eval()
        logits, labels, asked, diseased = [], [], [], []
        with torch.inference_mode(), autocast(self._device, self.precision):
            for batch in self._batches(self._tune, None):
                logits.append(network(self._films(batch))[0].float().cpu().numpy())
                labels.append(batch.labels)
                asked.append(batch.asked)
                diseased.append(batch.diseased)
        scores, known = np.concatenate(logits), np.concatenate(asked)
        areas = {"mvm": auc_with_interval(np.concatenate(labels)[known], scores[known, 0]).auc}
        if "disease" in self.questions:
            areas["disease"] = auc_with_interval(np.concatenate(diseased), scores[:, 1]).auc
        return areas

    def _questions(self) -> tuple[str, ...]:
        splits = (self._train, self._tune)
        intact = all(
            any(self._case(each).label == INTACT and not is_real(self._case(each)) for each in split)
            for split in splits
        )
        return QUESTIONS if intact and self._settings.intact_share else QUESTIONS[:1]

    def _case(self, sample: NetworkSample) -> Case:
        return self._patches.cases[sample.case]

    def _check_split(self, split: str, samples: Sequence[NetworkSample]) -> None:
        for label in ("mvm", "bvf"):
            if not any(self._case(sample).label == label for sample in samples):
                raise TrainingError(
                    f"network {self.network.name}",
                    f"the {split} split has no {label} case with the films it needs",
                    "add some, or train other networks with --networks",
                )

    def _weight_of_positives(self) -> torch.Tensor | None:
        if self._settings.balance != "weight":
            return None
        labels = [self._case(sample).label for sample in self._train]
        return torch.tensor(labels.count("bvf") / labels.count("mvm"), device=self._device)

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
