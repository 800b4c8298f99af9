"""What one process takes of its bound: the caller, and one that reads a pair, by the films' size."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from memory import large_films

from mvm_core.cluster.archive import score_archive
from mvm_core.cluster.index import FilmEntry, FilmPlace, index_files
from mvm_core.cluster.pairing import pair_by_study
from mvm_core.cluster.part import Reading, identities_of, read_part
from mvm_core.examination import Examiner
from mvm_core.inference import SHIPPED
from mvm_core.side_by_side import LocalProcesses

ROOT = Path(__file__).resolve().parents[2]
_LOOK_S = 0.002


def run_each(base: Path, sides: Sequence[int]) -> list[dict[str, float]]:
    """For each longer side of films: their pixels, and what each kind of process took at most, in MB."""
    found = []
    for side in sides:
        folder = base / str(side)
        folder.mkdir()
        for number, content in enumerate(large_films(side)):
            (folder / f"{number}.dcm").write_bytes(content)
        row = {"side": side}
        for kind in ("caller", "reader"):
            done = subprocess.run(
                [sys.executable, __file__, kind, str(folder)], cwd=ROOT, capture_output=True, text=True,
                check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            row |= json.loads(done.stdout.splitlines()[-1])
        found.append(row)
    return found


def _as_caller(folder: Path) -> dict[str, float]:
    peak = _Peak()
    score_archive(str(folder), folder.with_name(f"{folder.name}-out"), workers=LocalProcesses(1, 20_000))
    return {"caller_mb": peak.reached()}


def _as_reader(folder: Path) -> dict[str, float]:
    places = [FilmPlace(str(folder), path.name, path.stat().st_size) for path in sorted(folder.iterdir())]
    cases = pair_by_study(FilmEntry.of_row(row) for row in index_files(places))
    by, peak = Reading(SHIPPED, identities_of(Examiner.open(SHIPPED))), _Peak()
    done = read_part(by, cases)
    assert not done.rows["unread"], done.rows["unread"]
    pixels = max(film.header.pixels for case in cases for film in case.films.values())
    return {"megapixels": round(pixels / 1e6, 1), "reader_mb": peak.reached()}


class _Peak:
    """The most that this process takes of what `RLIMIT_DATA` counts, from now on."""

    def __init__(self) -> None:
        self._most, self._over = 0, threading.Event()
        self._looking = threading.Thread(target=self._look)
        self._looking.start()

    def _look(self) -> None:
        while not self._over.is_set():
            status = Path("/proc/self/status").read_text()
            line = next(line for line in status.splitlines() if line.startswith("VmData"))
            self._most = max(self._most, int(line.split()[1]))
            time.sleep(_LOOK_S)

    def reached(self) -> int:
        """In MB."""
        self._over.set()
        self._looking.join()
        return round(self._most * 1024 / 1e6)


if __name__ == "__main__":
    print(json.dumps({"caller": _as_caller, "reader": _as_reader}[sys.argv[1]](Path(sys.argv[2]))))
