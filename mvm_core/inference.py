"""Exported graphs: their manifests checked, opened in ONNX Runtime."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.language import gettext

SHIPPED = Path(__file__).resolve().parents[1] / "weights"
"""The weights folder that comes with the project."""

_wanted: ContextVar[Callable[[], bool]] = ContextVar("wanted", default=lambda: True)


class NobodyWaitsError(Exception):
    """Work that was broken off because nobody waits for its result any more."""


@contextmanager
def while_wanted(wanted: Callable[[], bool]) -> Iterator[None]:
    """Run graphs in this thread only as long as somebody wants the result.

    Parameters
    ----------
    wanted : callable
        Asked before each graph; once it says no, `Graph.run` raises `NobodyWaitsError`.
    """
    token = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(token)


class Graph:
    """One exported graph, loaded when it is first run; may be run from several threads.

    Parameters
    ----------
    file : Path
        An ONNX file.
    threads : int
        Within the graph.
    change : callable, optional
        What is done to the file's bytes before they are loaded.
    """

    def __init__(self, file: Path, threads: int = 1, change: Callable[[bytes], bytes] | None = None) -> None:
        self._file, self._threads, self._change = file, threads, change
        self._session: onnxruntime.InferenceSession | None = None
        self._lock = threading.Lock()

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Run the graph; gives the named outputs.

        Raises
        ------
        WeightsError
            If it cannot be loaded.
        NobodyWaitsError
            If the result is not wanted any more (see `while_wanted`).
        """
        if not _wanted.get()():
            raise NobodyWaitsError
        return list(self._loaded().run(outputs, inputs))

    def load(self) -> None:
        """Load the graph now rather than at its first run.

        Raises
        ------
        WeightsError
            If it cannot be loaded.
        NobodyWaitsError
            If it is not wanted any more (see `while_wanted`).
        """
        if not _wanted.get()():
            raise NobodyWaitsError
        self._loaded()

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                self._session = open_session(self._file, self._threads, self._change)
            return self._session


def own_or_shipped(folder: Path | None, manifest: str) -> tuple[Path, int]:
    """A weights folder, or the shipped one where that holds no such manifest.

    Returns
    -------
    folder : Path
    changed : int
        When its manifest was last changed, in nanoseconds; 0 without one.
    """
    path = (folder or SHIPPED).resolve()
    if not (path / manifest).is_file():
        path = SHIPPED
    file = path / manifest
    return path, file.stat().st_mtime_ns if file.is_file() else 0


def open_session(
    graph: Path, threads: int = 1, change: Callable[[bytes], bytes] | None = None
) -> onnxruntime.InferenceSession:
    """Load a graph.

    Parameters
    ----------
    graph : Path
        An ONNX file.
    threads : int
        Within the graph.
    change : callable, optional
        What is done to the file's bytes before they are loaded.

    Raises
    ------
    WeightsError
        If it cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    # Threads that wait would else keep a processor busy from which others, readings among them, could work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The arena keeps the peak of every shape ever run; without it memory stays flat.
    options.enable_cpu_mem_arena = False
    try:
        content = graph.read_bytes() if change is None else change(graph.read_bytes())
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except (RuntimeError, OSError) as error:
        raise WeightsError(
            str(graph),
            gettext("the graph cannot be loaded ({error})", error=type(error).__name__),
            gettext("restore the weights folder from its source"),
        ) from None


@dataclass(frozen=True)
class GraphManifest:
    """A manifest that names one graph, and that graph, checked against it.

    Attributes
    ----------
    said : mapping
        The manifest's content.
    graph : Path
    identity : str
        SHA-256 of the manifest, which holds that of the graph.
    """

    said: Mapping[str, Any]
    graph: Path
    identity: str


def read_manifest(path: Path, format_: int, what: str) -> GraphManifest:
    """Read a manifest of one graph and check the graph against the SHA-256 that it states.

    Parameters
    ----------
    path : Path
        The manifest; the graph lies beside it.
    format_ : int
        The format that is understood.
    what : str
        What the graph does, for messages, e.g. ``the finder of vertebrae``.

    Raises
    ------
    WeightsError
        If either is missing, malformed or differs.
    """
    try:
        content = path.read_bytes()
        said = json.loads(content)
        if said["format"] != format_:
            raise ValueError(f"format {said['format']}, expected {format_}")
        graph = graph_beside(path, said["onnx"], what)
    except OSError as error:
        raise _missing(error, what) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise malformed(path, error) from None
    return GraphManifest(said, graph, hashlib.sha256(content).hexdigest())


def graph_beside(manifest: Path, named: Mapping[str, Any], what: str) -> Path:
    """The graph that a manifest names, checked against the SHA-256 that it states.

    Parameters
    ----------
    manifest : Path
        The graph lies beside it.
    named : mapping
        With ``file`` and ``sha256``.
    what : str
        What the graph does, for messages.

    Raises
    ------
    WeightsError
        If it is missing or differs.
    KeyError, TypeError, ValueError
        If the manifest does not name a file of its folder and a checksum.
    """
    name, expected = str(named["file"]), str(named["sha256"])
    if Path(name).name != name:
        raise ValueError(f"file name {name!r} leads out of the folder")
    graph = manifest.parent / name
    try:
        found = hashlib.sha256(graph.read_bytes()).hexdigest()
    except OSError as error:
        raise _missing(error, what) from None
    if found != expected:
        raise WeightsError(
            str(graph),
            gettext("the file differs from the checksum in {manifest}", manifest=manifest.name),
            gettext("restore it from its source"),
        )
    return graph


def _missing(error: OSError, what: str) -> WeightsError:
    return WeightsError(
        str(error.filename),
        gettext("{what} is missing", what=what),
        gettext("restore the folder from its source"),
    )


def malformed(path: Path, error: Exception) -> WeightsError:
    """The error of a manifest that does not hold what it should."""
    return WeightsError(
        str(path),
        gettext("the manifest is malformed ({error})", error=error),
        gettext("restore the weights folder from its source"),
    )
