"""One simulated patient: the same each time, with the truth where it says."""

import dataclasses

import numpy as np
import pytest

from mvm_core.errors import SimulationError
from mvm_core.radiograph import View
from mvm_core.simulation import KINDS_BY_LABEL, LEVELS, PatientRequest, SimulatedPatient, simulate_patient
from mvm_core.simulation.anatomy import NAMES
from mvm_core.simulation.patient import draw_patient

MVM = PatientRequest(seed=11, label="mvm", kind="lytic", level="L3", severity=3)


@pytest.fixture(scope="module")
def lytic() -> SimulatedPatient:
    return simulate_patient(MVM)


def test_same_request_same_pixels(lytic: SimulatedPatient) -> None:
    again = simulate_patient(MVM)
    for view in View:
        assert np.array_equal(again.films[view].pixels, lytic.films[view].pixels)
        assert np.array_equal(again.films[view].lesion_mask, lytic.films[view].lesion_mask)
    other = simulate_patient(dataclasses.replace(MVM, seed=12))
    assert not np.array_equal(other.films[View.AP].pixels, lytic.films[View.AP].pixels)


def test_request_is_honoured(lytic: SimulatedPatient) -> None:
    assert (lytic.label, lytic.kind, lytic.level, lytic.severity) == ("mvm", "lytic", "L3", 3)
    assert lytic.sign in ("sign", "no-sign")
    for word in ("Metastasis", "L3", "lytic", "simulated"):
        assert word in lytic.description


def test_films_are_films(lytic: SimulatedPatient) -> None:
    for film in lytic.films.values():
        assert film.pixels.shape == (875, 625)
        assert film.pixels.dtype == np.uint16
        assert film.pixels.max() <= 4095
        assert np.ptp(film.pixels[100:-100, 100:-100]) > 1500


def test_truth_lies_where_it_says(lytic: SimulatedPatient) -> None:
    for film in lytic.films.values():
        assert film.lesion_mask.any()
        assert (film.lesion_mask & film.vertebra_mask).sum() > 0.9 * film.lesion_mask.sum()
        rows, columns = np.nonzero(film.vertebra_mask)
        x, y = film.box.centre
        assert columns.min() < x < columns.max()
        assert rows.min() < y < rows.max()
        assert 0 <= film.box.x0 < film.box.x1 <= film.pixels.shape[1]


def test_only_the_disease_differs_between_twins() -> None:
    """The same body and exposure with a metastasis of one severity or another: far away, the same film."""
    large, small = (
        simulate_patient(PatientRequest(seed=4, label="mvm", kind="lytic", level="L1", severity=severity))
        for severity in (3, 1)
    )
    assert (large.age, large.sex) == (small.age, small.sex)
    for view in View:
        near = large.films[view].vertebra_mask | small.films[view].vertebra_mask
        difference = np.abs(large.films[view].pixels.astype(int) - small.films[view].pixels.astype(int))
        assert np.median(difference[~near]) < 0.01 * 4095
        assert difference[near].max() > 100


def test_lytic_focus_darkens_and_blastic_focus_brightens() -> None:
    def mean_in_focus(kind: str) -> float:
        patient = simulate_patient(PatientRequest(seed=8, label="mvm", kind=kind, level="L2", severity=3))
        film = patient.films[View.AP]
        return float(film.pixels[film.lesion_mask].mean())

    assert mean_in_focus("lytic") < mean_in_focus("blastic") - 100


@pytest.mark.parametrize("label", list(KINDS_BY_LABEL))
@pytest.mark.parametrize("severity", [1, 2, 3])
def test_every_kind_at_every_severity(label: str, severity: int) -> None:
    for place, kind in enumerate(KINDS_BY_LABEL[label]):
        request = PatientRequest(seed=3, label=label, kind=kind, severity=severity, level=LEVELS[-1 - place])
        patient = simulate_patient(request)
        assert patient.films[View.LATERAL].lesion_mask.any()
        assert (patient.sign == "") == (label == "bvf")


def test_collapse_follows_the_genant_grade() -> None:
    shares = []
    for severity in (1, 2, 3):
        disease = draw_patient(PatientRequest(seed=1, label="bvf", severity=severity)).disease
        assert disease.collapse is not None
        shares.append(disease.collapse.share)
    assert 0.12 <= shares[0] < 0.25 <= shares[1] < 0.40 <= shares[2] <= 0.60


def test_body_and_exposure_do_not_know_the_disease() -> None:
    for index in range(20):
        a, b = (draw_patient(PatientRequest(seed=6, index=index, label=label)) for label in ("mvm", "bvf"))
        assert dataclasses.replace(a, request=b.request, disease=b.disease) == b


def test_groups_overlap_in_age_sex_level_and_bone() -> None:
    """A logistic regression on what is known without looking at the lesion tells little."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    patients = [draw_patient(PatientRequest(seed=9, index=index)) for index in range(1500)]
    features = np.array([[p.age, p.sex == "F", p.diseased, p.osteopenia, p.girth] for p in patients], float)
    features = (features - features.mean(0)) / features.std(0)
    labels = np.array([p.disease.label == "mvm" for p in patients])
    model = LogisticRegression().fit(features[:750], labels[:750])
    assert roc_auc_score(labels[750:], model.predict_proba(features[750:])[:, 1]) < 0.6


def test_spine_is_a_spine() -> None:
    patient = draw_patient(PatientRequest(seed=2))
    heights = [vertebra.centre[2] for vertebra in patient.vertebrae]
    assert heights == sorted(heights, reverse=True)
    assert patient.vertebrae[patient.diseased].centre == (0.0, 0.0, 0.0)
    widths = {v.name: v.size.width for v in patient.vertebrae}
    assert widths["L4"] > widths["T12"] > widths["T8"]
    assert tuple(widths) == NAMES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"level": "C3"}, "level 'C3'.*T10"),
        ({"kind": "wedge"}, "kind 'wedge'.*lytic"),
        ({"severity": 4}, "severity '4'"),
        ({"site": "z"}, "site 'z'.*a, b"),
        ({"label": "cyst"}, "label 'cyst'"),
        ({"seed": -1}, "seed"),
    ],
)
def test_unknown_values_are_told(change: dict, words: str) -> None:
    with pytest.raises(SimulationError, match=words):
        dataclasses.replace(MVM, **change)
