"""Maps of the networks in torch, by every method of the catalogue."""

from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mvm_core.explain.cams import CAMS, Progress, reporting_to
from mvm_core.explain.catalogue import EVIDENCE, METHODS, Direction
from mvm_core.explain.layers import last_feature_layer
from mvm_core.models.registry import NETWORKS, SINGLE_READINGS
from mvm_core.models.weights import Weights
from mvm_core.training.networks import EvidenceNetwork, load_network

_layers: "WeakKeyDictionary[nn.Module, nn.Module]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Explanation:
    """What a method says of one input.

    Attributes
    ----------
    values : float32 array, shape (h, w)
        One value a cell of the last feature maps, positive for the side asked for; never rescaled. In logits
        where the method's catalogue entry says so: then the mean over the cells is a part of the logit.
    logit : float
        The network's logit, positive for MVM whichever side was asked for.
    """

    values: NDArray[np.float32] = field(repr=False)
    logit: float


@dataclass(frozen=True)
class Question:
    """What to explain: a method of the catalogue and the side that its map shall speak for."""

    method: str
    direction: Direction = Direction.MVM


class LogitOnly(nn.Module):
    """A network that gives its logit for malignancy alone, shape (n, 1), as grad-cam expects it."""

    def __init__(self, network: EvidenceNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, film: torch.Tensor) -> torch.Tensor:
        """Read a batch, shape (n, channels, height, width)."""
        logit, _ = self.network(film)
        return logit[:, :1]


class Explainer:
    """The networks of a weights folder in torch, each loaded when it is first asked about."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._networks: dict[str, EvidenceNetwork] = {}
        self._one_at_a_time = Lock()

    def network(self, name: str) -> EvidenceNetwork:
        """One network in evaluation mode, its parameters frozen.

        Raises
        ------
        TrainingError
            If its file cannot be read.
        """
        if name not in self._networks:
            entry = self._weights.networks[name]
            loaded = load_network(NETWORKS[name], entry.graph, entry.output_stride)
            self._networks[name] = loaded.requires_grad_(False)
        return self._networks[name]

    def explain(
        self,
        reading: str,
        film: NDArray[np.float32],
        question: Question,
        progress: Progress | None = None,
    ) -> Explanation:
        """Explain one single reading.

        Parameters
        ----------
        reading : str
            Name of a single reading.
        film : float32 array, shape (channels, height, width)
            The network's input.
        question : Question
        progress : callable, optional
            Called by slow methods with the number of batches done and their total.
        """
        # Hooks sit on the network while a method runs: another session's film must not pass through them.
        with self._one_at_a_time:
            network = self.network(SINGLE_READINGS[reading].network)
            return explain_network(network, film, question, progress)


def explain_network(
    network: EvidenceNetwork,
    film: NDArray[np.float32],
    question: Question,
    progress: Progress | None = None,
) -> Explanation:
    """Explain what a network says of malignancy on one input, as `Explainer.explain` does.

    grad-cam's own call would cut negative values off and stretch each map to [0, 1]; here its raw map is
    taken. Nothing is left hooked to the network afterwards.
    """
    batch = torch.from_numpy(film[np.newaxis])
    sign = question.direction.sign
    if question.method == EVIDENCE:
        with torch.no_grad():
            logit, evidence = network(batch)
        return Explanation(sign * evidence[0, 0].numpy(), float(logit[0, 0]))
    model = LogitOnly(network).eval()
    layer = _layer(network, model, batch)
    cam = CAMS[question.method](model, [layer])
    target = [lambda output: sign * output[0]]
    # The gradient is wanted at this layer, so that it need not go back through the layers before it.
    start = layer.register_forward_hook(
        lambda _module, _inputs, output: output.detach().requires_grad_(cam.uses_gradients), prepend=True
    )
    try:
        with reporting_to(progress), torch.set_grad_enabled(cam.uses_gradients):
            cam.outputs = cam.activations_and_grads(batch)
            if cam.uses_gradients:
                target[0](cam.outputs[0]).backward()
            features = cam.activations_and_grads.activations[0].numpy()
            gradients = cam.activations_and_grads.gradients
            raw = cam.get_cam_image(
                batch, layer, target, features, gradients[0].numpy() if gradients else None, False
            )[0]
            logit = float(cam.outputs[0, 0].detach())
    finally:
        start.remove()
        cam.activations_and_grads.release()
    # The logit is a mean over the cells, so a gradient holds one part in as many as there are cells.
    cells = raw.size if METHODS[question.method].in_logits else 1
    return Explanation((cells * raw).astype(np.float32), logit)


def _layer(network: nn.Module, model: nn.Module, batch: torch.Tensor) -> nn.Module:
    """The layer whose maps are explained, looked for once a network."""
    if network not in _layers:
        _layers[network] = last_feature_layer(model, batch)
    return _layers[network]
