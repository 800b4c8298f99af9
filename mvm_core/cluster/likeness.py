"""What two machines must have in common to give the same answers, in one line."""

import hashlib
import importlib.metadata
import platform
from functools import cache
from pathlib import Path

_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pydicom", "scipy")


@cache
def likeness() -> str:
    """The versions of what reads films, and the first digits of the SHA-256 of this project's own code."""
    digest = hashlib.sha256()
    folder = Path(__file__).resolve().parents[1]
    for file in sorted(folder.rglob("*.py")):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    told = [f"mvm_core {digest.hexdigest()[:12]}", f"Python {platform.python_version()}", *versions]
    return ", ".join(told)
