"""Teaching the graphs that tell corners closer, and endplates finer."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import nn

from mvm_core.radiograph import View
from mvm_core.training.device import on_device
from mvm_core.training.spine.corner_network import CornerNetwork
from mvm_core.training.spine.corner_samples import CORNERS, ENDPLATES, Asked, CloseSample, draw_close
from mvm_core.training.spine.films import LONGEST_SIDE, TrainingFilm
from mvm_core.training.spine.release import add_looks
from mvm_core.training.spine.second_look import SecondLook

_CORNERS, _TILTS, _HEIGHTS = 10.0, 10.0, 10.0
_FULL_RESOLUTION = 2048
"""Pixels on the long side of a film on which endplates are told finer."""


def _loss(
    diagonal: float, network: CornerNetwork, batch: Sequence[CloseSample]
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
    bodies = np.flatnonzero([not np.isnan(sample.body) for sample in batch])
    there = np.array([sample.body for sample in batch], np.float32)[bodies]
    parts = {
        "corner": _CORNERS * (own - wanted).abs().mean() / diagonal,
        "tilt": _TILTS * (_tilt(own) - _tilt(wanted)).abs().mean() / diagonal,
        "middle": _CORNERS * (points[:, 4:] - marked[:, 4:]).abs().mean() / diagonal,
        "height": _HEIGHTS * (_heights(points) - _heights(marked)).abs().mean() / diagonal,
        "body": nn.functional.binary_cross_entropy_with_logits(
            body.float()[on_device(bodies, device)], on_device(there, device)
        ),
    }
    # A batch may ask of no body, or of bodies alone.
    rows = {"body": bodies, "middle": whole, "height": whole}
    told = {name: part for name, part in parts.items() if len(rows.get(name, known))}
    return torch.stack(list(told.values())).sum(), {name: part.detach() for name, part in told.items()}


def _tilt(corners: torch.Tensor) -> torch.Tensor:
    """Rise of both endplates."""
    ends = torch.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 3]], dim=1)
    return ends[..., 1]


def _heights(points: torch.Tensor) -> torch.Tensor:
    """At both sides and in the middle."""
    above, below = points[:, [0, 1, 4]], points[:, [3, 2, 5]]
    return torch.linalg.vector_norm(below - above, dim=2)


def _shows_one(film: TrainingFilm) -> bool:
    return bool(film.shown.any())


def _second_look(
    name: str,
    asked: Asked,
    views: tuple[View, ...] = tuple(View),
    longest_side: int = LONGEST_SIDE,
) -> SecondLook[CornerNetwork, CloseSample]:
    return SecondLook(
        f"train-{name}",
        CornerNetwork,
        _shows_one,
        partial(draw_close, asked=asked),
        partial(_loss, asked.size.diagonal_px),
        partial(add_looks, name=name),
        views,
        longest_side,
    )


CORNER_LOOK = _second_look("corners", CORNERS)
ENDPLATE_LOOK = _second_look("endplates", ENDPLATES, (View.LATERAL,), _FULL_RESOLUTION)
