"""What a network's answers cost: each question on the vertebrae that it can be asked of."""

import torch
from torch import nn

from mvm_core.training.supervision import misplaced_evidence


def malignancy_loss(
    logit: torch.Tensor, labels: torch.Tensor, asked: torch.Tensor, positive_weight: torch.Tensor | None
) -> torch.Tensor:
    """Cross-entropy over the vertebrae of which MVM or BVF is known; 0 where there is none.

    Parameters
    ----------
    logit, labels : tensor, shape (n,)
    asked : bool tensor, shape (n,)
        The labels of others mean nothing.
    """
    of_films = nn.functional.binary_cross_entropy_with_logits(
        logit, labels, pos_weight=positive_weight, reduction="none"
    )
    return (of_films * asked).sum() / asked.sum().clamp(min=1)


def evidence_loss(
    evidence: torch.Tensor,
    lesions: torch.Tensor,
    labels: torch.Tensor,
    asked: torch.Tensor,
    diseased: torch.Tensor,
) -> torch.Tensor:
    """How far the evidence for what is right lies from where the disease lies, summed over the questions.

    For malignancy on the vertebrae of MVM or BVF; for disease on all that are diseased.

    Parameters
    ----------
    evidence : tensor, shape (n, questions, h, w)
    lesions : tensor, shape (n, height, width)
        Share of each pixel that the annotated region covers, in [0, 1].
    labels, asked, diseased : tensor, shape (n,)
        1 for MVM; whether that is known; 1 for diseased.
    """
    loss = misplaced_evidence(evidence[:, 0], lesions, labels, asked)
    if evidence.shape[1] > 1:
        loss = loss + misplaced_evidence(evidence[:, 1], lesions, diseased, diseased > 0.5)
    return loss
