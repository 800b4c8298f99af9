"""The usual way to a reading with a heatmap: eager torch, then grad-cam's GradCAM, film by film.

It is here to be measured against the exported graphs and to check their evidence maps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from mvm_core.explain.methods import LogitOnly
from mvm_core.models.registry import NETWORKS, SINGLE_READINGS
from mvm_core.models.weights import Weights
from mvm_core.training.networks import load_network


@dataclass(frozen=True)
class UsualOutput:
    """One reading: `logit`, and `heatmap` of the input's shape, min-max scaled to [0, 1] by grad-cam."""

    logit: float
    heatmap: NDArray[np.float32]


class UsualStack:
    """The networks of a weights folder in eager torch, each under a GradCAM."""

    def __init__(self, weights: Weights) -> None:
        self._models = {
            name: LogitOnly(load_network(NETWORKS[name], entry.graph, entry.output_stride)).eval()
            for name, entry in weights.networks.items()
        }
        self._cams = {
            name: GradCAM(model, [model.network.last_features]) for name, model in self._models.items()
        }

    def read(self, reading: str, film: NDArray[np.float32]) -> UsualOutput:
        """Make one single reading and its Grad-CAM for MVM.

        Parameters
        ----------
        reading : str
            Name of a single reading.
        film : float32 array, shape (channels, height, width)
            The network's input.
        """
        network = SINGLE_READINGS[reading].network
        batch = torch.from_numpy(film[np.newaxis])
        with torch.no_grad():
            logit = float(self._models[network](batch))
        return UsualOutput(logit, self.heatmap(reading, film))

    def read_together(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, UsualOutput]:
        """The same of several readings, each network's films in one batch, forward and backward once.

        Parameters
        ----------
        inputs : mapping of str to float32 array, shape (channels, height, width)
            Of single readings, the networks' inputs.
        """
        of_network: dict[str, list[str]] = {}
        for name in inputs:
            of_network.setdefault(SINGLE_READINGS[name].network, []).append(name)
        found = {}
        for network, names in of_network.items():
            cam = self._cams[network]
            batch = torch.from_numpy(np.stack([inputs[name] for name in names]))
            heatmaps = cam(batch, targets=[ClassifierOutputTarget(0)] * len(names))
            logits = cam.outputs.detach().reshape(len(names), -1)[:, 0]
            for name, logit, heatmap in zip(names, logits.tolist(), heatmaps, strict=True):
                found[name] = UsualOutput(logit, heatmap)
        return found

    def heatmap(self, reading: str, film: NDArray[np.float32]) -> NDArray[np.float32]:
        """The Grad-CAM for MVM alone, as `read` gives it with the logit."""
        batch = torch.from_numpy(film[np.newaxis])
        cam = self._cams[SINGLE_READINGS[reading].network]
        return cam(batch, targets=[ClassifierOutputTarget(0)])[0]
