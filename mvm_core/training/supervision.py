"""A loss that draws the evidence to where the disease lies."""

import torch
from torch import nn


def misplaced_evidence(evidence: torch.Tensor, lesions: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy between where the evidence for the right label lies and where the lesion lies.

    Evidence for the right label (positive for MVM, negative for BVF) becomes a distribution over the cells
    by softmax; the annotated region's share of each cell is the distribution it should have.

    Parameters
    ----------
    evidence : tensor, shape (n, h, w)
        In logits.
    lesions : tensor, shape (n, height, width)
        Share of each pixel that the annotated region covers, in [0, 1].
    labels : tensor, shape (n,)
        1 for MVM, 0 for BVF.

    Returns
    -------
    tensor, shape ()
        Mean over the films with an annotated region; 0 without any.
    """
    cells = nn.functional.adaptive_avg_pool2d(lesions[:, None], (evidence.shape[1], evidence.shape[2]))[
        :, 0
    ].flatten(1)
    known = cells.sum(dim=1) > 0
    if not bool(known.any()):
        return evidence.sum() * 0.0
    wanted = cells[known] / cells[known].sum(dim=1, keepdim=True)
    side = (2 * labels[known] - 1)[:, None]
    found = nn.functional.log_softmax(side * evidence[known].flatten(1), dim=1)
    return -(wanted * found).sum(dim=1).mean()
