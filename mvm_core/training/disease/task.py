"""The disease network's training as a task."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mvm_core.cohort.manifest import INTACT
from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS
from mvm_core.training.device import on_device
from mvm_core.training.disease.patches import VertebraPatch
from mvm_core.training.disease.samples import DiseaseBatch, changed_patch
from mvm_core.training.networks import EvidenceNetwork, build_network
from mvm_core.training.steps import StepSettings, Task, load_start
from mvm_core.training.supervision import misplaced_evidence

OUTPUT_STRIDE = 16
REAL_SHARE = 0.35
"""Of the samples, where real films are learnt from."""

_TAUGHT_SHARES = {"bvf": 0.3, "mvm": 0.2, "lytic mvm": 0.3, "other": 0.2, INTACT: 1.0}
"""How often each group is drawn, those that are hard to see more often than there are."""

_SHOWING_NOTHING = {"mvm": {"occult"}, "other": {"transitional", "no-rib", "block"}}
"""Findings of a label that a film does not show, or that are no disease: neither ill nor intact is learnt."""

_EVIDENCE_WEIGHT = 0.2


def disease_network(seed: int, start: Path | None = None) -> EvidenceNetwork:
    """Make the network as its training starts.

    Parameters
    ----------
    seed : int
        New layers start from it.
    start : Path, optional
        Checkpoint of an earlier run, or its graph, whose weights are started from; else those of ImageNet.

    Raises
    ------
    TrainingError
        If the start cannot be read.
    """
    torch.manual_seed(seed)
    network = build_network(
        NETWORKS["merge"], "lite0" if start is None else "random", OUTPUT_STRIDE, ("disease",)
    )
    if start is not None:
        load_start(network, start, "train-disease")
    return network


def disease_task(
    patches: Sequence[VertebraPatch],
    settings: StepSettings,
    preprocessing: Preprocessing,
    network: EvidenceNetwork | None = None,
) -> Task[EvidenceNetwork, DiseaseBatch]:
    """Make the task: half of each batch is diseased, of simulated and real films alike.

    Of the diseased simulated vertebrae each group has a share of its own, since vertebrae with something else
    outnumber metastases and would drown them. A metastasis that no film can show is not learnt: among as many
    diseased as intact ones it would teach that intact ones may be diseased.

    Parameters
    ----------
    network : EvidenceNetwork, optional
        To be trained; else a new one, see `disease_network`.

    Raises
    ------
    TrainingError
        If no vertebra is diseased, or none intact.
    """
    real = [patch for patch in patches if patch.real]
    simulated = {ill: _by_group(patches, ill) for ill in (True, False)}
    for ill, groups in simulated.items():
        if not groups:
            raise TrainingError(
                "train-disease",
                f"no vertebra of the cohorts is {'diseased' if ill else 'intact'}",
                "name cohorts with a levels.csv that holds both",
            )

    def draw_batch(draw: np.random.Generator) -> DiseaseBatch:
        films, labels, regions = [], [], []
        for _ in range(settings.batch_size):
            ill = bool(draw.random() < 0.5)
            pool = real if real and draw.random() < REAL_SHARE else _drawn(simulated[ill], draw)
            patch = pool[int(draw.integers(len(pool)))]
            film, region = changed_patch(patch, preprocessing, draw, settings.strength, ill=ill)
            films.append(film)
            labels.append(float(ill))
            regions.append(region)
        return DiseaseBatch(np.stack(films)[:, None], np.array(labels, np.float32), np.stack(regions))

    trained = disease_network(settings.seed) if network is None else network
    return Task("train-disease", trained, draw_batch, _loss)


def _by_group(patches: Sequence[VertebraPatch], ill: bool) -> dict[str, list[VertebraPatch]]:
    """The simulated vertebrae, diseased or intact, whose films show what they are."""
    groups: dict[str, list[VertebraPatch]] = {}
    for patch in patches:
        if patch.real or patch.diseased is not ill:
            continue
        if not _SHOWING_NOTHING.get(patch.label, set()).intersection(patch.findings):
            lytic = patch.label == "mvm" and "focus-lytic" in patch.findings
            groups.setdefault("lytic mvm" if lytic else patch.label, []).append(patch)
    return groups


def _drawn(
    groups: Mapping[str, Sequence[VertebraPatch]], draw: np.random.Generator
) -> Sequence[VertebraPatch]:
    names = sorted(groups)
    shares = np.array([_TAUGHT_SHARES[name] for name in names])
    return groups[str(draw.choice(names, p=shares / shares.sum()))]


def _loss(network: EvidenceNetwork, batch: DiseaseBatch) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
    device = next(network.parameters()).device
    films = on_device(batch.films, device).contiguous(memory_format=torch.channels_last)
    labels = on_device(batch.labels, device)
    logit, evidence = (output[:, 0] for output in network(films))
    told = nn.functional.binary_cross_entropy_with_logits(logit.float(), labels)
    # Only where something is wrong has evidence a place to be.
    place = misplaced_evidence(evidence.float(), on_device(batch.regions, device), labels)
    right = ((logit.detach() > 0) == (labels > 0.5)).float().mean()
    parts = {"disease": told.detach(), "place": place.detach(), "right": right}
    return told + _EVIDENCE_WEIGHT * place, parts
