"""A Ray cluster of three nodes on this machine: the rows of one machine, whatever is lost on the way."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from films import write_archive

from mvm_core.cluster.archive import score_archive
from mvm_core.cluster.folder import ResultFolder
from mvm_core.cluster.likeness import likeness
from mvm_core.cluster.ray_engine import RayCluster, _Worker
from mvm_core.cluster.rows import SECONDS
from mvm_core.errors import ClusterError, FilmError
from mvm_core.imaging import read_film
from mvm_core.side_by_side import over_jobs

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
    "RAY_raylet_start_wait_time_s": "180",
}
ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")
FILMS, HOSTILE = 15, 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    from ray.cluster_utils import Cluster

    store = 80 * 1024 * 1024
    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "object_store_memory": store, "include_dashboard": False},
    )
    for _ in range(2):
        made.add_node(num_cpus=1, object_store_memory=store)
    yield made
    ray.shutdown()
    made.shutdown()


def test_rows_are_those_of_one_machine_though_a_node_is_lost(cluster, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    archive = tmp_path / "films"
    write_archive(archive, FILMS, HOSTILE, patients=2)
    score_archive(str(archive), tmp_path / "alone", batch=1)
    lost: list[object] = []

    def lose_one(title: str, done: int, _total: int, _failed: int) -> None:
        if title == "Reading films" and not lost and 0 < done < FILMS // 2:
            lost.append(cluster.worker_nodes)
            cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)

    scored = score_archive(
        str(archive), tmp_path / "many", workers=RayCluster(cluster.address), batch=1, show=lose_one
    )
    assert lost
    assert scored.films == FILMS
    assert scored.unread == HOSTILE
    for kind in ("levels", "films", "unread"):
        one, many = (ResultFolder(tmp_path / name).table(kind) for name in ("alone", "many"))
        if SECONDS in one.column_names:
            one, many = one.drop([SECONDS]), many.drop([SECONDS])
        assert one.equals(many)


def test_jobs_keep_their_order_and_errors_their_sentence(cluster) -> None:  # type: ignore[no-untyped-def]
    engine = RayCluster(cluster.address, actors=2)
    assert list(over_jobs(abs, [-5, 1, -4], engine)) == [5, 1, 4]
    with pytest.raises(FilmError, match=r"^nowhere\.dcm: the file cannot be opened"):
        list(over_jobs(read_film, [Path("nowhere.dcm")], engine))


def test_other_versions_are_refused() -> None:
    _, gave = _Worker("mvm_core 000000000000").do(abs, 0, -1)
    assert isinstance(gave, ClusterError)
    assert "install the same versions" in str(gave)
    assert _Worker(likeness()).do(abs, 0, -1) == (0, 1)


def test_an_address_without_a_cluster_is_told_at_once() -> None:
    ray.shutdown()
    with pytest.raises(ClusterError, match="no Ray cluster answers there"):
        list(over_jobs(abs, [1], RayCluster("127.0.0.1:9")))
