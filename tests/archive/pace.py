"""How fast an archive is read, beside the plain loop over `predict`'s own call in the same run."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

PLAIN = """
import sys, time, json, resource
from pathlib import Path
sys.path.insert(0, {root!r})
from mvm_core.examination import Examiner
from mvm_core.imaging import read_pair
import cv2
cv2.setNumThreads(1)
examiner = Examiner.open()
folder = Path({folder!r})
films = sorted(folder.rglob("study*_ap.dcm"))
pairs = [(ap, ap.with_name(ap.name.replace("_ap", "_lateral"))) for ap in films]
examiner.examine(read_pair(*pairs[0]))
start, used = time.perf_counter(), time.process_time()
for ap, lateral in pairs:
    examiner.examine(read_pair(ap, lateral))
wall, cpu = time.perf_counter() - start, time.process_time() - used
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"films": 2 * len(pairs), "wall_s": wall, "cpu_s": cpu, "memory_mb": memory}}))
"""


def plain_loop(folder: Path, cores: str) -> dict[str, Any]:
    """The loop over all pairs, warm, in a process of its own on the given processors."""
    code = PLAIN.format(root=str(ROOT), folder=str(folder))
    done = subprocess.run(
        ["taskset", "-c", cores, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def scored(folder: Path, out: Path, cores: str, *options: str) -> dict[str, Any]:
    """`score` in a process of its own on the given processors: all of it, start and index and tables."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "mvm_core", "score", str(folder), "--out", str(out), "--json", *options]
    done = subprocess.run(
        ["taskset", "-c", cores, *command], capture_output=True, text=True, check=True, cwd=ROOT
    )
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    records = sorted((json.loads(file.read_text()) for file in (out / "done").glob("*.json")),
                     key=lambda each: each["ended"])  # fmt: skip
    later = records[1:]
    between = records[-1]["ended"] - records[0]["ended"]
    stages: dict[str, float] = {}
    for record in records:
        for stage, seconds in record["seconds"].items():
            stages[stage] = round(stages.get(stage, 0.0) + seconds, 3)
    return {
        **json.loads(done.stdout),
        "wall_s": wall,
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "steady_films_a_second": sum(record["films"] for record in later) / between if later else None,
        "stages_s": stages,
    }
