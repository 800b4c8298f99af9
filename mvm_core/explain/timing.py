"""What six evidence maps cost, beside the same readings without maps and beside grad-cam's GradCAM."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from mvm_core.explain.catalogue import INSTALL, torch_is_there
from mvm_core.models import Reader
from mvm_core.models.engine import NetworkGraph
from mvm_core.models.inputs import network_inputs
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.radiograph import FilmPair


@dataclass(frozen=True)
class MapTimings:
    """Medians over several runs from ready inputs, each way in turn in one process, on all processors.

    The graphs run side by side, one thread each, as in the reader; torch spreads each layer over its threads.

    Attributes
    ----------
    logits_ms : float
        All single readings by the exported graphs, logits alone, in ms.
    logits_and_maps_ms : float
        The same with their evidence maps, in ms.
    maps_share : float
        What the maps add to the readings, as a share of the readings' own time.
    grad_cam_ms : float or None
        The same maps by grad-cam's GradCAM in eager torch, in ms; None without torch.
    maps_vs_grad_cam : float or None
        How many times faster the graphs are, the logits included.
    """

    logits_ms: float
    logits_and_maps_ms: float
    maps_share: float
    grad_cam_ms: float | None
    maps_vs_grad_cam: float | None

    def as_lines(self) -> list[str]:
        """A line for each figure, for people."""
        lines = [
            f"readings without maps          {self.logits_ms:7.1f} ms",
            f"readings with evidence maps    {self.logits_and_maps_ms:7.1f} ms"
            f"  (the maps add {self.maps_share:.1%})",
        ]
        if self.grad_cam_ms is None or self.maps_vs_grad_cam is None:
            return [*lines, f"GradCAM for the same maps      not measured: {INSTALL}"]
        return [
            *lines,
            f"GradCAM for the same maps      {self.grad_cam_ms:7.1f} ms",
            f"evidence maps are              {self.maps_vs_grad_cam:7.1f} times faster",
        ]


def time_maps(reader: Reader, pair: FilmPair, runs: int) -> MapTimings:
    """Time the single readings of a pair with and without maps, and GradCAM's maps where torch is there."""
    inputs = network_inputs(pair, reader.weights)
    graphs = {name: NetworkGraph(network) for name, network in reader.weights.networks.items()}
    of_graph: dict[str, list[NDArray[np.float32]]] = {}
    for name, film in inputs.items():
        of_graph.setdefault(SINGLE_READINGS[name].network, []).append(film)
    batches = [(graphs[name], np.stack(films)) for name, films in of_graph.items()]
    pool = ThreadPoolExecutor(min(len(batches), os.cpu_count() or 1))
    ways: dict[str, Callable[[], object]] = {
        "logits": lambda: list(pool.map(lambda batch: batch[0].logit(batch[1]), batches)),
        "maps": lambda: list(pool.map(lambda batch: batch[0].run(batch[1]), batches)),
    }
    if torch_is_there():
        from mvm_core.explain.usual_stack import UsualStack

        stack = UsualStack(reader.weights)
        ways["grad-cam"] = lambda: [stack.heatmap(name, film) for name, film in inputs.items()]
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for way in ways.values():
        way()
    for run in range(runs):
        for name, way in ways.items():
            # The slow way is timed less often.
            if name != "grad-cam" or run % 4 == 0:
                start = time.perf_counter()
                way()
                taken[name].append((time.perf_counter() - start) * 1e3)
    pool.shutdown()
    logits, maps = median(taken["logits"]), median(taken["maps"])
    slow = median(taken["grad-cam"]) if "grad-cam" in taken else None
    return MapTimings(logits, maps, maps / logits - 1, slow, slow / maps if slow is not None else None)
