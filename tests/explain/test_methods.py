"""Every method through grad-cam: units, sides, the layer found, and nothing left behind."""

import gc

import numpy as np
import psutil
import pytest
import timm
import torch
from torch import nn

from mvm_core.explain.catalogue import METHODS, SAME, Direction
from mvm_core.explain.layers import last_feature_layer
from mvm_core.explain.methods import Explainer, LogitOnly, Question, explain_network
from mvm_core.explain.randomisation import randomisation, shuffled
from mvm_core.models import Reader
from mvm_core.models.inputs import network_inputs
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.radiograph import FilmPair

QUICK = [name for name, method in METHODS.items() if not method.slow]
Inputs = dict[str, np.ndarray]


class SmallNetwork(nn.Module):
    """Stands in for a network where only the way through grad-cam is in question, not what is learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, 64, 4, stride=4), nn.SiLU())
        self.head = nn.Linear(64, 1)

    def forward(self, film: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.backbone(film)
        evidence = nn.functional.conv2d(features, self.head.weight[:, :, None, None])
        return evidence.mean(dim=(2, 3)) + self.head.bias, evidence


@pytest.fixture
def small() -> SmallNetwork:
    torch.manual_seed(0)
    return SmallNetwork().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def explainer(reader: Reader) -> Explainer:
    return Explainer(reader.weights)


@pytest.fixture(scope="module")
def inputs(reader: Reader, pair: FilmPair) -> Inputs:
    return network_inputs(pair, reader.weights)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("name", list(SINGLE_READINGS))
def test_evidence_gradcam_and_hirescam_agree(
    name: str, explainer: Explainer, inputs: Inputs, reader: Reader, pair: FilmPair
) -> None:
    result = reader.read(pair).results[name]
    parts = [evidence.values for evidence in result.evidence.values()]
    shown = np.concatenate(parts, axis=1) if name == "concat" else parts[0]
    for method in ("evidence", "gradcam", "hirescam"):
        explained = explainer.explain(name, inputs[name], Question(method))
        assert correlation(explained.values, shown) >= 0.9999
        # In logits: not only alike, but the same.
        assert explained.values == pytest.approx(shown, abs=2e-3)
        assert explained.logit == pytest.approx(result.logit, abs=1e-3)


@pytest.mark.parametrize("method", ["evidence", "gradcam", "hirescam", "ablationcam"])
def test_the_other_side_is_the_map_turned_around(method: str, explainer: Explainer, inputs: Inputs) -> None:
    maps = [explainer.explain("lateral", inputs["lateral"], Question(method, side)) for side in Direction]
    assert maps[0].values == pytest.approx(-maps[1].values, abs=1e-4)
    assert maps[0].logit == maps[1].logit


def test_the_two_sides_of_layercam_make_up_the_evidence(explainer: Explainer, inputs: Inputs) -> None:
    film = inputs["ap"]
    mvm, bvf = (explainer.explain("ap", film, Question("layercam", side)).values for side in Direction)
    assert mvm - bvf == pytest.approx(explainer.explain("ap", film, Question("evidence")).values, abs=1e-3)


def test_ablation_weights_are_the_logits_lost(explainer: Explainer, inputs: Inputs) -> None:
    network = explainer.network("ap")
    with torch.no_grad():
        features = network.backbone(torch.from_numpy(inputs["ap"][np.newaxis]))[0]
    lost = network.head.weight.detach()[0] * features.mean(dim=(1, 2))
    expected = torch.einsum("c,chw->hw", lost, features).numpy()
    found = explainer.explain("ap", inputs["ap"], Question("ablationcam")).values
    # Each weight is the difference of two logits, which the network adds up from its evidence in single
    # precision; the map adds up all 1,280 features, each times the rounding of its weight.
    evidence = explainer.explain("ap", inputs["ap"], Question("evidence")).values
    rounding = float(np.spacing(np.abs(evidence).max()) * features.abs().sum(dim=0).max())
    assert rounding < 0.01 * np.ptp(expected)
    assert found == pytest.approx(expected, abs=rounding)
    assert correlation(found, expected) >= 0.9999


@pytest.mark.parametrize("method", QUICK)
def test_network_without_an_opinion_gives_an_empty_or_sideless_map(
    method: str, explainer: Explainer, inputs: Inputs
) -> None:
    silent = shuffled(explainer.network("ap"), "head", 0)
    with torch.no_grad():
        silent.head.weight.zero_()
    values = explain_network(silent, inputs["ap"], Question(method)).values
    assert np.isfinite(values).all()
    if method != "eigencam":
        assert not values.any()


@pytest.mark.parametrize("method", QUICK)
def test_film_without_contrast_gives_finite_maps(method: str, explainer: Explainer) -> None:
    film = np.zeros((1, 160, 160), np.float32)
    for side in Direction:
        assert np.isfinite(explainer.explain("ap", film, Question(method, side)).values).all()


def test_scorecam_reports_progress(small: SmallNetwork) -> None:
    told: list[tuple[int, int]] = []
    film = np.random.default_rng(0).standard_normal((1, 64, 64), np.float32)
    explained = explain_network(small, film, Question("scorecam"), lambda *done: told.append(done))
    assert explained.values.shape == (16, 16)
    assert told == [(done, 4) for done in range(1, 5)]


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if not method.tells_sides])
def test_methods_said_to_tell_no_sides_give_the_same_map_for_both(method: str, small: SmallNetwork) -> None:
    film = np.random.default_rng(0).standard_normal((1, 64, 64), np.float32)
    mvm, bvf = (explain_network(small, film, Question(method, side)).values for side in Direction)
    assert correlation(mvm, bvf) > 0.95


def test_map_that_is_blind_to_the_output_fails_randomisation(explainer: Explainer, inputs: Inputs) -> None:
    blind, sees = (
        randomisation(explainer.network("ap"), [inputs["ap"]], method, seeds=2)["randomised_head"][0]
        for method in ("eigencam", "gradcam")
    )
    assert blind >= SAME
    assert sees < SAME


def test_layer_is_the_last_that_gives_maps(explainer: Explainer, inputs: Inputs) -> None:
    network = explainer.network("ap")
    film = torch.from_numpy(inputs["ap"][np.newaxis])
    found: list[torch.Tensor] = []
    layer = last_feature_layer(LogitOnly(network), film)
    handle = layer.register_forward_hook(lambda _m, _i, output: found.append(output))
    with torch.no_grad():
        features = network.backbone(film)
    handle.remove()
    assert torch.equal(found[0], features)


def test_layer_is_found_in_a_network_of_another_kind() -> None:
    network = timm.create_model("resnet18", num_classes=1, in_chans=1).eval()
    layer = last_feature_layer(network, torch.zeros(1, 1, 64, 64))
    assert layer is network.get_submodule("layer4.1.act2")


def test_no_memory_is_left_behind_after_500_maps(small: SmallNetwork) -> None:
    # Its features take 260 kB a film: keeping those of each map would show as 130 MB.
    film = np.random.default_rng(0).standard_normal((1, 128, 128), np.float32)
    methods = [name for name in QUICK if name != "eigencam"]

    def resident(maps: int) -> float:
        for number in range(maps):
            explain_network(small, film, Question(methods[number % len(methods)]))
        gc.collect()
        return psutil.Process().memory_info().rss / 2**20

    after_fifty = resident(50)
    growth = resident(500) - after_fifty
    print(f"500 maps left {growth:+.1f} MB behind")
    assert growth < 20
    assert not any(module._forward_hooks for module in small.modules())
    assert all(parameter.grad is None for parameter in small.parameters())
