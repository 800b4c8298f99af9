"""From torch to an ONNX file: a graph with logits and evidence, its tensors read back by `stored`."""

import copy
import io
import warnings
from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from mvm_core.training.networks import EvidenceNetwork
from mvm_core.training.stored import HALF, QUESTIONS_KEY, SCALE, STEPS

Network = TypeVar("Network", bound=nn.Module)
Axes = Mapping[int, str]

HALF_ABOVE = 1024
"""Tensors with more elements than this are stored in half precision."""

EIGHT_BITS_ABOVE = 8_192
"""Kernels with more elements than this are stored in eight bits where asked for."""

_EXPORTER_WARNINGS = ("You are using the legacy TorchScript-based ONNX export", "The feature will be removed")


def round_to_stored(network: Network) -> Network:
    """Copy a network with its large tensors rounded to the half precision that they are stored in."""
    rounded = copy.deepcopy(network).eval().float().cpu()
    with torch.no_grad():
        for tensor in rounded.state_dict().values():
            if tensor.is_floating_point() and tensor.numel() > HALF_ABOVE:
                tensor.copy_(tensor.half().float())
    return rounded


def to_onnx(rounded: EvidenceNetwork, height: int, width: int) -> bytes:
    """Export a rounded network.

    The graph takes ``film``, shape (n, channels, height, width), and gives ``logit``, shape (n, questions),
    and ``evidence``, shape (n, questions, h, w).
    """
    channels = next(rounded.parameters()).shape[1]
    example = torch.zeros(1, channels, height, width)
    outputs = {"logit": {0: "n"}, "evidence": {0: "n"}}
    said = {QUESTIONS_KEY: ",".join(rounded.questions)}
    return export_graph(rounded, example, {"film": {0: "n"}}, outputs, said=said)


def export_graph(
    rounded: nn.Module,
    example: torch.Tensor,
    takes: Mapping[str, Axes],
    gives: Mapping[str, Axes],
    *,
    eight_bits: bool = False,
    said: Mapping[str, str] | None = None,
) -> bytes:
    """Export a rounded module of one input; large tensors are stored in half precision, cast on loading.

    Parameters
    ----------
    takes, gives : mapping of str to mapping of int to str
        Names of inputs and outputs, each with its axes of any length.
    eight_bits : bool
        Whether the largest kernels are stored in eight bits with a scale for each output channel; what is
        computed stays in single precision.
    said : mapping of str to str, optional
        Stands in the file as it is.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter needs onnxscript besides; this one writes the same graph without it.
        for message in _EXPORTER_WARNINGS:
            warnings.filterwarnings("ignore", message, DeprecationWarning)
        torch.onnx.export(
            rounded,
            (example,),
            buffer,  # type: ignore[arg-type]
            input_names=list(takes),
            output_names=list(gives),
            dynamic_axes={name: dict(axes) for name, axes in {**takes, **gives}.items()},
            opset_version=17,
            # Folding batch normalisation into the convolutions would spoil the rounding.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    if eight_bits:
        _to_eight_bits(model.graph)
    _halve(model.graph)
    helper.set_model_props(model, dict(said or {}))
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _halve(graph: onnx.GraphProto) -> None:
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size <= HALF_ABOVE:
            continue
        name = tensor.name
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}{HALF}")
        tensor.CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _to_eight_bits(graph: onnx.GraphProto) -> None:
    nodes = []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim != 4 or values.size <= EIGHT_BITS_ABOVE:
            continue
        name = tensor.name
        scale = np.abs(values).max(axis=(1, 2, 3), keepdims=True) / 127
        steps = np.round(values / np.maximum(scale, np.finfo(np.float32).tiny)).astype(np.int8)
        tensor.CopyFrom(numpy_helper.from_array(steps, f"{name}{STEPS}"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}{SCALE}"))
        nodes.append(helper.make_node("Cast", [f"{name}{STEPS}"], [f"{name}.whole"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}.whole", f"{name}{SCALE}"], [name]))
    kept = [*nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(kept)
