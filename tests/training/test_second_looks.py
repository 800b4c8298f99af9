"""What looks once more beside the finder: from a cohort and real films to graphs that the finder uses."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mvm_core.errors import TrainingError, WeightsError
from mvm_core.radiograph import View
from mvm_core.spine.weights import MANIFEST, load_spine_weights
from mvm_core.training.spine.corner_look import CORNER_LOOK, ENDPLATE_LOOK
from mvm_core.training.spine.level_look import LEVEL_LOOK
from mvm_core.training.spine.network import start_network
from mvm_core.training.spine.release import write_finder
from mvm_core.training.spine.run import cohort_films
from mvm_core.training.spine.second_look import SecondLook, train_second_look
from mvm_core.training.steps import StepSettings

QUICK = StepSettings(steps=4, batch_size=4, strength=0.3)
LOOKS = pytest.mark.parametrize(
    "look", [CORNER_LOOK, ENDPLATE_LOOK, LEVEL_LOOK], ids=["corners", "endplates", "levels"]
)


@pytest.fixture
def finder(tmp_path: Path) -> Path:
    write_finder(tmp_path / "finder", start_network().eval(), {"films": "none"})
    return tmp_path / "finder"


@LOOKS
def test_a_run_adds_its_graph_and_says_from_what_it_learnt(
    look: SecondLook[Any, Any], finder: Path, levels_cohort: Path, marked_films: Path
) -> None:
    name = look.command.partition("-")[2]
    before = load_spine_weights(finder)
    manifest = train_second_look(look, [levels_cohort], finder, QUICK, real=marked_films, real_share=0.5)
    assert manifest == finder / MANIFEST
    after = load_spine_weights(finder)
    assert after.identity != before.identity
    assert getattr(after, name) == finder / f"{name}.onnx"
    said = json.loads(manifest.read_text())[name]["trained_on"]
    assert said["real_ap_films"] == (2 if View.AP in look.views else 0)
    # The films of each patient of the training part.
    assert said["simulated_films"] == len(look.views) * sum(
        ",train," in line for line in (levels_cohort / "manifest.csv").read_text().splitlines()
    )
    assert said["start"] is None
    assert said["settings"]["steps"] == QUICK.steps


def test_neck_and_sacrum_of_ap_films_are_not_learnt_as_no_vertebra(levels_cohort: Path) -> None:
    films = cohort_films(levels_cohort)
    assert {film.view for film in films} == set(View)
    assert all(film.complete == (film.view is View.LATERAL) for film in films)


@LOOKS
def test_a_run_goes_on_and_starts_from_another(
    look: SecondLook[Any, Any], finder: Path, levels_cohort: Path
) -> None:
    name = look.command.partition("-")[2]
    train_second_look(look, [levels_cohort], finder, QUICK, real_share=0.5)
    first = (finder / f"{name}.onnx").read_bytes()
    train_second_look(look, [levels_cohort], finder, QUICK, real_share=0.5, resume=True)
    assert (finder / f"{name}.onnx").read_bytes() == first
    longer = replace(QUICK, steps=2, seed=2)
    with pytest.raises(TrainingError, match="other settings"):
        train_second_look(look, [levels_cohort], finder, longer, real_share=0.5, resume=True)
    start = (finder / f"{name}.checkpoint").rename(finder / "start.checkpoint")
    train_second_look(look, [levels_cohort], finder, longer, real_share=0.5, start=start)
    said = json.loads((finder / MANIFEST).read_text())[name]["trained_on"]
    assert len(said["start"]) == 64
    assert (finder / f"{name}.onnx").read_bytes() != first


@LOOKS
def test_without_a_finder_nothing_is_trained(
    look: SecondLook[Any, Any], tmp_path: Path, levels_cohort: Path
) -> None:
    with pytest.raises(WeightsError, match="missing"):
        train_second_look(look, [levels_cohort], tmp_path, QUICK, real_share=0.5)
    assert list(tmp_path.iterdir()) == []
