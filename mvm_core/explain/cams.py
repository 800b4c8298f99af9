"""grad-cam's methods, made fit for one signed output and for callers who want to see progress."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import pytorch_grad_cam as grad_cam
from numpy.typing import NDArray
from pytorch_grad_cam import ablation_cam, score_cam
from pytorch_grad_cam.ablation_layer import AblationLayer
from torch import nn

Progress = Callable[[int, int], None]

_progress: ContextVar[Progress | None] = ContextVar("progress", default=None)


class _Bars:
    """Stands in for the module tqdm, so that grad-cam's own bars report to the caller and not to stderr."""

    @staticmethod
    def tqdm(batches: Iterable[int]) -> Iterator[int]:
        steps = list(batches)
        for done, step in enumerate(steps, start=1):
            yield step
            report = _progress.get()
            if report is not None:
                report(done, len(steps))


score_cam.tqdm = ablation_cam.tqdm = _Bars


@contextmanager
def reporting_to(progress: Progress | None) -> Iterator[None]:
    """Let slow methods report how many of their batches are done."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


class AblationInLogits(grad_cam.AblationCAM):
    """AblationCAM whose weights are the logits lost.

    The package divides the loss by the score, which turns the map around wherever the score is negative: with
    one signed logit that is every case on the other side.
    """

    def __init__(self, model: nn.Module, target_layers: list[nn.Module]) -> None:
        # The package's default layer is shared by all its instances and would keep their features alive.
        super().__init__(model, target_layers, ablation_layer=AblationLayer())

    def get_cam_weights(
        self, input_tensor: Any, target_layer: Any, targets: Any, activations: Any, grads: Any
    ) -> NDArray[np.float32]:
        """Weights of shape (n, channels), in logits of the target."""
        share_lost = super().get_cam_weights(input_tensor, target_layer, targets, activations, grads)
        score = [float(target(output)) for target, output in zip(targets, self.outputs, strict=True)]
        return np.nan_to_num(share_lost * np.asarray(score, np.float32)[:, np.newaxis])


CAMS: dict[str, Callable[[nn.Module, list[nn.Module]], grad_cam.base_cam.BaseCAM]] = {
    "gradcam": grad_cam.GradCAM,
    "hirescam": grad_cam.HiResCAM,
    "gradcam++": grad_cam.GradCAMPlusPlus,
    "layercam": grad_cam.LayerCAM,
    "eigencam": grad_cam.EigenCAM,
    "scorecam": grad_cam.ScoreCAM,
    "ablationcam": AblationInLogits,
}
