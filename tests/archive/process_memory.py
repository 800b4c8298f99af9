"""What one process takes: the caller, and the least bound within which a pair is read, by films' size."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from memory import large_films

from mvm_core.cluster.archive import score_archive
from mvm_core.errors import WorkersError
from mvm_core.side_by_side import LocalProcesses

ROOT = Path(__file__).resolve().parents[2]
_BOUNDS_MB = range(500, 2500, 25)


def run_each(base: Path, sides: Sequence[int]) -> list[dict[str, float]]:
    """For each longer side of films: their pixels, what the caller took, and the least bound, in MB."""
    found = []
    for side in sides:
        folder = base / str(side)
        folder.mkdir()
        for number, content in enumerate(large_films(side)):
            (folder / f"{number}.dcm").write_bytes(content)
        too_little, enough = 0, len(_BOUNDS_MB) - 1
        said = _tried(folder, _BOUNDS_MB[enough])
        while enough - too_little > 1:
            middle = (too_little + enough) // 2
            if _tried(folder, _BOUNDS_MB[middle])["read"]:
                enough = middle
            else:
                too_little = middle
        megapixels = round(said["pixels"] / 1e6, 1)
        found.append({"side": side, "megapixels": megapixels, "caller_mb": said["caller_mb"],
                      "least_mb": _BOUNDS_MB[enough]})  # fmt: skip
    return found


def _tried(folder: Path, bound_mb: int) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, __file__, str(folder), str(bound_mb)], cwd=ROOT, capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def _score(folder: Path, bound_mb: int) -> dict[str, int]:
    """Read a folder in one process with a bound; whether every film of it was read."""
    from mvm_core.cluster.folder import ResultFolder

    out = folder.with_name(f"{folder.name}-{bound_mb}")
    try:
        read = not score_archive(str(folder), out, workers=LocalProcesses(1, bound_mb)).unread
    except WorkersError:
        read = False
    rows = ResultFolder(out).index_rows() if (out / "index").is_dir() else []
    return {"read": read, "pixels": max((row["pixels"] for row in rows), default=0), "caller_mb": _most_mb()}


def _most_mb() -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) * 1024 / 1e6)


if __name__ == "__main__":
    print(json.dumps(_score(Path(sys.argv[1]), int(sys.argv[2]))))
