"""Writing results so that nothing half-written is ever left behind."""

import tempfile
from pathlib import Path

from mvm_core.errors import OutputError


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> Path:
    """Write a file whole or not at all, making its folder where needed.

    Raises
    ------
    OutputError
        If the folder cannot be written to or the disk is full.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(
            str(path),
            f"it cannot be written ({error.strerror or type(error).__name__})",
            "choose a folder that can be written to and has free space",
        ) from None
    return path
