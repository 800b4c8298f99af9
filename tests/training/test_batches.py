"""Drawing and augmenting cases."""

from pathlib import Path

import numpy as np
import pytest

from mvm_core.cohort import read_manifest
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS
from mvm_core.radiograph import View
from mvm_core.training.batches import Augmentation, augment, batches
from mvm_core.training.epochs import draw_epoch, samples_of
from mvm_core.training.patches import Patches, load_patches
from mvm_core.training.settings import TrainingSettings

SETTINGS = Preprocessing(size_px=64)


@pytest.fixture(scope="module")
def patches(cohort_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Patches:
    return load_patches(read_manifest(cohort_folder), SETTINGS, tmp_path_factory.mktemp("cache"))


def test_cut_films_are_the_same_from_the_cache(patches: Patches, cohort_folder: Path, tmp_path: Path) -> None:
    cohort, film = read_manifest(cohort_folder), tmp_path / "ap.npy"
    load_patches(cohort, SETTINGS, tmp_path)
    written = film.stat().st_mtime_ns
    again = load_patches(cohort, SETTINGS, tmp_path)
    assert film.stat().st_mtime_ns == written
    for view in View:
        assert np.array_equal(again.films[view], patches.films[view])
        assert again.films[view].any(axis=(1, 2)).all()


@pytest.mark.parametrize("damage", [b"", b"no archive", b"PK\x03\x04 cut short", None])
def test_damaged_cache_is_cut_again(
    patches: Patches, cohort_folder: Path, tmp_path: Path, damage: bytes | None
) -> None:
    cohort, film = read_manifest(cohort_folder), tmp_path / "ap.npy"
    load_patches(cohort, SETTINGS, tmp_path)
    whole = film.read_bytes()
    film.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    again = load_patches(cohort, SETTINGS, tmp_path)
    assert film.read_bytes() == whole
    for view in View:
        assert np.array_equal(again.films[view], patches.films[view])


def test_unaugmented_batch_is_what_the_reader_sees(patches: Patches, cohort_folder: Path) -> None:
    from mvm_core.evaluation import read_case
    from mvm_core.imaging.preprocess import cut, network_input, region_of_interest

    network = NETWORKS["concat"]
    samples = samples_of(network, patches, "tune")[:1]
    (batch,) = batches(samples, patches, network, SETTINGS, size=4, augmentation=None)
    pair = read_case(patches.cases[samples[0].case])
    for view, half in zip(View, np.split(batch.films[0, 0], 2, axis=1), strict=True):
        film = pair.film(view)
        assert film is not None
        region = region_of_interest(film, pair.box(view), SETTINGS.region_mm)
        seen = network_input(cut(film.pixels, region, SETTINGS.size_px), SETTINGS)
        assert np.abs(half - seen).max() < 0.1


def test_merge_takes_each_film_as_a_sample(patches: Patches) -> None:
    assert len(samples_of(NETWORKS["merge"], patches, "train")) == 24
    assert len(samples_of(NETWORKS["concat"], patches, "train")) == 12
    assert len(samples_of(NETWORKS["ap"], patches, "train")) == 12


def test_down_sampling_draws_afresh_and_balances(patches: Patches) -> None:
    samples = samples_of(NETWORKS["ap"], patches, "train")
    drawn = []
    for seed in range(8):
        epoch = draw_epoch(samples, patches, TrainingSettings(), np.random.default_rng(seed))
        labels = [patches.cases[sample.case].label for sample in epoch]
        assert labels.count("mvm") == labels.count("bvf") == 4
        drawn.append(frozenset(sample.case for sample in epoch))
    assert set().union(*drawn) == {sample.case for sample in samples}
    assert len(set(drawn)) > 1
    whole = draw_epoch(samples, patches, TrainingSettings(balance="none"), np.random.default_rng(0))
    assert sorted(s.case for s in whole) == sorted(s.case for s in samples)


def test_augmentation_is_fixed_by_its_seed(patches: Patches) -> None:
    network = NETWORKS["chconcat"]
    samples = samples_of(network, patches, "train")

    def films(seed: int) -> np.ndarray:
        change = Augmentation((seed,), shift_mm=6.0, strength=0.5)
        given = batches(samples, patches, network, SETTINGS, size=5, augmentation=change)
        return np.concatenate([batch.films for batch in given])

    assert np.array_equal(films(1), films(1))
    assert not np.array_equal(films(1), films(2))
    assert films(1).shape == (12, 2, 64, 64)


def test_augmentation_stays_in_range_and_keeps_the_middle() -> None:
    patch = np.zeros((86, 86), np.uint16)
    patch[33:53, 33:53] = 65535
    for seed in range(30):
        seen = augment(patch, SETTINGS, np.random.default_rng(seed), 6.0)
        assert seen.shape == (64, 64)
        assert seen.min() >= 0
        assert seen.max() <= 1
        # The 20-pixel square, moved by 4 pixels at most, always covers the middle.
        assert seen[28:36, 28:36].min() > 0.5
