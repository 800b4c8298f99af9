"""Stored networks read back: the tensors of an ONNX file that `export` wrote, or of a safetensors file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import TensorProto, numpy_helper
from safetensors import SafetensorError
from safetensors.torch import load_file

from mvm_core.errors import TrainingError
from mvm_core.models.registry import QUESTIONS

HALF = ".half"
"""Follows the name of a tensor that is stored in half precision."""

STEPS, SCALE = ".steps", ".scale"
"""Follow the name of a kernel stored in eight bits: its whole numbers, and what one of them is worth."""

QUESTIONS_KEY = "questions"
"""Under it a file names what its outputs answer, in their order, separated by commas."""

_HEAD = "head.bias"
_DO = "name the .onnx file of a network that this program trained, or its weights folder"
_NUMBERS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT8)


@dataclass(frozen=True)
class StoredNetwork:
    """What a file holds of a network.

    Attributes
    ----------
    file : Path
    questions : tuple of str
        What it answers, in the order of its outputs.
    tensors : mapping of str to tensor
        By their names in the network's state, in single precision.
    """

    file: Path
    questions: tuple[str, ...]
    tensors: Mapping[str, torch.Tensor]


def read_stored(file: Path) -> StoredNetwork:
    """Read a network of the readings, as `read_tensors` does.

    What does not say which questions it answers, as no earlier file does, answers the first of `QUESTIONS`.

    Raises
    ------
    TrainingError
        If the file cannot be read, or is no network of the readings.
    """
    stored = read_tensors(file)
    tensors = stored.tensors
    if _HEAD not in tensors:
        raise TrainingError(str(file), f"it is no network of the readings: {_HEAD} is missing", _DO)
    questions = stored.questions or QUESTIONS[: len(tensors[_HEAD])]
    if len(questions) != len(tensors[_HEAD]) or not set(questions) <= set(QUESTIONS):
        raise TrainingError(
            str(file), f"its {len(tensors[_HEAD])} outputs are not {', '.join(QUESTIONS)} or part of it", _DO
        )
    return replace(stored, questions=questions)


def read_tensors(file: Path) -> StoredNetwork:
    """Read a network's tensors: of a ``.safetensors`` file, as earlier versions wrote, else of an ONNX file.

    Raises
    ------
    TrainingError
        If the file cannot be read.
    """
    try:
        told, tensors = ("", load_file(file)) if file.suffix == ".safetensors" else _of_graph(file)
    except OSError as error:
        raise TrainingError(str(file), f"it cannot be read ({type(error).__name__})", _DO) from None
    except (DecodeError, SafetensorError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(
            str(file), f"it is no stored network, or is damaged ({type(error).__name__})", _DO
        ) from None
    questions = tuple(told.split(",")) if told else ()
    return StoredNetwork(file, questions, {name: tensor.float() for name, tensor in tensors.items()})


def fill(network: torch.nn.Module, stored: StoredNetwork, what: str) -> None:
    """Give a network the tensors of a file.

    Parameters
    ----------
    network : torch.nn.Module
    stored : StoredNetwork
    what : str
        What the network is, for messages, e.g. ``merge network``.

    Raises
    ------
    TrainingError
        If a tensor is missing, has another shape, or is not the network's; it stays as it was.
    """
    own = {name: tensor for name, tensor in network.state_dict().items() if tensor.is_floating_point()}
    for name, tensor in own.items():
        found = stored.tensors.get(name)
        if found is None or found.shape != tensor.shape:
            how = "is missing" if found is None else f"has the shape {_shape(found)}, not {_shape(tensor)}"
            raise TrainingError(str(stored.file), f"it holds no {what}: {name} {how}", _DO)
    strange = [name for name in stored.tensors if name not in own]
    if strange:
        raise TrainingError(str(stored.file), f"it holds no {what}: {strange[0]} is none of its tensors", _DO)
    # What is no floating-point number counts the batches of a training and is not stored.
    network.load_state_dict(dict(stored.tensors), strict=False)


def _of_graph(file: Path) -> tuple[str, dict[str, torch.Tensor]]:
    """The questions that an ONNX file names, and its initialisers by the names of what they become."""
    model = onnx.load(file)
    said = {entry.key: entry.value for entry in model.metadata_props}
    held = {
        initialiser.name.removesuffix(HALF): torch.from_numpy(numpy_helper.to_array(initialiser).copy())
        for initialiser in model.graph.initializer
        if initialiser.data_type in _NUMBERS
    }
    whole = [name.removesuffix(STEPS) for name in held if name.endswith(STEPS)]
    kernels = {name: held.pop(name + STEPS) * held.pop(name + SCALE) for name in whole}
    tensors = {name: tensor for name, tensor in held.items() if tensor.is_floating_point()} | kernels
    return said.get(QUESTIONS_KEY, ""), tensors


def _shape(tensor: torch.Tensor) -> str:
    return " x ".join(map(str, tensor.shape))
