"""A Ray cluster of three nodes on this machine: what one machine gives, whatever is lost on the way."""

import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import torch
from films import simulated_pairs, small_cohort, write_archive
from ray_nodes import Nodes, three_nodes

from mvm_core.cluster import crew
from mvm_core.cluster.archive import score_archive
from mvm_core.cluster.crew import Worker
from mvm_core.cluster.folder import ResultFolder
from mvm_core.cluster.likeness import likeness
from mvm_core.cluster.ray_engine import RayCluster, connect
from mvm_core.cluster.rows import SECONDS
from mvm_core.cohort import read_manifest
from mvm_core.errors import ClusterError, FilmError, MvmError, TrainingError
from mvm_core.evaluation import evaluate
from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile, read_film
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.inference import SHIPPED
from mvm_core.models import Reader
from mvm_core.radiograph import View
from mvm_core.service.answers import refusal_of
from mvm_core.service.requests import Asked
from mvm_core.service.settings import ServiceSettings
from mvm_core.side_by_side import over_jobs
from mvm_core.simulation import CohortRequest, write_cohort
from mvm_core.training import TrainingSettings
from mvm_core.training.folds import cross_validate

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")
FILMS, HOSTILE = 9, 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with three_nodes() as nodes:
        yield nodes


def test_rows_are_those_of_one_machine_though_a_node_is_lost(cluster: Nodes, tmp_path: Path) -> None:
    archive = tmp_path / "films"
    write_archive(archive, FILMS, HOSTILE, patients=1)
    score_archive(str(archive), tmp_path / "alone", batch=1)
    lost: list[object] = []

    def lose_one(title: str, done: int, _total: int, _failed: int) -> None:
        if title == "Reading films" and not lost and 0 < done < FILMS // 2:
            lost.append(cluster.plain)
            cluster.lose(cluster.plain)

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


def test_a_cohort_is_simulated_and_evaluated_as_by_one_machine(cluster: Nodes, tmp_path: Path) -> None:
    engine = RayCluster(cluster.address, actors=2)
    request = CohortRequest("a", 2, 1, 5)
    one = write_cohort(tmp_path / "one", request)
    many = write_cohort(tmp_path / "many", request, engine)
    files = [
        {str(path.relative_to(table.parent)): path.read_bytes() for path in table.parent.rglob("*")
         if path.is_file()}
        for table in (one, many)
    ]  # fmt: skip
    assert len(files[0]) > 4
    assert files[0] == files[1]
    cohort, reader, splits = read_manifest(one.parent), Reader.open(), ("train", "tune", "test", "external")
    alone = evaluate(cohort, reader, splits)
    assert len(alone)
    assert evaluate(cohort, reader, splits, workers=engine).equals(alone)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As the processes that train have it: the sums, and so the weights, depend on it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_folds_are_trained_as_by_one_machine_and_gone_on_with(cluster: Nodes, tmp_path: Path) -> None:
    settings = TrainingSettings(
        networks=("ap",), steps=2, batch_size=4, init="random", preprocessing=Preprocessing(size_px=32)
    )
    cohort, engine = small_cohort(tmp_path / "cohort"), RayCluster(cluster.address, actors=1, gpus=1.0)
    told: list[str] = []
    alone = cross_validate(cohort, tmp_path / "one", settings, 3)
    many = cross_validate(cohort, tmp_path / "many", settings, 3, workers=engine,
                          progress=lambda title, _done, _of: told.append(title))  # fmt: skip
    assert many.read_bytes() == alone.read_bytes()
    assert {title for title in told if "Training" in title} == {f"Training fold {n} ap" for n in (1, 2, 3)}
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("many/.run/fold-[12]/ap.json")}
    (tmp_path / "many/.run/fold-3/ap.json").unlink()
    many.unlink()
    cross_validate(cohort, tmp_path / "many", settings, 3, workers=engine, resume=True)
    assert many.read_bytes() == alone.read_bytes()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_films_that_a_machine_does_not_see_are_told(cluster: Nodes, tmp_path: Path, monkeypatch: Any) -> None:
    import pickle

    from mvm_core.training import pool

    def gone() -> None:
        raise FileNotFoundError(2, "no such file", "patches/ap.npy")

    monkeypatch.setattr(pickle, "loads", lambda _content: gone())
    with pytest.raises(TrainingError, match=r"patches/ap\.npy: the machine .* does not see it; put cohort"):
        pool._run_sent(b"")


