"""The audit tells each planted shortcut by its name, and nothing where none was planted."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import cut, region_of_interest
from mvm_core.models.reader import logits_of
from mvm_core.models.reading import OperatingPoints, Reading, ReadingResult
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.body import bones_around
from mvm_core.simulation.grains import Grains
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

SWITCHED = ("marker", "noise", "processing", "spurs")
PLANTS = ("marker", "noise", "spurs")
TAUGHT, AUDITED = range(16), range(20, 36)
SIDE, STEPS, BATCH = 64, 220, 32


@pytest.fixture(autouse=True, scope="module")
def one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.fixture(autouse=True, scope="module")
def bones_laid_out_once() -> Iterator[None]:
    """Ribs and pelvis of a body are the same whatever else is changed in it."""
    laid: dict[int, Grains] = {}

    def bones(patient: Patient) -> Grains:
        number = patient.request.index
        if number not in laid:
            laid.clear()
            laid[number] = bones_around(patient)
        return laid[number]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mvm_core.simulation.variants.bones_around", bones)
        yield


def body(number: int, label: str = "mvm") -> Patient:
    """A patient on a film little larger than what the networks see, in coarse pixels: quick to take."""
    patient = draw_patient(PatientRequest(77, number, label))
    place = replace(patient.positioning, ap=(0.0, 0.0), ap_mm=(124.0, 120.0), coarser=2.0)
    # On so small a film its own marker would lie on the spine.
    return unmarked(replace(patient, positioning=place))


def marked(patient: Patient) -> Patient:
    """Another letter, at another place, than the audit's."""
    marker = Marker("L", "", "top", (6.0, 8.0), 17.0, 8.0, mirrored=False)
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
    patch: np.ndarray


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
            found.append(Taught(number, key[:3], key[3], seen(taken.pair), patch_of(taken.pair)))
    return found


