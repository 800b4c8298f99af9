"""The same work for many patients, in this process or in several."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import cv2

Job = TypeVar("Job")
Done = TypeVar("Done")


def over_patients(
    work: Callable[[Job], Done],
    jobs: Sequence[Job],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Done]:
    """Do the work of each job, in their order.

    Parameters
    ----------
    work : callable
        A function of a module; it, the jobs and what it gives travel between processes.
    jobs : sequence
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with the number of jobs done and of all.
    """
    if workers == 1:
        yield from _counted(map(work, jobs), len(jobs), progress)
        return
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)
    ) as pool:
        yield from _counted(pool.map(work, jobs), len(jobs), progress)


def _counted(done: Iterator[Done], total: int, progress: Callable[[int, int], None] | None) -> Iterator[Done]:
    for number, each in enumerate(done, start=1):
        if progress is not None:
            progress(number, total)
        yield each
