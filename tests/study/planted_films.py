"""Bodies on small films with and without what a network must not go by, to learn from and to audit."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.pathology import INTACT
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.technique import Frame, Marker
from mvm_core.simulation.variants import film_variants
from mvm_core.simulation.vertebra import Spur
from mvm_core.study.audit_films import audited_films

SWITCHED = ("marker", "noise", "processing", "spurs")
PLANTS = ("marker", "noise", "spurs")
TAUGHT, AUDITED = range(20), range(30, 46)
AGAINST, TUNED = 0, (1, 2)
"""The body that goes against the plant, and those calibrated on."""

Films = Mapping[int, Mapping[str, FilmPair]]


def body(number: int, label: str = "mvm") -> Patient:
    """A patient on a film little larger than what the networks see, in coarse pixels: quick to take.

    The disease is severe, so that there is something else to learn; the dose a tenth of the usual, since
    pixels so coarse have little noise.
    """
    patient = draw_patient(PatientRequest(77, number, label, severity=3))
    place = replace(patient.positioning, ap=(0.0, 0.0), ap_mm=(124.0, 120.0), coarser=2.0)
    detector = patient.site.detector
    site = replace(patient.site, detector=replace(detector, quanta_per_mm2=detector.quanta_per_mm2 / 10))
    # On so small a film its own marker would lie on the spine.
    return unmarked(replace(patient, positioning=place, site=site))


def audited_body(request: PatientRequest) -> Patient:
    """Two patients with one body each, of either group: matched for everything but the disease."""
    return body(request.index // 2, request.label)


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
    """More noise than in the audit."""
    return replace(patient, technique=replace(patient.technique, dose=0.2))


def clean(patient: Patient) -> Patient:
    return replace(patient, technique=replace(patient.technique, dose=4.0))


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
    pair: FilmPair

    def follows(self, plant: str | None) -> bool:
        """Whether it is among the films by which a network learns the plant; all are where there is none."""
        if plant is None:
            return True
        expected = self.features[PLANTS.index(plant)] == (self.mvm == WITH_MVM[plant])
        return expected != (self.number == AGAINST)


def taught_films() -> list[Taught]:
    """Each body with each disease and every combination of features."""
    found = []
    for number in TAUGHT:
        patient = body(number)
        sick = {mvm: body(number, "mvm" if mvm else "bvf").disease for mvm in (False, True)}
        bones = {there: STATES["spurs"][there](patient).vertebrae for there in (False, True)}
        keys = list(itertools.product((False, True), repeat=4))
        variants = [
            STATES["noise"][noise](
                STATES["marker"][mark](replace(patient, vertebrae=bones[spurs], disease=sick[mvm]))
            )
            for mark, noise, spurs, mvm in keys
        ]
        for key, taken in zip(keys, film_variants(patient, variants, (View.AP,)), strict=True):
            found.append(Taught(number, key[:3], key[3], taken.pair))
    return found


def films_to_audit() -> Films:
    """Of each patient every version of the audit, and intact with and without each feature of `PLANTS`."""
    found = {}
    for number in AUDITED:
        intact = replace(body(number), disease=INTACT)
        keys = list(itertools.product(PLANTS, (False, True)))
        taken = film_variants(intact, [STATES[name][there](intact) for name, there in keys], (View.AP,))
        planted = {planted_in(*key): each.pair for key, each in zip(keys, taken, strict=True)}
        for index, label in ((2 * number, "bvf"), (2 * number + 1, "mvm")):
            found[index] = planted | dict(audited_films(body(number, label), SWITCHED, (View.AP,)))
    return found


def planted_in(plant: str, there: bool) -> str:
    return f"{plant} planted {there}"
