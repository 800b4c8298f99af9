"""Ray nodes on this machine: a head, alone or with a plain one and one with GPUs that are none."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Else Ray gives its workers what others leave of the processors.
    "RAY_worker_niceness": "0",
    # On a busy machine agents and proxies take their time to start; a node would end itself after 30 s.
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "120",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "120",
}
_STORE_BYTES = 80 * 2**20
_STARTS_WITHIN_S = 240


@dataclass(frozen=True)
class Nodes:
    """The cluster, and those of its nodes that can be lost."""

    cluster: Any
    plain: Any
    with_gpus: Any

    @property
    def address(self) -> str:
        """Of the cluster."""
        return str(self.cluster.address)

    def lose(self, node: Any) -> None:
        """Kill a node with all that runs there."""
        self.cluster.remove_node(node, allow_graceful=False)


@contextmanager
def three_nodes() -> Iterator[Nodes]:
    """Start them, and end them afterwards."""
    with head() as cluster:
        plain = cluster.add_node(num_cpus=1, object_store_memory=_STORE_BYTES)
        with_gpus = cluster.add_node(num_cpus=1, num_gpus=2, object_store_memory=_STORE_BYTES)
        yield Nodes(cluster, plain, with_gpus)


@contextmanager
def head() -> Iterator[Any]:
    """Start a cluster of one node, and end it with all that were added."""
    import ray
    from ray._private import services
    from ray.cluster_utils import Cluster

    found = services.get_node

    def patient(*arguments: Any, **named: Any) -> Any:
        """Ray itself gives up after 30 s."""
        latest = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                return found(*arguments, **named)
            except RuntimeError:
                if time.monotonic() > latest:
                    raise
                time.sleep(0.5)

    of_head = {"num_cpus": 2, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    with patch.object(services, "get_node", patient):
        cluster = Cluster(initialize_head=True, head_node_args=of_head)
        try:
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()
