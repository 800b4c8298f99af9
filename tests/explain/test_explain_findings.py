"""Findings switched alone, and foci of growing size: what is switched, filmed and counted."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.errors import TableError
from mvm_core.explain import dose, findings
from mvm_core.explain.dose import Dosed
from mvm_core.explain.finding_switches import FINDINGS
from mvm_core.explain.findings import Change, summarise_changes, switched_patients
from mvm_core.explain.readings import Answer
from mvm_core.explain.simulated_table import Source, read_table, write_table
from mvm_core.imaging.preprocess import cut, region_of_interest
from mvm_core.models.weights import SHIPPED, load_weights
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.pathology import Focus, LevelDisease
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.variants import film_variants

SOURCE = Source("a", 5, "w0")
ITS_OWN = {
    "focus-lytic": {"foci", "kind", "amount"},
    "focus-blastic": {"foci", "kind", "amount"},
    "wall": {"bulge"},
    "height": {"collapse", "tilt", "cleft"},
    "spur": {"spurs"},
}


@pytest.fixture(autouse=True, scope="module")
def one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


def coned(patient: Patient) -> Patient:
    """On a film little larger than what the networks see, in coarse pixels: quick to take."""
    place = replace(patient.positioning, ap=(0.0, 0.0), ap_mm=(124.0, 120.0), coarser=2.0)
    return replace(patient, positioning=place)


@pytest.fixture(scope="module")
def collapsed() -> Patient:
    patient = next(
        patient
        for index in range(50)
        if (patient := draw_patient(PatientRequest(6, index, "bvf"))).disease.levels[patient.row].collapse
    )
    return coned(patient)


def test_a_switch_changes_its_own_finding_and_nothing_else(collapsed: Patient) -> None:
    switched = switched_patients(collapsed)
    assert set(switched) == set(FINDINGS)
    off, on = switched.pop("disc")
    assert off.disease.levels == on.disease.levels
    for name, (off, on) in switched.items():
        without, having = (asdict(each.disease.levels[collapsed.row]) for each in (off, on))
        differing = {field for field in without if without[field] != having[field]}
        assert differing <= ITS_OWN.get(name, {name}), name
        assert differing, name
        assert replace(off, disease=collapsed.disease) == replace(on, disease=collapsed.disease)


def test_a_narrowed_disc_brings_the_vertebra_above_nearer_and_moves_none_below(collapsed: Patient) -> None:
    off, on = switched_patients(collapsed)["disc"]
    row = collapsed.row
    assert on.vertebrae[row:] == off.vertebrae[row:] == collapsed.vertebrae[row:]
    apart = [
        np.linalg.norm(np.subtract(each.vertebrae[row - 1].centre, each.vertebrae[row].centre))
        for each in (off, on)
    ]
    assert apart[0] - apart[1] == pytest.approx(0.5 * collapsed.vertebrae[row - 1].size.disc)


def test_what_needs_a_collapse_is_not_asked_of_an_uncollapsed_vertebra(collapsed: Patient) -> None:
    level = LevelDisease(label="mvm", foci=(Focus(0.0, 0.0, 0.0, 8.0),), kind="lytic", amount=0.9)
    disease = replace(collapsed.disease, levels={collapsed.row: level})
    assert set(FINDINGS) - set(switched_patients(replace(collapsed, disease=disease))) == {"tilt", "cleft"}


def test_every_finding_changes_the_film_and_only_near_the_vertebra(collapsed: Patient) -> None:
    # A bulging wall and a fragment are hidden behind the body on an AP film.
    asked = {
        name: pair for name, pair in switched_patients(collapsed).items() if name not in ("wall", "fragment")
    }
    taken = film_variants(collapsed, [each for pair in asked.values() for each in pair], (View.AP,))
    for place, name in enumerate(asked):
        off, on = (taken[2 * place + state].pair.ap for state in (0, 1))
        assert off is not None
        assert on is not None
        changed = np.abs(on.pixels - off.pixels) > 0
        assert changed.any(), name
        # The mass reaches furthest, some 35 mm up and down; a disc moves all that lies above.
        assert not changed[: round(12 / 0.8)].any() or name == "disc", name


def grey_in_the_box(pair: FilmPair, folder: Path) -> dict[str, Answer]:
    """A reading that goes by darkness around the middle of the box and nothing else."""
    assert pair.ap is not None
    assert pair.ap_box is not None
    region = region_of_interest(pair.ap, pair.ap_box, 24.0)
    grey = float(cut(pair.ap.pixels, region, 8).mean())
    return {"ap": Answer(-100 * grey, grey < 0.5)}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few findings and foci, small AP films, and a reading that is known."""
    kept = ("focus-lytic", "focus-blastic", "spur")
    monkeypatch.setattr(findings, "FINDINGS", {name: FINDINGS[name] for name in kept})
    monkeypatch.setattr(dose, "PLACES", ("body middle", "posterior elements"))
    monkeypatch.setattr(dose, "_RADII_MM", ((11.0, 15.0),))
    for module in (findings, dose):
        monkeypatch.setattr(module, "answers", grey_in_the_box)
        monkeypatch.setattr(module, "views_of", lambda folder: (View.AP,))
        monkeypatch.setattr(module, "draw_patient", lambda request: coned(draw_patient(request)))


