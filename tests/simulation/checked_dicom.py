"""What dciodvfy says of a file."""

import shutil
import subprocess
from pathlib import Path

import pytest


def assert_valid(file: Path) -> None:
    """Fail where dciodvfy finds an error; skip where it is not installed."""
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy is missing: install dicom3tools")
    done = subprocess.run([tool, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Error" not in done.stdout + done.stderr, done.stderr
