"""Running the exported graphs: one ONNX Runtime session a graph, shared by the whole process."""

import threading
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mvm_core.inference import open_session
from mvm_core.models.weights import NetworkWeights


@dataclass(frozen=True)
class GraphOutput:
    """What a graph says of a batch: `logit`, shape (n,), and `evidence`, shape (n, h, w), in logits."""

    logit: NDArray[np.float32]
    evidence: NDArray[np.float32]


class Graph:
    """One exported network, loaded when it is first run; may be run from several threads."""

    def __init__(self, network: NetworkWeights) -> None:
        self._network = network
        self._session: onnxruntime.InferenceSession | None = None
        self._lock = threading.Lock()

    def run(self, films: NDArray[np.float32]) -> GraphOutput:
        """Run the network.

        Parameters
        ----------
        films : float32 array, shape (n, channels, height, width)
            As `mvm_core.imaging.preprocess.network_input` makes them.

        Raises
        ------
        WeightsError
            If the graph cannot be loaded.
        """
        logit, evidence = self._loaded().run(("logit", "evidence"), {"film": films})
        return GraphOutput(logit, evidence)

    def logit(self, films: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logits alone, shape (n,), as `run` gives them with the evidence."""
        (logit,) = self._loaded().run(("logit",), {"film": films})
        return logit

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                # The reader runs its graphs side by side: that uses the processors better than threads.
                self._session = open_session(self._network.graph)
            return self._session
