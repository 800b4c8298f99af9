"""Arrays that are worked out once and kept, named by the content of the files that they come from."""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import SimulationError
from mvm_core.files import write_atomically

Arrays = Mapping[str, NDArray[np.generic]]
_VERSION = "3"
"""Raised whenever something is worked out in another way."""

PLACE_VARIABLE = "MVM_ANATOMY_CACHE"
_BESIDE = ".mvm-anatomy"


def usual_place(folder: Path) -> Path:
    """The folder that `PLACE_VARIABLE` names; else beside the surfaces, or the user's cache."""
    named = os.environ.get(PLACE_VARIABLE)
    if named:
        return Path(named)
    if os.access(folder, os.W_OK):
        return folder / _BESIDE
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "mvm-anatomy"


def digest(files: Sequence[Path]) -> str:
    """SHA-256 of the content of files.

    Raises
    ------
    SimulationError
        If one cannot be read.
    """
    total = hashlib.sha256()
    for file in files:
        try:
            total.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            raise SimulationError(
                str(file), f"it cannot be read ({error.strerror})", "check its permissions"
            ) from None
    return total.hexdigest()


def kept(place: Path, what: str, source: str, work_out: Callable[[], Arrays]) -> Arrays:
    """Read arrays that were kept, or work them out and keep them.

    Parameters
    ----------
    place : Path
        The folder.
    what : str
        Stands in the file's name.
    source : str
        Digest of what they are worked out from.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    key = hashlib.sha256(f"{_VERSION} {what} {source}".encode()).hexdigest()[:20]
    file = place / f"{what}-{key}.npz"
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        # Not there yet, or damaged: both are mended by working it out.
        arrays = work_out()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_atomically(file, buffer.getvalue())
    return arrays
