"""Weights that differ from their manifest are refused, in one sentence that names the file."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mvm_core.errors import WeightsError
from mvm_core.inference import SHIPPED
from mvm_core.models.weights import MANIFEST, load_weights


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "weights"))


def test_shipped_weights_are_whole_and_small() -> None:
    weights = load_weights(SHIPPED)
    assert set(weights.networks) == {"ap", "lateral", "merge", "concat", "chconcat"}
    assert "simulated films" in weights.notice
    assert "not a medical device" in weights.notice
    # Beside what earlier versions wrote twice.
    once = [file for file in SHIPPED.iterdir() if file.suffix != ".safetensors"]
    assert sum(file.stat().st_size for file in once) < 60e6


def test_changed_file_is_refused(copied: Path) -> None:
    content = bytearray((copied / "ap.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (copied / "ap.onnx").write_bytes(content)
    with pytest.raises(WeightsError, match=r"ap\.onnx.*checksum"):
        load_weights(copied)


def test_one_file_for_each_network_is_enough_and_a_second_is_checked_where_named(copied: Path) -> None:
    path = copied / MANIFEST
    manifest = json.loads(path.read_text())
    for name, entry in manifest["networks"].items():
        entry.pop("safetensors", None)
        (copied / f"{name}.safetensors").unlink(missing_ok=True)
    path.write_text(json.dumps(manifest))
    assert {network.tensors for network in load_weights(copied).networks.values()} == {None}

    second = copied / "ap.safetensors"
    second.write_bytes(b"as earlier versions wrote")
    manifest["networks"]["ap"]["safetensors"] = {
        "file": second.name,
        "sha256": hashlib.sha256(second.read_bytes()).hexdigest(),
    }
    path.write_text(json.dumps(manifest))
    assert load_weights(copied).networks["ap"].tensors == second
    second.write_bytes(b"as nobody wrote")
    with pytest.raises(WeightsError, match=r"ap\.safetensors.*checksum"):
        load_weights(copied)
    second.unlink()
    with pytest.raises(WeightsError, match=r"ap\.safetensors.*missing"):
        load_weights(copied)


def test_missing_file_is_refused(copied: Path) -> None:
    (copied / "concat.onnx").unlink()
    with pytest.raises(WeightsError, match=r"concat\.onnx.*missing"):
        load_weights(copied)


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no weights here"):
        load_weights(tmp_path)


def escape(manifest: dict) -> None:
    manifest["networks"]["ap"]["onnx"]["file"] = "../ap.onnx"


def negative_temperature(manifest: dict) -> None:
    manifest["readings"]["ap"]["temperature"] = -1


def crossed_points(manifest: dict) -> None:
    manifest["readings"]["ap"].update(high_sensitivity=0.9, high_specificity=0.1)


def later_format(manifest: dict) -> None:
    manifest["format"] = 99


def unknown_network(manifest: dict) -> None:
    manifest["networks"]["oblique"] = manifest["networks"]["ap"]


def no_preprocessing(manifest: dict) -> None:
    del manifest["networks"]["ap"]["preprocessing"]


@pytest.mark.parametrize(
    "harm",
    [escape, negative_temperature, crossed_points, later_format, unknown_network, no_preprocessing],
)
def test_malformed_manifest_is_refused(copied: Path, harm: Callable[[dict], None]) -> None:
    path = copied / MANIFEST
    manifest = json.loads(path.read_text())
    harm(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match=r"manifest\.json.*malformed"):
        load_weights(copied)


def test_manifest_that_is_no_json_is_refused(copied: Path) -> None:
    (copied / MANIFEST).write_bytes(b"\x00\xff")
    with pytest.raises(WeightsError, match="malformed"):
        load_weights(copied)
