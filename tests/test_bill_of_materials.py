"""What the app is made of: complete, valid, and nothing that a hospital cannot take."""

import hashlib
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mvm_core.bill_of_materials import ROOT, Package, bill_as_json, packages
from mvm_core.errors import OutputError
from mvm_core.inference import SHIPPED

REQUIREMENTS = [
    ROOT / name for name in ("requirements-app.txt", "requirements-provider.txt", "requirements.txt")
]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirements", REQUIREMENTS, ids=lambda path: path.name)
def test_every_package_states_a_licence_that_a_hospital_can_take(requirements: Path) -> None:
    found = packages(requirements)
    assert [each for each in found if each.refused] == []
    unstated = {each.name for each in found if each.licence == "not stated"}
    # axe-playwright-python: MIT by its LICENSE file; cuda-toolkit: an empty package that names others
    assert unstated <= {"axe-playwright-python", "cuda-toolkit"}


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0-or-later", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("CC-BY-NC-4.0", True),
        ("Free for non-commercial use", True),
        ("LGPL-2.1", False),
        ("MIT AND BSD-3-Clause", False),
    ],
)
def test_licences_are_told_apart(licence: str, refused: bool) -> None:
    assert Package("planted", "1.0", licence, "").refused is refused


def test_the_app_installs_nothing_that_the_bill_leaves_out() -> None:
    listed = {plain(each.name) for each in packages()}
    for name in listed:
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert plain(needed.name) in listed, f"{name} needs {needed.name}"


def test_the_bill_is_valid_cyclonedx_and_names_packages_and_weights(tmp_path: Path) -> None:
    out = tmp_path / "bill.json"
    command = [sys.executable, "-m", "mvm_core", "bill-of-materials", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    bill = json.loads(out.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    by_name = {each["name"]: each for each in bill["components"]}
    assert by_name["streamlit"]["version"] == importlib.metadata.version("streamlit")
    assert by_name["streamlit"]["licenses"]
    for graph in SHIPPED.glob("*.onnx"):
        digest = hashlib.sha256(graph.read_bytes()).hexdigest()
        assert by_name[graph.name]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert len(by_name) == len(packages()) + len(list(SHIPPED.glob("*.onnx")))


def test_a_package_that_is_not_installed_is_one_sentence(tmp_path: Path) -> None:
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("no-such-package==1.0\n")
    with pytest.raises(OutputError, match="no-such-package: the package is not installed"):
        packages(wanted)


def test_the_bill_of_a_planted_package_says_its_licence() -> None:
    bill = json.loads(bill_as_json([Package("planted", "1.0", "Apache-2.0", "")], Path("/nowhere")))
    (component,) = bill["components"]
    assert component["licenses"] == [{"license": {"id": "Apache-2.0"}}]
