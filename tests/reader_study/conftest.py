"""A cohort of names alone, study files over it, and a PostgreSQL server of the tests' own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from study_files import Make, study_text, write_cohort

from mvm_core.reader_study.plan import StudyPlan
from mvm_core.reader_study.study_file import read_study_file


@pytest.fixture
def make_file(tmp_path: Path) -> Make:
    """Writes a study file beside its cohort."""

    def make(text: str = "", mvm: int = 8, bvf: int = 8, intact: int = 1) -> Path:
        if not (tmp_path / "cohort").exists():
            write_cohort(tmp_path / "cohort", mvm, bvf, intact)
        path = tmp_path / "study.toml"
        path.write_text(text or study_text())
        return path

    return make


@pytest.fixture
def plan(make_file: Make) -> StudyPlan:
    return read_study_file(make_file(study_text(head='questions = ["level", "probability", "sign", "mri"]')))


def _program(name: str) -> str | None:
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    return str(Path(found).resolve()) if found else None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server that lives as long as the tests."""
    initdb, server = _program("initdb"), _program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
    # it refuses to run as root
    other = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    folder = Path(subprocess.check_output([*other, "mktemp", "-d"], text=True).strip())
    try:
        subprocess.run(
            [*other, initdb, "-D", str(folder / "data"), "-U", "study", "--auth=trust", "--no-sync"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        running = subprocess.Popen(
            [*other, server, "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        try:
            _wait_for(port)
            yield f"postgresql://study@127.0.0.1:{port}/postgres"
        finally:
            running.terminate()
            running.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            time.sleep(0.5)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start within 20 s")
