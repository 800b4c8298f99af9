"""The rules of the house: style, types, direction of imports, what each installation holds."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports", "--no-cache"),
    ],
    ids=lambda command: " ".join(command),
)
def test_check_passes(command: tuple[str, ...]) -> None:
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return dict(
        re.fullmatch(r"([A-Za-z0-9_.-]+)==(\S+)", line).groups()  # type: ignore[union-attr]
        for line in lines
        if line and not line.startswith(("#", "-r"))
    )


def test_every_requirement_is_pinned_and_the_app_needs_no_torch() -> None:
    app, everything = pins("requirements-app.txt"), pins("requirements.txt")
    clinic = pins("requirements-clinic.txt")
    assert {"streamlit", "onnxruntime", "pydicom"} <= set(app)
    assert {"torch", "timm", "grad-cam", "pytest"} <= set(everything)
    assert not {"torch", "torchvision", "timm", "scikit-learn", "onnx"} & set(app)
    assert not set(app) & set(everything), "a package is pinned twice"
    assert not set(clinic) & {*app, *everything}, "a package is pinned twice"


_JUDGED = "mvm_core.study.audit, mvm_core.study.card, mvm_core.study.seal, mvm_core.study.finder_arms"


@pytest.mark.parametrize(
    "module", ["mvm_core.models", "mvm_core.imaging", "mvm_core.cli", "mvm_core.evaluation", _JUDGED]
)
def test_what_reads_and_judges_does_not_load_torch(module: str) -> None:
    heavy = ("torch", "timm", "streamlit", "highdicom", "typst", "rapidocr")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_predict_loads_no_more_than_it_needs() -> None:
    # pydicom comes with the first film, while the graphs are loaded
    heavy = ("torch", "pandas", "pyarrow", "scipy", "streamlit", "pydicom")
    heavy += ("mvm_core.cohort", "mvm_core.training")
    code = (
        "import sys\nsys.argv = ['mvm_core', 'predict', '--help']\nfrom mvm_core.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "import mvm_core.examination, mvm_core.examination_report\n"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Read an AP film" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_all_commands_are_there_whichever_is_loaded_alone() -> None:
    from typer.main import get_command

    from mvm_core.cli import ALONE, MODULES, app

    names = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert {"predict", "simulate", "validate", "records", "challenge"} <= names
    files = {path.stem for path in (ROOT / "mvm_core" / "cli").glob("*.py") if not path.stem.startswith("_")}
    assert files == set(MODULES)
    assert ALONE.keys() <= names
    assert set(ALONE.values()) <= set(MODULES)


def test_predict_loads_nothing_of_clusters_or_services(tmp_path: Path) -> None:
    film = np.random.default_rng(1).integers(0, 255, (80, 80)).astype(np.uint8)
    (tmp_path / "film.png").write_bytes(cv2.imencode(".png", film)[1].tobytes())
    heavy = ("ray", "fastapi", "starlette", "prometheus_client", "pyarrow.fs", "pyarrow.dataset")
    heavy += ("mvm_core.cluster", "mvm_core.service", "torch", "streamlit")
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print([m for m in {heavy} if m in sys.modules], file=sys.stderr))\n"
        f"sys.argv[1:] = ['predict', '--ap', {str(tmp_path / 'film.png')!r}]\n"
        "from mvm_core.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "no spine is seen on it" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]"


def test_no_package_has_a_licence_that_a_hospital_cannot_take() -> None:
    refused = re.compile(r"\b(A?GPL|GNU (Affero )?General Public|non-?commercial)", re.IGNORECASE)
    found = {}
    for name in {
        **pins("requirements-app.txt"),
        **pins("requirements-clinic.txt"),
        **pins("requirements.txt"),
    }:
        metadata = importlib.metadata.metadata(name)
        stated = [metadata.get("License-Expression") or "", metadata.get("License") or ""]
        stated += [c for c in metadata.get_all("Classifier", []) if c.startswith("License")]
        # The licence's title is in its first line; full texts mention other licences in passing.
        titles = [text.strip().splitlines()[0] for text in stated if text.strip()]
        if any(refused.search(title) for title in titles):
            found[name] = titles
    assert not found
