"""What the finder's network is taught by."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mvm_core.training.device import on_device
from mvm_core.training.spine.films import UNKNOWN
from mvm_core.training.spine.network import CHANNELS
from mvm_core.training.spine.samples import Target

_CORNERS, _OFFSETS, _LEVELS, _FILM = 0.5, 1.0, 1.0, 0.25
_TRUE, _FALSE = 2, 4


def finder_loss(
    maps: torch.Tensor, film: torch.Tensor, targets: Sequence[Target]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Sum of the losses of one batch, and each of them as a number.

    Centres and corners: focal loss with fewer penalties near a mark (Law and Deng, CornerNet, ECCV 2018).
    Offsets: absolute error against the body's diagonal. Level and the film's outputs: cross-entropy.

    Parameters
    ----------
    maps : float tensor, shape (n, 31, h, w)
    film : float tensor, shape (n, 7)
    targets : sequence of Target
    """

    def there(array: NDArray[Any]) -> torch.Tensor:
        return on_device(array, maps.device)

    centre, corner, offset, level = maps.float().split(list(CHANNELS.values()), dim=1)
    counted = there(np.stack([t.counted for t in targets]))[:, None]
    parts = {
        "centre": _focal(centre, there(np.stack([t.centre for t in targets]))[:, None], counted),
        "corner": _CORNERS * _focal(corner, there(np.stack([t.corner for t in targets])), counted),
    }
    which = np.concatenate([np.full(len(t.cells), place) for place, t in enumerate(targets)])
    if len(which):
        at = np.concatenate([t.cells for t in targets])
        wanted = there(np.concatenate([t.offsets for t in targets]))
        sizes = there(np.concatenate([t.sizes for t in targets]))
        said = offset[which, :, at[:, 0], at[:, 1]]
        parts["offset"] = _OFFSETS * ((said - wanted).abs().mean(dim=1) / sizes).mean() * 10
        names = np.concatenate([t.levels for t in targets])
        if (names != UNKNOWN).any():
            parts["level"] = _LEVELS * nn.functional.cross_entropy(
                level[which, :, at[:, 0], at[:, 1]], there(names), ignore_index=UNKNOWN
            )
    parts["film"] = _FILM * _film_loss(film.float(), targets)
    return torch.stack(list(parts.values())).sum(), {name: part.detach() for name, part in parts.items()}


def _focal(logits: torch.Tensor, wanted: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    probability = torch.sigmoid(logits)
    here = (wanted >= 1).float() * counted
    true = nn.functional.logsigmoid(logits) * (1 - probability) ** _TRUE * here
    false = nn.functional.logsigmoid(-logits) * probability**_TRUE * (1 - wanted) ** _FALSE * (1 - here)
    return -(true + false * counted).sum() / here.sum().clamp(min=1)


def _film_loss(film: torch.Tensor, targets: Sequence[Target]) -> torch.Tensor:
    total = film.new_zeros(())
    for column, name in ((0, "spine"), (1, "lateral"), (6, "mirrored")):
        wanted = np.array([getattr(t, name) for t in targets], np.float32)
        asked = np.flatnonzero(~np.isnan(wanted))
        if asked.size:
            total = total + nn.functional.binary_cross_entropy_with_logits(
                film[on_device(asked, film.device), column], on_device(wanted[asked], film.device)
            )
    turned = np.array([t.turned for t in targets])
    if (turned >= 0).any():
        total = total + nn.functional.cross_entropy(
            film[:, 2:6], on_device(turned, film.device), ignore_index=-1
        )
    return total
