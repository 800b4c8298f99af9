"""The shipped weights: their predictions can be had again, and beat chance on the simulated test split."""

import dataclasses
import json

import pandas as pd
import pytest
import torch

from mvm_core.cohort import read_predictions
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.models import Reader
from mvm_core.models.inputs import network_inputs
from mvm_core.models.registry import NETWORKS, READING_NAMES, SINGLE_READINGS
from mvm_core.models.weights import SHIPPED
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import CohortRequest, PatientRequest, film_to_dicom, simulate_patient
from mvm_core.training.networks import build_network, load_network
from mvm_core.validation import auc_with_interval

STUDY = CohortRequest(site="a", patients=1514, mvm=426, seed=2026)
"""The study's size: the cohort that the shipped weights were trained on."""


@pytest.fixture(scope="module")
def predictions() -> pd.DataFrame:
    return read_predictions(SHIPPED / "predictions.csv")


def test_trained_on_a_cohort_of_the_studys_size() -> None:
    patients = json.loads((SHIPPED / "manifest.json").read_text())["trained_on"]["patients"]
    assert sum(split["mvm"] for split in patients.values()) == 426
    assert sum(split["bvf"] for split in patients.values()) == 1088


@pytest.mark.parametrize("name", list(SINGLE_READINGS))
def test_every_single_reading_beats_chance(predictions: pd.DataFrame, name: str) -> None:
    rows = predictions[(predictions["split"] == "test") & (predictions["model"] == name)]
    estimate = auc_with_interval(rows["label"].eq("mvm").to_numpy(), rows["probability"].to_numpy())
    assert estimate.ci95 is not None
    assert estimate.ci95[0] > 0.55


def test_all_views_reach_the_aim(predictions: pd.DataFrame) -> None:
    rows = predictions[(predictions["split"] == "test") & (predictions["model"] == "all-views")]
    assert len(rows) > 290
    assert auc_with_interval(rows["label"].eq("mvm").to_numpy(), rows["probability"].to_numpy()).auc >= 0.75


def test_no_patient_is_in_two_splits(predictions: pd.DataFrame) -> None:
    assert predictions.groupby("case_id")["split"].nunique().max() == 1
    assert set(predictions["model"]) == set(READING_NAMES)


@pytest.mark.parametrize("place", [0, 100, 250])
def test_predictions_come_from_these_weights_and_this_simulator(
    predictions: pd.DataFrame, reader: Reader, place: int
) -> None:
    """Simulate a test patient anew and read it: the table says the same."""
    cases = sorted(predictions.loc[predictions["split"] == "test", "case_id"].unique())
    case_id = cases[place]
    index = int(case_id.rsplit("-", 1)[1])
    patient = simulate_patient(
        PatientRequest(STUDY.seed, index, STUDY.labels[index], site=STUDY.site)  # type: ignore[arg-type]
    )
    assert patient.case_id == case_id
    files = [StudyFile(f"{view}.dcm", film_to_dicom(patient, view)) for view in View]
    pair = dataclasses.replace(
        pair_films(read_study(files)),
        ap_box=patient.films[View.AP].box,
        lateral_box=patient.films[View.LATERAL].box,
    )
    rows = predictions[predictions["case_id"] == case_id].set_index("model")["probability"]
    for name, result in reader.read(pair).results.items():
        assert result.probability == pytest.approx(rows[name], abs=1e-3)


@pytest.mark.parametrize("name", list(SINGLE_READINGS))
def test_shipped_graph_and_torch_agree(reader: Reader, pair: FilmPair, name: str) -> None:
    single = SINGLE_READINGS[name]
    network = load_network(NETWORKS[single.network], reader.weights.networks[single.network].tensors)
    film = network_inputs(pair, reader.weights)[name]
    with torch.inference_mode():
        logit, evidence = network(torch.from_numpy(film[None]))
    result = reader.read(pair).results[name]
    assert float(logit[0]) == pytest.approx(result.logit, abs=1e-4)
    bias = reader.weights.networks[single.network].bias
    assert float(evidence.mean()) + bias == pytest.approx(result.logit, abs=1e-4)


def test_cells_look_at_the_first_pixel_of_their_share() -> None:
    """What moves a cell, by the gradient in untrained convolutions, is centred at 32 times its place."""
    weight = torch.zeros(480, 480)
    for seed in range(3):
        torch.manual_seed(seed)
        network = build_network(NETWORKS["ap"], "random").eval()
        for module in network.backbone.blocks.modules():
            if hasattr(module, "se"):
                # Squeeze-excite looks at the whole film.
                module.se = torch.nn.Identity()
        film = torch.randn(1, 1, 480, 480, requires_grad=True)
        network(film)[1][0, 7, 6].backward()
        assert film.grad is not None
        share = film.grad[0, 0] ** 2
        weight += share / share.sum()
    places = torch.arange(480)
    assert float((weight.sum(1) * places).sum() / weight.sum()) == pytest.approx(7 * 32, abs=6)
    assert float((weight.sum(0) * places).sum() / weight.sum()) == pytest.approx(6 * 32, abs=6)


def test_evidence_is_drawn_where_its_cells_look(reader: Reader, pair: FilmPair) -> None:
    reading = reader.read(pair)
    for name, result in reading.results.items():
        for view, evidence in result.evidence.items():
            seen, cells = reading.regions[view], len(evidence.values)
            pixel, cell = seen.side / 160, evidence.region.side / cells
            for place in range(cells):
                centre = evidence.region.x0 + (place + 0.5) * cell
                assert centre == pytest.approx(seen.x0 + (32 * place + 0.5) * pixel), name
