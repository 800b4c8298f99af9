"""The audit tells each planted shortcut by its name, and nothing where none was planted."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from mvm_core.cohort import Cohort
from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import Preprocessing, cut, network_input, region_of_interest
from mvm_core.models import Reader
from mvm_core.models.reader import logits_of
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.pathology import INTACT
from mvm_core.simulation.patient import Patient, draw_patient, with_label
from mvm_core.simulation.technique import Frame, Marker
from mvm_core.simulation.variants import film_variants
from mvm_core.simulation.vertebra import Spur
from mvm_core.study.audit import GROUPS, Audit, Audited, judge, read_versions
from mvm_core.study.audit_films import WITHOUT, audited_films
from mvm_core.study.audit_report import conclusion
from mvm_core.study.matching import Person, matched_pairs
from mvm_core.study.pairs import LEAST_PAIRS, LIMIT, paired_area
from mvm_core.study.switches import SWITCHES
from mvm_core.training.release import export_network, untuned, write_weights

SWITCHED = ("marker", "noise", "processing", "spurs")
PLANTS = ("marker", "noise", "spurs")
SIZE = Preprocessing(size_px=80)
TAUGHT, AUDITED = range(10), range(20, 20 + LEAST_PAIRS)


@pytest.fixture(autouse=True, scope="module")
def one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


def body(number: int, label: str = "mvm") -> Patient:
    """A patient on a film little larger than what the networks see, in coarse pixels: quick to take."""
    patient = draw_patient(PatientRequest(77, number, label))
    place = replace(patient.positioning, ap=(0.0, 0.0), ap_mm=(124.0, 120.0), coarser=2.0)
    return replace(patient, positioning=place)


def marked(patient: Patient) -> Patient:
    """Another letter, at another place, than the audit's."""
    marker = Marker("L", "", "bottom", (14.0, 16.0), 12.0, 8.0, mirrored=False)
    return replace(
        patient, technique=replace(patient.technique, ap=replace(unframed(patient), marker=marker))
    )


def unmarked(patient: Patient) -> Patient:
    return replace(patient, technique=replace(patient.technique, ap=unframed(patient)))


def unframed(patient: Patient) -> Frame:
    return replace(patient.technique.ap, marker=None, margins_mm=(0.0, 0.0, 0.0, 0.0))


def grainy(patient: Patient) -> Patient:
    return replace(patient, technique=replace(patient.technique, dose=0.05))


def clean(patient: Patient) -> Patient:
    return replace(patient, technique=replace(patient.technique, dose=2.0))


def spurred(patient: Patient) -> Patient:
    """Spurs of other size and direction than the audit's."""
    draw = patient.stream(99)
    vertebrae = list(patient.vertebrae)
    for row in range(patient.row - 1, patient.row + 2):
        spurs = (Spur(draw.uniform(-0.4, 3.5), bool(n % 2), draw.uniform(4, 7)) for n in range(8))
        vertebrae[row] = replace(vertebrae[row], spurs=tuple(spurs))
    return replace(patient, vertebrae=tuple(vertebrae))


def spurless(patient: Patient) -> Patient:
    bare = tuple(
        replace(each, spurs=()) if abs(row - patient.row) < 2 else each
        for row, each in enumerate(patient.vertebrae)
    )
    return replace(patient, vertebrae=bare)


STATES = {"marker": (unmarked, marked), "noise": (clean, grainy), "spurs": (spurless, spurred)}
# Of the group with metastases: spurs are planted in the other one.
WITH_MVM = {"marker": True, "noise": True, "spurs": False}


@dataclass(frozen=True)
class Taught:
    """One film to learn from: whether it has each feature of `PLANTS`, and a metastasis."""

    number: int
    features: tuple[bool, ...]
    mvm: bool
    film: np.ndarray


