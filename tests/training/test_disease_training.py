"""The disease network's training: its samples, its calibration, its files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mvm_core.errors import TrainingError, WeightsError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.disease import DiseaseReader, vertebra_input
from mvm_core.models.disease_weights import MANIFEST, load_disease_weights
from mvm_core.models.registry import NETWORKS
from mvm_core.models.weights import SEEN_ON
from mvm_core.radiograph import Box, Radiograph, View
from mvm_core.training.averaging import mean_of
from mvm_core.training.cutting import patch_side
from mvm_core.training.disease.patches import VertebraPatch
from mvm_core.training.disease.release import (
    DISEASE_SPECIFICITY,
    calibrate_disease,
    score,
    write_disease,
)
from mvm_core.training.disease.run import train_disease
from mvm_core.training.disease.samples import changed_patch, plain_patch
from mvm_core.training.disease.task import disease_network, disease_task
from mvm_core.training.networks import build_network
from mvm_core.training.steps import StepSettings
from mvm_core.training.stored import read_tensors

SHIPPED = Path(__file__).resolve().parents[2] / "weights"
SMALL = Preprocessing(region_mm=96.0, size_px=64, clahe=False)
CORNERS = np.array([[32.0, 38], [70, 38], [70, 64], [32, 64]])


def patch(
    number: int, label: str, *, real: bool = False, split: str = "train", view: View = View.AP
) -> VertebraPatch:
    """A bright body; a dark spot in it where it is diseased."""
    side = patch_side(SMALL)
    pixels = np.random.default_rng(number).integers(90, 110, (side, side)).astype(np.uint8)
    pixels[38:64, 32:70] += 80
    if label != "intact" and not real:
        pixels[45:58, 44:58] -= 80
    return VertebraPatch(f"case-{number}", "L1", split, view, label, real, pixels, CORNERS)


def test_half_of_each_batch_is_diseased_and_only_these_have_a_region() -> None:
    patches = [patch(0, "mvm"), patch(1, "intact"), patch(2, "intact", real=True)]
    task = disease_task(patches, StepSettings(batch_size=40, strength=0.0), SMALL)
    batch = task.draw(np.random.default_rng(0))
    assert batch.films.shape == (40, 1, 64, 64)
    assert 0.25 < batch.labels.mean() < 0.75
    has_region = batch.regions.reshape(40, -1).max(axis=1) > 0
    assert np.array_equal(has_region, batch.labels > 0)


def share_of(own: VertebraPatch, others: Sequence[VertebraPatch]) -> float:
    """The share of a batch's diseased vertebrae that are the one given, told by its smaller body."""
    small = replace(own, corners=CORNERS / 2 + 25)
    batch = disease_task(
        [small, patch(1, "intact"), *others], StepSettings(batch_size=400, strength=0.0), SMALL
    ).draw(np.random.default_rng(0))
    areas = batch.regions.reshape(400, -1).sum(axis=1)[batch.labels > 0]
    return float(np.mean(areas < areas.max() / 2))


def test_each_group_keeps_its_share_however_few_it_has() -> None:
    lytic = replace(patch(9, "mvm"), findings=("focus-lytic", "pedicle-complete"))
    others = [patch(number, "other") for number in range(2, 12)]
    assert 0.4 < share_of(patch(9, "mvm"), others) < 0.6
    assert 0.5 < share_of(lytic, others) < 0.7
    assert 0.3 < share_of(lytic, [*others, patch(12, "mvm"), patch(13, "mvm")]) < 0.55


@pytest.mark.parametrize(
    ("label", "findings"), [("mvm", ("focus-lytic", "occult")), ("other", ("transitional", "spur"))]
)
def test_what_no_film_shows_is_learnt_neither_as_ill_nor_as_intact(
    label: str, findings: tuple[str, ...]
) -> None:
    own = replace(patch(9, label), findings=findings)
    assert share_of(own, [patch(2, "bvf")]) == 0
    with pytest.raises(TrainingError, match=r"no vertebra of the cohorts is diseased"):
        disease_task([own, patch(1, "intact")], StepSettings(), SMALL)


def test_real_films_are_learnt_from_as_intact_and_with_disease_put_in() -> None:
    real = patch(3, "intact", real=True)
    plain = changed_patch(real, SMALL, np.random.default_rng(4), 0.0, ill=False)[0]
    ill, region = changed_patch(real, SMALL, np.random.default_rng(4), 0.0, ill=True)
    assert region.any()
    assert not np.allclose(plain, ill)


@pytest.mark.parametrize("missing", ["intact", "mvm"])
def test_one_kind_alone_cannot_be_learnt_from(missing: str) -> None:
    kept = "mvm" if missing == "intact" else "intact"
    with pytest.raises(TrainingError, match=r"no vertebra"):
        disease_task([patch(0, kept)], StepSettings(), SMALL)


def test_the_reading_sees_what_training_sees_in_the_middle() -> None:
    own = patch(5, "mvm")
    margin = (own.pixels.shape[0] - SMALL.size_px) // 2
    film = Radiograph(own.pixels.astype(np.float32) / np.float32(255), "patch", mm_per_pixel=96 / 64)
    middle = own.pixels.shape[0] / 2
    seen = vertebra_input(film, Box(middle - 5, middle - 5, middle + 5, middle + 5), SMALL)
    assert margin * 2 + SMALL.size_px == own.pixels.shape[0]
    assert np.abs(seen - plain_patch(own, SMALL)).max() < 0.05


