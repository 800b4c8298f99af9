"""Actors of a Ray cluster that do the jobs of one run: placed, replaced where they are lost, and ended."""

import math
import os
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import cv2

from mvm_core.cluster.likeness import likeness
from mvm_core.errors import ClusterError, MvmError
from mvm_core.side_by_side import bound_memory

Job = TypeVar("Job")
Done = TypeVar("Done")

_LOOK_S = 10
"""How often it is seen whether there is still room for those that work."""

_PLACED_WITHIN_S = 300
"""How long nobody may work for want of a place."""

_MOST_LOSSES = 5
"""How often a job may be lost with its actor; of those that start, so many more than there are."""

_START = -1


class _LostError(Exception):
    """An actor, or what it gave, is lost."""


class Worker:
    """Does jobs in a process of its own; what the work opens, such as graphs, stays open between jobs."""

    def __init__(self, driver: str, folder: Path, memory_mb: int | None) -> None:
        cv2.setNumThreads(1)
        # So that a relative path means here what it means to the one who called.
        if folder.is_dir():
            os.chdir(folder)
        if memory_mb is not None:
            bound_memory(memory_mb)
        own = likeness()
        self._unlike = (
            None
            if own == driver
            else ClusterError(
                socket.gethostname(),
                f"this machine of the cluster has {own}, the one that called it {driver}",
                "install the same versions on every machine",
            )
        )

    def is_there(self) -> None:
        """Answer, which it can once it has its place."""

    def do(self, work: Callable[[Job], Done], place: int, job: Job) -> tuple[int, Done | MvmError]:
        """Do one job; an error that a user can meet comes back as a value, since it is no fault of Ray's."""
        if self._unlike is not None:
            return place, self._unlike
        try:
            return place, work(job)
        except MvmError as error:
            return place, error


class Crew:
    """The actors of one run: those that wait for their place, that work, and that wait for work.

    Parameters
    ----------
    ray : module
    work : object reference
        Of the function that is done for each job.
    address : str
        Of the cluster, for messages.
    room : callable
        Called with Ray and the number of jobs that are left; gives how many actors the cluster, as it is, has
        room for, and what each asks of its machine.
    memory_mb : int, optional
        As of `Worker`.
    """

    def __init__(
        self,
        ray: ModuleType,
        work: Any,
        address: str,
        room: Callable[[ModuleType, int], tuple[int, dict[str, float]]],
        memory_mb: int | None = None,
    ) -> None:
        self._ray, self._work, self._address, self._room = ray, work, address, room
        self._driver, self._memory_mb = likeness(), memory_mb
        self._starting: dict[Any, Any] = {}
        self._busy: dict[Any, tuple[Any, int]] = {}
        self._idle: list[Any] = []
        self._count, self._asked = 0, dict[str, float]()

    def do(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Any]]:
        """Do the jobs; gives the place of each and what it gave, as they are done.

        Raises
        ------
        ClusterError
            If the machines have other versions or no room is free on them, or a job is lost again and again.
        MvmError
            What the work of a job raised, as it was.
        """
        waiting, lost, looked = deque(range(len(jobs))), Counter[int](), -math.inf
        moved = time.monotonic()
        while waiting or self._busy:
            if time.monotonic() - looked >= _LOOK_S:
                self._fill(len(waiting) + len(self._busy))
                looked = time.monotonic()
            while waiting and self._idle:
                actor, place = self._idle.pop(), waiting.popleft()
                self._busy[actor.do.remote(self._work, place, jobs[place])] = actor, place
            seen, _ = self._ray.wait([*self._starting, *self._busy], timeout=_LOOK_S)
            for one in seen:
                moved = time.monotonic()
                actor, at = self._busy.pop(one, (self._starting.pop(one, None), _START))
                try:
                    gave = self._given(one)
                except _LostError as error:
                    looked = -math.inf
                    self._ray.kill(actor)
                    lost[at] += 1
                    if lost[at] > _MOST_LOSSES + (self._count if at == _START else 0):
                        raise ClusterError(
                            self._address,
                            f"the cluster could not do the work ({error})",
                            "see that this project is installed on every machine of it, and that they have "
                            "the memory it takes; what is done is kept, run again",
                        ) from error
                    if at != _START:
                        waiting.appendleft(at)
                    continue
                self._idle.append(actor)
                lost[_START] = 0
                if at != _START:
                    yield at, gave
            if not seen and not self._busy and time.monotonic() - moved > _PLACED_WITHIN_S:
                raise ClusterError(
                    self._address,
                    f"no machine of the cluster had room to work for {_PLACED_WITHIN_S:g} seconds",
                    "see what holds its processors, GPUs and memory with `ray status`, and run again once "
                    "some are free",
                )

    def dismiss(self) -> None:
        """End every actor."""
        for actor in (*self._starting.values(), *(actor for actor, _ in self._busy.values()), *self._idle):
            self._ray.kill(actor)

    def _fill(self, most: int) -> None:
        """Start as many actors as the cluster, as it is now, has room for."""
        self._count, asked = self._room(self._ray, most)
        if asked != self._asked:
            # Those without a place may wait for machines that are gone.
            for actor in self._starting.values():
                self._ray.kill(actor)
            self._starting.clear()
            self._asked = asked
        # Without num_cpus Ray asks for a processor to place an actor and none to keep it, but with GPUs it
        # would keep one as well, and GPUs beyond the processors would never be used.
        make = self._ray.remote(Worker).options(
            scheduling_strategy="SPREAD", **asked, **({"num_cpus": 0} if "num_gpus" in asked else {})
        )
        for _ in range(self._count - len(self._starting) - len(self._busy) - len(self._idle)):
            actor = make.remote(self._driver, Path.cwd(), self._memory_mb)
            self._starting[actor.is_there.remote()] = actor

    def _given(self, reference: Any) -> Any:
        """What an actor gave.

        Raises
        ------
        MvmError
            What the work raised.
        _LostError
            If the actor, or what it gave, is lost.
        """
        errors = self._ray.exceptions
        try:
            gave = self._ray.get(reference)
        except errors.RayTaskError as error:
            raise error.as_instanceof_cause() from None
        except errors.RayError as error:
            raise _LostError(type(error).__name__) from error
        if gave is None:
            return None
        _, done = gave
        if isinstance(done, MvmError):
            raise done
        return done
