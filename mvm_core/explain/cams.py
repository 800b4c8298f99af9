"""grad-cam's methods, made fit for one signed output and for callers who want to see progress."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import pytorch_grad_cam as grad_cam
import torch
from numpy.typing import NDArray
from pytorch_grad_cam import score_cam
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


score_cam.tqdm = _Bars


@contextmanager
def reporting_to(progress: Progress | None) -> Iterator[None]:
    """Let slow methods report how many of their batches are done."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


class AblationInLogits(grad_cam.AblationCAM):
    """AblationCAM whose weights are the logits lost with each feature map.

    The package divides the loss by the score, which turns the map around wherever the score is negative:
    with one signed logit that is every case on the other side. It also ablates to a very large negative
    value where features can be negative, as after SiLU; here an ablated map is zero, as in the paper.
    """

    def __init__(self, model: nn.Module, target_layers: list[nn.Module]) -> None:
        # The package's default layer is shared by all its instances and would keep their features alive.
        super().__init__(model, target_layers, ablation_layer=AblationLayer(), batch_size=256)

    def get_cam_weights(
        self, input_tensor: Any, target_layer: Any, targets: Any, activations: Any, grads: Any
    ) -> NDArray[np.float32]:
        """Weights of shape (1, channels), in logits of the target."""
        features, target = torch.from_numpy(activations), targets[0]
        channels = features.shape[1]
        score = float(target(self.outputs[0]))
        lost = np.empty((1, channels), np.float32)
        for start in _Bars.tqdm(range(0, channels, self.batch_size)):
            among = torch.arange(start, min(start + self.batch_size, channels))
            ablated = features.repeat(len(among), 1, 1, 1)
            ablated[torch.arange(len(among)), among] = 0.0
            lost[0, among.numpy()] = [
                score - float(target(o)) for o in self._outputs_of(ablated, input_tensor)
            ]
        return lost

    def _outputs_of(self, features: torch.Tensor, film: torch.Tensor) -> torch.Tensor:
        """What the network makes of these features: it runs once, and goes on with them after the layer."""
        handle = self.target_layers[0].register_forward_hook(lambda *_: features)
        try:
            with torch.no_grad():
                return self.model(film)
        finally:
            handle.remove()


CAMS: dict[str, Callable[[nn.Module, list[nn.Module]], grad_cam.base_cam.BaseCAM]] = {
    "gradcam": grad_cam.GradCAM,
    "hirescam": grad_cam.HiResCAM,
    "gradcam++": grad_cam.GradCAMPlusPlus,
    "layercam": grad_cam.LayerCAM,
    "eigencam": grad_cam.EigenCAM,
    "scorecam": grad_cam.ScoreCAM,
    "ablationcam": AblationInLogits,
}
