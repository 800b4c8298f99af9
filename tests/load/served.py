"""The app as `make app` starts it, with its gate, in a process of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psutil

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Served:
    """The running app.

    Attributes
    ----------
    process : psutil.Process
    address : str
    log : Path
        Its standard output and error.
    """

    process: psutil.Process
    address: str
    log: Path

    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def memory_mb(self) -> float:
        """Resident memory of the app and of its decoders."""
        every = [self.process, *self.process.children(recursive=True)]
        return sum(each.memory_info().rss for each in every if each.is_running()) / 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    folder: Path, before: Sequence[str] = (), port: int | None = None, **environment: str
) -> Iterator[Served]:
    """Serve the app for as long as the block lasts.

    Parameters
    ----------
    folder : Path
        Where its log lies.
    before : sequence of str
        Put before the command, as ``prlimit`` is.
    port : int, optional
    **environment : str
        Variables of its environment.
    """
    port = port or free_port()
    log = folder / "app.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*before, sys.executable, "serve.py", f"--server.port={port}", "--server.headless=true"],
            cwd=ROOT,
            # A pipe, so that the app itself writes to no file.
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        )
        copier = subprocess.Popen(["cat"], stdin=process.stdout, stdout=file)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until_healthy(f"{address}/_stcore/health", process)
            yield Served(psutil.Process(process.pid), address, log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()
            copier.wait(timeout=15)


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError(f"the app ended at once with code {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.25)
    raise RuntimeError("the app did not answer within 60 s")
