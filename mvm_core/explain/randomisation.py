"""Cascading randomisation of weights: a map that stays the same has not looked at the network.

Adebayo et al., NeurIPS 2018. From the output towards the input, the weights of more and more layers are
shuffled within their tensors, and the map is compared with that of the trained network. The maps are signed,
and so is the rank correlation: a map turned around is not the same. Smooth maps of few cells correlate by
chance, towards either side; over several shufflings that cancels.
"""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import nn

from mvm_core.explain.catalogue import METHODS
from mvm_core.explain.methods import Question, explain_network
from mvm_core.explain.scores import correlation
from mvm_core.training.networks import EvidenceNetwork

STAGES = ("head", "last_convolution", "last_blocks", "all")
"""What is shuffled, each stage with all that came before it."""


def shuffled(network: EvidenceNetwork, stage: str, seed: int) -> EvidenceNetwork:
    """Copy a network with the weights of a stage, and of those before it, shuffled within their tensors."""
    copied = copy.deepcopy(network).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in _modules(copied)[: _modules_until(copied, stage)]:
            for parameter in module.parameters():
                order = torch.randperm(parameter.numel(), generator=generator)
                parameter.copy_(parameter.flatten()[order].reshape(parameter.shape))
    return copied.requires_grad_(False)


def randomisation(
    network: EvidenceNetwork, films: Sequence[NDArray[np.float32]], method: str, seeds: int = 4
) -> dict[str, list[float]]:
    """Rank correlation of each film's map with its map by the shuffled network, for every stage.

    Parameters
    ----------
    network : EvidenceNetwork
    films : sequence of float32 arrays, shape (channels, height, width)
    method : str
        Of the catalogue.
    seeds : int
        Shufflings, averaged.

    Returns
    -------
    dict of str to list of float
        ``randomised_`` and the stage, a value for each film in [-1, 1]; 0 where the shuffled network's map is
        constant. Slow methods go through the first and the last stage only.
    """
    question = Question(method)
    stages = (STAGES[0], STAGES[-1]) if METHODS[method].slow else STAGES
    trained = [explain_network(network, film, question).values for film in films]
    found = {}
    for stage in stages:
        values = np.zeros((seeds, len(films)))
        for seed in range(seeds):
            other = shuffled(network, stage, seed)
            for place, film in enumerate(films):
                values[seed, place] = _rank_correlation(
                    trained[place], explain_network(other, film, question).values
                )
        found[f"randomised_{stage}"] = values.mean(axis=0).tolist()
    return found


def _rank_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    if not np.isfinite(second).all() or np.ptp(second) < 1e-9:
        return 0.0
    return correlation(rankdata(first).astype(np.float32), rankdata(second).astype(np.float32))


def _modules(network: EvidenceNetwork) -> list[nn.Module]:
    backbone = network.backbone
    blocks = list(backbone.get_submodule("blocks").children())
    last = [backbone.get_submodule("bn2"), backbone.get_submodule("conv_head")]
    first = [backbone.get_submodule("bn1"), backbone.get_submodule("conv_stem")]
    return [network.head, *last, *reversed(blocks), *first]


def _modules_until(network: EvidenceNetwork, stage: str) -> int:
    return {"head": 1, "last_convolution": 3, "last_blocks": 6, "all": len(_modules(network))}[stage]
