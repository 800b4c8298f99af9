"""FilmPair -> Reading with the shipped weights."""

import dataclasses
import gc
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from mvm_core.imaging.preprocess import Region
from mvm_core.inference import SHIPPED
from mvm_core.models import EvidenceMap, OperatingPoints, Reader, Zone
from mvm_core.models.registry import ENSEMBLES, NETWORKS, READING_NAMES, SINGLE_READINGS, Layout
from mvm_core.radiograph import FilmPair, Radiograph, View


def test_both_films_give_every_reading(reader: Reader, pair: FilmPair) -> None:
    reading = reader.read(pair)
    assert set(reading.results) == set(READING_NAMES)
    assert not reading.missing
    assert reading.leading.name == "all-views"
    for name, result in reading.results.items():
        assert 0 < result.probability < 1
        assert result.probability_disease is not None
        assert result.disease_point is not None
        ill = result.probability_disease >= result.disease_point
        assert result.zone is (result.points.zone(result.probability) if ill else Zone.NOTHING_SEEN)
        expected = {v for m in (result.members or (name,)) for v in SINGLE_READINGS[m].views}
        assert set(result.evidence) == expected


def test_ensembles_are_means_of_their_members(reader: Reader, pair: FilmPair) -> None:
    results = reader.read(pair).results
    for ensemble in ENSEMBLES.values():
        members = np.array([results[name].probability for name in ensemble.members])
        result = results[ensemble.name]
        calibration = reader.weights.readings[ensemble.name]
        mean = logit(members.mean()) / calibration.temperature + calibration.offset
        assert result.probability == pytest.approx(expit(mean), abs=1e-6)
        assert result.spread is not None
        assert (result.spread.lowest, result.spread.highest) == (members.min(), members.max())
        assert result.spread.standard_deviation == pytest.approx(members.std())


def test_mean_of_the_evidence_plus_bias_is_the_logit(reader: Reader, pair: FilmPair) -> None:
    results = reader.read(pair).results
    for name, single in SINGLE_READINGS.items():
        maps = [evidence.values for evidence in results[name].evidence.values()]
        if NETWORKS[single.network].layout is Layout.CHANNELS:
            # Both films share one grid, so the same map is shown on each.
            assert np.array_equal(maps[0], maps[1])
        mean = float(np.mean([m.mean() for m in maps]))
        bias = reader.weights.networks[single.network].bias
        assert mean + bias == pytest.approx(results[name].logit, abs=1e-4)


@pytest.mark.parametrize("view", list(View))
def test_one_film_gives_what_it_allows_and_names_the_rest(reader: Reader, pair: FilmPair, view: View) -> None:
    alone = FilmPair(**{view.value: pair.film(view), f"{view.value}_box": pair.box(view)})
    reading = reader.read(alone)
    assert set(reading.results) == {view.value, f"merge-{view.value}", f"{view.value}-views"}
    assert set(reading.results) | set(reading.missing) == set(READING_NAMES)
    assert reading.leading.name == f"{view.value}-views"
    other = next(v for v in View if v is not view)
    assert other.label in reading.missing["concat"]
    both = reader.read(pair)
    for name, result in reading.results.items():
        assert result.probability == pytest.approx(both.results[name].probability, abs=1e-5)


def test_no_film_is_refused(reader: Reader) -> None:
    with pytest.raises(ValueError, match="at least one film"):
        reader.read(FilmPair())


def test_readers_are_shared_in_the_process(reader: Reader) -> None:
    found: list[Reader] = []
    threads = [threading.Thread(target=lambda: found.append(Reader.open(SHIPPED))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(other is reader for other in found)


def test_threads_agree(reader: Reader, pair: FilmPair) -> None:
    expected = reader.read(pair).leading.probability
    found: list[float] = []
    threads = [
        threading.Thread(target=lambda: found.append(reader.read(pair).leading.probability)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == pytest.approx([expected] * 4, abs=1e-6)


def test_film_without_spacing_or_box_is_read_with_warnings(reader: Reader, pair: FilmPair) -> None:
    assert pair.ap is not None
    film = dataclasses.replace(pair.ap, mm_per_pixel=None, spacing_source="unknown")
    reading = reader.read(FilmPair(ap=film))
    assert any("scale" in warning for warning in reading.warnings)
    assert any("no level is marked" in warning for warning in reading.warnings)


def test_black_film_gives_finite_numbers(reader: Reader) -> None:
    black = Radiograph(np.zeros((300, 200), np.float32), "black.png", view=View.AP)
    for result in reader.read(FilmPair(ap=black)).results.values():
        assert np.isfinite(result.probability)
        assert all(np.isfinite(evidence.values).all() for evidence in result.evidence.values())


def test_reading_does_not_change_the_films(reader: Reader, pair: FilmPair) -> None:
    assert pair.ap is not None
    before = pair.ap.pixels.copy()
    reader.read(pair)
    assert np.array_equal(before, pair.ap.pixels)


def test_memory_stays_flat(reader: Reader, pair: FilmPair) -> None:
    import psutil

    def resident(readings: int) -> int:
        for _ in range(readings):
            reader.read(pair)
        gc.collect()
        return psutil.Process().memory_info().rss

    after_five = resident(5)
    assert resident(45) <= after_five * 1.1


@given(
    points=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    probability=st.floats(0, 1),
)
def test_zones_follow_the_operating_points(points: list[float], probability: float) -> None:
    zone = OperatingPoints(*points).zone(probability)
    if probability >= points[1]:
        assert zone is Zone.MVM_LIKELY
    elif probability < points[0]:
        assert zone is Zone.BVF_LIKELY
    else:
        assert zone is Zone.INDETERMINATE


@settings(deadline=None, max_examples=50)
@given(
    x0=st.floats(-400, 400),
    y0=st.floats(-400, 400),
    side=st.floats(1, 800),
    value=st.floats(-9, 9, width=32),
)
def test_evidence_is_placed_inside_its_region_only(x0: float, y0: float, side: float, value: float) -> None:
    region = Region(x0, y0, side, to_scale=True, pointed_at=True)
    placed = EvidenceMap(np.full((5, 5), value, np.float32), region).on_film((200, 300))
    assert placed.shape == (200, 300)
    assert np.isfinite(placed).all()
    rows, columns = np.nonzero(placed)
    if rows.size:
        assert rows.min() >= np.floor(region.box.y0)
        assert rows.max() <= np.ceil(region.box.y1)
        assert columns.min() >= np.floor(region.box.x0)
        assert columns.max() <= np.ceil(region.box.x1)
        assert np.allclose(placed[rows, columns], value, atol=1e-5)


def test_evidence_peak_falls_where_its_cell_lies() -> None:
    values = np.zeros((5, 5), np.float32)
    values[1, 3] = 4.0
    placed = EvidenceMap(values, Region(100, 50, 200, to_scale=True, pointed_at=True)).on_film((400, 400))
    row, column = np.unravel_index(placed.argmax(), placed.shape)
    assert (row, column) == (pytest.approx(50 + 1.5 * 40, abs=1), pytest.approx(100 + 3.5 * 40, abs=1))