def test_a_mean_of_networks_lies_halfway() -> None:
    one, other = disease_network(3), disease_network(4)
    with torch.no_grad():
        for number, tensor in enumerate(other.parameters()):
            tensor += 0.01 * (number % 3)
    kept = {name: tensor.clone() for name, tensor in one.state_dict().items()}
    mean = mean_of(one, other)
    assert not mean.training
    for name, tensor in mean.state_dict().items():
        wanted = (kept[name] + other.state_dict()[name]) / 2 if tensor.is_floating_point() else kept[name]
        assert torch.equal(tensor, wanted)
        assert torch.equal(one.state_dict()[name], kept[name])


def test_points_keep_the_specificity_on_what_they_are_fitted_on() -> None:
    draw = np.random.default_rng(0)
    patches, logits = [], []
    for number in range(300):
        ill = number % 3 == 0
        for view in View:
            patches.append(patch(number, "bvf" if ill else "intact", view=view))
            logits.append(draw.normal(2.0 if ill else -2.0, 1.5))
    found = calibrate_disease(patches, np.array(logits))
    assert tuple(found) == SEEN_ON
    for name in ("ap", "lateral"):
        own = [
            (p.diseased, found[name].probability(logit))
            for p, logit in zip(patches, logits, strict=True)
            if p.view.value == name
        ]
        specificity = np.mean([probability < found[name].point for ill, probability in own if not ill])
        assert specificity >= DISEASE_SPECIFICITY[name]
        # One of two hundred would be too many for a lateral film alone.
        assert specificity < 1.0 or name == "lateral"
    # Two films tell more than one: the same specificity at a point that misses fewer.
    pairs = np.array(logits).reshape(-1, 2).mean(axis=1)
    ill = np.arange(300) % 3 == 0
    both = np.array([found["both"].probability(value) for value in pairs]) >= found["both"].point
    alone = np.array([found["ap"].probability(value) for value in logits[::2]]) >= found["ap"].point
    assert both[ill].mean() > alone[ill].mean()


def test_the_files_read_back_and_say_the_same(tmp_path: Path) -> None:
    network = build_network(NETWORKS["merge"], "random", 16, ("disease",)).eval()
    tune = [patch(n, "mvm" if n % 2 else "intact", split="tune", view=v) for n in range(8) for v in View]
    write_disease(tmp_path, network, SMALL, tune, {"simulated": True})
    reader = DiseaseReader(load_disease_weights(tmp_path))
    films = {
        view: Radiograph(p.pixels.astype(np.float32) / np.float32(255), view.value, mm_per_pixel=96 / 64)
        for view, p in zip(View, (tune[2], tune[3]), strict=True)
    }
    middle = tune[0].pixels.shape[0] / 2
    box = Box(middle - 5, middle - 5, middle + 5, middle + 5)
    one, both = reader.read(films, [{View.AP: box}, {View.AP: box, View.LATERAL: box}])
    own = score(network, [tune[2], tune[3]], SMALL)
    assert one.logits[View.AP] == pytest.approx(own[0], abs=0.03)
    assert both.logits[View.LATERAL] == pytest.approx(own[1], abs=0.03)
    assert 0 <= both.probability <= 1
    assert both.diseased == (both.probability >= both.point)
    with pytest.raises(ValueError, match="one film or two"):
        reader.result({})


def test_a_training_starts_where_an_earlier_one_ended(tmp_path: Path) -> None:
    graph = SHIPPED / "disease.onnx"
    started = disease_network(1, graph).state_dict()
    anew = disease_network(1).state_dict()
    for name, tensor in read_tensors(graph).tensors.items():
        assert torch.equal(started[name], tensor), name
    assert not torch.equal(started["head.weight"], anew["head.weight"])
    (tmp_path / "other.checkpoint").write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match="no checkpoint of train-disease"):
        train_disease([tmp_path / "nothing"], tmp_path, StepSettings(), start=tmp_path / "other.checkpoint")


def test_damaged_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="missing"):
        load_disease_weights(tmp_path)
    network = build_network(NETWORKS["merge"], "random", 16, ("disease",)).eval()
    tune = [patch(n, "mvm" if n % 2 else "intact", view=v) for n in range(6) for v in View]
    write_disease(tmp_path, network, SMALL, tune, {})
    graph = tmp_path / "disease.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="checksum"):
        load_disease_weights(tmp_path)
    (tmp_path / MANIFEST).write_text('{"format": 1}')
    with pytest.raises(WeightsError, match="malformed"):
        load_disease_weights(tmp_path)


def test_the_loss_falls_on_what_is_learnt() -> None:
    torch.manual_seed(0)
    patches = [replace(patch(n, "mvm" if n % 2 else "intact")) for n in range(10)]
    task = disease_task(patches, StepSettings(batch_size=8, strength=0.0), SMALL)
    optimiser = torch.optim.AdamW(task.network.parameters(), 1e-3)
    losses = []
    for step in range(30):
        loss, parts = task.loss(task.network, task.draw(np.random.default_rng(step)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(parts["disease"])
    assert np.mean(losses[-4:]) < 0.6 * np.mean(losses[:3])
