"""Findings: drawn as often as published, none of one group alone, and signs where a film shows them."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from types import MappingProxyType

import numpy as np
import pytest

from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.check import CohortCheck
from mvm_core.simulation.confounders import ConfounderCheck
from mvm_core.simulation.drawn_disease import draw_disease
from mvm_core.simulation.findings_check import (
    GEOMETRY,
    WANTED_GEOMETRY_AUC,
    FindingsCheck,
    FindingShare,
    Told,
    check_findings,
    exclusive_findings,
    finding_shares,
    geometry_area,
    told_by_draws,
)
from mvm_core.simulation.frequencies import FREQUENCIES, TILT_DEGREES, drawn, names
from mvm_core.simulation.levels import findings
from mvm_core.simulation.pathology import (
    LOPSIDED_DEGREES,
    PEDICLE_SIGNS,
    Collapse,
    Disease,
    Focus,
    LevelDisease,
    Pedicle,
)
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.simulator import SimulatedPatient, _simulate
from mvm_core.validation import auc_with_interval

NOWHERE = (np.nan,) * len(GEOMETRY)


def told_of(patient: Patient) -> Told:
    return Told(patient.disease.label, frozenset(findings(patient, patient.disease, patient.row)), NOWHERE)


@pytest.fixture(scope="module")
def bodies() -> tuple[Patient, ...]:
    return tuple(draw_patient(PatientRequest(3, index, "intact")) for index in range(24))


@pytest.fixture(scope="module")
def told(bodies: tuple[Patient, ...]) -> tuple[Told, ...]:
    """Many diseases of few bodies: nothing is rendered."""

    def draws() -> Iterator[Told]:
        for number in range(2400):
            body, draw = bodies[number // 2 % len(bodies)], np.random.default_rng([8, number])
            request, label = replace(body.request, label=None), "mvm" if number % 2 else "bvf"
            sex = "F" if number % 3 else "M"
            disease = draw_disease(request, label, body.vertebrae, body.row, draw, sex)
            yield told_of(replace(body, disease=disease))

    return tuple(draws())


def test_probabilities_lie_within_the_published_limits() -> None:
    for each in FREQUENCIES:
        if each.published is not None:
            low, high = each.published
            assert low <= each.drawn <= high, each
        else:
            assert each.source.startswith(("assumption", "by definition")), each


def test_every_finding_is_drawn_in_both_groups() -> None:
    of = {
        group: {each.name for each in FREQUENCIES if each.group == group and each.drawn > 0}
        for group in ("mvm", "bvf")
    }
    # A benign fracture has no metastasis beside it, and what is hidden of it is its collapse.
    assert of["mvm"] - of["bvf"] == {"further-metastasis", "occult", "body"}
    assert not of["bvf"] - of["mvm"] - {"lytic", "blastic", "pedicle-infiltrated"}


def test_findings_are_drawn_as_often_as_published(told: tuple[Told, ...]) -> None:
    for share in finding_shares(told):
        if share.probability is None:
            # What films show: none was taken.
            assert share.drawn_total == 0
            continue
        assert share.drawn_total >= 150
        assert share.within, share
        spread = np.sqrt(share.probability * (1 - share.probability) / share.drawn_total)
        assert abs(share.drawn_n / share.drawn_total - share.probability) < 4 * spread + 0.012, share
    assert exclusive_findings(told) == ()
    kinds = [
        sum(kind in case.words for case in told) for kind in ("focus-lytic", "focus-blastic", "focus-mixed")
    ]
    assert kinds[0] > kinds[1] > kinds[2] > 100


def planted(told: tuple[Told, ...], group: str, word: str, there: bool) -> tuple[Told, ...]:
    """The same with a word in all cases of a group, or in none."""
    return tuple(
        case
        if case.label != group
        else replace(case, words=case.words | {word} if there else case.words - {word})
        for case in told
    )


def test_a_finding_too_frequent_is_told(told: tuple[Told, ...]) -> None:
    wrong = check_findings(planted(told[:400], "bvf", "bulge", True))
    confounders = ConfounderCheck(auc_with_interval(np.array([True, False]), np.zeros(2)), {}, 400, 200)
    check = CohortCheck("c", "0", True, confounders, findings=wrong)
    assert [sentence for sentence in check.shortfalls if sentence.startswith("bulge in BVF (collapsed)")]
    assert "NOT AS WANTED: bulge in BVF" in check.as_text()
    found = json.loads(json.dumps(check.as_dict(), allow_nan=False))
    row = next(each for each in found["findings"] if (each["name"], each["group"]) == ("bulge", "bvf"))
    assert row["drawn_n"] == row["drawn_total"] > 100
    assert row["published_high"] == pytest.approx(0.155, abs=0.001)
    assert row["source"] == "10.1148/radiology.199.2.8668809"
    assert found["exclusive_findings"] == []
    right = replace(check, findings=check_findings(told[:400]))
    assert not [sentence for sentence in right.shortfalls if "AUC" not in sentence]


def test_signs_are_held_against_counts_of_films() -> None:
    def filmed(*numbers: int) -> dict[str, FindingShare]:
        signs = (frozenset({"pedicle", "lytic"}), frozenset({"blastic"}), frozenset[str]())
        cases = [
            Told("mvm", frozenset({"focus-lytic"}), NOWHERE, own)
            for own, number in zip(signs, numbers, strict=True)
            for _ in range(number)
        ]
        shares = finding_shares(
            [*cases, Told("mvm", frozenset(), NOWHERE), Told("bvf", frozenset(), NOWHERE)]
        )
        return {share.name: share for share in shares if share.name.startswith("sign")}

    as_published = filmed(100, 50, 50)
    assert [(share.drawn_n, share.drawn_total) for share in as_published.values()] == [(150, 200), (100, 200)]
    assert all(share.within for share in as_published.values())
    assert not filmed(100, 20, 80)["sign"].within
    assert not filmed(60, 90, 50)["sign-pedicle"].within
    # Where no film was taken nothing is said.
    assert filmed(0, 0, 0)["sign"].drawn_total == 0


def test_a_finding_of_one_group_alone_is_told(told: tuple[Told, ...]) -> None:
    assert exclusive_findings(planted(told, "mvm", "fragment", False)) == ("fragment",)
    assert exclusive_findings(planted(told, "bvf", "mass", False)) == ("mass",)
    # A word that the table does not know, in one group alone.
    assert exclusive_findings(planted(told, "bvf", "necklace", True)) == ("necklace",)
    # Of a few patients none may have it by chance.
    assert exclusive_findings(planted(told[:60], "mvm", "fragment", False)) == ()


def test_geometry_alone_does_not_tell_the_groups() -> None:
    patients = [draw_patient(PatientRequest(12, index, site="ab"[index % 2])) for index in range(320)]
    known = told_by_draws(patients)
    area = geometry_area(known)
    assert area is not None
    assert 0.6 < area.auc <= WANTED_GEOMETRY_AUC
    assert exclusive_findings(known) == ()
    # Tilted by 4 degrees more in one group, it would.
    column = GEOMETRY.index("tilt")
    tilted = [
        replace(
            case,
            geometry=(*case.geometry[:column], 4 + 4 * (case.label == "mvm"), *case.geometry[column + 1 :]),
        )
        for case in known
    ]
    shortcut = geometry_area(tilted)
    assert shortcut is not None
    assert shortcut.auc > WANTED_GEOMETRY_AUC
    wrong = FindingsCheck(geometry=shortcut)
    confounders = ConfounderCheck(shortcut, {}, 300, 150)
    assert "geometry alone" in " ".join(CohortCheck("c", "0", True, confounders, findings=wrong).shortfalls)
    assert geometry_area(known[:20]) is None


def test_tilts_have_the_published_means() -> None:
    draw = np.random.default_rng(1)
    for group, (mean, spread) in TILT_DEGREES.items():
        tilts = abs(draw.normal(mean, spread, 20_000))
        assert tilts.mean() == pytest.approx(mean, abs=0.4)
        assert (tilts >= LOPSIDED_DEGREES).mean() == pytest.approx(
            drawn("lopsided", group, "collapsed"), abs=0.012
        )


@pytest.mark.parametrize("label", ["mvm", "bvf"])
def test_asked_for_what_was_drawn_the_patient_is_the_same(label: str, bodies: tuple[Patient, ...]) -> None:
    for number in range(150):
        body = bodies[number % len(bodies)]

        def drawn_again(request: PatientRequest, body: Patient = body, number: int = number) -> Disease:
            draw = np.random.default_rng([9, number])
            return draw_disease(request, label, body.vertebrae, body.row, draw, body.sex)

        first = drawn_again(PatientRequest(1))
        assert drawn_again(PatientRequest(1, kind=first.kind, severity=first.severity)) == first


def test_each_finding_is_left_out_by_itself() -> None:
    whole = LevelDisease(
        "mvm",
        collapse=Collapse("wedge", 0.3, 0.0),
        tilt=8.0,
        band=True,
        cleft=True,
        foci=(Focus(0, 0, 0, 8),),
        pedicle=Pedicle("complete", True),
        diffuse=-0.3,
        kind="lytic",
        amount=0.9,
        mass=Focus(20, 0, 0, 15),
        haematoma=4.0,
        epidural=True,
        bulge=3.0,
        fragment=3.0,
    )
    body = draw_patient(PatientRequest(2, label="intact"))
    without = {each.name: each.default for each in fields(LevelDisease) if each.name not in ("label", "kind")}

    def words(level: LevelDisease) -> set[str]:
        disease = Disease("mvm", "lytic", 2, "", MappingProxyType({body.row: level}))
        return set(findings(body, disease, body.row))

    named = {"tilt": "lopsided", "pedicle": "pedicle-complete", "foci": "focus-lytic"}
    alike = ("band", "cleft", "diffuse", "mass", "haematoma", "bulge", "epidural", "fragment")
    for name, word in (*named.items(), *zip(alike, alike, strict=True)):
        assert words(whole) - words(replace(whole, **{name: without[name]})) >= {word}
        assert words(replace(whole, **{name: without[name]})) - words(whole) == set()


LEVEL = LevelDisease("mvm", kind="lytic", amount=0.95, ragged=5)
SHOWN = {
    "large": replace(LEVEL, foci=(Focus(-6, 2, 1, 12),)),
    "tiny": replace(LEVEL, foci=(Focus(-6, 2, 1, 1.5),)),
    "faint": replace(LEVEL, foci=(Focus(-6, 2, 1, 12),), amount=0.02),
    "blastic": replace(LEVEL, kind="blastic", foci=(Focus(-6, 2, 1, 8),)),
    "pedicle": replace(LEVEL, pedicle=Pedicle("complete", True)),
    "infiltrated": replace(LEVEL, pedicle=Pedicle("infiltrated", True)),
    "epidural": replace(LEVEL, epidural=True),
    "pressed": replace(LEVEL, collapse=Collapse("wedge", 0.10, 0.0), tilt=2.0),
    "collapsed": replace(LEVEL, collapse=Collapse("wedge", 0.30, 0.0), tilt=2.0),
    "tilted": replace(LEVEL, collapse=Collapse("crush", 0.18, 0.8), tilt=9.0),
    "wall": replace(LEVEL, collapse=Collapse("wedge", 0.10, 0.0), bulge=5.0),
}


@pytest.fixture(scope="module")
def shown() -> dict[str, SimulatedPatient]:
    """One body with one finding at a time."""
    body = draw_patient(PatientRequest(102, label="intact", level="L2"))
    diseases = [
        Disease("mvm", level.kind, 2, "", MappingProxyType({body.row: level})) for level in SHOWN.values()
    ]
    return dict(zip(SHOWN, _simulate(body, diseases), strict=True))


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("large", {"lytic"}),
        ("tiny", set()),
        ("faint", set()),
        ("blastic", {"blastic"}),
        ("pedicle", {"lytic", "pedicle"}),
        ("infiltrated", set()),
        ("epidural", set()),
        ("pressed", set()),
        ("collapsed", {"collapse"}),
        ("tilted", {"lopsided"}),
        ("wall", {"bulge"}),
    ],
)
def test_a_sign_is_what_a_film_shows(name: str, signs: set[str], shown: dict[str, SimulatedPatient]) -> None:
    patient = shown[name]
    assert set(patient.signs.split()) == signs
    assert patient.sign == ("sign" if signs else "no-sign")


def test_tilt_is_seen_as_drawn(shown: dict[str, SimulatedPatient]) -> None:
    def tilt(name: str) -> float:
        rows = {row.view: row for row in shown[name].levels if row.level == "L2"}
        upper_left, upper_right, lower_right, lower_left = np.array(rows[View.AP].corners)
        upper, lower = upper_right - upper_left, lower_right - lower_left
        return float(np.degrees(np.arctan2(upper[1], upper[0]) - np.arctan2(lower[1], lower[0])))

    # Positive: down at the patient's left, which is on the right of the film.
    assert tilt("tilted") - tilt("epidural") == pytest.approx(9, abs=2)


def test_names_and_pedicle_signs_are_in_the_table() -> None:
    assert {f"pedicle-{sign}" for sign in PEDICLE_SIGNS} <= set(names())
