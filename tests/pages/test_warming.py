"""What is made ready at the start, also where only the app's own packages are installed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
for name in ("sqlalchemy", "alembic", "statsmodels", "highdicom", "pynetdicom", "dicomweb_client"):
    sys.modules[name] = None
from pages.components.warming import warm_up
warm_up()
print(all(name in sys.modules for name in ("pages.components.verdict", "pages.components.reviewing")))
"""


def test_pages_without_their_packages_keep_nothing_else_from_being_made_ready() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["True"]
