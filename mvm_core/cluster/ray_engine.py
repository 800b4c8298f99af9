"""The engine that does work on a Ray cluster: actors that Ray places, restarts and asks again."""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from types import ModuleType
from typing import TypeVar

from mvm_core.cluster.crew import Crew
from mvm_core.errors import ClusterError

Job = TypeVar("Job")
Done = TypeVar("Done")

LOCAL = "local"
"""Asks for a cluster of this machine alone, started for the run."""

_REACHED_WITHIN_S = 5


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

        Only an actor that has its place is given work, so that none waits for one that finds no room. For an
        actor that is lost another is started where there is room, and its job is given anew.

        Raises
        ------
        ClusterError
            If Ray is not installed, there is no such cluster, its machines have other versions or no room is
            free on them, or a job is lost again and again.
        """
        ray = connect(self.address)
        crew = Crew(ray, ray.put(work), self.address, self._room, self._memory_mb)
        try:
            yield from crew.do(jobs)
        finally:
            crew.dismiss()

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
