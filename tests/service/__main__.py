"""Requests at once through `serve`, beside the plain loop: `python tests/service --requests 50`.

`--ray local --replicas 2` by Ray Serve. Prints JSON; the exit code is 1 where an answer was wrong.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "load")]
_STARTS_WITHIN_S = 300

Films = list[tuple[str, bytes]]


def main() -> int:
    """Run the rounds."""
    from crowd import films_of

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ray", metavar="ADDRESS")
    parser.add_argument("--replicas", type=int, default=2)
    asked = parser.parse_args()
    cases = films_of(asked.requests)
    began = time.monotonic()
    wanted = _loop(cases)
    loop_s = time.monotonic() - began
    options = ["--ray", asked.ray, "--replicas", str(asked.replicas)] if asked.ray else []
    with _served(options) as address:
        _ask(address, cases[0])
        rounds = [_at_once(address, cases, wanted) for _ in range(asked.rounds)]
    said = {
        "requests": asked.requests,
        "plain loop, a second": round(len(cases) / loop_s, 2),
        "rounds": rounds,
    }
    names = ("a second", "median_s", "p95_s")
    said["medians"] = {name: statistics.median(each[name] for each in rounds) for name in names}
    print(json.dumps(said, indent=1))
    return int(any(each["wrong"] for each in rounds))


def _loop(cases: Sequence[Films]) -> list[Any]:
    """What each pair reads, one after the other in this process."""
    from mvm_core.examination import Examiner
    from mvm_core.examination_report import examination_as_dict
    from mvm_core.imaging import StudyFile, read_pair

    examiner = Examiner.open()
    examiner.reader.warm_up()
    found = []
    for files in cases:
        pair = read_pair(**{name.removesuffix(".dcm"): StudyFile(name, content) for name, content in files})
        found.append(json.loads(json.dumps(examination_as_dict(examiner.examine(pair)))))
    return found


def _at_once(address: str, cases: Sequence[Films], wanted: Sequence[Any]) -> dict[str, Any]:
    began = time.monotonic()
    with ThreadPoolExecutor(len(cases)) as many:
        said = list(many.map(lambda files: _ask(address, files), cases))
    seconds = sorted(each for each, _ in said)
    return {
        "wrong": sum(answer != right for (_, answer), right in zip(said, wanted, strict=True)),
        "a second": round(len(cases) / (time.monotonic() - began), 2),
        "median_s": round(float(np.median(seconds)), 2),
        "p95_s": round(float(np.percentile(seconds, 95)), 2),
    }


def _ask(address: str, files: Films) -> tuple[float, Any]:
    asking = requests.Session()
    asking.trust_env = False
    parts = [(name.removesuffix(".dcm"), (name, content)) for name, content in files]
    began = time.monotonic()
    answer = asking.post(f"{address}/v1/predict", files=parts, timeout=300)
    return time.monotonic() - began, answer.json()


@contextmanager
def _served(options: Sequence[str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mvm_core", "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address, latest = f"http://127.0.0.1:{port}", time.monotonic() + _STARTS_WITHIN_S
    try:
        while not _reads(address):
            if process.poll() is not None or time.monotonic() > latest:
                raise RuntimeError("the service did not start")
            time.sleep(0.2)
        yield address
    finally:
        started = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(60)
        for left in psutil.wait_procs(started, 30)[1]:
            left.kill()


def _reads(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


if __name__ == "__main__":
    sys.exit(main())
