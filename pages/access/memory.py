"""What was freed goes back to the system, which clears it; nothing of it reaches the disk."""

import ctypes
import resource
from typing import Any

_MMAP_THRESHOLD = -3
"""Number of that option of glibc's mallopt."""

_LARGE_BYTES = 128 << 10


def keep_memory_to_ourselves() -> None:
    """Let no core dump write memory to the disk, and let large blocks go back as soon as they are freed.

    glibc takes large blocks from the system one by one and gives them back whole, until it has seen some
    freed: then it keeps ever larger ones for the next request, and with them the headers of films.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _of_glibc("mallopt", _MMAP_THRESHOLD, _LARGE_BYTES)


def give_memory_back() -> None:
    """Let the system have what was freed, so that nothing of a film lingers in it; glibc keeps it else."""
    _of_glibc("malloc_trim", 0)


def _of_glibc(name: str, *given: Any) -> None:
    """Call a function that other C libraries do not have."""
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*given)
