"""Vertebrae as rows: which are drawn, what an epoch is made of, what is implanted where."""

import dataclasses
import pickle
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mvm_core.cohort import read_levels, read_manifest
from mvm_core.cohort.vertebrae import VertebraCase, is_real, vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.evaluation import read_film_of
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS
from mvm_core.radiograph import View
from mvm_core.training import TrainingSettings, batches
from mvm_core.training.epochs import draw_epoch, samples_of
from mvm_core.training.folds import _folds_of_rows
from mvm_core.training.losses import evidence_loss, malignancy_loss
from mvm_core.training.patches import Patches, load_patches
from mvm_core.training.real_rows import real_rows
from mvm_core.training.run import learnt_rows

SMALL = Preprocessing(size_px=64)
SETTINGS = TrainingSettings(preprocessing=SMALL)


@pytest.fixture(scope="module")
def patches(levels_cohort: Path, marked_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Patches:
    cohort = read_manifest(levels_cohort)
    rows = learnt_rows(cohort, SETTINGS, marked_films)
    return load_patches(cohort, SMALL, tmp_path_factory.mktemp("cut"), rows=rows)


def test_each_patient_gives_its_own_level_and_intact_ones_beside_it(levels_cohort: Path) -> None:
    cohort = read_manifest(levels_cohort)
    rows = vertebra_rows(cohort, ("train", "tune"), per_patient=2, seed=3)
    assert rows == vertebra_rows(cohort, ("train", "tune"), per_patient=2, seed=3)
    assert rows != vertebra_rows(cohort, ("train", "tune"), per_patient=2, seed=4)
    known = {(row.case_id, row.level): row for row in read_levels(levels_cohort) if row.view is View.AP}
    drawn = [case for case in rows if isinstance(case, VertebraCase)]
    patients = [case for case in rows if not isinstance(case, VertebraCase)]
    assert {case.label for case in patients} == {"mvm", "bvf", "intact", "other"}
    assert set(Counter(case.case_id for case in drawn).values()) == {2}
    for case in drawn:
        own = known[case.case_id, case.level]
        assert own.label == case.label == "intact"
        middle = np.array(own.corners).mean(axis=0)
        assert (case.ap_box.centre, case.lateral_box.centre) == (pytest.approx(middle),) * 2  # type: ignore[union-attr]
        ill = [
            level for (name, _), level in known.items() if name == case.case_id and level.label != "intact"
        ]
        places = [abs(np.array(level.corners).mean(axis=0)[1] - middle[1]) for level in ill]
        # 25 mm of a body stand for its 64 pixels, enlarged on the way to the detector.
        expected = min((place * 25 / 64 * 1.15 for place in places), default=np.inf)
        assert case.nearest_disease_mm == pytest.approx(expected)


def test_levels_hardly_seen_on_one_film_are_left_out(levels_cohort: Path, tmp_path: Path) -> None:
    cohort = read_manifest(levels_cohort)
    table = (levels_cohort / "levels.csv").read_text().splitlines()
    columns = table[0].split(",")
    view, level, seen = (columns.index(name) for name in ("view", "level", "visible"))
    changed = [line.split(",") for line in table[1:]]
    for row in changed:
        if row[view] == "lateral" and row[level] == "L2":
            row[seen] = "0.5"
    (tmp_path / "levels.csv").write_text("\n".join([table[0], *(",".join(row) for row in changed)]))
    rows = vertebra_rows(dataclasses.replace(cohort, folder=tmp_path), ("train",), per_patient=4)
    drawn = {case.level for case in rows if isinstance(case, VertebraCase)}
    assert drawn == {"L1", "L3", "L4"}


def test_each_film_is_read_once_and_maps_lie_on_disk(
    levels_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort, read = read_manifest(levels_cohort), []
    monkeypatch.setattr(
        "mvm_core.training.cutting.read_film_of",
        lambda case, view: (read.append(case.film(view)), read_film_of(case, view))[1],
    )
    rows = learnt_rows(cohort, SETTINGS)
    found = load_patches(cohort, SMALL, tmp_path, rows=rows)
    assert len(read) == len(set(read)) == 2 * len({case.case_id for case in rows})
    assert all(isinstance(each, np.memmap) for part in (found.films, found.lesions) for each in part.values())
    assert not list(tmp_path.glob(".*"))
    # Other vertebrae are cut anew.
    load_patches(cohort, SMALL, tmp_path, rows=rows[:-1])
    assert len(read) > 2 * len({case.case_id for case in rows})


def test_processes_and_threads_change_nothing(levels_cohort: Path, patches: Patches, tmp_path: Path) -> None:
    """Cut in two processes, prepared by three threads: the same patches, the same batches."""
    cohort = read_manifest(levels_cohort)
    alone = load_patches(cohort, SMALL, tmp_path / "one", rows=learnt_rows(cohort, SETTINGS))
    shared = load_patches(cohort, SMALL, tmp_path / "two", rows=learnt_rows(cohort, SETTINGS), workers=2)
    for view in View:
        assert np.array_equal(alone.films[view], shared.films[view])
        assert np.array_equal(alone.lesions[view], shared.lesions[view])
    samples = samples_of(NETWORKS["concat"], alone, "train")
    one, three = (
        [
            batch.films
            for batch in batches.batches(
                samples,
                alone,
                NETWORKS["concat"],
                SMALL,
                size=8,
                augmentation=batches.Augmentation((1,), 4.0, 0.2),
                threads=threads,
            )
        ]
        for threads in (1, 3)
    )
    assert len(one) == len(three) > 3
    assert all(np.array_equal(a, b) for a, b in zip(one, three, strict=True))


def test_further_cohorts_are_learnt_from_as_a_whole(levels_cohort: Path, tmp_path: Path) -> None:
    cohort = read_manifest(levels_cohort)
    other = dataclasses.replace(
        cohort, cases=tuple(dataclasses.replace(case, site="there") for case in cohort.cases)
    )
    rows = learnt_rows(cohort, SETTINGS, None, [other])
    there = [row for row in rows if row.site == "there"]
    assert {row.split for row in there} == {"train"}
    assert {row.case_id for row in there} == {case.case_id for case in other.cases}
    assert [row for row in rows if row.site != "there"] == list(learnt_rows(cohort, SETTINGS))
    # The cut films of one cohort do not vouch for those of two.
    few = learnt_rows(cohort, SETTINGS)[:4]
    load_patches(cohort, SMALL, tmp_path, rows=few)
    before = (tmp_path / "key.txt").read_text()
    load_patches(cohort, SMALL, tmp_path, rows=few, others=[other])
    assert (tmp_path / "key.txt").read_text() != before


def test_a_process_that_is_handed_the_patches_maps_them_again(patches: Patches) -> None:
    again = pickle.loads(pickle.dumps(patches))
    assert again.cases == patches.cases
    assert all(np.array_equal(again.films[view], patches.films[view]) for view in View)


def test_an_epoch_holds_the_shares_asked_for(patches: Patches) -> None:
    samples = samples_of(NETWORKS["ap"], patches, "train")
    for intact_share, real_share in ((0.5, 0.35), (0.3, 0.5), (0.5, 0.0)):
        asked = dataclasses.replace(SETTINGS, intact_share=intact_share, real_share=real_share)
        epoch = draw_epoch(samples, patches, asked, np.random.default_rng(1))
        cases = [patches.cases[sample.case] for sample in epoch]
        labels = Counter(case.label for case in cases)
        assert labels["mvm"] == labels["bvf"] == 10
        intact = [
            case
            for case, sample in zip(cases, epoch, strict=True)
            if case.label == "intact" and not sample.implanted
        ]
        real = [case for case in intact if is_real(case)]
        assert len(intact) / len(epoch) == pytest.approx(intact_share, abs=0.03)
        assert len(real) / len(intact) == pytest.approx(real_share, abs=0.03)
        assert sum(sample.implanted for sample in epoch) == len(real)
        # Where there are fewer than wanted, none is drawn much more often than another.
        often = Counter(sample.case for sample in epoch if is_real(patches.cases[sample.case]))
        assert not often or max(often.values()) - min(often.values()) <= 2
    without = draw_epoch(
        samples, patches, dataclasses.replace(SETTINGS, intact_share=0.0), np.random.default_rng(1)
    )
    assert "intact" not in {patches.cases[sample.case].label for sample in without}


def whole_batch(patches: Patches, network: str = "ap", strength: float = 0.0) -> batches.Batch:
    samples = draw_epoch(
        samples_of(NETWORKS[network], patches, "train"), patches, SETTINGS, np.random.default_rng(2)
    )
    change = batches.Augmentation((1,), 6.0, strength)
    (batch,) = batches.batches(
        samples, patches, NETWORKS[network], SMALL, size=len(samples), augmentation=change, with_lesions=True
    )
    return batch


def test_only_the_diseased_have_a_region_and_only_mvm_and_bvf_are_asked(patches: Patches) -> None:
    batch = whole_batch(patches)
    cases = [patches.cases[place] for place in batch.cases]
    assert batch.lesions is not None
    assert np.array_equal(batch.lesions.reshape(len(cases), -1).max(axis=1) > 0, batch.diseased > 0)
    assert [case.label in ("mvm", "bvf") for case in cases] == batch.asked.tolist()
    for case, ill in zip(cases, batch.diseased, strict=True):
        if not is_real(case):
            assert (case.label != "intact") == bool(ill)
    real = [bool(ill) for case, ill in zip(cases, batch.diseased, strict=True) if is_real(case)]
    assert sum(real) == len(real) - sum(real) > 0


def test_grey_values_change_with_the_strength_alone(
    patches: Patches, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, again, seen = (whole_batch(patches, strength=value) for value in (0.0, 0.0, 1.0))
    assert np.array_equal(plain.films, again.films)
    assert plain.lesions is not None
    assert seen.lesions is not None
    # What is photographed from the side has its region there too; no other region moves.
    taken = [
        batches.draw_angle((64, 64), batches._stream([1, 0, place, 0], batches._ANGLE), 1.0)
        for place in range(len(plain.cases))
    ]
    assert 0 < sum(angle is not None for angle in taken) < len(taken) / 4
    for angle, before, after in zip(taken, plain.lesions, seen.lesions, strict=True):
        assert np.array_equal(before if angle is None else angle.of(before), after)
    moved = [angle is not None and before.any() for angle, before in zip(taken, plain.lesions, strict=True)]
    assert any(moved)
    monkeypatch.setattr(batches, "draw_angle", lambda *_: None)
    changed = whole_batch(patches, strength=1.0)
    assert not np.allclose(plain.films, changed.films)
    assert np.array_equal(plain.lesions, changed.lesions)  # type: ignore[arg-type]


def test_labels_of_rows_that_are_not_asked_move_nothing(patches: Patches) -> None:
    batch = whole_batch(patches)
    labels, asked = torch.from_numpy(batch.labels), torch.from_numpy(batch.asked)
    flipped = torch.where(asked, labels, 1 - labels)
    lesions, diseased = torch.from_numpy(batch.lesions), torch.from_numpy(batch.diseased)  # type: ignore[arg-type]
    weight = torch.tensor(2.0)
    drawn = torch.Generator().manual_seed(3)
    logit = torch.randn(len(labels), 2, generator=drawn)
    evidence = torch.randn(len(labels), 2, 4, 4, generator=drawn)

    def gradients(labels: torch.Tensor, asked: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        own, maps = logit.clone().requires_grad_(), evidence.clone().requires_grad_()
        loss = malignancy_loss(own[:, 0], labels, asked, weight)
        (loss + evidence_loss(maps, lesions, labels, asked, diseased)).backward()
        assert own.grad is not None
        assert maps.grad is not None
        return own.grad, maps.grad

    before, after = gradients(labels, asked), gradients(flipped, asked)
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert not before[0][~asked].any()
    assert not before[1][~asked, 0].any()
    assert before[1][diseased > 0.5, 1].any()
    assert not before[1][diseased < 0.5, 1].any()
    # The same check sees it where all rows are asked.
    everyone = torch.ones_like(asked)
    assert not torch.equal(gradients(labels, everyone)[0], gradients(flipped, everyone)[0])


def test_a_batch_without_mvm_and_bvf_costs_nothing_of_malignancy() -> None:
    logit = torch.randn(3, requires_grad=True)
    nobody = torch.zeros(3, dtype=torch.bool)
    loss = malignancy_loss(logit, torch.zeros(3), nobody, None)
    evidence = torch.randn(3, 2, 4, 4, requires_grad=True)
    loss = loss + evidence_loss(evidence, torch.zeros(3, 64, 64), torch.zeros(3), nobody, torch.zeros(3))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert logit.grad is not None
    assert not logit.grad.any()


def test_marked_bodies_lie_on_their_patches(patches: Patches) -> None:
    side = patches.films[View.AP].shape[1]
    found = [(place, case) for place, case in enumerate(patches.cases) if is_real(case)]
    assert {case.split for _, case in found} == {"train", "tune"}
    for place, case in found:
        assert isinstance(case, VertebraCase)
        inside = np.zeros((side, side), np.uint8)
        corners = batches._corners_on_patch(case, side, SMALL)
        cv2.fillConvexPoly(inside, np.round(corners).astype(np.int32), 1)
        beside = cv2.dilate(inside, np.ones((9, 9), np.uint8)) - cv2.dilate(inside, np.ones((3, 3), np.uint8))
        patch = patches.films[View.AP][place] / 65535
        assert patch[inside > 0].mean() > 0.55
        assert patch[beside > 0].mean() < 0.45


def test_implants_change_the_marked_body_and_shams_next_to_nothing(patches: Patches) -> None:
    place, case = next((at, each) for at, each in enumerate(patches.cases) if is_real(each))
    assert isinstance(case, VertebraCase)
    film = batches._Film(
        np.asarray(patches.films[View.AP][place]), np.asarray(patches.lesions[View.AP][place])
    )
    for seed in range(4):
        ill = batches._implanted(film, case, SMALL, implanted=True, draw=np.random.default_rng(seed))
        quiet = batches._implanted(film, case, SMALL, implanted=False, draw=np.random.default_rng(seed))
        assert ill.lesion is not None
        assert ill.lesion.any()
        assert not np.allclose(ill.pixels, film.pixels / 65535, atol=0.02)
        assert quiet.lesion is not None
        assert not quiet.lesion.any()


@pytest.mark.parametrize(("near", "most"), [(30.0, 10.0), (5.0, 4.0), (np.inf, 20.0)])
def test_an_intact_body_is_not_shifted_so_that_disease_comes_as_near(near: float, most: float) -> None:
    wide = Preprocessing(size_px=160)
    patch = np.zeros((256, 256), np.uint16)
    patch[126:130, 126:130] = 65535
    places = []
    for seed in range(60):
        seen = batches.augment(patch, wide, np.random.default_rng(seed), 20.0, near)
        places.append(np.unravel_index(int(cv2.GaussianBlur(seen, (0, 0), 1.5).argmax()), seen.shape))
    down, across = (np.abs(np.array(places)[:, axis] - 79.5).max() * 96 / 160 for axis in (0, 1))
    assert 0.7 * most < down <= most + 1.5
    assert 14 < across <= 21.5


def test_folds_keep_a_patients_vertebrae_together_and_real_films_where_they_are(patches: Patches) -> None:
    folds = _folds_of_rows(patches.cases, 3, seed=1)
    by_patient: dict[str, set[int | None]] = {}
    for case, fold in zip(patches.cases, folds, strict=True):
        assert (fold is None) == is_real(case)
        by_patient.setdefault(case.case_id, set()).add(fold)
    assert all(len(found) == 1 for found in by_patient.values())


def test_real_films_of_the_test_part_are_not_learnt_from(marked_films: Path, levels_cohort: Path) -> None:
    rows = real_rows(marked_films)
    assert len({row.case_id for row in rows}) == 3
    assert {row.label for row in rows} == {"intact"}
    bare = read_manifest(levels_cohort)
    with pytest.raises(TrainingError, match="no intact vertebra"):
        learnt_rows(bare, dataclasses.replace(SETTINGS, intact_share=0.0), marked_films)