@pytest.mark.usefixtures("quick")
def test_a_reading_that_goes_by_darkness_is_found_to(tmp_path: Path) -> None:
    command = ["explain-findings", "--weights", str(SHIPPED), "--patients", "4", "--bodies", "2"]
    done = CliRunner().invoke(app, [*command, "--seed", "5", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "Simulated films" in done.output
    weights = load_weights(SHIPPED).identity[:12]
    changes = read_table(tmp_path / findings.FILE, findings.COLUMNS, weights)
    doses = read_table(tmp_path / dose.FILE, dose.COLUMNS, weights)
    assert changes is not None
    assert doses is not None
    means = changes[changes["group"] == "all"].set_index("finding")
    assert means.loc["focus-lytic", "low"] > 0 > means.loc["focus-blastic", "high"]
    # Spurs lie over the body on an AP film and are bright, but little.
    assert abs(means.loc["spur", "change"]) < 0.4 * means.loc["focus-lytic", "change"]
    assert changes.groupby("group")["n"].max().to_dict() == {"all": 4, "bvf": 2, "mvm": 2}
    by_size = doses[doses["by"] == dose.BY_SIZE].set_index(["kind", "place"])
    assert by_size.loc[("none", "all"), "foci"].item() == 2
    assert set(doses["kind"]) == {"none", "lytic", "blastic"}
    # Each focus is counted once by size and once by mineral.
    counted = doses[doses["place"] != "all"].groupby(["kind", "place", "by"])["foci"].sum()
    assert set(counted) == {2}


def test_changes_are_averaged_by_patient_and_group() -> None:
    table = summarise_changes(
        Change("ap", "mass", group, change) for group, change in (("mvm", 1.0), ("mvm", 3.0), ("bvf", -1.0))
    ).set_index("group")
    assert table["change"].to_dict() == {"all": 1.0, "mvm": 2.0, "bvf": -1.0}
    assert table["n"].to_dict() == {"all": 3, "mvm": 2, "bvf": 1}
    assert pd.isna(table.loc["bvf", "low"])
    assert -1.0 <= table.loc["all", "low"] < 1.0 < table.loc["all", "high"] <= 3.0


def test_foci_are_counted_in_their_classes_with_intervals_by_patient() -> None:
    def dosed(patient: int, size: float, mineral: float, *, flagged: bool) -> Dosed:
        return Dosed(f"p{patient}", "lytic", "pedicle", size, mineral, {"ap": flagged})

    found = [dosed(n, 10.0, 0.15, flagged=n == 0) for n in range(8)]
    found += [dosed(n, 28.0, 1.4, flagged=True) for n in range(8)]
    table = dose.summarise_doses(found)
    rows = table[table["place"] == "pedicle"].set_index(["by", "from"])
    assert rows.loc[(dose.BY_SIZE, 6.0), "flagged"] == 0.125
    assert rows.loc[(dose.BY_SIZE, 24.0), "flagged"] == 1.0
    # Where all agree, eight patients leave room below.
    assert 0.6 < rows.loc[(dose.BY_SIZE, 24.0), "low"] < 0.8
    # What adds more than was there is in the last class.
    assert rows.loc[(dose.BY_MINERAL, 0.7), "foci"] == 8
    assert len(table[table["place"] == "all"]) == len(rows) == 4


def test_mineral_in_the_beam_grows_with_the_focus_and_its_amount(collapsed: Patient) -> None:
    def mineral(radius: float, amount: float) -> float:
        focus = Focus(0.0, 0.0, 0.0, radius)
        level = LevelDisease(label="mvm", foci=(focus,), kind="lytic", amount=amount, ragged=3)
        return dose.mineral_in_beam(collapsed, level, collapsed.geometry(View.AP))

    small, large, faint = mineral(5.0, 1.0), mineral(14.0, 1.0), mineral(14.0, 0.5)
    assert 0 < small < large < 1
    assert faint == pytest.approx(large / 2, rel=0.05)


def test_a_table_of_other_weights_is_none_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / findings.FILE
    assert read_table(path, findings.COLUMNS, "w0") is None
    write_table(path, summarise_changes([Change("ap", "mass", "mvm", 1.0)]), SOURCE)
    assert read_table(path, findings.COLUMNS, "w1") is None
    again = read_table(path, findings.COLUMNS, "w0")
    assert again is not None
    assert again["change"].tolist() == [1.0, 1.0]
    path.write_text("reading,finding\nap,mass\n")
    with pytest.raises(TableError, match="explain-findings"):
        read_table(path, findings.COLUMNS, "w0")
