"""A patient, drawn from a seed: body, spine, positioning, and the disease from a stream of its own.

Body and exposure are drawn before and apart from the disease, so that nothing but the disease tells the
groups apart, and the same body can be had with another disease or none.
"""

from dataclasses import dataclass, replace

import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.habitus import Habitus, draw_habitus
from mvm_core.simulation.morphometry import NAMES
from mvm_core.simulation.pathology import Disease, draw_disease
from mvm_core.simulation.radiography import Technique, draw_technique
from mvm_core.simulation.settings import LEVELS, PatientRequest
from mvm_core.simulation.sites import SITES
from mvm_core.simulation.spine import draw_spine
from mvm_core.simulation.vertebra import Vertebra

_BODY, _DISEASE, _TECHNIQUE, _LABEL = 1, 2, 3, 4
TEXTURE, SURROUNDINGS, EXPOSURE = 5, 6, 7
_TOWARDS_JUNCTION = 0.6
_LEVEL_SHARES = (0.08, 0.12, 0.19, 0.22, 0.15, 0.11, 0.08, 0.05)


@dataclass(frozen=True)
class Positioning:
    """Where the vertebra in question lies off the middle of a film, in mm, across and down."""

    ap: tuple[float, float]
    lateral: tuple[float, float]

    def offset(self, view: View) -> tuple[float, float]:
        """The offset of one view's film."""
        return self.ap if view is View.AP else self.lateral


@dataclass(frozen=True)
class Patient:
    """Everything about a simulated patient that a film depends on.

    Attributes
    ----------
    request : PatientRequest
    age : int
        In years.
    sex : {'F', 'M'}
    osteopenia : float
        Loss of mineral with age, in [0, 1].
    wear : float
        Degenerative change, in [0, 1].
    vertebrae : tuple of Vertebra
        T4 to S1, without disease.
    row : int
        Index of the vertebra in question.
    disease : Disease
    habitus : Habitus
        Trunk, organs and what else lies in the beam.
    positioning : Positioning
    technique : Technique
        How the films are taken and processed.
    box_jitter : tuple of float
        How far the box around the vertebra is off, in mm, for each view (x, y, x, y).
    """

    request: PatientRequest
    age: int
    sex: str
    osteopenia: float
    wear: float
    vertebrae: tuple[Vertebra, ...]
    row: int
    disease: Disease
    habitus: Habitus
    positioning: Positioning
    technique: Technique
    box_jitter: tuple[float, ...]

    def vertebra(self, name: str) -> Vertebra:
        """The vertebra of a level."""
        return self.vertebrae[NAMES.index(name)]

    def stream(self, kind: int, *more: int) -> np.random.Generator:
        """A random stream that depends on the patient and nothing else."""
        return _stream(self.request, kind, *more)


def draw_patient(request: PatientRequest) -> Patient:
    """Draw a patient; the same request gives the same patient.

    Two requests that differ in label, kind or severity alone give the same body, positioning and
    exposure with different disease.
    """
    site = SITES[request.site]
    draw = _stream(request, _BODY)
    sex = "F" if draw.random() < site.female_share else "M"
    age = int(np.clip(draw.normal(site.age_mean, site.age_spread), 40, 95))
    level = str(draw.choice(LEVELS, p=_LEVEL_SHARES))
    level = request.level or level
    osteopenia = (
        draw.normal(0.45 + (age - 69) * 0.01 + (0.1 if sex == "F" else 0.0), 0.18) + site.osteopenia_shift
    )
    wear = float(np.clip(draw.normal(0.4 + (age - 69) * 0.012, 0.2), 0, 1))
    scoliosis = bool(draw.random() < 0.05 + 0.15 * wear)
    vertebrae = draw_spine(sex, wear, scoliosis, level, draw)
    row = NAMES.index(level)
    habitus = draw_habitus(sex, age, row, site.implant_share, draw)
    # Films are centred between the thoracolumbar junction and the vertebra in question.
    down = 1.15 * _TOWARDS_JUNCTION * vertebrae[NAMES.index("L1")].centre[2]
    positioning = Positioning(
        ap=(draw.normal(0, 10), down + draw.normal(0, 12)),
        lateral=(draw.normal(8, 10), down + draw.normal(0, 12)),
    )
    jitter = tuple(float(value) for value in draw.normal(0, 2.5, 4))
    label = "mvm" if _stream(request, _LABEL).random() < site.prevalence else "bvf"
    label = request.wanted_label or label
    disease = draw_disease(request, label, vertebrae, row, _stream(request, _DISEASE))
    return Patient(
        request=request,
        age=age,
        sex=sex,
        osteopenia=float(np.clip(osteopenia, 0, 1)),
        wear=wear,
        vertebrae=vertebrae,
        row=row,
        disease=disease,
        habitus=habitus,
        positioning=positioning,
        technique=draw_technique(site, _stream(request, _TECHNIQUE)),
        box_jitter=jitter,
    )


def with_label(patient: Patient, label: str) -> Patient:
    """The same body, positioning and exposure with the disease that the label's stream gives."""
    if patient.disease.label == label:
        return patient
    draw = _stream(patient.request, _DISEASE)
    return replace(
        patient, disease=draw_disease(patient.request, label, patient.vertebrae, patient.row, draw)
    )


def _stream(request: PatientRequest, kind: int, *more: int) -> np.random.Generator:
    return np.random.default_rng([request.seed, request.index, kind, *more])
