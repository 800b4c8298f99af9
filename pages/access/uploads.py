"""Bounds on what is uploaded, beyond Streamlit's own of one file; all of it stays in memory."""

from starlette.formparsers import MultiPartParser
from streamlit.runtime import exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from mvm_core.imaging.limits import MAX_FILE_BYTES

MOST_BYTES_OF_A_SESSION = 2 * MAX_FILE_BYTES
"""That wait to be read; what was read is dropped at once."""

MOST_BYTES = 10 * MAX_FILE_BYTES
"""Of all sessions together."""

_FRAMING = 1 << 20


def keep_uploads_in_memory() -> None:
    """Let no upload be spooled to the disk, where Starlette would put what passes 1 MB."""
    MultiPartParser.spool_max_size = MAX_FILE_BYTES + _FRAMING


def obstacle(session: str, length: str | None) -> tuple[int, str] | None:
    """Why an upload is not taken, as a status and a sentence; None where it is.

    Parameters
    ----------
    session : str
        Streamlit's name of the session.
    length : str or None
        What the request says of its length.
    """
    if length is None or not length.isdecimal():
        return 411, "An upload says how long it is."
    size = int(length)
    if size > MAX_FILE_BYTES + _FRAMING:
        return 413, f"A file has at most {MAX_FILE_BYTES >> 20} MB."
    by_session = _waiting()
    if by_session.get(session, 0) + size > MOST_BYTES_OF_A_SESSION + _FRAMING:
        return (
            413,
            f"At most {MOST_BYTES_OF_A_SESSION >> 20} MB wait in one session; drop fewer files at once.",
        )
    if sum(by_session.values()) + size > MOST_BYTES:
        return 503, "Too many files wait to be read; try again in a minute."
    return None


def _waiting() -> dict[str, int]:
    manager = get_instance().uploaded_file_mgr if exists() else None
    if not isinstance(manager, MemoryUploadedFileManager):
        return {}
    return {
        name: sum(len(file.data) for file in list(files.values()))
        for name, files in list(manager.file_storage.items())
    }
