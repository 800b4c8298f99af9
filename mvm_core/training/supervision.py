"""A loss that draws the evidence to where the disease lies."""

import torch
from torch import nn

_LEAST = 1e-3


def misplaced_evidence(evidence: torch.Tensor, lesions: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """How far the evidence for the right label lies from where the disease lies.

    The sum of two terms. Where the evidence for the right label is highest: it becomes a distribution over
    the cells by softmax, and the annotated region's share of each cell is the distribution it should have
    (cross-entropy). How much of it lies elsewhere: the negative logarithm of the share of all evidence, for
    either label, that speaks for the right one inside the region.

    Parameters
    ----------
    evidence : tensor, shape (n, h, w)
        In logits; positive speaks for MVM, negative for BVF.
    lesions : tensor, shape (n, height, width)
        Share of each pixel that the annotated region covers, in [0, 1].
    labels : tensor, shape (n,)
        1 for MVM, 0 for BVF.

    Returns
    -------
    tensor, shape ()
        Mean over the films with an annotated region; 0 without any.
    """
    cells = _shares_of_cells(lesions, evidence.shape[1], evidence.shape[2]).flatten(1)
    known = cells.sum(dim=1) > 0
    if not bool(known.any()):
        return evidence.sum() * 0.0
    cells = cells[known]
    support = (2 * labels[known] - 1)[:, None] * evidence[known].flatten(1)
    wanted = cells / cells.sum(dim=1, keepdim=True)
    peak = -(wanted * nn.functional.log_softmax(support, dim=1)).sum(dim=1)
    inside = (cells / cells.amax(dim=1, keepdim=True) * support.relu()).sum(dim=1)
    share = inside / support.abs().sum(dim=1).clamp(min=_LEAST)
    return (peak - share.clamp(min=_LEAST).log()).mean()


def _shares_of_cells(lesions: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """How much of each cell the region covers; a cell is centred on the first pixel of its even share."""
    stride = lesions.shape[1] // rows
    pooled = nn.functional.avg_pool2d(lesions[:, None], stride, padding=stride // 2)
    return pooled[:, 0, :rows, :columns]