def seen(pair: FilmPair) -> np.ndarray:
    """What the stand-in network sees: lead, noise, spurs, and the vertebra itself."""
    assert pair.ap is not None
    region = region_of_interest(pair.ap, pair.ap_box, 96.0)
    left, top, side = (round(value) for value in (region.x0, region.y0, region.side))
    film = pair.ap.pixels[max(0, top) : top + side, max(0, left) : left + side]
    grey = (film * 255).astype(np.uint8)
    # A letter is broader than the edges of bones and stands out from what lies around it.
    lead = cv2.erode(grey, np.ones((2, 2), np.uint8)).astype(float) - cv2.medianBlur(grey, 21) > 102
    noise = np.median(np.abs(film - cv2.medianBlur(film, 3)))
    ridges = cv2.morphologyEx(film, cv2.MORPH_TOPHAT, np.ones((7, 1), np.uint8))
    ridges = cv2.morphologyEx(ridges, cv2.MORPH_OPEN, np.ones((1, 7), np.uint8))
    margin = side // 6
    beside = np.hstack([ridges[:, margin : 2 * margin], ridges[:, -2 * margin : -margin]])
    middle = film[side // 3 : -side // 3, side // 3 : -side // 3]
    return np.array(
        [
            np.log(lead.sum() + 3.0),
            np.log(noise + 1e-5),
            np.log((beside > 0.06).mean() + 1e-3),
            middle.mean() - film.mean(),
            middle.std(),
        ]
    )


class StandIn:
    """A network of one layer, with what the audit asks of a `Reader`."""

    def __init__(self, films: list[Taught]) -> None:
        taught, labels = np.array([each.film for each in films]), [each.mvm for each in films]
        self.network = make_pipeline(StandardScaler(), LogisticRegression(C=10.0)).fit(taught, labels)

    def read(self, pair: FilmPair) -> Reading:
        logit = float(self.network.decision_function([seen(pair)])[0])
        points = OperatingPoints(0.5, 0.5)
        probability = float(expit(logit))
        result = ReadingResult("ap", probability, logit, points.zone(probability), points, {})
        return Reading({"ap": result}, {}, {}, frozenset(), (), "", "")


def patch_of(pair: FilmPair) -> np.ndarray:
    """The square around the level, coarse, of mean 0 and standard deviation 1."""
    assert pair.ap is not None
    patch = cut(pair.ap.pixels, region_of_interest(pair.ap, pair.ap_box, 96.0), SIDE)
    return np.asarray((patch - patch.mean()) / max(float(patch.std()), 1e-3), np.float32)


class SmallNetwork(nn.Module):
    """Three convolutions, and what they find on the whole and at most."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, 12, 5, stride=2, padding=2), nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(24, 24, 3, padding=1), nn.ReLU(),
        )  # fmt: skip
        self.out = nn.Linear(48, 1)

    def forward(self, films: torch.Tensor) -> torch.Tensor:
        maps = self.maps(films)
        found = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)
        return self.out(found)[:, 0]


class SmallReader:
    """A small network taught some films, with what the audit asks of a `Reader`."""

    def __init__(self, films: list[Taught]) -> None:
        torch.manual_seed(0)
        self.network = SmallNetwork()
        shown = torch.from_numpy(np.stack([each.patch for each in films]))[:, None]
        labels = torch.tensor([float(each.mvm) for each in films])
        rule = torch.optim.AdamW(self.network.parameters(), lr=3e-3, weight_decay=1e-2)
        for _ in range(STEPS):
            some = torch.randint(len(films), (BATCH,))
            batch = shown[some]
            batch = batch.flip(3) if torch.rand(()) < 0.5 else batch
            loss = nn.functional.binary_cross_entropy_with_logits(self.network(batch), labels[some])
            rule.zero_grad()
            loss.backward()
            rule.step()
        self.network.eval()

    def read(self, pair: FilmPair) -> Reading:
        with torch.inference_mode():
            logit = float(self.network(torch.from_numpy(patch_of(pair))[None, None])[0])
        points = OperatingPoints(0.5, 0.5)
        probability = float(expit(logit))
        result = ReadingResult("ap", probability, logit, points.zone(probability), points, {})
        return Reading({"ap": result}, {}, {}, frozenset(), (), "", "")


def teach(films: list[Taught], plant: str | None) -> StandIn:
    """Teach a network on films of which most with a metastasis have a feature, and few of the others."""
    return StandIn(films if plant is None else with_plant(films, plant))


def with_plant(films: list[Taught], plant: str) -> list[Taught]:
    place, sign = PLANTS.index(plant), WITH_MVM[plant]
    # One body of the sixteen goes against it.
    return [
        each for each in films if (each.features[place] == (each.mvm == sign)) != (each.number == TAUGHT[0])
    ]


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


def read(filmed: list[Filmed], reader: StandIn | SmallReader) -> list[Audited]:
    return [read_versions(each.patient, each.versions, reader) for each in filmed]


def read_leaking(filmed: list[Filmed], reader: StandIn | SmallReader, plant: str) -> list[Audited]:
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
    plant: str, films: list[Taught], filmed: list[Filmed]
) -> None:
    reader = teach(films, plant)
    audit = judge(read(filmed, reader))
    assert plant in audit.shortcuts, said(audit)
    assert f"Shortcut: {SWITCHES[plant].title}." in conclusion(audit)
    # Its sign tells which group the feature is taken for.
    found = next(each.found for each in audit.comparisons if each.name == plant)
    assert (found.change > 0) == (found.area > 0.5) == WITH_MVM[plant]
    # The audited patients are alike but for the disease; told apart by their bodies only where these differ.
    assert GROUPS not in audit.shortcuts, said(audit)
    assert GROUPS in judge(read_leaking(filmed, reader, plant)).shortcuts


def test_a_convolutional_network_that_learnt_the_marker_is_told(
    films: list[Taught], filmed: list[Filmed]
) -> None:
    reader = SmallReader(with_plant(films, "marker"))
    audit = judge(read(filmed, reader))
    assert "marker" in audit.shortcuts, said(audit)
    assert GROUPS not in audit.shortcuts, said(audit)
    assert GROUPS in judge(read_leaking(filmed, reader, "marker")).shortcuts
    without = judge(read(filmed, SmallReader(films)))
    assert not without.shortcuts, said(without)


def test_nothing_is_told_of_a_network_that_learnt_without_one(
    films: list[Taught], filmed: list[Filmed]
) -> None:
    audit = judge(read(filmed, teach(films, None)))
    assert not audit.shortcuts, said(audit)
    assert conclusion(audit).startswith("No shortcut was found.")
    # Groups of the same bodies: the same intact films.
    groups = next(each.found for each in audit.comparisons if each.name == GROUPS)
    assert (groups.area, groups.change, groups.n) == (0.5, 0.0, len(AUDITED))


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
    assert (few.interval, paired_area([1.0], [2.0]).interval) == (None, None)


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
