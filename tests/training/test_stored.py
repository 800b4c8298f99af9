"""The one file of a network gives its tensors back, bit for bit, and nothing else passes for it."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import save_file

from mvm_core.errors import TrainingError
from mvm_core.explain.methods import Explainer, Question
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.inference import SHIPPED
from mvm_core.models import Reader
from mvm_core.models.inputs import network_inputs
from mvm_core.models.registry import NETWORKS, QUESTIONS
from mvm_core.radiograph import FilmPair
from mvm_core.training import TrainingSettings
from mvm_core.training.export import HALF_ABOVE, round_to_stored, to_onnx
from mvm_core.training.networks import EvidenceNetwork, build_network, load_network, start_sha256
from mvm_core.training.patches import Patches
from mvm_core.training.start import start_file, start_name
from mvm_core.training.stored import read_stored
from mvm_core.training.unit import Unit, exported_network, run_unit

SIZE = 32


def used(channels: int, questions: tuple[str, ...]) -> EvidenceNetwork:
    """A network whose every tensor differs from what it is made with, of numbers that halves cannot hold."""
    torch.manual_seed(4)
    network = EvidenceNetwork(channels, questions=questions)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                tensor += torch.rand_like(tensor) * (1.0 if name.endswith("var") else 0.01)
    return network.eval()


def as_before(rounded: EvidenceNetwork, file: Path) -> Path:
    """The second file of earlier versions."""
    tensors = {
        name: tensor.half() if tensor.numel() > HALF_ABOVE else tensor.clone()
        for name, tensor in rounded.state_dict().items()
        if tensor.is_floating_point()
    }
    save_file(tensors, file)
    return file


@pytest.fixture(scope="module")
def both() -> EvidenceNetwork:
    return round_to_stored(used(1, QUESTIONS))


@pytest.fixture(scope="module")
def graph(both: EvidenceNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stored") / "ap.onnx"
    file.write_bytes(to_onnx(both, SIZE, SIZE))
    return file


def same_state(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    first, second = one.state_dict(), other.state_dict()
    floating = [name for name, tensor in first.items() if tensor.is_floating_point()]
    assert len(floating) > 300
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in floating)


def test_the_graph_gives_every_tensor_back(both: EvidenceNetwork, graph: Path) -> None:
    loaded = load_network(NETWORKS["ap"], graph)
    assert loaded.questions == QUESTIONS
    assert not loaded.training
    assert same_state(loaded, both)
    changed = round_to_stored(both)
    with torch.no_grad():
        changed.backbone.conv_head.weight.view(-1)[7] *= 1.01
    assert not same_state(loaded, changed)


@pytest.mark.parametrize("questions", [("mvm",), ("disease",), QUESTIONS])
def test_a_file_says_what_it_answers_and_is_started_from(questions: tuple[str, ...], tmp_path: Path) -> None:
    earlier = round_to_stored(used(1, questions))
    file = tmp_path / "ap.onnx"
    file.write_bytes(to_onnx(earlier, SIZE, SIZE))
    assert read_stored(file).questions == questions
    started = build_network(NETWORKS["ap"], str(file)).eval()
    assert started.questions == QUESTIONS
    film = torch.randn(2, 1, SIZE, SIZE)
    with torch.no_grad():
        logit, before = started(film)[0], earlier(film)[0]
    for place, question in enumerate(questions):
        own = logit[:, QUESTIONS.index(question)]
        assert own.numpy() == pytest.approx(before[:, place].numpy(), abs=1e-5)


def test_earlier_files_and_folders_start_as_before(
    both: EvidenceNetwork, graph: Path, tmp_path: Path
) -> None:
    second = as_before(both, tmp_path / "ap.safetensors")
    for init in (str(second), str(tmp_path)):
        assert same_state(build_network(NETWORKS["ap"], init), both)
        assert start_file(NETWORKS["ap"], init) == second
    shutil.copy(graph, tmp_path)
    # Of both files the graph counts.
    assert start_file(NETWORKS["ap"], str(tmp_path)) == tmp_path / "ap.onnx"
    assert start_sha256(NETWORKS["ap"], str(tmp_path)) == start_name(str(graph))
    assert same_state(build_network(NETWORKS["ap"], str(tmp_path)), both)
    one = as_before(round_to_stored(used(1, ("mvm",))), tmp_path / "one.safetensors")
    assert load_network(NETWORKS["ap"], one).questions == ("mvm",)


def test_a_run_of_an_earlier_version_goes_on(both: EvidenceNetwork, graph: Path, tmp_path: Path) -> None:
    settings = TrainingSettings(output_stride=32, preprocessing=Preprocessing(size_px=SIZE))
    unit = Unit("ap", "ap", settings, tmp_path, Patches((), {}, {}))
    as_before(both, tmp_path / "ap.safetensors")
    unit.record.write_text('{"network": "ap"}')
    assert run_unit(unit) == {"network": "ap"}
    exported = exported_network(unit)
    assert list(exported.biases.values()) == both.head.bias.tolist()
    assert exported.graph == graph.read_bytes()
    # What this version left goes into the release as it is.
    shutil.copy(graph, tmp_path)
    assert unit.graph == tmp_path / "ap.onnx"
    assert exported_network(unit) == exported


def drop(model: onnx.ModelProto) -> None:
    del model.graph.initializer[5]


def reshape(model: onnx.ModelProto) -> None:
    bias = next(each for each in model.graph.initializer if each.name == "backbone.bn1.bias")
    bias.CopyFrom(numpy_helper.from_array(np.zeros(31, np.float32), bias.name))


def add(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(3, np.float32), "tail.bias"))


def behead(model: onnx.ModelProto) -> None:
    for each in model.graph.initializer:
        each.name = each.name.replace("head.bias", "foot.bias")


def ask_more(model: onnx.ModelProto) -> None:
    model.metadata_props[0].value = "mvm,disease,age"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (drop, r"holds no ap network: backbone\.\S+ is missing"),
        (reshape, r"backbone\.bn1\.bias has the shape 31, not 32"),
        (add, r"tail\.bias is none of its tensors"),
        (behead, r"no network of the readings: head\.bias is missing"),
        (ask_more, "its 2 outputs are not mvm, disease"),
    ],
)
def test_another_graph_is_told_in_one_sentence(
    graph: Path, tmp_path: Path, harm: Callable[[onnx.ModelProto], None], said: str
) -> None:
    model = onnx.load(graph)
    harm(model)
    file = tmp_path / "other.onnx"
    onnx.save(model, file)
    with pytest.raises(TrainingError, match=rf"other\.onnx: .*{said}") as told:
        load_network(NETWORKS["ap"], file)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["ap.onnx", "ap.safetensors"])
@pytest.mark.parametrize("content", [b"", b"nothing of the kind", None])
def test_what_is_no_stored_network_is_no_start(tmp_path: Path, name: str, content: bytes | None) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TrainingError, match=rf"{name}: it (cannot be read|is no)"):
        build_network(NETWORKS["ap"], str(file))


def test_a_network_of_other_channels_is_refused(graph: Path) -> None:
    with pytest.raises(TrainingError, match=r"chconcat network: backbone\.conv_stem\.weight has the shape"):
        load_network(NETWORKS["chconcat"], graph)


@pytest.fixture(scope="module")
def graphs_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped weights with one file for each network."""
    folder = tmp_path_factory.mktemp("alone") / "weights"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["networks"].values():
        entry.pop("safetensors", None)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_folder_of_graphs_alone_reads_explains_and_starts(graphs_alone: Path, pair: FilmPair) -> None:
    reader = Reader.open(graphs_alone)
    reading = reader.read(pair)
    films = network_inputs(pair, reader.weights)
    explainer = Explainer(reader.weights)
    for name in ("ap", "chconcat"):
        explained = explainer.explain(name, films[name], Question("gradcam"))
        assert explained.logit == pytest.approx(reading.results[name].logit, abs=1e-4)
    settings = dataclasses.replace(TrainingSettings(), init=str(graphs_alone))
    assert settings.as_dict()["init"] == reader.weights.identity
    started = build_network(NETWORKS["merge"], str(graphs_alone), 16, QUESTIONS)
    assert same_state(started, explainer.network("merge"))
    assert start_sha256(NETWORKS["merge"], str(graphs_alone)) == reader.weights.networks["merge"].graph_sha256
