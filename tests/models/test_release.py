"""The shipped weights: their sealed test is theirs, can be had again, and beats chance on simulated films."""

import dataclasses
import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import torch

from mvm_core.cohort import MVM, read_predictions
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.inference import SHIPPED
from mvm_core.models import Reader
from mvm_core.models.inputs import network_inputs
from mvm_core.models.registry import LEADING, NETWORKS, READING_NAMES, SINGLE_READINGS
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import FilmPair, View
from mvm_core.sealed import Seal, read_seal
from mvm_core.simulation import film_to_dicom, request_of_case, simulate_patient
from mvm_core.simulation.request import SIMULATOR_VERSION
from mvm_core.spine.weights import load_spine_weights
from mvm_core.study.seal import seed_of
from mvm_core.training.networks import build_network, load_network
from mvm_core.validation import auc_with_interval


@pytest.fixture(scope="module")
def seal() -> Seal:
    found = read_seal(SHIPPED, load_weights(SHIPPED).identity)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def predictions(seal: Seal) -> pd.DataFrame:
    return read_predictions(seal.predictions)


def area(predictions: pd.DataFrame, site: str, name: str) -> tuple[float, float]:
    """The area under the ROC curve of MVM against BVF, and the lower end of its interval."""
    asked = MVM.rows(predictions)
    rows = asked[(asked["site"] == site) & (asked["model"] == name)]
    estimate = auc_with_interval(rows["label"].eq("mvm").to_numpy(), rows["probability"].to_numpy())
    assert estimate.ci95 is not None
    return estimate.auc, estimate.ci95[0]


def test_learnt_last_from_as_many_metastases_as_the_study() -> None:
    """Besides those that its start had learnt from."""
    vertebrae = json.loads((SHIPPED / "manifest.json").read_text())["training"]["vertebrae"]["train"]
    assert vertebrae["mvm"] >= 426
    assert vertebrae["bvf"] >= vertebrae["mvm"]
    assert vertebrae["intact"] >= vertebrae["mvm"] + vertebrae["bvf"]


def test_the_sealed_seeds_follow_from_the_weights(seal: Seal) -> None:
    identity = hashlib.sha256((SHIPPED / "manifest.json").read_bytes()).hexdigest()
    assert seal.weights == identity
    assert set(seal.cohorts) == {"a", "b", "c"}
    for site, cohort in seal.cohorts.items():
        assert cohort["seed"] == seed_of(f"{identity} {seal.finder}" if seal.finder else identity, site)
    assert seal.openings[-1].finder == load_spine_weights(SHIPPED).identity
    assert seal.opened == len([each for each in seal.openings if each.weights == identity]) >= 1


def test_every_sealed_patient_is_read_at_the_marked_level_and_unmarked(
    seal: Seal, predictions: pd.DataFrame
) -> None:
    for site, cohort in seal.cohorts.items():
        asked, unmarked = (MVM.rows(table) for table in (predictions, read_predictions(seal.unmarked)))
        rows = asked[(asked["site"] == site) & (asked["model"] == LEADING)]
        assert rows["label"].value_counts().to_dict() == {"mvm": cohort["mvm"], "bvf": cohort["bvf"]}
        assert rows["case_id"].is_unique
        # The level found may lie on one film alone; some reading there always is.
        assert unmarked.loc[unmarked["site"] == site, "case_id"].nunique() == len(rows)
    assert set(predictions["model"]) == set(READING_NAMES)
    assert set(predictions["split"]) == {"test", "external"}


@pytest.mark.parametrize("name", list(SINGLE_READINGS))
def test_every_single_reading_beats_chance_at_home(predictions: pd.DataFrame, name: str) -> None:
    assert area(predictions, "a", name)[1] > 0.55


@pytest.mark.parametrize("site", ["a", "b"])
def test_predictions_come_from_these_weights_and_this_simulator(
    seal: Seal, predictions: pd.DataFrame, reader: Reader, site: str
) -> None:
    """A patient simulated anew reads as the table says; or the card says that the simulator changed."""
    if seal.simulator_version != SIMULATOR_VERSION:
        assert "**The simulator has changed since.**" in (SHIPPED / "model_card.md").read_text()
        return
    asked = MVM.rows(predictions)
    rows = asked[asked["site"] == site]
    cases = sorted(rows["case_id"].unique())
    case_id = cases[len(cases) // 2]
    rows = rows[rows["case_id"] == case_id].set_index("model")
    request = request_of_case(case_id, rows["label"].iloc[0])
    assert request is not None
    patient = simulate_patient(request)
    assert patient.case_id == case_id
    files = [StudyFile(f"{view}.dcm", film_to_dicom(patient, view)) for view in View]
    pair = dataclasses.replace(
        pair_films(read_study(files)),
        ap_box=patient.films[View.AP].box,
        lateral_box=patient.films[View.LATERAL].box,
    )
    for name, result in reader.read(pair).results.items():
        assert result.probability == pytest.approx(rows.loc[name, "probability"], abs=1e-3), name


@pytest.mark.parametrize("name", list(SINGLE_READINGS))
def test_shipped_graph_and_torch_agree(reader: Reader, pair: FilmPair, name: str) -> None:
    single = SINGLE_READINGS[name]
    shipped = reader.weights.networks[single.network]
    network = load_network(NETWORKS[single.network], shipped.graph, shipped.output_stride)
    film = network_inputs(pair, reader.weights)[name]
    with torch.inference_mode():
        logit, evidence = network(torch.from_numpy(film[None]))
    result = reader.read(pair).results[name]
    assert float(logit[0, 0]) == pytest.approx(result.logit, abs=1e-4)
    assert float(evidence[:, 0].mean()) + shipped.bias == pytest.approx(result.logit, abs=1e-4)
    shown = np.mean([each.values.mean() for each in result.evidence.values()])
    assert shown + shipped.bias == pytest.approx(result.logit, abs=1e-4)


@pytest.mark.parametrize("stride", [16, 32])
def test_cells_look_at_the_first_pixel_of_their_share(stride: int) -> None:
    """What moves a cell, by the gradient in untrained convolutions, is centred at stride times its place."""
    weight = torch.zeros(480, 480)
    for seed in range(3):
        torch.manual_seed(seed)
        network = build_network(NETWORKS["ap"], "random", stride).eval()
        for module in network.backbone.blocks.modules():
            if hasattr(module, "se"):
                # Squeeze-excite looks at the whole film.
                module.se = torch.nn.Identity()
        film = torch.randn(1, 1, 480, 480, requires_grad=True)
        network(film)[1][0, 0, 224 // stride, 192 // stride].backward()
        assert film.grad is not None
        share = film.grad[0, 0] ** 2
        weight += share / share.sum()
    places = torch.arange(480)
    assert float((weight.sum(1) * places).sum() / weight.sum()) == pytest.approx(224, abs=6)
    assert float((weight.sum(0) * places).sum() / weight.sum()) == pytest.approx(192, abs=6)


def test_evidence_is_drawn_where_its_cells_look(reader: Reader, pair: FilmPair) -> None:
    reading = reader.read(pair)
    for name, single in SINGLE_READINGS.items():
        network = reader.weights.networks[single.network]
        for view, evidence in reading.results[name].evidence.items():
            seen, cells = reading.regions[view], len(evidence.values)
            pixel, cell = seen.side / network.preprocessing.size_px, evidence.region.side / cells
            for place in range(cells):
                centre = evidence.region.x0 + (place + 0.5) * cell
                assert centre == pytest.approx(seen.x0 + (network.output_stride * place + 0.5) * pixel), name
