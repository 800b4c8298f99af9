"""Running the exported graphs: one ONNX Runtime session a graph, shared by the whole process."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.inference import Graph
from mvm_core.models.weights import NetworkWeights


@dataclass(frozen=True)
class GraphOutput:
    """What a graph says of a batch, by question in the order of the network's.

    Attributes
    ----------
    logit : float32 array, shape (n, questions)
    evidence : float32 array, shape (n, questions, h, w)
        In logits.
    """

    logit: NDArray[np.float32]
    evidence: NDArray[np.float32]


class NetworkGraph:
    """One exported network of the readings; may be run from several threads."""

    def __init__(self, network: NetworkWeights) -> None:
        self._network = network
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
            If the graph cannot be loaded, or answers other questions than the manifest says.
        """
        logit, evidence = self._graph.run(("logit", "evidence"), {"film": films})
        # Graphs of one question give shapes (n,) and (n, h, w) in earlier weights.
        by_question = evidence.reshape(len(films), -1, *evidence.shape[-2:])
        return GraphOutput(self._checked(logit), by_question)

    def logit(self, films: NDArray[np.float32], question: str = "mvm") -> NDArray[np.float32]:
        """The logits of one question alone, shape (n,), as `run` gives them with the evidence."""
        found = self._checked(self._graph.run(("logit",), {"film": films})[0])
        return found[:, self._network.questions.index(question)]

    def _checked(self, logit: NDArray[np.float32]) -> NDArray[np.float32]:
        by_question = logit.reshape(len(logit), -1)
        if by_question.shape[1] != len(self._network.questions):
            raise WeightsError(
                str(self._network.graph),
                f"it answers {by_question.shape[1]} questions where the manifest names "
                f"{len(self._network.questions)}",
                "restore the weights folder from its source",
            )
        return by_question
