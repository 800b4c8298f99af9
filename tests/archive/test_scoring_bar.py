"""What `score` shows while it reads: films done, their rate, the time left, failures so far."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from films import write_archive

ROOT = Path(__file__).resolve().parents[2]
FILMS = 9
FRAME = re.compile(r"Reading films +\S+ (\d)/9 +(-|\d+\.\d) films/s +(\d) not read (\S+)")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str, int, str]]:
    """Of each time that the bar was drawn on a terminal: films done, rate, failures, time left.

    The first of nine films is hostile.
    """
    folder = tmp_path_factory.mktemp("bar")
    write_archive(folder / "films", FILMS, hostile=1, patients=1)
    terminal, stderr = pty.openpty()
    command = [sys.executable, "-m", "mvm_core", "score", str(folder / "films"), "--out", str(folder / "out")]
    with subprocess.Popen(
        [*command, "--batch", "1"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr
    ) as running:
        os.close(stderr)
        said = b"".join(iter(lambda: _read(terminal), b""))
    os.close(terminal)
    assert running.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    return [(int(done), rate, int(failed), left) for done, rate, failed, left in FRAME.findall(text)]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody writes to it any more
        return b""


def test_failures_are_told_as_they_come(shown: list[tuple[int, str, int, str]]) -> None:
    assert shown[0][0] < FILMS
    assert {failed for done, _, failed, _ in shown if done} == {1}
    assert {failed for done, _, failed, _ in shown if not done} <= {0}


def test_rate_and_time_left_are_told_under_way(shown: list[tuple[int, str, int, str]]) -> None:
    under_way = [(done, float(rate), _seconds(left)) for done, rate, _, left in shown if 1 < done < FILMS]
    # The time is drawn twice a second at most, so at times it is that of before.
    assert any(abs(left - (FILMS - done) / rate) <= 1.5 for done, rate, left in under_way)


def _seconds(left: str) -> int:
    hours, minutes, seconds = map(int, left.split(":"))
    return 3600 * hours + 60 * minutes + seconds


def test_in_the_end_all_is_done(shown: list[tuple[int, str, int, str]]) -> None:
    done, rate, failed, left = shown[-1]
    assert (done, failed, left) == (FILMS, 1, "0:00:00")
    assert float(rate) > 0
