"""A loss that draws the evidence to where the disease lies."""

import torch
from torch import nn

_LEAST, _TINY = 1e-3, 1e-12


def misplaced_evidence(
    evidence: torch.Tensor, lesions: torch.Tensor, labels: torch.Tensor, asked: torch.Tensor | None = None
) -> torch.Tensor:
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
    asked : bool tensor, shape (n,), optional
        Which films count; all without it.

    Returns
    -------
    tensor, shape ()
        Mean over the films that count and have an annotated region; 0 without any.
    """
    cells = _shares_of_cells(lesions, evidence.shape[1], evidence.shape[2]).flatten(1)
    total = cells.sum(dim=1, keepdim=True)
    # Films that do not count are weighed with 0, not picked out: a GPU need not tell how many there are.
    known = total[:, 0] > 0 if asked is None else (total[:, 0] > 0) & asked
    support = (2 * labels - 1)[:, None] * evidence.flatten(1)
    wanted = cells / total.clamp(min=_TINY)
    peak = -(wanted * nn.functional.log_softmax(support, dim=1)).sum(dim=1)
    inside = (cells / cells.amax(dim=1, keepdim=True).clamp(min=_TINY) * support.relu()).sum(dim=1)
    share = inside / support.abs().sum(dim=1).clamp(min=_LEAST)
    of_films = peak - share.clamp(min=_LEAST).log()
    return (of_films * known).sum() / known.sum().clamp(min=1)


def _shares_of_cells(lesions: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """How much of each cell the region covers; a cell is centred on the first pixel of its even share."""
    stride = lesions.shape[1] // rows
    pooled = nn.functional.avg_pool2d(lesions[:, None], stride, padding=stride // 2)
    return pooled[:, 0, :rows, :columns]
