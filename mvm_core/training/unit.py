"""One network of a run as a unit of work: trained, scored, resumable, fit for a process of its own."""

import dataclasses
import io
import json
import logging
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from mvm_core.files import write_atomically
from mvm_core.models.registry import NETWORKS
from mvm_core.training.device import keep_freed_memory, training_device
from mvm_core.training.export import round_to_stored
from mvm_core.training.loop import Epoch, NetworkTraining
from mvm_core.training.networks import EvidenceNetwork, load_network, start_sha256
from mvm_core.training.patches import Patches
from mvm_core.training.release import ExportedNetwork, export_network
from mvm_core.training.scoring import score_patches
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.start import stored_file

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unit:
    """One network to train.

    Attributes
    ----------
    title : str
        For messages.
    network : str
        Of the registry.
    settings : TrainingSettings
    folder : Path
        Where its files go, each named for the network.
    patches : Patches
        Mapped into memory, so that handing them to a process costs nothing.
    scored_splits : tuple of str
        Splits whose logits are written.
    threads : int
        That prepare batches ahead.
    """

    title: str
    network: str
    settings: TrainingSettings
    folder: Path
    patches: Patches
    scored_splits: tuple[str, ...] = ()
    threads: int = 1

    @property
    def record(self) -> Path:
        """The record of the finished training; written last."""
        return self.folder / f"{self.network}.json"

    @property
    def graph(self) -> Path:
        """The trained network, as it is stored in a release; a run of an earlier version left its tensors."""
        return stored_file(self.folder, self.network)

    @property
    def logits(self) -> Path:
        """Logits by case and reading, CSV."""
        return self.folder / f"{self.network}.csv"


def run_unit(unit: Unit) -> dict[str, Any]:
    """Train a network to its end, or go on where it stopped; return its record.

    Raises
    ------
    TrainingError
        If the training cannot start or go on.
    """
    if unit.record.is_file() and unit.graph.is_file():
        return dict(json.loads(unit.record.read_text()))
    keep_freed_memory()
    checkpoint = unit.folder / f"{unit.network}.pt"
    training = NetworkTraining(unit.network, unit.patches, unit.settings, checkpoint, unit.threads)
    start, first = time.monotonic(), len(training.history)
    while not training.finished:
        epoch = training.run_epoch()
        each = (time.monotonic() - start) / (epoch.number - first)
        line = epoch_line(unit.title, epoch, training.epochs, each)
        log.info(line, extra={"epoch_of": (unit.title, epoch.number, training.epochs)})
    rounded = round_to_stored(training.result())
    write_atomically(unit.graph, _exported(unit, rounded).graph)
    if unit.scored_splits:
        device = training_device()
        rounded.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        write_atomically(unit.logits, _scores(unit, rounded))
    record = {
        "network": unit.network,
        "settings": unit.settings.as_dict(),
        "start_sha256": start_sha256(NETWORKS[unit.network], unit.settings.init),
        "precision": training.precision,
        "device": training_device().type,
        "seconds": round(time.monotonic() - start, 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "history": [dataclasses.asdict(epoch) for epoch in training.history],
    }
    write_atomically(unit.record, json.dumps(record, indent=2).encode())
    checkpoint.unlink(missing_ok=True)
    return record


def trained_network(unit: Unit) -> EvidenceNetwork:
    """Load what `run_unit` trained."""
    return load_network(NETWORKS[unit.network], unit.graph, unit.settings.output_stride)


def exported_network(unit: Unit) -> ExportedNetwork:
    """What `run_unit` trained as it goes into a release."""
    written = unit.graph.read_bytes() if unit.graph.suffix == ".onnx" else None
    return _exported(unit, trained_network(unit), written)


def read_logits(unit: Unit) -> pd.DataFrame:
    """Read the logits that `run_unit` wrote."""
    texts = dict.fromkeys(("case_id", "site", "sign", "level", "sex"), str)
    return pd.read_csv(unit.logits, dtype=texts, keep_default_na=False, na_values={"age": [""]})


def epoch_line(title: str, epoch: Epoch, epochs: int, seconds_each: float) -> str:
    """One epoch as a line for people."""
    left = (epochs - epoch.number) * seconds_each / 60
    scored = f", tune AUC {epoch.tune_auc:.3f}" if epoch.tune_auc is not None else ""
    if epoch.tune_auc_disease is not None:
        scored += f" and {epoch.tune_auc_disease:.3f} of disease"
    return (
        f"{title}: epoch {epoch.number} of {epochs}, loss {epoch.loss:.3f}{scored}, "
        f"{epoch.films_per_s:.0f} films/s, {epoch.waiting_share:.0%} waiting "
        f"(loading {epoch.loading_s:.1f} s, augmentation {epoch.augmenting_s:.1f} s, "
        f"network {epoch.network_s:.1f} s), {left:.0f} min left"
    )


def _exported(unit: Unit, network: EvidenceNetwork, graph: bytes | None = None) -> ExportedNetwork:
    settings = unit.settings
    return export_network(unit.network, network, settings.preprocessing, settings.output_stride, graph)


def _scores(unit: Unit, network: EvidenceNetwork) -> bytes:
    found = score_patches(
        unit.network, network, unit.patches, unit.settings.preprocessing, unit.scored_splits
    )
    buffer = io.StringIO()
    found.to_csv(buffer, index=False)
    return buffer.getvalue().encode()
