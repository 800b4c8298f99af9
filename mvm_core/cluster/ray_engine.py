"""The engine that does work on a Ray cluster: actors that Ray places, restarts and asks again."""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import cv2

from mvm_core.cluster.likeness import likeness
from mvm_core.errors import ClusterError, MvmError
from mvm_core.side_by_side import bound_memory

Job = TypeVar("Job")
Done = TypeVar("Done")

LOCAL = "local"
"""Asks for a cluster of this machine alone, started for the run."""

_REACHED_WITHIN_S = 5
_LOOK_S = 10
"""How often it is seen whether there is still room for those that work."""


class _Worker:
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

    def do(self, work: Callable[[Job], Done], place: int, job: Job) -> tuple[int, Done | MvmError]:
        """Do one job; an error that a user can meet comes back as a value, since it is no fault of Ray's."""
        if self._unlike is not None:
            return place, self._unlike
        try:
            return place, work(job)
        except MvmError as error:
            return place, error


class RayCluster:
    """The machines of a Ray cluster.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` or ``ray://HOST:PORT`` of a cluster that runs; ``auto`` for that of ``RAY_ADDRESS`` or
        of this machine; ``local`` for a cluster of this machine alone, started for the run.
    actors : int, optional
        How many work side by side; as many as the cluster has processors where not given.
    gpus : float
        Of a GPU for each actor; asked for only where the cluster has some, and then no more actors work than
        find one.
    memory_mb : int, optional
        That each actor may take, in MB: Ray places no more of them on a machine than it has memory for, and
        none can take more.
    """

    def __init__(
        self,
        address: str = LOCAL,
        actors: int | None = None,
        gpus: float = 0.0,
        memory_mb: int | None = None,
    ) -> None:
        self.address, self.actors, self._gpus, self._memory_mb = address, actors, gpus, memory_mb

    def run(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[tuple[int, Done]]:
        """Do the work of each job; see `mvm_core.side_by_side.Engine.run`.

        An actor that is lost is started again where there is room, and asked for what it had not given.

        Raises
        ------
        ClusterError
            If Ray is not installed, there is no such cluster, or its machines have other versions.
        """
        yield from self._run(connect(self.address), work, jobs)

    def _run(
        self, ray: ModuleType, work: Callable[[Job], Done], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Done]]:
        left = dict(enumerate(jobs))
        while left:
            for place, gave in self._until_too_small(ray, work, left):
                del left[place]
                yield place, gave

    def _until_too_small(
        self, ray: ModuleType, work: Callable[[Job], Done], left: Mapping[int, Job]
    ) -> Iterator[tuple[int, Done]]:
        """Do what is left, or, if machines are lost that actors wait for, as much as comes until then."""
        from ray.util.actor_pool import ActorPool

        count, asked_of_each = self._room(ray, len(left))
        # Without num_cpus Ray asks for a processor to place an actor and none to keep it, so that one from a
        # lost machine finds room on those that are left.
        make = ray.remote(_Worker).options(
            max_restarts=-1, max_task_retries=-1, scheduling_strategy="SPREAD", **asked_of_each
        )
        driver, shared = likeness(), ray.put(work)
        actors = [make.remote(driver, Path.cwd(), self._memory_mb) for _ in range(count)]
        pool = ActorPool(actors)
        try:
            for placed in list(left.items()):
                pool.submit(lambda actor, given: actor.do.remote(shared, *given), placed)
            while pool.has_next():
                try:
                    place, gave = pool.get_next_unordered(timeout=_LOOK_S)
                except TimeoutError:
                    if asked_of_each and self._room(ray, count) != (count, asked_of_each):
                        return
                    continue
                if isinstance(gave, MvmError):
                    raise gave
                yield place, gave
        except ray.exceptions.RayTaskError as error:
            raise error.as_instanceof_cause() from None
        except ray.exceptions.RayError as error:
            raise ClusterError(
                self.address,
                f"the cluster could not do the work ({type(error).__name__})",
                "see that this project is installed on every machine of it; what is done is kept, run again",
            ) from error
        finally:
            for actor in actors:
                ray.kill(actor)

    def _room(self, ray: ModuleType, most: int) -> tuple[int, dict[str, float]]:
        """How many actors work on the cluster as it is, and what each asks of its machine."""
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        count = self.actors or int(sum(own.get("CPU", 0) for own in machines))
        asked: dict[str, float] = {}
        if self._gpus and any(own.get("GPU", 0) >= self._gpus for own in machines):
            asked["num_gpus"] = self._gpus
        if self._memory_mb is not None:
            asked["memory"] = self._memory_mb * 10**6
        if asked:
            names = {"num_gpus": "GPU", "memory": "memory"}
            count = min(
                count,
                sum(min(int(own.get(names[name], 0) / each) for name, each in asked.items())
                    for own in machines),
            )  # fmt: skip
        if not count and "memory" in asked:
            raise ClusterError(
                self.address,
                f"no machine of the cluster offers {self._memory_mb} MB to work in",
                "give a smaller --memory-gb, or machines with more",
            )
        return min(max(1, count), max(1, most)), asked


def connect(address: str) -> ModuleType:
    """Join a cluster, once for all that a command does; Ray leaves when the process ends.

    Parameters
    ----------
    address : str
        As `RayCluster` takes it.

    Returns
    -------
    module
        Ray.

    Raises
    ------
    ClusterError
        If Ray is not installed, there is no such cluster, or its machines have other versions.
    """
    ray = _ray()
    if ray.is_initialized():
        return ray
    _check_reached(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Of processes that this call starts: as dear as those of --workers, where Ray's default is 15.
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        ray.init(
            address=None if address == LOCAL else address,
            include_dashboard=None if address != LOCAL else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())
        if "ersion mismatch" in said:
            raise ClusterError(
                address,
                "the cluster runs other versions of Ray or Python than this machine",
                "install the same versions on every machine",
            ) from None
        raise _nobody(address) from None
    return ray


def _check_reached(address: str) -> None:
    """Say within seconds that nobody listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host:
        return
    try:
        with closing(socket.create_connection((host, int(port)), _REACHED_WITHIN_S)):
            return
    except (OSError, ValueError):
        raise _nobody(address) from None


def _nobody(address: str) -> ClusterError:
    return ClusterError(
        f"--ray {address}",
        "no Ray cluster answers there",
        "start one with `ray start --head`, or give the address that it names",
    )


def _ray() -> ModuleType:
    try:
        import ray
    except ModuleNotFoundError:
        raise ClusterError(
            "--ray", "the package ray is not installed", "pip install -r requirements-cluster.txt"
        ) from None
    return ray
