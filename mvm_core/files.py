"""Writing results so that nothing half-written is ever left behind."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mvm_core.errors import OutputError


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> Path:
    """Write a file whole or not at all, making its folder where needed.

    Raises
    ------
    OutputError
        If the folder cannot be written to or the disk is full.
    """
    with written_atomically(path, mode) as file:
        file.write(content)
    return path


@contextmanager
def written_atomically(path: Path, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """A file to write piece by piece; it is there whole when the block ends, or not at all.

    Raises
    ------
    OutputError
        As `write_atomically`.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            yield file
        temporary.chmod(mode)
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise OutputError(
            str(path),
            f"it cannot be written ({error.strerror or type(error).__name__})",
            "choose a folder that can be written to and has free space",
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
