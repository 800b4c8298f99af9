"""What the app is made of: packages with their licences, and the weights; as CycloneDX and as a list."""

import hashlib
import importlib.metadata
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import cast

from mvm_core.errors import OutputError
from mvm_core.inference import SHIPPED

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements-app.txt"

REFUSED = re.compile(r"\b(A?GPL|GNU (Affero )?General Public|SSPL|non-?commercial|CC-BY-NC)", re.IGNORECASE)
"""Licences that a hospital cannot take; the Lesser GPL is not among them."""

EXCEPTIONS: dict[str, str] = {}
"""Packages that are taken all the same, each with the reason."""

_UNTITLED = "not stated"


@dataclass(frozen=True)
class Package:
    """An installed package.

    Attributes
    ----------
    name, version : str
    licence : str
        Its SPDX expression where it states one, else the title that it states.
    summary : str
    """

    name: str
    version: str
    licence: str
    summary: str

    @property
    def refused(self) -> bool:
        """Whether a hospital cannot take it."""
        return bool(REFUSED.search(self.licence)) and self.name not in EXCEPTIONS


def packages(requirements: Path = REQUIREMENTS) -> tuple[Package, ...]:
    """What a file of requirements installs, by name.

    Raises
    ------
    OutputError
        If a package of it is not installed.
    """
    return tuple(_package(name) for name in sorted(_names(requirements), key=str.lower))


def _names(requirements: Path) -> list[str]:
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.split("==")[0] for line in lines if "==" in line and not line.startswith("#")]


def _package(name: str) -> Package:
    try:
        said = cast(Message, importlib.metadata.metadata(name))
    except importlib.metadata.PackageNotFoundError:
        raise OutputError(name, "the package is not installed", "run make app, then ask again") from None
    return Package(name, said["Version"], licence_of(said), said.get("Summary") or "")


def licence_of(said: Message) -> str:
    """The licence that a package states: as an expression, else by its classifiers, else in its own words."""
    expression = said.get("License-Expression")
    if expression:
        return expression
    titles = [
        each.split(" :: ")[-1] for each in said.get_all("Classifier") or [] if each.startswith("License :: ")
    ]
    # A full text mentions other licences in passing; the title stands in its first line.
    own = (said.get("License") or "").strip().splitlines()
    return " AND ".join(titles) or (own[0].strip() if own else _UNTITLED)


def licences_as_text(found: Sequence[Package]) -> str:
    """A line a package: name, version, licence."""
    width = max(len(f"{each.name} {each.version}") for each in found)
    return "\n".join(f"{f'{each.name} {each.version}':<{width}}  {each.licence}" for each in found)


def bill_as_json(found: Sequence[Package], weights: Path = SHIPPED) -> str:
    """The bill of materials in the JSON form of CycloneDX 1.6.

    Parameters
    ----------
    found : sequence of Package
    weights : Path
        A weights folder, of which every graph is listed with its SHA-256.

    Raises
    ------
    OutputError
        If the library that writes the format is not installed.
    """
    try:
        from cyclonedx.contrib.license.factories import LicenseFactory
        from cyclonedx.model import HashAlgorithm, HashType
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output import make_outputter
        from cyclonedx.schema import OutputFormat, SchemaVersion
        from packageurl import PackageURL
    except ModuleNotFoundError:
        raise OutputError(
            "cyclonedx-python-lib", "it is not installed", "run .venv/bin/pip install -r requirements.txt"
        ) from None
    licences = LicenseFactory()
    bom = Bom()
    app = Component(name="mvm-core", type=ComponentType.APPLICATION, version="0.1.0", bom_ref="mvm-core")
    bom.metadata.component = app
    parts = [
        Component(
            name=each.name,
            version=each.version,
            type=ComponentType.LIBRARY,
            description=each.summary or None,
            licenses=[licences.make_from_string(each.licence)],
            purl=PackageURL("pypi", name=each.name.lower(), version=each.version),
            bom_ref=f"pypi:{each.name}",
        )
        for each in found
    ]
    parts += [
        Component(
            name=file.name,
            type=ComponentType.MACHINE_LEARNING_MODEL,
            hashes=[
                HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(file.read_bytes()).hexdigest())
            ],
            bom_ref=f"weights:{file.name}",
        )
        for file in sorted(weights.glob("*.onnx"))
    ]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(app, parts)
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