@pytest.fixture(scope="module")
def films() -> list[Taught]:
    """Each body with each disease and every combination of features, as the networks see it."""
    found = []
    for number in TAUGHT:
        patient = body(number)
        sick = {mvm: with_label(patient, "mvm" if mvm else "bvf").disease for mvm in (False, True)}
        bones = {there: STATES["spurs"][there](patient).vertebrae for there in (False, True)}
        keys = list(itertools.product((False, True), repeat=4))
        variants = [
            STATES["noise"][noise](
                STATES["marker"][mark](replace(patient, vertebrae=bones[spurs], disease=sick[mvm]))
            )
            for mark, noise, spurs, mvm in keys
        ]
        for key, taken in zip(keys, film_variants(patient, variants, (View.AP,)), strict=True):
            found.append(Taught(number, key[:3], key[3], seen(taken.pair)))
    return found


class Tiny(nn.Module):
    """Four convolutions with a class activation map: learns in seconds."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after, kernel in ((1, 12, 3), (12, 24, 3), (24, 32, 3), (32, 32, 3)):
            layers += [nn.Conv2d(before, after, kernel, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(32, 1)

    def forward(self, film: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        evidence = nn.functional.conv2d(self.body(film), self.head.weight[:, :, None, None])[:, 0]
        return evidence.mean(dim=(1, 2)) + self.head.bias, evidence


def seen(pair: FilmPair) -> np.ndarray:
    assert pair.ap is not None
    region = region_of_interest(pair.ap, pair.ap_box, SIZE.region_mm)
    return network_input(cut(pair.ap.pixels, region, SIZE.size_px), SIZE)


def teach(films: list[Taught], plant: str | None, folder: Path) -> Reader:
    """Teach a network on films of which most with a metastasis have a feature, and few of the others."""
    if plant is not None:
        place, sign = PLANTS.index(plant), WITH_MVM[plant]
        films = [
            each
            for each in films
            # One body of the ten goes against it.
            if (each.features[place] == (each.mvm == sign)) != (each.number == TAUGHT[0])
        ]
    torch.manual_seed(4)
    network, draw = Tiny(), np.random.default_rng(4)
    optimiser = torch.optim.AdamW(network.parameters(), 6e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=110)
    for _ in range(110):
        chosen = draw.choice(len(films), 32)
        shifted = [np.roll(films[i].film, draw.integers(-4, 5, 2), (0, 1)) for i in chosen]
        batch = torch.from_numpy(np.stack(shifted)[:, None])
        wanted = torch.tensor([float(films[i].mvm) for i in chosen])
        loss = nn.functional.binary_cross_entropy_with_logits(network(batch)[0], wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    exported = export_network("ap", network.eval(), SIZE)  # type: ignore[arg-type]
    cohort = Cohort(Path("taught"), (), "0" * 64, simulated=True)
    write_weights(folder, [exported], untuned(("ap",)), cohort=cohort, training={})
    return Reader(load_weights(folder))


@dataclass(frozen=True)
class Filmed:
    """A body in every version of the audit, and intact with and without each feature of `PLANTS`."""

    patient: Patient
    versions: Mapping[str, FilmPair]
    planted: Mapping[tuple[str, bool], FilmPair]


@pytest.fixture(scope="module")
def filmed() -> list[Filmed]:
    found = []
    for number in AUDITED:
        intact = replace(body(number), disease=INTACT)
        keys = list(itertools.product(PLANTS, (False, True)))
        taken = film_variants(intact, [STATES[name][there](intact) for name, there in keys], (View.AP,))
        planted = {key: each.pair for key, each in zip(keys, taken, strict=True)}
        for label in ("bvf", "mvm"):
            patient = body(number, label)
            found.append(Filmed(patient, dict(audited_films(patient, SWITCHED, (View.AP,))), planted))
    return found


def read(filmed: list[Filmed], reader: Reader) -> list[Audited]:
    return [read_versions(each.patient, each.versions, reader) for each in filmed]


def read_leaking(filmed: list[Filmed], reader: Reader, plant: str) -> list[Audited]:
    """As a simulator would give them that has the feature in one group alone."""
    found = []
    for each, again in zip(filmed, read(filmed, reader), strict=True):
        intact = reader.read(each.planted[plant, again.positive == WITH_MVM[plant]])
        found.append(replace(again, scores={**again.scores, WITHOUT: logits_of(intact)}))
    return found


def said(audit: Audit) -> dict[str, str]:
    return {each.name: f"{each.found.area:.2f} {each.found.verdict}" for each in audit.comparisons}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_shortcut_is_told_by_its_name(
    plant: str, films: list[Taught], filmed: list[Filmed], tmp_path: Path
) -> None:
    reader = teach(films, plant, tmp_path)
    audit = judge(read(filmed, reader))
    assert plant in audit.shortcuts, said(audit)
    assert f"Shortcut: {SWITCHES[plant].title}." in conclusion(audit)
    # Its sign tells which group the feature is taken for.
    found = next(each.found for each in audit.comparisons if each.name == plant)
    assert (found.change > 0) == (found.area > 0.5) == WITH_MVM[plant]
    # The audited patients are alike but for the disease; told apart by their bodies only where these differ.
    assert GROUPS not in audit.shortcuts, said(audit)
    assert GROUPS in judge(read_leaking(filmed, reader, plant)).shortcuts


def test_nothing_is_told_of_a_network_that_learnt_without_one(
    films: list[Taught], filmed: list[Filmed], tmp_path: Path
) -> None:
    audit = judge(read(filmed, teach(films, None, tmp_path)))
    assert not audit.shortcuts, said(audit)
    assert conclusion(audit).startswith("No shortcut was found.")
    # Groups of the same bodies: the same intact films.
    groups = next(each.found for each in audit.comparisons if each.name == GROUPS)
    assert (groups.area, groups.change, groups.n) == (0.5, 0.0, LEAST_PAIRS)


def test_the_rule_seldom_speaks_where_the_area_is_at_its_limit_and_often_where_it_is_far_above() -> None:
    draw, rounds = np.random.default_rng(5), 400
    flagged = {}
    for area, shift in ((LIMIT, 0.3583), (0.9, 1.8124)):
        told = 0
        for _ in range(rounds):
            patient = draw.normal(0, 1, 20)
            # A part of the scatter is the patient's own, as in films of the same body.
            first = np.sqrt(0.7) * patient + np.sqrt(0.3) * draw.normal(0, 1, 20)
            second = shift + np.sqrt(0.7) * patient + np.sqrt(0.3) * draw.normal(0, 1, 20)
            told += paired_area(first, second, confidence=0.95).verdict == "shortcut"
        flagged[area] = told / rounds
    assert flagged[LIMIT] < 0.05
    assert flagged[0.9] > 0.9


def test_too_few_pairs_say_nothing() -> None:
    few = paired_area(np.zeros(LEAST_PAIRS - 1), np.ones(LEAST_PAIRS - 1))
    enough = paired_area(np.zeros(LEAST_PAIRS), np.ones(LEAST_PAIRS))
    assert (few.verdict, enough.verdict) == ("open", "shortcut")
    assert paired_area([1.0], [2.0]).interval is None


def test_patients_are_matched_for_all_that_is_known_of_them() -> None:
    def person(age: float, level: float, group: str = "F a standard") -> Person:
        return Person(group, age, level, (0.0, 0.0, 0.0))

    bvf = [person(70, -6), person(60, -6), person(65, -4, "M a standard"), person(50, -6)]
    mvm = [person(61, -6), person(69, -5), person(66, -4), person(80, -6)]
    assert matched_pairs(bvf, mvm) == [(0, 1), (1, 0)]
    assert matched_pairs(bvf, []) == []


def test_patients_of_one_group_are_refused() -> None:
    one = Audited(True, Person("", 60, 0, (0, 0, 0)), {"as simulated": {"ap": 0.0}})
    with pytest.raises(TrainingError, match="one class only"):
        judge([one, one])
