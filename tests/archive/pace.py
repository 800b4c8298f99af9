"""How fast an archive is read, beside the plain loop over `predict`'s own call in the same run.

A reading works on two processors where it finds them, so each run is held to as many processors as workers:
what two workers make of two is compared with what one plain loop makes of one.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402
import psutil  # noqa: E402

from mvm_core.cluster.archive import score_archive  # noqa: E402
from mvm_core.cluster.ray_engine import RayCluster  # noqa: E402
from mvm_core.examination import Examiner  # noqa: E402
from mvm_core.imaging import read_pair  # noqa: E402
from mvm_core.side_by_side import Engine, LocalProcesses  # noqa: E402

Pair = tuple[Path, Path]


def measure(folder: Path, rounds: int, workers: Sequence[int], ray: bool) -> dict[str, Any]:
    """The plain loop and `score` in turn, so that what else the machine does falls on both.

    Parameters
    ----------
    folder : Path
        Of an archive as `films.write_archive` writes it, without hostile files.
    rounds : int
        Of each.
    workers : sequence of int
        Processes of `score`, each run held to as many processors; the plain loop, one process, is held to as
        many too, and first of all to one.
    ray : bool
        Whether Ray does it once more, on a cluster that is started for it.

    Returns
    -------
    dict
        Each run, and how many times as many films a second `score` reads as the plain loop on one processor:
        by the clock, and by the processors' seconds. Medians over rounds.
    """
    cv2.setNumThreads(1)
    pairs = _pairs(folder)
    _loop(pairs[:1])
    found: list[dict[str, Any]] = []
    ratios: dict[str, list[dict[str, float]]] = {}
    for number in range(rounds):
        runs: dict[tuple[str, int], dict[str, float]] = {}
        for count in sorted({1, *workers}):
            with _bound_to(count):
                runs["plain loop", count] = _plain(pairs)
                if count in workers:
                    runs["score", count] = _scored(folder, count)
        for (what, count), run in runs.items():
            found.append({"round": number, "what": what, "processors": count, **run})
            if what == "score":
                one = runs["plain loop", 1]
                ratios.setdefault(f"{count} workers", []).append(
                    {"clock": run["films_a_s"] / one["films_a_s"],
                     "processors": count * run["films_a_cpu_s"] / one["films_a_cpu_s"]}
                )  # fmt: skip
    for count in workers if ray else ():
        with _bound_to(count):
            scored = _scored(folder, count, ray=True)
        # Ray's processes leave those that this one can count the time of.
        scored = {name: each for name, each in scored.items() if "cpu" not in name}
        found.append({"what": "score --ray", "processors": count, **scored})
    return {
        "runs": found,
        "score_by_plain_loop": {
            name: {by: round(median(each[by] for each in own), 2) for by in ("clock", "processors")}
            for name, own in ratios.items()
        },
    }


def measure_batches(folder: Path, rounds: int) -> dict[str, Any]:
    """`score` by one process with tasks of one case and of 32 in turn, on all processors."""
    _loop(_pairs(folder)[:1])
    runs = []
    for number in range(rounds):
        for batch in (1, 32):
            with tempfile.TemporaryDirectory() as out:
                clock = _Clock()
                scored = score_archive(str(folder), Path(out) / "out", batch=batch)
                runs.append({"round": number, "batch": batch, **clock.rate(scored.read)})
    many, single = (median(run["films_a_s"] for run in runs if run["batch"] == batch) for batch in (32, 1))
    return {"runs": runs, "batches_of_32_by_single_ones": round(many / single, 2)}


@contextmanager
def _bound_to(count: int) -> Iterator[None]:
    """Let this process and those that it starts use so many processors alone."""
    every = os.sched_getaffinity(0)
    _bind(sorted(every)[:count])
    try:
        yield
    finally:
        _bind(every)


def _bind(processors: Iterable[int]) -> None:
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        for thread in process.threads():
            with suppress(ProcessLookupError):  # it has ended
                os.sched_setaffinity(thread.id, processors)


def _pairs(folder: Path) -> list[Pair]:
    return [(ap, ap.with_name(ap.name.replace("_ap", "_lateral"))) for ap in sorted(folder.rglob("*_ap.dcm"))]


def _loop(pairs: Sequence[Pair]) -> int:
    examiner = Examiner.open()
    for ap, lateral in pairs:
        examiner.examine(read_pair(ap, lateral))
    return 2 * len(pairs)


def _plain(pairs: Sequence[Pair]) -> dict[str, float]:
    start = _Clock()
    return start.rate(_loop(pairs))


def _scored(folder: Path, workers: int, ray: bool = False) -> dict[str, float]:
    """`score`; steady from where each process has done a part, its start before that."""
    engine = _Seen(RayCluster(actors=workers) if ray else LocalProcesses(workers))
    clock, whole = [], _Clock()
    films = 0

    def show(title: str, read: int, _total: int, _failed: int) -> None:
        nonlocal films
        films = read
        if title == "Reading films" and len(engine.processes) == workers and not clock:
            clock.append((_Clock(), read))

    with tempfile.TemporaryDirectory() as out:
        score_archive(str(folder), Path(out) / "out", workers=engine, batch=1, show=show)
    first, before = clock[0]
    return {
        **first.rate(films - before),
        "start_s": round(first.wall - whole.wall, 2),
        "start_cpu_s": round(first.cpu - whole.cpu, 2),
        "with_start_films_a_cpu_s": round(films / (_cpu() - whole.cpu), 3),
    }


class _Seen:
    """An engine that notes which processes have done a job of the pass at hand."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.processes = engine, set[int]()

    def run(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        self.processes = set()
        for place, (process, done) in self._engine.run(partial(_told, work), jobs):
            self.processes.add(process)
            yield place, done


def _told(work: Callable[[Any], Any], job: Any) -> tuple[int, Any]:
    return os.getpid(), work(job)


class _Clock:
    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), _cpu()

    def rate(self, films: int) -> dict[str, float]:
        """Films since then by the clock and by the processors of all processes."""
        wall, cpu = time.perf_counter() - self.wall, _cpu() - self.cpu
        return {
            "films": films,
            "films_a_s": round(films / wall, 3),
            "films_a_cpu_s": round(films / cpu, 3),
            "load": round(os.getloadavg()[0], 1),
        }


def _cpu() -> float:
    """Seconds of processors that this process and what it started have taken."""
    own = psutil.Process()
    total = 0.0
    for process in [own, *own.children(recursive=True)]:
        with suppress(psutil.Error):  # it has ended
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total
