"""Teaching the graph that tells corners closer."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from mvm_core.spine.corners import DIAGONAL_PX
from mvm_core.training.device import on_device
from mvm_core.training.spine.corner_network import CornerNetwork
from mvm_core.training.spine.corner_samples import CloseSample, draw_close
from mvm_core.training.spine.films import TrainingFilm
from mvm_core.training.spine.release import add_corners
from mvm_core.training.spine.second_look import SecondLook

_CORNERS, _TILTS = 10.0, 10.0


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


def _shows_one(film: TrainingFilm) -> bool:
    return bool(film.shown.any())


CORNER_LOOK = SecondLook("train-corners", CornerNetwork, _shows_one, draw_close, _loss, add_corners)
