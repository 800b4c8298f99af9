"""Running the exported graphs: one ONNX Runtime session a graph, shared by the whole process."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.inference import Graph
from mvm_core.models.weights import NetworkWeights


@dataclass(frozen=True)
class GraphOutput:
    """What a graph says of a batch: `logit`, shape (n,), and `evidence`, shape (n, h, w), in logits."""

    logit: NDArray[np.float32]
    evidence: NDArray[np.float32]


class NetworkGraph:
    """One exported network of the readings; may be run from several threads."""

    def __init__(self, network: NetworkWeights) -> None:
        # The reader runs its graphs side by side: that uses the processors better than threads.
        self._graph = Graph(network.graph)

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
        return GraphOutput(*self._graph.run(("logit", "evidence"), {"film": films}))

    def logit(self, films: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logits alone, shape (n,), as `run` gives them with the evidence."""
        return self._graph.run(("logit",), {"film": films})[0]
