"""How many processes fit into a bound on memory, and what reading a film takes of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

from mvm_core.errors import FilmError, WorkersError

CALLER_MB = 300
"""Of the process that hands work out, in MB: 274 were measured, and 1.2 kB a film come on top."""

LEAST_MB = 1300
"""Of a process that holds the graphs and reads a pair of films of `ORDINARY_PIXELS`, in MB, by what the bound
counts: 1275 sufficed and 1225 did not, from 0.7 to 17 million pixels (`python tests/archive process`)."""

ORDINARY_PIXELS = 17_000_000
BYTES_A_PIXEL = 14
"""Of films beyond that: those of 34 million pixels were read within 1475 MB."""

_NO_MEMORY = -4
"""OpenCV's code."""


def workers_within(memory_mb: int, wanted: int) -> tuple[int, int]:
    """How many processes work within a bound, and how many MB each may take.

    Parameters
    ----------
    memory_mb : int
        Of all processes together.
    wanted : int
        Processes that were asked for.

    Raises
    ------
    WorkersError
        If it does not suffice for one.
    """
    left = memory_mb - CALLER_MB
    workers = min(wanted, left // LEAST_MB)
    if workers < 1:
        raise _too_little(memory_mb, CALLER_MB + LEAST_MB)
    return workers, left // workers


def check_suffices(memory_mb: int) -> None:
    """Refuse a bound within which one process could read nothing.

    Parameters
    ----------
    memory_mb : int
        Of one process, beside that which hands work out.

    Raises
    ------
    WorkersError
    """
    if memory_mb < LEAST_MB:
        raise _too_little(memory_mb, LEAST_MB)


def _too_little(memory_mb: int, least_mb: int) -> WorkersError:
    return WorkersError(
        f"--memory-gb {memory_mb / 1000:g}",
        f"one process that reads films takes {least_mb / 1000:g} GB",
        "give that or more",
    )


def check_fits(name: str, pixels: int, memory_mb: int | None) -> None:
    """Refuse a film that is larger than a process may read, before anything of it is decoded.

    Parameters
    ----------
    name : str
        For the message.
    pixels : int
        Of the film as its header has them; 0 where nothing tells.
    memory_mb : int or None
        That the process may take.

    Raises
    ------
    FilmError
    """
    if memory_mb is not None and pixels > ORDINARY_PIXELS + (memory_mb - LEAST_MB) * 10**6 / BYTES_A_PIXEL:
        raise _too_large(name)


@contextmanager
def memory_told(name: str) -> Iterator[None]:
    """What is raised in the block for want of memory as the error of a film."""
    try:
        yield
    except MemoryError:
        raise _too_large(name) from None
    except cv2.error as error:
        if error.code != _NO_MEMORY:
            raise
        raise _too_large(name) from None
    except (Fail, RuntimeException) as error:
        if "alloc" not in str(error):
            raise
        raise _too_large(name) from None


def _too_large(name: str) -> FilmError:
    return FilmError(
        name,
        "reading it takes more memory than a process may have",
        "read it alone with more --memory-gb",
    )
