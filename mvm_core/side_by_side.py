"""The same work for many jobs, in this process or in several."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import cv2

from mvm_core.errors import WorkersError

Job = TypeVar("Job")
Done = TypeVar("Done")


def over_jobs(
    work: Callable[[Job], Done],
    jobs: Sequence[Job],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Done]:
    """Do the work of each job, in their order.

    Parameters
    ----------
    work : callable
        A function of a module, or a `functools.partial` of one; it, the jobs and what it gives travel between
        processes.
    jobs : sequence
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with the number of jobs done and of all.

    Raises
    ------
    WorkersError
        If a process was killed.
    """
    if workers == 1:
        yield from _counted(map(work, jobs), len(jobs), progress)
        return
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)
    )
    try:
        yield from _counted(pool.map(work, jobs), len(jobs), progress)
    except BrokenProcessPool:
        raise WorkersError(
            "workers",
            "a process was killed, most likely for want of memory",
            "run again with fewer --workers",
        ) from None
    finally:
        # Otherwise whatever stops the work would first wait for every job still queued.
        pool.shutdown(wait=True, cancel_futures=True)


def _counted(done: Iterator[Done], total: int, progress: Callable[[int, int], None] | None) -> Iterator[Done]:
    for number, each in enumerate(done, start=1):
        if progress is not None:
            progress(number, total)
        yield each
