"""Cold starts: the command line and the app, each in a process of its own."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from urllib.error import URLError

from mvm_core.radiograph import View

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_S = 60.0
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""Where it is set, each start would compile the program anew, which no user's does."""


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}


def cold_predict(files: dict[View, bytes], weights: Path | None, runs: int = 3) -> tuple[float, bool]:
    """Wall time of ``predict`` for a DICOM pair from start to exit, in s, and whether it loaded torch."""
    program = (
        "import atexit, sys\nfrom mvm_core.cli import main\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        "main()"
    )
    seconds, loads_torch = [], False
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["predict"]
        for view, content in files.items():
            path = Path(folder) / f"{view}.dcm"
            path.write_bytes(content)
            arguments += [f"--{view}", str(path)]
        if weights is not None:
            arguments += ["--weights", str(weights)]
        for _ in range(runs):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", program, *arguments],
                capture_output=True,
                text=True,
                check=True,
                env=_environment(),
            )
            seconds.append(time.perf_counter() - start)
            loads_torch = loads_torch or done.stderr.strip().endswith("True")
    return median(seconds), loads_torch


def page_stands_s() -> float | None:
    """From the start of ``serve.py`` until it answers, in s; None without streamlit.

    The browser's own time comes on top.
    """
    if importlib.util.find_spec("streamlit") is None or not (ROOT / "serve.py").is_file():
        return None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "serve.py", f"--server.port={port}", "--server.headless=true"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in _environment().items() if not name.startswith("MVM_")},
    ) as app:
        try:
            while time.perf_counter() - start < _LONGEST_S and app.poll() is None:
                if _answers(f"http://127.0.0.1:{port}/_stcore/health"):
                    return time.perf_counter() - start
                time.sleep(0.02)
        finally:
            app.terminate()
    return None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def change_of_reading_ms(weights: Path | None) -> float | None:
    """From a change of reading to the page run again, in ms; timed in a process that may load streamlit."""
    if importlib.util.find_spec("streamlit") is None or not (ROOT / "app.py").is_file():
        return None
    chosen = {"MVM_WEIGHTS": str(weights.resolve())} if weights is not None else {}
    done = subprocess.run(
        [sys.executable, "-m", "pages.components.timing"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **chosen},
    )
    return float(json.loads(done.stdout.splitlines()[-1])["change_of_reading_ms"])
