"""Running the exported graphs: one ONNX Runtime session a graph, shared by the whole process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.inference import Graph
from mvm_core.language import gettext
from mvm_core.models.pooled import mean_name, with_means
from mvm_core.models.weights import NetworkWeights


@dataclass(frozen=True)
class GraphOutput:
    """What a graph says of a batch, by question in the order of the network's.

    Attributes
    ----------
    logit : float32 array, shape (n, questions)
    evidence : float32 array, shape (n, questions, h, w)
        In logits.
    means : mapping of str to float32 array, shape (n, channels)
        Of the tensors asked for, over the film.
    """

    logit: NDArray[np.float32]
    evidence: NDArray[np.float32]
    means: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


class NetworkGraph:
    """One exported network of the readings; may be run from several threads.

    Parameters
    ----------
    network : NetworkWeights
    tensors : sequence of str
        Inner tensors whose means over the film are wanted too.

    Attributes
    ----------
    tensors : tuple of str
    """

    def __init__(self, network: NetworkWeights, tensors: Sequence[str] = ()) -> None:
        self._network, self.tensors = network, tuple(tensors)
        # The reader runs its graphs side by side: that uses the processors better than threads.
        self._graph = Graph(network.graph, change=lambda graph: with_means(graph, self.tensors))

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
        outputs = ("logit", "evidence", *map(mean_name, self.tensors))
        logit, evidence, *means = self._graph.run(outputs, {"film": films})
        # Graphs of one question give shapes (n,) and (n, h, w) in earlier weights.
        by_question = evidence.reshape(len(films), -1, *evidence.shape[-2:])
        return GraphOutput(self._checked(logit), by_question, self._by_tensor(means))

    def load(self) -> None:
        """Load the graph now rather than at its first run; raises `WeightsError` where it cannot."""
        self._graph.load()

    def glance(
        self, films: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], Mapping[str, NDArray[np.float32]]]:
        """The logits of all questions and the means of the tensors asked for, as `run` gives them."""
        logit, *means = self._graph.run(("logit", *map(mean_name, self.tensors)), {"film": films})
        return self._checked(logit), self._by_tensor(means)

    def _by_tensor(self, means: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        return {name: mean.reshape(len(mean), -1) for name, mean in zip(self.tensors, means, strict=True)}

    def logit(self, films: NDArray[np.float32], question: str = "mvm") -> NDArray[np.float32]:
        """The logits of one question alone, shape (n,), as `run` gives them with the evidence."""
        found = self._checked(self._graph.run(("logit",), {"film": films})[0])
        return found[:, self._network.questions.index(question)]

    def _checked(self, logit: NDArray[np.float32]) -> NDArray[np.float32]:
        by_question = logit.reshape(len(logit), -1)
        if by_question.shape[1] != len(self._network.questions):
            raise WeightsError(
                str(self._network.graph),
                gettext(
                    "it answers {found} questions where the manifest names {named}",
                    found=by_question.shape[1],
                    named=len(self._network.questions),
                ),
                gettext("restore the weights folder from its source"),
            )
        return by_question
