"""The same work for many jobs: in this process, in several, or wherever an engine does it."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Protocol, TypeVar

import cv2

from mvm_core.errors import WorkersError

Job = TypeVar("Job")
Done = TypeVar("Done")


class Engine(Protocol):
    """What does the work of many jobs, on this machine or on others."""

    def run(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[tuple[int, Done]]:
        """Do the work of each job once that counts; gives its place among the jobs and what it gave.

        They come as they are done, in any order. Work that was under way where a machine was lost may be done
        twice, so it gives the same each time and writes what it writes whole.

        Raises
        ------
        MvmError
            What the work of a job raised, as it was.
        """
        ...


def bound_memory(most_mb: int) -> None:
    """Let this process, and each that it starts, take no more memory of its own; beyond it none is given.

    What is mapped from files does not count. Does nothing where the system has no such limits.

    Parameters
    ----------
    most_mb : int
        In MB.
    """
    with suppress(ImportError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (most_mb * 10**6, hard))


def _start(memory_mb: int | None) -> None:
    cv2.setNumThreads(1)
    if memory_mb is not None:
        bound_memory(memory_mb)


class LocalProcesses:
    """Processes of this machine, side by side; with one worker and no bound, this process itself.

    Parameters
    ----------
    workers : int
    memory_mb : int, optional
        That each may take, in MB.
    """

    def __init__(self, workers: int = 1, memory_mb: int | None = None) -> None:
        self.workers, self._memory_mb = workers, memory_mb

    def run(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[tuple[int, Done]]:
        """Do the work of each job; see `Engine.run`.

        Raises
        ------
        WorkersError
            If a process was killed.
        """
        if self.workers == 1 and self._memory_mb is None:
            yield from enumerate(map(work, jobs))
            return
        pool = ProcessPoolExecutor(
            self.workers,
            multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(self._memory_mb,),
        )
        try:
            places = {pool.submit(work, job): place for place, job in enumerate(jobs)}
            for future in as_completed(places):
                yield places.pop(future), future.result()
        except BrokenProcessPool:
            raise WorkersError(
                "workers",
                "a process was killed, most likely for want of memory",
                "run again with fewer --workers",
            ) from None
        finally:
            # Otherwise whatever stops the work would first wait for every job still queued.
            pool.shutdown(wait=True, cancel_futures=True)


Workers = int | Engine
"""How many processes of this machine work side by side, or the engine that does the work."""


def engine_of(workers: Workers) -> Engine:
    """The engine that is meant."""
    return LocalProcesses(workers) if isinstance(workers, int) else workers


def processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(work: Callable[[Job], Done], jobs: Sequence[Job], threads: int) -> Iterator[Done]:
    """Do the work of each job in so many threads of this process; gives what each gave, in their order."""
    with ThreadPoolExecutor(threads, "side-by-side") as pool:
        yield from pool.map(work, jobs)


def over_jobs(
    work: Callable[[Job], Done],
    jobs: Sequence[Job],
    workers: Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Done]:
    """Do the work of each job, in their order.

    Parameters
    ----------
    work : callable
        A function of a module, or a `functools.partial` of one; it, the jobs and what it gives travel between
        processes.
    jobs : sequence
    workers : int or Engine
        Processes side by side, or what does the work.
    progress : callable, optional
        Called with the number of jobs done and of all.

    Raises
    ------
    WorkersError
        If a process was killed.
    """
    waiting: dict[int, Done] = {}
    turn = 0
    for number, (place, done) in enumerate(engine_of(workers).run(work, jobs), start=1):
        if progress is not None:
            progress(number, len(jobs))
        waiting[place] = done
        while turn in waiting:
            yield waiting.pop(turn)
            turn += 1


def run_tasks(
    tasks: Sequence[Job],
    work: Callable[[Job], Done],
    done: Callable[[Job], bool],
    keep: Callable[[Job, Done], None],
    workers: Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Do the tasks that are not done yet, and keep what each gives as soon as it is there.

    A run that was stopped goes on when it is called again: what was kept whole is not done a second time.

    Parameters
    ----------
    tasks : sequence
    work : callable
        As of `over_jobs`.
    done : callable
        Whether what a task gives was kept before.
    keep : callable
        Keeps what a task gave, whole or not at all; called in this process.
    workers : int or Engine
        Processes side by side, or what does the work.
    progress : callable, optional
        Called with the number of tasks done and of all, those of earlier calls among them.

    Returns
    -------
    int
        Tasks done by this call.

    Raises
    ------
    WorkersError
        If a process was killed.
    """
    left = [task for task in tasks if not done(task)]
    before = len(tasks) - len(left)
    if progress is not None and before:
        progress(before, len(tasks))
    for number, (place, gave) in enumerate(engine_of(workers).run(work, left), start=1):
        keep(left[place], gave)
        if progress is not None:
            progress(before + number, len(tasks))
    return len(left)
