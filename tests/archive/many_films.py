"""Many films, hostile ones among them, through three Ray nodes; a node and the driver are lost on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from films import hostile_files, renamed, simulated_pairs, without_spine
from ray_nodes import Nodes, three_nodes
from storage import CREDENTIALS, client_of, options_of

from mvm_core.cluster.folder import ResultFolder
from mvm_core.cluster.rows import SCHEMAS, SECONDS

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BATCH = 8


def run_many(base: Path, films: int, hostile: int) -> dict[str, Any]:
    """Run it; gives what came of it, with what is wrong."""
    os.environ.update(CREDENTIALS, PYTHONPATH=str(ROOT))
    with _storage() as place:
        sizes = fill(place, films, hostile)
        source = f"s3://films/a?{options_of(place)}"
        began = time.monotonic()
        events = _on_cluster(source, base / "many")
        cluster_s, began = time.monotonic() - began, time.monotonic()
        _score(source, base / "alone", "--workers", "2").wait()
        return {
            "films": films,
            "hostile": hostile,
            "megabytes": round(sum(sizes) / 1e6, 1),
            "on the cluster, s": round(cluster_s),
            "on one machine, s": round(time.monotonic() - began),
            "what happened": events,
            **compared(base / "alone", base / "many", films),
        }


def fill(place: str, films: int, hostile: int) -> list[int]:
    """Put so many films into a bucket; gives their sizes.

    One study in twenty is a pair of coned films of a simulated patient, one in 400 one of whole ones; the
    others are pictures without a spine, as archives hold many, which are read several times as fast.
    """
    client = client_of(place)
    client.create_bucket(Bucket="films")
    whole, coned = simulated_pairs(2), simulated_pairs(4, "coned")
    others = [without_spine(coned[0], seed) for seed in range(8)]
    sizes, study = [], 0

    def put(name: str, content: bytes) -> None:
        client.put_object(Bucket="films", Key=f"a/{name}", Body=content)
        sizes.append(len(content))

    for number, (name, content) in enumerate(hostile_files(whole[0], hostile)):
        # The same bytes twice would be one film to whoever counts by hash.
        put(f"{number % 7}/{number:05d}-{name}", content + b"%d" % number)
    while len(sizes) < films:
        pairs = whole if study % 400 == 0 else coned if study % 20 == 0 else others
        for view, content in pairs[study // 20 % len(pairs)].items():
            if len(sizes) < films:
                put(f"{study % 7}/study{study:05d}_{view.value}.dcm", renamed(content, study))
        study += 1
    return sizes


@contextmanager
def _storage() -> Iterator[str]:
    command = [sys.executable, str(HERE / "storage.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as server:  # fmt: skip
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def _score(source: str, out: Path, *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "mvm_core", "score", source, "--out", str(out), "--batch", str(BATCH)]
    with out.with_suffix(".log").open("ab") as log:
        return subprocess.Popen([*command, *options], cwd=ROOT, stdout=log, stderr=log)


def _on_cluster(source: str, out: Path) -> list[str]:
    with three_nodes() as nodes:
        return _with_losses(nodes, source, out)


def _with_losses(nodes: Nodes, source: str, out: Path) -> list[str]:
    events = []
    driver = _score(source, out, "--ray", nodes.address)

    def wait_for(what: Callable[[], Any]) -> Any:
        while not (found := what()):
            if driver.poll() is not None:
                said = out.with_suffix(".log").read_text()[-2000:]
                raise RuntimeError(f"the driver ended with code {driver.returncode}: {said}")
            time.sleep(0.2)
        return found

    parts = wait_for(lambda: _parts(out))
    wait_for(lambda: len(_done(out)) >= parts // 2)
    nodes.lose(nodes.plain)
    events.append(f"a node killed after {len(_done(out))} of {parts} parts")
    wait_for(lambda: len(_done(out)) >= parts * 3 // 4)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    kept = _done(out)
    events.append(f"the driver killed after {len(kept)} of {parts} parts")
    again = _score(source, out, "--ray", nodes.address)
    code = again.wait()
    now = _done(out)
    redone = [path.name for path, when in kept.items() if now[path] != when]
    events.append(f"called again: exit code {code}, {len(now)} parts, {len(redone)} of the kept done again")
    return events


def _parts(out: Path) -> int:
    """How many there will be; 0 until that is known."""
    if not (out / "cases.sha256").is_file():
        return 0
    from mvm_core.cluster.index import FilmEntry
    from mvm_core.cluster.pairing import pair_by_study

    cases = pair_by_study(FilmEntry.of_row(row) for row in ResultFolder(out).index_rows())
    return -(-len(cases) // BATCH)


def _done(out: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in out.glob("done/*.json")}


def compared(one: Path, other: Path, films: int) -> dict[str, Any]:
    """Whether the tables of two runs are the same, and each film stands in exactly one row."""
    found: dict[str, Any] = {}
    for kind in ("levels", "films", "unread"):
        tables = [ResultFolder(each).table(kind) for each in (one, other)]
        if SECONDS in SCHEMAS[kind].names:
            tables = [table.drop([SECONDS]) for table in tables]
        found[f"rows of {kind}"] = tables[0].num_rows
        found[f"{kind} equal"] = tables[0].equals(tables[1])
    told = [
        name for kind in ("films", "unread") for name in ResultFolder(other).table(kind)["file"].to_pylist()
    ]
    found["films in exactly one row"] = len(told) == len(set(told)) == films
    reasons = [json.loads(path.read_text())["reasons"] for path in (other / "done").glob("*.json")]
    found["reasons"] = {key: sum(each.get(key, 0) for each in reasons) for own in reasons for key in own}
    return found
