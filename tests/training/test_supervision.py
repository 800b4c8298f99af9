"""The loss that draws evidence to the annotated region."""

import cv2
import numpy as np
import pytest
import torch

from mvm_core.imaging.preprocess import Region
from mvm_core.models.placement import evidence_by_view
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.radiograph import View
from mvm_core.training.supervision import misplaced_evidence

SIZE = 160
SEEN = Region(0.0, 0.0, float(SIZE), to_scale=True, pointed_at=True)


def lesion(x: int, y: int, radius: int = 24) -> torch.Tensor:
    return torch.from_numpy(cv2.circle(np.zeros((SIZE, SIZE), np.float32), (x, y), radius, 1.0, -1))[None]


def loss(evidence: torch.Tensor, region: torch.Tensor, label: float) -> float:
    return float(misplaced_evidence(evidence, region, torch.tensor([label])))


@pytest.mark.parametrize("stride", [16, 32])
@pytest.mark.parametrize(("x", "y"), [(64, 64), (80, 48), (96, 112), (40, 100)])
def test_evidence_is_drawn_to_the_cell_that_is_shown_over_the_region(stride: int, x: int, y: int) -> None:
    cells, region = SIZE // stride, lesion(x, y)
    peaks = 10 * torch.eye(cells * cells).reshape(-1, cells, cells)
    losses = [loss(peak[None], region, 1.0) for peak in peaks]
    best = peaks[int(np.argmin(losses))].numpy()
    placed = evidence_by_view(SINGLE_READINGS["lateral"], best, {View.LATERAL: SEEN}, SIZE)[View.LATERAL]
    row, column = np.unravel_index(int(placed.on_film((SIZE, SIZE)).argmax()), (SIZE, SIZE))
    assert np.hypot(row - y, column - x) <= stride / np.sqrt(2) + 1


def test_each_label_wants_its_own_side() -> None:
    evidence = torch.zeros(1, 10, 10)
    evidence[0, 5, 5] = 6.0
    here = lesion(80, 80)
    assert loss(evidence, here, 1.0) < loss(torch.zeros(1, 10, 10), here, 1.0)
    assert loss(evidence, here, 1.0) == pytest.approx(loss(-evidence, here, 0.0))
    assert loss(evidence, here, 0.0) > loss(-evidence, here, 0.0)


def test_evidence_elsewhere_costs() -> None:
    tidy, spread = torch.zeros(1, 10, 10), torch.full((1, 10, 10), 1.0)
    tidy[0, 5, 5] = spread[0, 5, 5] = 6.0
    here = lesion(80, 80)
    assert loss(tidy, here, 1.0) < loss(spread, here, 1.0)


def test_without_an_annotated_region_nothing_is_asked() -> None:
    evidence = torch.randn(2, 10, 10, requires_grad=True)
    found = misplaced_evidence(evidence, torch.zeros(2, SIZE, SIZE), torch.tensor([1.0, 0.0]))
    found.backward()
    assert float(found.detach()) == 0.0
    assert evidence.grad is not None
    assert not evidence.grad.any()
