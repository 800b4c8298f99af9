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

_CORNERS, _TILTS, _HEIGHTS = 10.0, 10.0, 10.0


def _loss(
    network: CornerNetwork, batch: Sequence[CloseSample]
) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
    """How far points, tilts and heights are off, against the diagonal; cross-entropy of the body."""
    device = next(network.parameters()).device
    looks = on_device(np.stack([sample.look for sample in batch])[:, None], device)
    wanted = on_device(np.stack([sample.points for sample in batch]), device)
    said, body = network(looks.contiguous(memory_format=torch.channels_last))
    known = np.flatnonzero([not np.isnan(sample.points[:4]).any() for sample in batch])
    # Real films have no marks of the endplates' middles.
    whole = np.flatnonzero([not np.isnan(sample.points).any() for sample in batch])
    points, marked = said.float()[whole], wanted[whole]
    own, wanted = said.float()[known, :4], wanted[known, :4]
    asked = np.flatnonzero([not np.isnan(sample.body) for sample in batch])
    there = np.array([sample.body for sample in batch], np.float32)[asked]
    parts = {
        "corner": _CORNERS * (own - wanted).abs().mean() / DIAGONAL_PX,
        "tilt": _TILTS * (_tilt(own) - _tilt(wanted)).abs().mean(),
        "middle": _CORNERS * (points[:, 4:] - marked[:, 4:]).abs().mean() / DIAGONAL_PX,
        "height": _HEIGHTS * (_heights(points) - _heights(marked)).abs().mean() / DIAGONAL_PX,
        "body": nn.functional.binary_cross_entropy_with_logits(
            body.float()[on_device(asked, device)], on_device(there, device)
        ),
    }
    # A batch may ask of no body, or of bodies alone.
    rows = {"body": asked, "middle": whole, "height": whole}
    told = {name: part for name, part in parts.items() if len(rows.get(name, known))}
    return torch.stack(list(told.values())).sum(), {name: part.detach() for name, part in told.items()}


def _tilt(corners: torch.Tensor) -> torch.Tensor:
    """Rise of both endplates against their length."""
    ends = torch.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 3]], dim=1)
    return ends[..., 1] / DIAGONAL_PX


def _heights(points: torch.Tensor) -> torch.Tensor:
    """At both sides and in the middle."""
    above, below = points[:, [0, 1, 4]], points[:, [3, 2, 5]]
    return torch.linalg.vector_norm(below - above, dim=2)


def _shows_one(film: TrainingFilm) -> bool:
    return bool(film.shown.any())


CORNER_LOOK = SecondLook("train-corners", CornerNetwork, _shows_one, draw_close, _loss, add_corners)