def test_gpus_are_asked_for_where_there_are_some_and_lost_ones_done_without(
    cluster: Nodes, tmp_path: Path, monkeypatch: Any
) -> None:
    def beside(own: int) -> str | None:
        """The GPU of an actor, once another works beside it."""
        (tmp_path / str(own)).touch()
        latest = time.monotonic() + 60
        while not (tmp_path / str(1 - own)).exists() and time.monotonic() < latest:
            time.sleep(0.05)
        return os.getenv("CUDA_VISIBLE_DEVICES")

    monkeypatch.setattr(crew, "_LOOK_S", 0.5)
    engine = RayCluster(cluster.address, actors=3, gpus=1.0)
    asked = ["CUDA_VISIBLE_DEVICES"] * 4
    # Both GPUs of a machine that has one processor.
    assert set(over_jobs(beside, [0, 1], engine)) == {"0", "1"}
    holder = ray.remote(Worker).options(num_gpus=2, num_cpus=0).remote(likeness(), Path.cwd(), None)
    ray.get(holder.is_there.remote())
    monkeypatch.setattr(crew, "_PLACED_WITHIN_S", 1)
    with pytest.raises(ClusterError, match=r"no machine of the cluster had room to work for 1 seconds; see"):
        list(over_jobs(os.getenv, asked, engine))
    monkeypatch.setattr(crew, "_PLACED_WITHIN_S", 300)
    ray.kill(holder)
    answers = engine.run(time.sleep, [0.1, 0.1, *[2.0] * 4])
    next(answers)
    cluster.lose(cluster.with_gpus)
    assert len(list(answers)) == 5
    assert set(over_jobs(os.getenv, asked, engine)) <= {None, ""}
    with pytest.raises(ClusterError, match="no machine of the cluster offers 9000000 MB"):
        list(over_jobs(abs, [1], RayCluster(cluster.address, memory_mb=9_000_000)))


def test_jobs_keep_their_order_and_errors_their_sentence(cluster: Nodes) -> None:
    engine = RayCluster(cluster.address, actors=2)
    assert list(over_jobs(abs, [-5, 1, -4], engine)) == [5, 1, 4]
    with pytest.raises(FilmError, match=r"^nowhere\.dcm: the file cannot be opened"):
        list(over_jobs(read_film, [Path("nowhere.dcm")], engine))


def test_a_job_that_ends_its_process_each_time_is_told(cluster: Nodes, monkeypatch: Any) -> None:
    monkeypatch.setattr(crew, "_MOST_LOSSES", 1)
    with pytest.raises(ClusterError, match=r"the cluster could not do the work \(Actor\w+\); see that"):
        list(over_jobs(os._exit, [1], RayCluster(cluster.address, actors=1)))


def test_other_versions_are_refused(cluster: Nodes, monkeypatch: Any) -> None:
    monkeypatch.setattr(crew, "likeness", lambda: "mvm_core 000000000000")
    with pytest.raises(ClusterError, match=r"has mvm_core [0-9a-f]{12}, .* install the same versions"):
        list(over_jobs(abs, [1], RayCluster(cluster.address)))
    monkeypatch.undo()
    assert Worker(likeness(), Path.cwd(), None).do(abs, 0, -1) == (0, 1)


def test_fifty_at_once_are_answered_though_a_replica_is_killed(cluster: Nodes, monkeypatch: Any) -> None:
    from ray import serve
    from ray.serve._private import api

    from mvm_core.service import on_ray

    (pair,) = simulated_pairs(1, "coned")
    film = pair[View.LATERAL]
    contents = [film, film[:3000], b"no film", b"", film[: len(film) // 2]]
    wanted = [expected(content) for content in contents]
    assert all(one != other for one, other in pairwise(wanted))
    connect(cluster.address)
    monkeypatch.setattr(api, "HTTP_PROXY_TIMEOUT", 300)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    try:
        serve.run(on_ray.build(ServiceSettings(), SHIPPED, 2), name=on_ray.NAME)
        killed: list[int] = []

        def ask(number: int) -> bool:
            asking = requests.Session()
            asking.trust_env = False
            files = {"lateral": ("lateral.dcm", contents[number % 5])}
            said = asking.post(f"http://127.0.0.1:{port}/v1/predict", files=files, timeout=300)
            if not killed:
                killed.append(number)
                replicas = [each for each in psutil.process_iter(["name", "cmdline"])
                            if "ServeReplica:mvm:reader" in " ".join(each.info["cmdline"] or [])]  # fmt: skip
                replicas[0].kill()
            return (said.status_code, said.json()) == wanted[number % 5]

        with ThreadPoolExecutor(50) as many:
            assert all(many.map(ask, range(50)))
        assert killed
    finally:
        serve.shutdown()


def expected(content: bytes) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a lateral film, as this process reads it."""
    import json

    asked = Asked(((View.LATERAL, StudyFile("lateral.dcm", content)),), (), None)
    try:
        return 200, json.loads(json.dumps(asked.answer(Examiner.open(SHIPPED))))
    except MvmError as error:
        refusal = refusal_of(error)
        return refusal.status, {"error": refusal.sentence}


def test_an_address_without_a_cluster_is_told_at_once() -> None:
    ray.shutdown()
    with pytest.raises(ClusterError, match="no Ray cluster answers there"):
        list(over_jobs(abs, [1], RayCluster("127.0.0.1:9")))
