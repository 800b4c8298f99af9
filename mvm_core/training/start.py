"""What a training starts from, and how a record names it: by its SHA-256."""

import hashlib
from pathlib import Path

from mvm_core.models.registry import Network
from mvm_core.models.weights import MANIFEST

WITHOUT_FILE = ("lite0", "timm", "random")
"""Starts that are asked for by a word; the others are a weights folder or a file of it."""


def start_file(network: Network, init: str) -> Path:
    """The file that `init` names: that of a weights folder, or itself."""
    path = Path(init)
    return stored_file(path, network.name) if path.is_dir() else path


def stored_file(folder: Path, name: str) -> Path:
    """The file of a folder that holds a network's tensors.

    That is ``NAME.onnx``, be it there or not; ``NAME.safetensors`` where an earlier version left that.
    """
    graph, before = folder / f"{name}.onnx", folder / f"{name}.safetensors"
    return before if before.is_file() and not graph.is_file() else graph


def start_name(init: str) -> str:
    """How a record names a start: a word of `WITHOUT_FILE`, else the SHA-256 of file or folder's manifest.

    What is no longer there, or never was, keeps its name.
    """
    path = Path(init)
    if init in WITHOUT_FILE:
        return init
    file = path / MANIFEST if path.is_dir() else path
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else init
