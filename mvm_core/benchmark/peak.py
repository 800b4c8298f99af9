"""What the processors can do at most, and how much work a graph is."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from mvm_core.benchmark.timing import milliseconds

_SIDE = 2048
_RUNS = 8


def peak_gflops() -> float:
    """The most that a large float32 matrix product reaches on all processors, in 10^9 operations a second."""
    matrix = np.random.default_rng(0).random((_SIDE, _SIDE), np.float32)
    return 2 * _SIDE**3 / 1e6 / min(milliseconds(lambda: matrix @ matrix) for _ in range(_RUNS))


def gflop_of(graph: Path, shape: tuple[int, ...]) -> float | None:
    """Multiplications and additions of a graph's convolutions and matrix products, in 10^9.

    Parameters
    ----------
    graph : Path
        An ONNX file with one input.
    shape : tuple of int
        Of that input.

    Returns
    -------
    float or None
        None where the package onnx is not there to count them.
    """
    if importlib.util.find_spec("onnx") is None:
        return None
    import onnx

    model = onnx.load(graph)
    dimensions = model.graph.input[0].type.tensor_type.shape.dim
    for dimension, size in zip(dimensions, shape, strict=True):
        dimension.dim_value = size
    for output in model.graph.output:
        # What was stored for another size would contradict.
        output.type.tensor_type.ClearField("shape")
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.value_info, *model.graph.output)
    } | {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    return sum(_operations(node, shapes) for node in model.graph.node) / 1e9


def _operations(node: Any, shapes: dict[str, list[int]]) -> int:
    if node.op_type == "Conv":
        # Each value of the output sums up the kernel over the input channels of its group.
        return 2 * int(np.prod(shapes[node.output[0]])) * int(np.prod(shapes[node.input[1]][1:]))
    if node.op_type in ("MatMul", "Gemm"):
        rows = shapes[node.input[0]]
        return 2 * int(np.prod(rows)) * shapes[node.output[0]][-1]
    return 0
