"""Opening exported graphs in ONNX Runtime."""

from pathlib import Path

import onnxruntime

from mvm_core.errors import WeightsError


def open_session(graph: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load a graph.

    Parameters
    ----------
    graph : Path
        An ONNX file.
    threads : int
        Within the graph.

    Raises
    ------
    WeightsError
        If it cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    # The arena keeps the peak of every shape ever run; without it memory stays flat.
    options.enable_cpu_mem_arena = False
    try:
        return onnxruntime.InferenceSession(graph.read_bytes(), options, providers=["CPUExecutionProvider"])
    except (RuntimeError, OSError) as error:
        raise WeightsError(
            str(graph),
            f"the graph cannot be loaded ({type(error).__name__})",
            "restore the weights folder from its source",
        ) from None
