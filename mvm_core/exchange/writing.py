"""All objects of a reading into a folder, or none."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from mvm_core.errors import OutputError
from mvm_core.exchange.results import MadeObject

_ENDING = ".dcm"


def check_folder(folder: Path) -> None:
    """Refuse a folder in which results would mix with others, before anything is read.

    Raises
    ------
    OutputError
        If it holds DICOM files already, or is no folder.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(str(folder), "it is a file, not a folder", "choose a new or empty folder")
    if folder.is_dir() and any(folder.glob(f"*{_ENDING}")):
        raise OutputError(
            str(folder),
            "it holds DICOM files already, with which the results would mix",
            "choose a new or empty folder",
        )


def write_objects(folder: Path, objects: Sequence[MadeObject]) -> tuple[Path, ...]:
    """Write every object as a file of its name, or leave nothing behind.

    Raises
    ------
    OutputError
        If the folder cannot be written to or the disk is full, or it holds DICOM files already.
    """
    check_folder(folder)
    made_here = not folder.exists()
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as beside:
            for each in objects:
                (Path(beside) / each.name).write_bytes(each.content)
            for each in objects:
                written.append((Path(beside) / each.name).replace(folder / f"{each.name}{_ENDING}"))
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if made_here and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise OutputError(
            str(folder),
            f"it cannot be written ({error.strerror or type(error).__name__})",
            "choose a folder that can be written to and has free space",
        ) from None
    return tuple(written)
