"""A patient, drawn from a seed: body, spine, exposure, and the disease from a stream of its own.

Body and exposure are drawn before and apart from the disease, so that nothing but the disease tells the
groups apart, and the same body can be had with another disease.
"""

from dataclasses import dataclass

import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.anatomy import NAMES, TILT_DEGREES, TYPICAL, Size, Vertebra
from mvm_core.simulation.pathology import Collapse, Disease, draw_disease
from mvm_core.simulation.settings import LEVELS, PatientRequest

BODY, DISEASE, AP_FILM, LATERAL_FILM, TEXTURE = range(1, 6)
_LEVEL_SHARES = (0.08, 0.12, 0.19, 0.22, 0.15, 0.11, 0.08, 0.05)


@dataclass(frozen=True)
class GasBubble:
    """A pocket of bowel gas, in patient coordinates (mm); `stretch` is its width over its height."""

    x: float
    y: float
    z: float
    radius: float
    stretch: float


@dataclass(frozen=True)
class Exposure:
    """How the films of one patient were taken and processed; drawn without regard to the disease.

    Attributes
    ----------
    noise : float
        Quantum noise against the usual.
    blur_mm : float
        Detector blur.
    edge : float
        Strength of edge enhancement.
    gamma : float
        Exponent of the tone curve.
    scatter : float
        Scatter against the site's mean.
    aeration, rib_density : float
        Air in the lungs and mineral of the ribs against the usual.
    offset_ap, offset_lateral : tuple of float
        Where the vertebra in question lies off the film's centre, in mm.
    marker : bool
        Whether a side marker lies on the films.
    """

    noise: float
    blur_mm: float
    edge: float
    gamma: float
    scatter: float
    aeration: float
    rib_density: float
    offset_ap: tuple[float, float]
    offset_lateral: tuple[float, float]
    marker: bool

    def offset(self, view: View) -> tuple[float, float]:
        """The offset of one view's film."""
        return self.offset_ap if view is View.AP else self.offset_lateral


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
    girth : float
        Size of the trunk against the usual.
    vertebrae : tuple of Vertebra
        T6 to S1.
    diseased : int
        Index of the vertebra in question.
    disease : Disease
    second : tuple of (int, Collapse) or None
        Another vertebra with an old fracture; in either group.
    gas : tuple of GasBubble
    calcified_aorta : bool
    exposure : Exposure
    box_jitter : tuple of float
        How far the box around the vertebra is off, in mm, for each view (x, y, x, y).
    """

    request: PatientRequest
    age: int
    sex: str
    osteopenia: float
    girth: float
    vertebrae: tuple[Vertebra, ...]
    diseased: int
    disease: Disease
    second: tuple[int, Collapse] | None
    gas: tuple[GasBubble, ...]
    calcified_aorta: bool
    exposure: Exposure
    box_jitter: tuple[float, ...]

    def vertebra(self, name: str) -> Vertebra:
        """The vertebra of a level."""
        return self.vertebrae[NAMES.index(name)]

    def stream(self, kind: int, *more: int) -> np.random.Generator:
        """A random stream that depends on the patient and nothing else."""
        return np.random.default_rng([self.request.seed, self.request.index, kind, *more])


def draw_patient(request: PatientRequest) -> Patient:
    """Draw a patient; the same request gives the same patient."""
    draw = np.random.default_rng([request.seed, request.index, BODY])
    sex = "F" if draw.random() < 0.6 else "M"
    age = int(np.clip(draw.normal(69, 10), 40, 95))
    level = str(draw.choice(LEVELS, p=_LEVEL_SHARES))
    level = request.level or level
    osteopenia = draw.normal(0.45 + (age - 69) * 0.01 + (0.1 if sex == "F" else 0.0), 0.18)
    girth = float(np.clip(draw.normal(1, 0.13), 0.75, 1.4))
    scale = (0.94 if sex == "F" else 1.05) * draw.normal(1, 0.035)
    vertebrae = _draw_spine(scale, level, draw)
    gas = tuple(
        GasBubble(
            x=draw.normal(0, 70),
            y=draw.normal(60, 30),
            z=draw.uniform(-190, -30),
            radius=draw.uniform(8, 26),
            stretch=draw.uniform(0.6, 1.6),
        )
        for _ in range(int(draw.integers(3, 14)))
    )
    exposure = _draw_exposure(draw)
    jitter = tuple(float(value) for value in draw.normal(0, 2.5, 4))
    calcified = bool(draw.random() < 0.25)
    diseased = NAMES.index(level)
    second = None
    if draw.random() < 0.25:
        other = diseased + int(draw.choice((-2, -1, 1, 2)))
        if other < len(NAMES) - 1:
            second = other, Collapse("wedge", draw.uniform(0.12, 0.4), 0.0, impaction_band=False)
    disease = draw_disease(
        request, vertebrae[diseased], np.random.default_rng([request.seed, request.index, DISEASE])
    )
    return Patient(
        request=request,
        age=age,
        sex=sex,
        osteopenia=float(np.clip(osteopenia, 0, 1)),
        girth=girth,
        vertebrae=vertebrae,
        diseased=diseased,
        disease=disease,
        second=second,
        gas=gas,
        calcified_aorta=calcified,
        exposure=exposure,
        box_jitter=jitter,
    )


def _draw_spine(scale: float, level: str, draw: np.random.Generator) -> tuple[Vertebra, ...]:
    kyphosis = draw.normal(1, 0.25)
    bend, twist = draw.normal(0, 3.0), draw.normal(0, 3.0)
    sizes: list[Size] = []
    tilts: list[float] = []
    rolls: list[float] = []
    centres = [np.zeros(3)]
    for row, name in enumerate(NAMES):
        typical, own = TYPICAL[name], scale * draw.normal(1, 0.025)
        size = Size(
            width=typical.width * own,
            depth=typical.depth * own * draw.normal(1, 0.02),
            height=typical.height * own * draw.normal(1, 0.03),
            disc=max(2.0, typical.disc * draw.normal(0.85, 0.18)),
            pedicle_width=typical.pedicle_width * own * draw.normal(1, 0.06),
            pedicle_height=typical.pedicle_height * own,
        )
        tilt = TILT_DEGREES[name] * kyphosis + draw.normal(0, 1.2)
        roll = bend * np.sin(0.55 * row)
        if row:
            length = sizes[-1].height / 2 + size.height / 2 + sizes[-1].disc
            along, across = np.deg2rad((tilts[-1] + tilt) / 2), np.deg2rad(roll)
            step = length * np.array([np.sin(across), -np.sin(along), -np.cos(along)])
            centres.append(centres[-1] + step)
        sizes.append(size)
        tilts.append(tilt)
        rolls.append(roll)
    origin = centres[NAMES.index(level)]
    return tuple(
        Vertebra(
            name=name,
            size=sizes[row],
            centre=tuple(float(value) for value in centres[row] - origin),  # type: ignore[arg-type]
            tilt=tilts[row],
            yaw=twist + draw.normal(0, 1.5),
            roll=rolls[row],
            waist=draw.uniform(0.05, 0.12),
            transverse_process=draw.uniform(9, 15) if name.startswith("T") else draw.uniform(10, 20),
            spinous_process=draw.uniform(20, 28),
            trabecular=draw.normal(1, 0.06),
        )
        for row, name in enumerate(NAMES)
    )


def _draw_exposure(draw: np.random.Generator) -> Exposure:
    return Exposure(
        noise=draw.uniform(0.5, 1.5),
        blur_mm=draw.uniform(0.35, 0.65),
        edge=draw.uniform(0.3, 1.1),
        gamma=draw.uniform(0.75, 1.2),
        scatter=draw.uniform(0.6, 1.4),
        aeration=draw.uniform(0.6, 1.1),
        rib_density=draw.uniform(0.7, 1.1),
        offset_ap=(draw.normal(0, 14), draw.normal(0, 14)),
        offset_lateral=(draw.normal(0, 14), draw.normal(0, 14)),
        marker=bool(draw.random() < 0.9),
    )
