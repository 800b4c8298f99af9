"""New weights made from others: where they go, and what is taken over."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mvm_core.errors import WeightsError
from mvm_core.files import write_atomically
from mvm_core.models.weights import MANIFEST


def check_other_folder(out: Path, folder: Path, purpose: str) -> None:
    """Check that new weights are not written over those they are made from.

    Parameters
    ----------
    out, folder : Path
        To be written, and made from.
    purpose : str
        What the latter are there for, such as ``to be calibrated``.

    Raises
    ------
    WeightsError
        If both are the same.
    """
    if out.resolve() == folder.resolve():
        raise WeightsError(str(out), f"these are the weights {purpose}", "name another folder")


def write_changed(
    folder: Path, out: Path, parts: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> Path:
    """Write a weights folder anew with other parts of its manifest.

    The record of a sealed test goes along, so that openings stay counted.

    Parameters
    ----------
    folder, out : Path
        From, and to; where both are the same, nothing is copied.
    parts : mapping
        Of the manifest, by name; one that is None is left out.
    files : mapping of str to bytes, optional
        Beside the manifest, by name.

    Returns
    -------
    Path
        The new manifest, which is written last.
    """
    manifest = json.loads((folder / MANIFEST).read_bytes()) | parts
    if out.resolve() != folder.resolve():
        _copy_files(folder, out)
    for name, content in (files or {}).items():
        write_atomically(out / name, content)
    kept = {name: part for name, part in manifest.items() if part is not None}
    return write_atomically(out / MANIFEST, json.dumps(kept, indent=2).encode())


def _copy_files(folder: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    # Without its manifest, half a copy does not load.
    (out / MANIFEST).unlink(missing_ok=True)
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.name != MANIFEST:
            shutil.copyfile(file, out / file.name)
