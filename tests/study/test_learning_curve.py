"""The area by number of training patients, on a miniature; and the law through areas that follow one."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mvm_core.cohort import read_manifest
from mvm_core.errors import TrainingError
from mvm_core.study.curves import learning_section
from mvm_core.study.inverse_power import fit_power_law, law_with_intervals
from mvm_core.study.learning_curve import LEFT_OUT, CurveRequest, run_learning_curve, with_patients
from mvm_core.study.learning_files import RECORD, TABLE
from mvm_core.study.run import StudyRequest
from mvm_core.study.trainings import study_rows

SIZES = (8,)


def curve_request(study: StudyRequest) -> CurveRequest:
    base = replace(study.base, networks=("lateral",), steps=2)
    return CurveRequest(study.cohort, SIZES, study.also, base, seeds=(1, 2))


@pytest.fixture(scope="module")
def curve(request_: StudyRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("curve") / "out"
    run_learning_curve(curve_request(request_), out)
    return out


def test_a_smaller_draw_is_part_of_a_larger_one_and_keeps_proportions(request_: StudyRequest) -> None:
    cohort, other = (read_manifest(folder) for folder in (request_.cohort, request_.also[0]))
    rows = study_rows(cohort, request_.base, None, [other])

    def taught(size: int, seed: int = 1) -> set[tuple[str, str, str]]:
        changed = with_patients(rows, size, seed)
        return {(row.site, row.case_id, row.label) for row in changed if row.split == "train"}

    assert taught(8) < taught(16) < taught(24)
    assert taught(16) != taught(16, seed=2)
    for label in ("mvm", "bvf", "intact"):
        assert sum(own == label for *_, own in taught(8)) == 4
    changed = with_patients(rows, 8, 1)
    assert {row.split for row in changed} == {"train", "tune", "test", LEFT_OUT}
    assert sum(row.split == "test" for row in changed) == sum(row.split == "test" for row in rows)


def test_every_size_is_trained_from_every_seed_and_scored_on_the_same_cases(curve: Path) -> None:
    table = pd.read_csv(curve / TABLE)
    assert {tuple(own) for own in table[["patients", "seed"]].to_numpy()} == {
        (size, seed) for size in (8, 24) for seed in (1, 2)
    }
    assert table.groupby("patients")["mvm"].first().to_dict() == {8: 4, 24: 12}
    tested = table[(table["split"] == "test") & (table["question"] == "mvm")]
    assert set(tested["n"]) == {8}
    assert tested["area"].nunique() > 1


def test_a_killed_curve_resumes_to_the_same_table(
    curve: Path, request_: StudyRequest, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(curve, tmp_path / "out"))
    before = (out / TABLE).read_bytes()
    for path in (out / "sizes" / "8" / "seed-2").iterdir():
        path.unlink()
    (out / TABLE).unlink()
    with pytest.raises(TrainingError, match="--resume"):
        run_learning_curve(curve_request(request_), out)
    run_learning_curve(curve_request(request_), out, resume=True)
    assert (out / TABLE).read_bytes() == before


def test_the_card_shows_it_where_it_lies(curve: Path, tmp_path: Path) -> None:
    assert learning_section(tmp_path) == []
    shutil.copy(curve / RECORD, tmp_path)
    table = pd.read_csv(curve / TABLE)
    more = [table[table["patients"] == 8].assign(patients=size, area=1 - 1 / size) for size in (8, 16, 24)]
    pd.concat(more).to_csv(tmp_path / TABLE, index=False)
    head, told = learning_section(tmp_path)
    assert "lateral trained on so many simulated patients" in head
    assert "| 8 patients | 16 patients | 24 patients |" in told
    assert "| 0.875 (0.875 to 0.875) | 0.938 (0.938 to 0.938) | 0.958 (0.958 to 0.958) | 0.979" in told


def test_sizes_that_cannot_be_drawn_are_refused(request_: StudyRequest, tmp_path: Path) -> None:
    wanted = curve_request(request_)
    for sizes in ((24,), (2,)):
        with pytest.raises(TrainingError, match="it cannot be drawn"):
            run_learning_curve(replace(wanted, sizes=sizes), tmp_path / "out")
    with pytest.raises(TrainingError, match="--steps"):
        run_learning_curve(replace(wanted, base=replace(wanted.base, steps=None)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_law_is_found_again() -> None:
    patients = np.array([100.0, 200, 400, 800])
    law = fit_power_law(patients, 0.96 - 0.02 * (patients / 800) ** -0.8)
    assert (law.limit, law.gap, law.exponent) == pytest.approx((0.96, 0.02, 0.8), abs=1e-3)
    assert law.area(1600) == pytest.approx(0.96 - 0.02 * 2**-0.8, abs=1e-4)


def test_the_interval_holds_what_is_true_and_narrows_with_less_scatter() -> None:
    draw, widths = np.random.default_rng(4), []
    for scatter in (0.01, 0.002):
        rows = [
            {"patients": n, "seed": seed, "area": 0.96 - 0.02 * (n / 800) ** -0.8 + draw.normal(0, scatter)}
            for n in (100, 200, 400, 800)
            for seed in range(5)
        ]
        fitted = law_with_intervals(pd.DataFrame(rows), replicates=60)
        assert fitted is not None
        assert fitted.twice is not None
        assert fitted.twice[0] < 0.96 - 0.02 * 2**-0.8 < fitted.twice[1]
        widths.append(fitted.twice[1] - fitted.twice[0])
    assert widths[1] < widths[0]
    assert law_with_intervals(pd.DataFrame(rows).query("patients < 300")) is None
