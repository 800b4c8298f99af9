"""The app as a process of its own, with an examiner that knows the simulated patients, and Chromium."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import chromium
import psutil
import pytest
from challenge_by_hand import write_by_hand
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from two_outputs import write_two_outputs

from mvm_core.challenge import Challenge

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """The running app: its process and its address."""

    process: psutil.Process
    address: str


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The app that most tests share."""
    with _serve() as running:
        yield running


@pytest.fixture
def fresh_server() -> Iterator[Server]:
    """The app in a process that nobody has used before."""
    with _serve() as running:
        yield running


@pytest.fixture(scope="module")
def real_server() -> Iterator[Server]:
    """The app as users start it, which finds the spine by itself."""
    with _serve("-m", "streamlit") as running:
        yield running


@pytest.fixture
def serve_real() -> Callable[..., AbstractContextManager[Server]]:
    """Serves the app as users start it, in an environment."""
    return partial(_serve, "-m", "streamlit")


@pytest.fixture(scope="module")
def two_output_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with weights whose networks answer two questions."""
    with _serve(weights=write_two_outputs(tmp_path_factory.mktemp("two"))) as running:
        yield running


@pytest.fixture(scope="module")
def first_look_server() -> Iterator[Server]:
    """The app with the example that it shows first."""
    with _serve(environment={"MVM_EXAMPLE": "1"}) as running:
        yield running


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[Server]]:
    """Serves the app with what a test asks for."""
    return _serve


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    """A challenge of four small cases."""
    return write_by_hand(tmp_path / "challenge")


@pytest.fixture
def stand(challenge: Challenge) -> Callable[..., AbstractContextManager[Server]]:
    """Serves the challenge, at a port if one is given."""
    return partial(_serve, environment={"MVM_CHALLENGE": str(challenge.folder)})


@pytest.fixture
def recording_server(tmp_path: Path) -> Iterator[Server]:
    """The app that keeps a record, in a file of the test's own."""
    secret = "the secret of the tests' own site"
    with _serve(
        environment={"MVM_DATABASE": str(tmp_path / "record.db"), "MVM_DATABASE_SECRET": secret}
    ) as running:
        yield running


@pytest.fixture
def review_of() -> Callable[[Path], AbstractContextManager[Server]]:
    """Serves the app with a folder to look at."""
    return lambda folder: _serve(environment={"MVM_REVIEW": str(folder)})


@contextmanager
def _serve(
    *program: str,
    weights: Path | None = None,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Iterator[Server]:
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    started = program or ("tests/serve_with_stand_in.py",)
    command = [sys.executable, *started, "run", "app.py", "--server.address=127.0.0.1"]
    process = subprocess.Popen(
        [*command, f"--server.port={port}", "--server.headless=true"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            **({"MVM_WEIGHTS": str(weights)} if weights is not None else {}),
            **(environment or {}),
        },
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(f"{address}/_stcore/health", process)
        yield Server(psutil.Process(process.pid), address)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(480):
        if process.poll() is not None:
            raise RuntimeError(f"the app ended at once with code {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.25)
    raise RuntimeError("the app did not answer within 2 minutes")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium.installed()
    if program is None:
        pytest.skip(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One cache for all pages, so that the app's scripts are loaded once."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def page(server: Server, context: BrowserContext) -> Iterator[Page]:
    """The upload page at 1440 pixels; at the end, nothing was asked of another host and no script failed."""
    with _opened(context, server.address) as page:
        yield page


@pytest.fixture
def fresh_page(fresh_server: Server, context: BrowserContext) -> Iterator[Page]:
    """The same, of the app that nobody has used before."""
    with _opened(context, fresh_server.address) as page:
        yield page


@pytest.fixture
def real_page(real_server: Server, context: BrowserContext) -> Iterator[Page]:
    """The upload page of the app as users start it."""
    with _opened(context, real_server.address) as page:
        yield page


@pytest.fixture
def two_output_page(two_output_server: Server, context: BrowserContext) -> Iterator[Page]:
    """The upload page of the app with weights whose networks answer two questions."""
    with _opened(context, two_output_server.address) as page:
        yield page


@pytest.fixture
def recording_page(recording_server: Server, context: BrowserContext) -> Iterator[Page]:
    """The upload page of the app that keeps a record."""
    with _opened(context, recording_server.address) as page:
        yield page


@contextmanager
def _opened(context: BrowserContext, address: str) -> Iterator[Page]:
    page = context.new_page()
    outside: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if _is_outside(request.url) else None)
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(address)
    page.wait_for_selector('[data-testid="stFileUploaderDropzone"]')
    yield page
    page.close()
    assert not outside
    assert not broken


def _is_outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1"
