"""Training on a GPU: which one, what is waited for, and that a stopped run goes on there."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError
from mvm_core.training import TrainingSettings
from mvm_core.training.device import on_device, training_device
from mvm_core.training.loop import NetworkTraining
from mvm_core.training.losses import malignancy_loss
from mvm_core.training.patches import Patches, load_patches
from mvm_core.training.steps import StepSettings, Task, train_by_steps
from mvm_core.training.supervision import misplaced_evidence

on_a_gpu = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")]


def test_a_process_without_a_gpu_of_its_own_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert training_device() == torch.device("cuda", 1)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(TrainingError, match=r"LOCAL_RANK 2: this machine has 2 GPUs; .*--nproc-per-node=2"):
        training_device()


@pytest.mark.parametrize("known", [[True, False, True, True], [False] * 4])
def test_films_weighed_with_0_are_as_good_as_left_out(known: list[bool]) -> None:
    generator = torch.Generator().manual_seed(4)
    logit = torch.randn(4, generator=generator, requires_grad=True)
    evidence = torch.randn(4, 5, 5, generator=generator, requires_grad=True)
    lesions = (torch.rand(4, 80, 80, generator=generator) > 0.8).float()
    lesions[3] = 0
    labels, asked = torch.tensor([1.0, 0, 0, 1]), torch.tensor(known)
    found = malignancy_loss(logit, labels, asked, None)
    place = misplaced_evidence(evidence, lesions, labels, asked)
    (found + place).backward()
    found, place = found.detach(), place.detach()
    assert torch.isfinite(logit.grad).all()
    assert not evidence.grad[3].any()
    if not any(known):
        assert float(found) == float(place) == 0
        return
    picked = nn.functional.binary_cross_entropy_with_logits(logit[asked], labels[asked]).detach()
    assert float(found) == pytest.approx(float(picked))
    with_region = asked & torch.tensor([True, True, True, False])
    alone = misplaced_evidence(evidence[with_region], lesions[with_region], labels[with_region]).detach()
    assert float(place) == pytest.approx(float(alone), rel=1e-5)


def _line(loss_of_steps: Mapping[int, float]) -> Task[nn.Module, tuple[int, np.ndarray]]:
    """A line to learn; the loss of named steps is multiplied."""
    seen = iter(range(10_000))

    def draw(generator: np.random.Generator) -> tuple[int, np.ndarray]:
        return next(seen), generator.normal(size=(16, 1)).astype(np.float32)

    def loss(
        network: nn.Module, batch: tuple[int, np.ndarray]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        number, x = batch
        x = on_device(x, next(network.parameters()).device)
        far = (network(x) - 3 * x).square().mean() * loss_of_steps.get(number, 1.0)
        return far, {"far": far.detach()}

    torch.manual_seed(1)
    return Task("line", nn.Linear(1, 1), draw, loss)


def test_a_loss_that_is_not_finite_ends_the_run_before_it_is_kept(tmp_path: Path) -> None:
    settings = StepSettings(steps=120, mean_decay=0.5, learning_rate=0.1)
    with pytest.raises(TrainingError, match="line: the loss is not finite"):
        train_by_steps(_line({20: float("nan")}), settings, tmp_path / "line.checkpoint")
    assert not (tmp_path / "line.checkpoint").exists()
    learnt = train_by_steps(_line({}), settings, tmp_path / "line.checkpoint")
    assert (tmp_path / "line.checkpoint").exists()
    assert 2 < float(learnt.weight.detach()) < 4


@pytest.fixture
def patches(cohort_folder: Path, quick: TrainingSettings, tmp_path: Path) -> Patches:
    return load_patches(read_manifest(cohort_folder), quick.preprocessing, tmp_path / "patches")


class TestOnAGpu:
    pytestmark = on_a_gpu

    def test_no_step_waits_for_the_gpu(
        self, patches: Patches, quick: TrainingSettings, tmp_path: Path
    ) -> None:
        training = NetworkTraining("ap", patches, quick, tmp_path / "ap.pt")
        batches = training._batches(training._train, [1])
        training._step(next(batches))
        torch.cuda.set_sync_debug_mode("error")
        try:
            for _ in range(2):
                training._step(next(batches))
        finally:
            torch.cuda.set_sync_debug_mode("default")
        batches.close()

    def test_a_stopped_run_goes_on(self, patches: Patches, quick: TrainingSettings, tmp_path: Path) -> None:
        settings = dataclasses.replace(quick, epochs=3)
        whole = NetworkTraining("ap", patches, settings, tmp_path / "whole.pt")
        stopped = NetworkTraining("ap", patches, settings, tmp_path / "stopped.pt")
        for _ in range(3):
            whole.run_epoch()
        stopped.run_epoch()
        again = NetworkTraining("ap", patches, settings, tmp_path / "stopped.pt")
        assert len(again.history) == 1
        while not again.finished:
            again.run_epoch()
        # sums on a GPU are not in the same order each time
        for one, other in zip(whole.result().parameters(), again.result().parameters(), strict=True):
            assert torch.allclose(one, other, atol=1e-2)

    def test_steps_go_on(self, tmp_path: Path) -> None:
        settings = StepSettings(steps=400, mean_decay=0.5, learning_rate=0.1)
        checkpoint = tmp_path / "line.checkpoint"
        task = _line({})
        stop = iter(range(10_000))

        def stopping(done: int, steps: int) -> None:
            if next(stop) == 250:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train_by_steps(task, settings, checkpoint, progress=stopping)
        learnt = train_by_steps(_line({}), settings, checkpoint, resume=True)
        assert float(learnt.weight.detach()) == pytest.approx(3, abs=0.05)
