"""Files that are there after a power cut: written, synchronised, renamed, the folder synchronised."""

import os
import uuid
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each to outlast a power cut."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_durably(path: Path, content: bytes, beside: Path) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
        In a folder that is there.
    content : bytes
    beside : Path
        A folder of the same file system for the half-written file.

    Raises
    ------
    OSError
        If the disk is full; nothing is left then.
    """
    half = beside / uuid.uuid4().hex
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append_durably(path: Path, line: str) -> None:
    """Append a line; one that a kill or a full disk cut short before does not spoil it.

    Raises
    ------
    OSError
        If the disk is full; the file is as it was then.
    """
    is_new = not path.exists()
    with path.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
        broken = end > 0 and file.read(1) != b"\n"
        try:
            file.write((b"\n" if broken else b"") + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), end)
            raise
    if is_new:
        sync_folder(path.parent)
