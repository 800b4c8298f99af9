"""New weights made from others: where they go, and what is taken over."""

import shutil
from pathlib import Path

from mvm_core.errors import WeightsError
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


def copy_files(folder: Path, out: Path) -> None:
    """Copy the files of a weights folder into a new one, without the manifest, which is to be written last.

    Parameters
    ----------
    folder, out : Path
        From, and to; a manifest that `out` holds goes, since half a copy must not load.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / MANIFEST).unlink(missing_ok=True)
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.name != MANIFEST:
            shutil.copyfile(file, out / file.name)
