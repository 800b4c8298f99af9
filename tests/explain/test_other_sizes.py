"""Maps are compared on the pixels that the weights' own networks see, whatever their number."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mvm_core.cohort import Case, Cohort
from mvm_core.explain import repeatability, twins
from mvm_core.explain.cases import ReadCase, Truth
from mvm_core.inference import SHIPPED
from mvm_core.models import Reader
from mvm_core.models.calibration import ReadingCalibration
from mvm_core.models.registry import NETWORKS, QUESTIONS
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import FilmPair
from mvm_core.training.networks import build_network
from mvm_core.training.release import export_network, write_weights

SIZE = 96


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """The shipped AP network at 96 pixels a side, which it was not taught for: maps all the same."""
    folder = tmp_path_factory.mktemp("small")
    shipped = load_weights(SHIPPED)
    entry, own = shipped.networks["ap"], shipped.readings["ap"]
    network = build_network(NETWORKS["ap"], str(entry.graph), entry.output_stride, QUESTIONS[:1]).eval()
    settings = replace(entry.preprocessing, size_px=SIZE)
    exported = [export_network("ap", network, settings, entry.output_stride)]
    readings = {"ap": ReadingCalibration(own.temperature, own.points, own.offset)}
    write_weights(
        folder, exported, readings, cohort=Cohort(folder, (), "0" * 64, simulated=True), training={}
    )
    return Reader.open(folder)


def spied(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[tuple[int, ...]]:
    """The shapes of the first argument that a module's function is given."""
    shapes, real = [], getattr(module, name)

    def spy(first: np.ndarray, *others: object) -> float | None:
        shapes.append(first.shape)
        return real(first, *others)

    put: Callable[..., None] = monkeypatch.setattr
    put(module, name, spy)
    return shapes


def test_twins_and_repeatability_are_of_the_weights_own_size(
    small: Reader, pair: FilmPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert small.weights.preprocessing.size_px == SIZE
    pointed = spied(monkeypatch, twins, "pointing_game")
    case = Case("a002026-00007", "a", "test", "mvm", "", "L1", 70.0, "F", "simulated", None, None)
    assert set(twins.twin_test(case, small, tolerance_px=0.03 * SIZE)) == {"ap"}
    assert pointed == [(SIZE, SIZE)]

    compared = spied(monkeypatch, repeatability, "correlation")
    read = ReadCase(case, pair, small.read(pair), Truth({}, {}, None))
    found = repeatability.repeatability(read, small)["ap"]
    # an eighth of the side is left out along each border
    assert compared == [(SIZE * 3 // 4, SIZE * 3 // 4)] * 3
    assert found["repeatability_noise"] > 0.9
