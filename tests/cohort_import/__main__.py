"""Many studies in one go, killed in the middle, gone on with: python tests/cohort_import --studies 1500."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from many_films import small_pairs, write_studies  # noqa: E402

SECRET = "a secret of the hospital"
COMMANDS = ("import-cohort", "deidentify")


def main() -> None:
    """Print times and memory as JSON, a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1500)
    parser.add_argument("--patients", type=int, default=4, help="simulated ones that the films are copies of")
    parser.add_argument("--text", action="store_true", help="look for burnt-in text too")
    parser.add_argument("--only", choices=COMMANDS)
    parser.add_argument("--seconds", type=float, help="most that each command may run; the rest is told")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        labels = write_studies(folder, small_pairs(asked.patients), asked.studies)
        for command in COMMANDS:
            if asked.only in (None, command):
                out = folder / command
                arguments = [command, str(folder / "films")]
                arguments += [str(labels), "--out", str(out)] if command == COMMANDS[0] else [str(out)]
                arguments += [] if asked.text else ["--no-text"]
                done = killed_and_gone_on_with(arguments, out, asked.studies, asked.seconds)
                print(json.dumps({"command": command, "studies": asked.studies, **done}), flush=True)


def killed_and_gone_on_with(
    arguments: list[str], out: Path, studies: int, seconds: float | None = None
) -> dict[str, object]:
    """Run a command, kill it when half is done, run it to its end; what that took."""
    per_study = 1 if arguments[0] == COMMANDS[0] else 2
    first = _run(arguments, out, seconds, stop_at=per_study * studies // 2)
    at_kill = _count(out)
    second = _run(arguments, out, seconds)
    third = _run(arguments, out, seconds) if second["code"] == 0 else None
    return {
        "done_when_killed": at_kill,
        "done": _count(out),
        "until_the_kill": first,
        "from_there_to_the_end": second,
        "again_with_nothing_to_do": third,
    }


def _run(
    arguments: list[str], out: Path, seconds: float | None, stop_at: int | None = None
) -> dict[str, object]:
    """One process: its time, its processor time, its peak memory, what it said last."""
    environment = {**os.environ, "MVM_DEIDENTIFICATION_KEY": SECRET}
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "mvm_core", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=said,
        )
        peak = 0
        while True:
            peak = max(peak, _peak_mb(process.pid))
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            over = seconds is not None and time.monotonic() - start > seconds
            if over or (stop_at is not None and _count(out) >= stop_at):
                os.kill(process.pid, signal.SIGKILL)
                pid, status, used = os.wait4(process.pid, 0)
                break
            time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = [line for line in said.read().splitlines() if line.strip()]
    return {
        "code": process.returncode,
        "wall_s": round(time.monotonic() - start, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": peak,
        "said": lines[-3:] if process.returncode == 0 else [],
    }


def _peak_mb(pid: int) -> int:
    """So far, of this program alone: ``ru_maxrss`` counts the process that started it, too."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it has ended
        return 0
    found = re.search(r"^VmHWM:\s+(\d+)", status, re.MULTILINE)
    return int(found[1]) // 1024 if found else 0


def _count(out: Path) -> int:
    """Rows of labels, or films, that are done."""
    journal, table = out / ".deidentify" / "journal.csv", out / "deidentified.csv"
    if (out / ".import").is_dir():
        return len(list((out / ".import").glob("P*.json")))
    return sum(path.read_bytes().count(b"\n") - 1 for path in (journal, table) if path.is_file())


if __name__ == "__main__":
    main()
