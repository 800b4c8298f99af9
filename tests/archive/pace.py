"""How fast an archive is read, beside the plain loop over `predict`'s own call in the same run.

A reading alone keeps two processors busy, so each run is bound to as many processors as workers: what two
workers make of two is compared with what one makes of one.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402
import psutil  # noqa: E402

from mvm_core.cluster.archive import score_archive  # noqa: E402
from mvm_core.cluster.ray_engine import RayCluster  # noqa: E402
from mvm_core.examination import Examiner  # noqa: E402
from mvm_core.imaging import read_pair  # noqa: E402
from mvm_core.side_by_side import LocalProcesses, Workers  # noqa: E402

Pair = tuple[Path, Path]


def measure(folder: Path, rounds: int, workers: Sequence[int], ray: bool) -> list[dict[str, Any]]:
    """The plain loop and `score` in turn, so that what else the machine does falls on both.

    Parameters
    ----------
    folder : Path
        Of an archive as `films.write_archive` writes it, without hostile files.
    rounds : int
        Of each.
    workers : sequence of int
        How many work side by side: loops, and processes of `score`; no more than there are processors.
    ray : bool
        Whether Ray does it once more, on a cluster that is started for it.
    """
    cv2.setNumThreads(1)
    pairs = [
        (ap, ap.with_name(ap.name.replace("_ap", "_lateral"))) for ap in sorted(folder.rglob("*_ap.dcm"))
    ]
    _loop(pairs[:1])
    found = []
    for number in range(rounds):
        for count in workers:
            with _bound_to(count):
                plain, scored = _plain(pairs, count), _scored(folder, count)
            found.append({"round": number, "what": "plain loop", "workers": count, **plain})
            found.append({"round": number, "what": "score", "workers": count, **scored})
    for count in workers if ray else ():
        with _bound_to(count):
            scored = _scored(folder, RayCluster(actors=count))
        # Ray's processes leave those that this one can count the time of.
        scored = {name: each for name, each in scored.items() if "cpu" not in name}
        found.append({"what": "score --ray", "workers": count, **scored})
    return found


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


def _loop(pairs: Sequence[Pair]) -> int:
    examiner = Examiner.open()
    for ap, lateral in pairs:
        examiner.examine(read_pair(ap, lateral))
    return 2 * len(pairs)


def _plain(pairs: Sequence[Pair], count: int) -> dict[str, float]:
    """Loops side by side; steady from where each has read a pair."""
    if count == 1:
        start = _Clock()
        return start.rate(_loop(pairs))
    clock: list[_Clock] = []
    films = 0
    # Each process's first pair is its start.
    jobs = [pairs[:1]] * count + [pairs[place::count][each : each + 2] for each in range(0, len(pairs), 2)
                                  for place in range(count)]  # fmt: skip
    for done, (_, read) in enumerate(LocalProcesses(count).run(_loop, jobs), start=1):
        if done == count:
            clock.append(_Clock())
        elif done > count:
            films += read
    return clock[0].rate(films)


def _scored(folder: Path, workers: Workers) -> dict[str, float]:
    """`score`; steady from where each process has done a part, its start before that."""
    count = workers if isinstance(workers, int) else workers.actors or 1
    clock, whole = [], _Clock()
    done = films = 0

    def show(title: str, read: int, _total: int, _failed: int) -> None:
        nonlocal done, films
        if title != "Reading films":
            return
        done += 1
        films = read
        if done == count:
            clock.append((_Clock(), read))

    with tempfile.TemporaryDirectory() as out:
        score_archive(str(folder), Path(out) / "out", workers=workers, batch=2, show=show)
    first, before = clock[0]
    return {
        **first.rate(films - before),
        "start_s": round(first.wall - whole.wall, 2),
        "start_cpu_s": round(first.cpu - whole.cpu, 2),
        "with_start_films_a_cpu_s": round(films / (_cpu() - whole.cpu), 3),
    }


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
