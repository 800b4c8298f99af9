"""The sealed test: seeds from the weights alone, tables that are checked, openings that are counted."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mvm_core.cohort import SPLITS
from mvm_core.errors import SimulationError, WeightsError
from mvm_core.finding import cohort_as_marked, score_finding
from mvm_core.finding_totals import finding_totals, level_right_in_words
from mvm_core.inference import SHIPPED
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.radiograph import View
from mvm_core.sealed import RECORD, TABLES, read_seal
from mvm_core.simulation.request import CohortRequest
from mvm_core.spine import Finder
from mvm_core.study import seal as module
from mvm_core.study.local_cases import local_figures_by_site
from mvm_core.study.seal import SITES, SealedSite, seal, seed_of
from mvm_core.study.sealed_figures import sealed_figures
from mvm_core.study.sealed_finding import finding_on_sealed
from mvm_core.study.sealed_section import outside_first, sealed_section
from mvm_core.validation.rates import rate_text, rate_with_interval

_PATIENTS = 9


class Coned(SealedSite):
    """A site of a few patients coned down, since these are simulated and read fastest."""

    def request(self, weights: str, share: float, anatomy: Path | None) -> CohortRequest:
        labels = {"patients": _PATIENTS, "mvm": 3, "healthy": 1, "other": 2}
        return CohortRequest(site=self.site, seed=seed_of(weights, self.site), format="coned", **labels)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("sealed") / "weights"))
    for name in (RECORD, *TABLES.values()):
        (folder / name).unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        # So few patients do not fill every split with both labels.
        patch.setattr("mvm_core.simulation.cohort.SHARES", (("test", 1.0),))
        # Opened for one site alone, then for both.
        for sites in ((Coned("a", 4),), (Coned("a", 4), Coned("b", 4))):
            patch.setattr(module, "SITES", sites)
            seal(folder, folder.parent / "films", workers=1)
    return folder


def test_seeds_follow_from_the_hash_of_the_weights_and_the_site() -> None:
    one, other = "0" * 64, "0" * 63 + "1"
    assert seed_of(one, "a") == seed_of(one, "a")
    assert len({seed_of(weights, site) for weights in (one, other) for site in "abc"}) == 6
    full = {site.site: site.request(one, 1.0, Path("bones")) for site in SITES}
    assert [(r.diseased, r.healthy) for r in full.values()] == [(600, 200), (400, 200), (400, 200)]
    assert full["c"].anatomy == "bones"
    assert full["a"].anatomy is None


def test_all_tables_are_of_every_patient(sealed: Path) -> None:
    found = read_seal(sealed, load_weights(sealed).identity)
    assert found is not None
    tables = {name: pd.read_parquet(sealed / file) for name, file in TABLES.items()}
    assert tables["cases"].groupby("site")["case_id"].nunique().to_dict() == {"a": _PATIENTS, "b": _PATIENTS}
    assert set(tables["predictions"]["split"]) == {"test", "external"}
    marked, unmarked = (
        tables[name][["site", "case_id", "model"]].drop_duplicates() for name in ("predictions", "unmarked")
    )
    assert len(marked) == 2 * _PATIENTS * 10
    assert len(unmarked) <= len(marked)
    assert set(tables["levels"]["case_id"]) <= set(tables["cases"]["case_id"])


def test_each_opening_is_recorded(sealed: Path) -> None:
    found = read_seal(sealed, load_weights(sealed).identity)
    assert found is not None
    assert found.opened == 2
    record = json.loads((sealed / RECORD).read_text())
    assert len(record["openings"]) == 2
    assert {each["weights"] for each in record["openings"]} == {found.weights}


def test_seeds_follow_from_the_finder_too_and_a_film_known_to_it_is_told(sealed: Path) -> None:
    found = read_seal(sealed, load_weights(sealed).identity)
    assert found is not None
    finder = Finder.open(sealed).weights.identity
    assert found.finder == finder == found.openings[-1].finder
    assert {site: own["seed"] for site, own in found.cohorts.items()} == {
        site: seed_of(f"{found.weights} {finder}", site) for site in "ab"
    }
    assert not found.known_to_finder
    before, last = found.openings
    earlier = replace(found, finder=None)
    assert not earlier.known_to_finder
    changed = replace(earlier, openings=(replace(before, finder="0" * 64), last))
    assert changed.known_to_finder
    figures, weights = sealed_figures(found), load_weights(sealed)
    told = [
        "\n".join(sealed_section(each, figures, local_figures_by_site(found, weights)))
        for each in (found, earlier, changed)
    ]
    assert ["is not blind" in each for each in told] == [False, False, True]
    assert ["weights' manifest and their finder's" in each for each in told] == [True, False, False]


def test_a_seal_of_other_weights_is_none_of_these(sealed: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(sealed, tmp_path / "weights"))
    manifest = other / MANIFEST
    manifest.write_text(manifest.read_text() + " ")
    assert read_seal(other, load_weights(other).identity) is None


def test_a_changed_table_is_told(sealed: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(sealed, tmp_path / "weights"))
    table = other / TABLES["levels"]
    levels = pd.read_parquet(table)
    levels.loc[0, "flagged"] = not levels.loc[0, "flagged"]
    levels.to_parquet(table, index=False)
    with pytest.raises(WeightsError, match=r"sealed_levels\.parquet.*differs"):
        read_seal(other, load_weights(other).identity)


def test_what_boxes_tell_is_of_the_same_patients_asked_about_at_their_own_level() -> None:
    found = read_seal(SHIPPED, load_weights(SHIPPED).identity)
    assert found is not None
    for each in sealed_figures(found):
        assert each.boxes is not None
        without, marked = each.boxes
        assert without.n == marked.n
        assert without.n <= each.question["all with MVM or BVF"].own.successes
        assert marked.n < each.unmarked.n


def test_the_section_says_what_is_worse_outside_first(sealed: Path) -> None:
    found = read_seal(sealed, load_weights(sealed).identity)
    assert found is not None
    figures = sealed_figures(found)
    assert [each.site for each in figures] == ["a", "b"]
    inside, outside = figures
    told = sealed_section(found, figures, local_figures_by_site(found, load_weights(sealed)))
    assert "Opened 2 times for these weights" in told[0]
    worse = outside_first(figures)
    lower = [
        name
        for name in ("sensitivity", "specificity")
        for point in inside.at_points
        if getattr(outside.at_points[point], name).value < getattr(inside.at_points[point], name).value
    ]
    assert bool(worse) == bool(lower or outside.areas["all-views"].auc < inside.areas["all-views"].auc)
    assert [part for part in told if part in worse] == worse


def test_figures_are_those_of_the_tables(sealed: Path) -> None:
    found = read_seal(sealed, load_weights(sealed).identity)
    assert found is not None
    inside = sealed_figures(found)[0]
    table = pd.read_parquet(found.predictions)
    own = table[(table["site"] == "a") & (table["model"] == "all-views") & (table["question"] == "mvm")]
    point = load_weights(sealed).readings["all-views"].points.high_specificity
    mvm = own[own["label"] == "mvm"]["probability"].astype(float)
    rate = inside.at_points["high specificity"].sensitivity
    assert (rate.successes, rate.total) == ((mvm >= point).sum(), len(mvm))
    levels = pd.read_parquet(found.levels)
    ill = levels[(levels["site"] == "a") & levels["label"].isin(("mvm", "bvf"))]
    assert inside.levels.sensitivity["all"].total == len(ill)
    assert inside.levels.sensitivity["all"].successes == ill["flagged"].eq("True").sum() + (
        ill["flagged"].eq(True).sum()
    )


def test_how_well_vertebrae_are_found_is_what_the_finder_alone_finds_on_the_same_films(sealed: Path) -> None:
    weights = load_weights(sealed)
    found = read_seal(sealed, weights.identity)
    assert found is not None
    assert set(found.finding) == {"a", "b"}
    (films,) = (sealed.parent / "films").glob("b-*")
    alone = finding_totals(score_finding(cohort_as_marked(films, SPLITS), Finder.open(sealed)))
    assert set(alone) == {view.value for view in View}
    for view, own in alone.items():
        assert own["marked"] > 2 * _PATIENTS
        assert found.finding["b"][view] == {**own, "seconds_median": None}
    (section,) = finding_on_sealed(found)
    assert rate_text(rate_with_interval(alone["ap"]["found"], alone["ap"]["marked"])) in section
    assert level_right_in_words(alone["ap"], with_landmark=True) in section
    assert f"{alone['lateral']['height_error_mm_mean']:.2f} mm" in section
    told = sealed_section(found, sealed_figures(found), local_figures_by_site(found, weights))
    assert section in told
    assert finding_on_sealed(replace(found, finding={})) == []


def test_weights_of_own_films_are_not_sealed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "weights"))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["trained_on"]["simulated"] = False
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match="not trained on simulated films"):
        seal(folder, tmp_path / "films")


def test_films_are_not_laid_into_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    weights, finder = load_weights(SHIPPED).identity, Finder.open(SHIPPED).weights.identity
    occupied = tmp_path / f"a-{weights[:12]}-{finder[:12]}"
    occupied.mkdir()
    (occupied / "letter.txt").write_text("no film")
    with pytest.raises(SimulationError, match="neither empty nor a simulated cohort"):
        seal(SHIPPED, tmp_path)
