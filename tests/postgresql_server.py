"""A PostgreSQL server of a test's own: a free port of this machine, a temporary folder, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD = "clinic", "a word of the tests"


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    def url(self, database: str, password: str = PASSWORD, user: str = USER) -> str:
        quoted = password.replace(" ", "%20")
        return f"postgresql+psycopg://{user}:{quoted}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of a database made for the caller."""
        import psycopg

        name = f"d{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """Start a server, or skip where none is installed; it refuses to be root, so root runs it as nobody."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("PostgreSQL refuses to run as root, and setpriv is not installed")
        as_user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        os.chown(folder, 65534, 65534)
    word = folder / "word"
    word.write_text(PASSWORD)
    word.chmod(0o644)
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C", "HOME": str(folder)}

    def run(*command: str) -> None:
        done = subprocess.run(
            [*as_user, *command], env=environment, capture_output=True, text=True, check=False, cwd=folder
        )
        assert done.returncode == 0, done.stdout + done.stderr

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    try:
        run(
            str(programs / "initdb"), "-D", data, "-U", USER, f"--pwfile={word}", "-A", "scram-sha-256",
            "-E", "UTF8", "--no-sync",
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        log = str(folder / "log")
        run(str(programs / "pg_ctl"), "-D", data, "-w", "-t", "60", "-l", log, "-o", options, "start")
        try:
            yield Server(port)
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder with the server's programs, Debian's newest first."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("pg_ctl")
    for folder in (*debian, *([Path(on_path).parent] if on_path else [])):
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    pytest.skip("PostgreSQL is not installed: install Debian's postgresql")
