"""What is made ready at the start, also where only the app's own packages are installed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = """
import sys
for name in ("sqlalchemy", "alembic", "statsmodels", "highdicom", "pynetdicom", "dicomweb_client"):
    sys.modules[name] = None
from pages.components.warming import warm_up
warm_up(lambda: None)
print(all(name in sys.modules for name in ("pages.components.verdict", "pages.components.reviewing")))
"""
FIRST_PAGE = """
import ast, sys
page = ast.parse(open("pages/upload.py").read())
page.body = [each for each in page.body if isinstance(each, (ast.Import, ast.ImportFrom))]
exec(compile(page, "upload", "exec"))
heavy = {"pandas", "pydicom", "scipy", "torch"}
print("pages.components.verdict" in sys.modules, *(set(sys.modules) & heavy))
"""


def _told(script: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()


def test_the_first_page_waits_for_no_library_that_it_does_not_need() -> None:
    assert _told(FIRST_PAGE) == ["True"]


def test_pages_without_their_packages_keep_nothing_else_from_being_made_ready() -> None:
    assert _told(READY) == ["True"]
