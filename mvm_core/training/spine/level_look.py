"""Teaching the graph that names the places of a straight spine."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from mvm_core.spine.straight import COLUMNS, PLACE_ROWS, STARTS, level_classes
from mvm_core.training.device import on_device
from mvm_core.training.spine.level_network import LevelNetwork
from mvm_core.training.spine.level_samples import LevelSample, can_be_named, draw_levels
from mvm_core.training.spine.release import add_levels
from mvm_core.training.spine.second_look import SecondLook

_PLACE = 0.5
"""Weight of the levels of single places beside that of the whole chain."""


def _loss(
    network: LevelNetwork, batch: Sequence[LevelSample]
) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
    """Cross-entropy of a chain's first level, by the evidence of all its places, and of each place's own."""
    device = next(network.parameters()).device
    longest = max(len(sample.picture) for sample in batch)
    pictures = np.zeros((len(batch), 1, longest, COLUMNS), np.float32)
    for row, sample in zip(pictures, batch, strict=True):
        row[0, : len(sample.picture)] = sample.picture
    said = network(on_device(pictures, device).contiguous(memory_format=torch.channels_last))
    chains, places = [], []
    for own, sample in zip(said, batch, strict=True):
        known = own[: len(sample.picture) // PLACE_ROWS]
        classes = torch.from_numpy(level_classes(len(known))).to(device)
        evidence = known[torch.arange(len(known), device=device), classes].sum(dim=1)
        wanted = torch.tensor(sample.first - STARTS[0], device=device)
        chains.append(nn.functional.cross_entropy(evidence, wanted))
        places.append(nn.functional.nll_loss(known, classes[wanted]))
    parts = {"chain": torch.stack(chains).mean(), "place": torch.stack(places).mean()}
    return parts["chain"] + _PLACE * parts["place"], {name: part.detach() for name, part in parts.items()}


LEVEL_LOOK = SecondLook("train-levels", LevelNetwork, can_be_named, draw_levels, _loss, add_levels)
