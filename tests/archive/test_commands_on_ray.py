"""`study`, `seal` and `explain-score` with --ray: what one machine writes, and runs that go on."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from films import small_cohort
from ray_nodes import head
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cluster.ray_engine import RayCluster
from mvm_core.inference import SHIPPED
from mvm_core.sealed import RECORD, TABLES, seed_of
from mvm_core.simulation import CohortRequest
from mvm_core.study import seal
from tests.explain.masked_cohort import write_masked_cohort

pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")
STUDY = ("--networks", "ap", "--seeds", "1", "--size", "32", "--steps", "2", "--init", "random")
SCORE = ("--readings", "ap", "--dear-cases", "0", "--shuffled-cases", "1")


class FewPatients(seal.SealedSite):
    """A site of eight patients coned down, since these are simulated and read fastest."""

    def request(self, weights: str, share: float, anatomy: Path | None) -> CohortRequest:
        labels = {"patients": 8, "mvm": 3, "healthy": 1, "other": 1}
        return CohortRequest(site=self.site, seed=seed_of(weights, self.site), format="coned", **labels)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with head() as cluster:
        yield str(cluster.address)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the processes of Ray have it: the sums, and so the weights, depend on it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many jobs Ray was given, by each piece of work."""
    run, found = RayCluster.run, list[int]()

    def counted(self: RayCluster, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Any:
        found.append(len(jobs))
        return run(self, work, jobs)

    monkeypatch.setattr(RayCluster, "run", counted)
    return found


def call(*arguments: str | Path) -> str:
    """Call the command as a user does; what it says."""
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    return done.stdout


def contents(folder: Path, pattern: str) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.glob(pattern) if path.is_file()}


def times(folder: Path, pattern: str) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.glob(pattern)}


def test_a_study_goes_on_to_the_tables_of_one_machine(address: str, given: list[int], tmp_path: Path) -> None:
    # None of these patients is healthy: disease is not asked.
    study = ["study", small_cohort(tmp_path / "cohort", tested=6), *STUDY]
    one, many = tmp_path / "one", tmp_path / "many"
    call(*study, "--out", one, "--workers", "1")
    assert given == []
    alone = contents(one, "*.csv")
    assert len(alone) == 2
    shutil.copytree(one, many)
    for path in (*many.glob("*.json"), *many.glob("*.csv"), *many.glob("cells/*-all-cases-32px/seed-1/ap*")):
        path.unlink()
    kept = times(many, "cells/*/seed-1/ap*")
    assert len({path.parent for path in kept}) == 2
    call(*study, "--out", many, "--ray", address, "--resume")
    assert given == [4]
    assert contents(many, "*.csv") == alone
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len({path.parent for path in times(many, "cells/*/seed-1/ap.json")}) == 4


def test_a_sealed_test_goes_on_to_the_tables_of_one_machine(
    address: str, given: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = Path(shutil.copytree(SHIPPED, tmp_path / "weights"))
    for name in (RECORD, *TABLES.values()):
        (weights / name).unlink(missing_ok=True)
    monkeypatch.setattr(seal, "SITES", (FewPatients("a", 2),))
    monkeypatch.setattr(seal, "_CHUNK", 2)
    # Eight patients do not fill every split with both labels.
    monkeypatch.setattr("mvm_core.simulation.cohort.SHARES", (("test", 1.0),))
    one, many = tmp_path / "one", tmp_path / "many"
    call("seal", weights, "--films", one, "--workers", "1")
    assert given == []
    tables, films = contents(weights, "sealed_*.parquet"), contents(one, "*/**/*")
    assert len(tables) == len(TABLES)
    shutil.copytree(one, many)
    lost, *others = sorted(many.glob("*/cases/*.json"))
    for path in (lost, *many.glob("*/manifest.csv"), *weights.glob("sealed_*.parquet")):
        path.unlink()
    kept = {path: path.stat().st_mtime_ns for path in others}
    said = call("seal", weights, "--films", many, "--workers", "2", "--ray", address)
    assert given == [8, 4]
    assert contents(weights, "sealed_*.parquet") == tables
    assert contents(many, "*/**/*") == films
    assert lost.is_file()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert "Opened 2 times" in said


def test_maps_are_scored_as_by_one_machine(address: str, given: list[int], tmp_path: Path) -> None:
    score = ["explain-score", write_masked_cohort(tmp_path / "cohort"), *SCORE]
    call(*score, "--out", tmp_path / "one.csv")
    assert given == []
    call(*score, "--out", tmp_path / "many.csv", "--workers", "2", "--ray", address)
    assert given == [2, 2, 1]
    alone = (tmp_path / "one.csv").read_bytes()
    assert b"randomised_all" in alone
    assert (tmp_path / "many.csv").read_bytes() == alone
