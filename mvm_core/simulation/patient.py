"""A patient, drawn from a seed: body, spine, positioning, and the disease from a stream of its own.

Body and exposure are drawn before and apart from the disease, so that nothing but the disease tells the
groups apart, and the same body can be had with another disease or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.anatomy.library import Anatomy, open_anatomy
from mvm_core.simulation.anatomy.vertebra import on_bone
from mvm_core.simulation.anywhere import (
    NOWHERE,
    TRUE_ATTENUATION,
    Attenuation,
    draw_anywhere,
    draw_attenuation,
    draw_wide_technique,
)
from mvm_core.simulation.case_mix import CASE_MIXES
from mvm_core.simulation.drawn_disease import draw_disease
from mvm_core.simulation.formats import FORMATS, Positioning, draw_positioning
from mvm_core.simulation.geometry import Geometry, film_geometry
from mvm_core.simulation.habitus import USUAL_BUILD, Arms, Build, Habitus, draw_habitus
from mvm_core.simulation.morphometry import ALL_NAMES, NAMES
from mvm_core.simulation.other import OTHER, Change, draw_others, kind_and_level
from mvm_core.simulation.pathology import Disease
from mvm_core.simulation.radiography import Technique, draw_technique
from mvm_core.simulation.scoliosis import Curve, draw_curves
from mvm_core.simulation.settings import PatientRequest
from mvm_core.simulation.sites import SITES, Site
from mvm_core.simulation.spine import draw_spine
from mvm_core.simulation.stance import USUAL_STANCE, Stance, draw_stance
from mvm_core.simulation.vertebra import Vertebra

_BODY, _DISEASE, _TECHNIQUE, _LABEL, _FORMAT, _ANYWHERE, _OTHER, _BONES = 1, 2, 3, 4, 8, 9, 10, 11
TEXTURE, SURROUNDINGS, EXPOSURE, SACRUM = 5, 6, 7, 12
# By whether the film is a tall one.
_CURVED = {True: 0.6, False: 0.25}
_CHILDREN, _YOUNG = {True: 0.3, False: 0.03}, {True: 0.5, False: 0.2}
_SCHOOL_AGE, _GROWN_UP = 0.75, 13
_ALL_BUILDS = Build(spread=0.17, least=0.7, most=1.5)


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
        T4 to S1, or C3 to S1 in the formats that show them, without disease; where S1 is a sixth lumbar
        vertebra, S2 follows.
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
    site : Site
        Where the films are taken.
    curves : tuple of Curve
        Idiopathic scoliosis; of the standard format nobody has it.
    attenuation : Attenuation
    anatomy : Anatomy or None
        The surfaces that the bones are built from, of the sites that bring some.
    stance : Stance
    changes : mapping of int to Change
        What vertebrae have of the group ``other``, by index; the shapes in `vertebrae` are changed already.
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
    site: Site
    curves: tuple[Curve, ...] = ()
    attenuation: Attenuation = TRUE_ATTENUATION
    anatomy: Anatomy | None = field(default=None, repr=False, compare=False)
    stance: Stance = USUAL_STANCE
    changes: Mapping[int, Change] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def sacrum(self) -> Vertebra:
        """The first sacral vertebra: S1, or S2 where S1 is a sixth lumbar one."""
        return self.vertebrae[-1]

    @property
    def density_around(self) -> float:
        """Mineral of the bones around the spine, ribs and pelvis, against what is usual."""
        return self.habitus.rib_density * (1 - 0.35 * self.osteopenia)

    def vertebra(self, name: str) -> Vertebra:
        """The vertebra of a level."""
        return next(vertebra for vertebra in self.vertebrae if vertebra.name == name)

    def ribless(self, row: int) -> bool:
        """Whether a thoracic vertebra bears no ribs."""
        return row in self.changes and self.changes[row].ribless

    @property
    def tall(self) -> bool:
        """Whether the spine is drawn up to the neck, with all that belongs to it."""
        return FORMATS[self.request.format].upper

    @property
    def hips(self) -> bool:
        """Whether hips and thighs are drawn."""
        return self.request.format != "standard"

    def geometry(self, view: View) -> Geometry:
        """The cone beam of one view's film."""
        positioning = self.positioning
        return film_geometry(
            view,
            self.site.mm_per_pixel * positioning.coarser,
            positioning.offset(view),
            positioning.film_mm(view),
            positioning.beam,
        )

    def stream(self, kind: int, *more: int) -> np.random.Generator:
        """A random stream that depends on the patient and nothing else."""
        return _stream(self.request, kind, *more)


def draw_patient(request: PatientRequest) -> Patient:
    """Draw a patient; the same request gives the same patient.

    Two requests that differ in label, kind or severity alone give the same body, positioning and
    exposure with different disease.
    """
    site, attenuation = SITES[request.site], TRUE_ATTENUATION
    if request.site in NOWHERE:
        anywhere = _stream(request, _ANYWHERE)
        site, attenuation = draw_anywhere(site, anywhere), draw_attenuation(request.site, anywhere)
    draw = _stream(request, _BODY)
    sex = "F" if draw.random() < site.female_share else "M"
    age = int(np.clip(draw.normal(site.age_mean, site.age_spread), 40, 95))
    wanted = FORMATS[request.format]
    own = _stream(request, _FORMAT)
    growth, build, stance = 1.0, USUAL_BUILD, USUAL_STANCE
    curves: tuple[Curve, ...] = ()
    if wanted.code:
        age, growth = _draw_age(age, wanted.upper, own)
        curves = draw_curves(_CURVED[wanted.upper], own)
        build = replace(_ALL_BUILDS, growth=growth)
        stance = draw_stance(request.format, own)
    shares = CASE_MIXES[request.site].level_shares(wanted.levels, wanted.shares)
    level = str(draw.choice(wanted.levels, p=shares))
    label = "mvm" if _stream(request, _LABEL).random() < site.prevalence else "bvf"
    label = request.wanted_label or label
    level, kind, asked = request.level or level, None, _stream(request, _OTHER)
    if label == OTHER:
        kind, level = kind_and_level(request.kind, request.level, wanted.levels, asked)
    osteopenia = (
        draw.normal(0.45 + (age - 69) * 0.01 + (0.1 if sex == "F" else 0.0), 0.18) + site.osteopenia_shift
    )
    wear = float(np.clip(draw.normal(0.4 + (age - 69) * 0.012, 0.2), 0, 1))
    scoliosis = bool(draw.random() < 0.05 + 0.15 * wear)
    names = ALL_NAMES if wanted.upper else NAMES
    vertebrae = draw_spine(
        sex,
        wear,
        scoliosis,
        level,
        draw,
        names=names,
        curves=curves,
        growth=growth,
        standing=wanted.upper,
        stance=stance,
    )
    anatomy = None
    if request.anatomy is not None:
        anatomy = open_anatomy(Path(request.anatomy))
        vertebrae = _on_bones(vertebrae, anatomy, _stream(request, _BONES))
    row = names.index(level)
    habitus = draw_habitus(sex, age, level, site.implant_share, draw, build=build)
    habitus = _held(habitus, stance, age)
    if wanted.upper:
        habitus = replace(habitus, arms=Arms(own.uniform(5, 60), own.uniform(0.75, 1.25)))
    others = draw_others(
        vertebrae,
        row,
        kind,
        age=age,
        sex=sex,
        screwed=habitus.screws,
        asked=asked,
        chance=_stream(request, _OTHER, 1),
    )
    vertebrae, habitus = others.vertebrae, replace(habitus, screws=others.screws)
    centres = {vertebra.name: vertebra.centre for vertebra in vertebrae}
    positioning = draw_positioning(request.format, centres, level, own if wanted.code else draw)
    jitter = tuple(float(value) for value in draw.normal(0, 2.5, 4))
    draw_films = draw_wide_technique if request.site in NOWHERE else draw_technique
    technique = draw_films(site, _stream(request, _TECHNIQUE))
    if wanted.code:
        technique = technique.captioned(stance.caption)
    if kind is not None:
        disease = Disease(OTHER, kind, 0, "", MappingProxyType({}))
    else:
        disease = draw_disease(request, label, vertebrae, row, _stream(request, _DISEASE), sex)
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
        technique=technique,
        box_jitter=jitter,
        site=site,
        curves=curves,
        attenuation=attenuation,
        anatomy=anatomy,
        stance=stance,
        changes=others.changes,
    )


def _on_bones(
    vertebrae: tuple[Vertebra, ...], anatomy: Anatomy, draw: np.random.Generator
) -> tuple[Vertebra, ...]:
    """The same spine with the shapes of an anatomy, of one of its people throughout."""
    person = int(draw.integers(1 << 16))
    found = []
    for vertebra in vertebrae:
        shapes = anatomy.bones.get(vertebra.name)
        found.append(vertebra if shapes is None else on_bone(vertebra, shapes[person % len(shapes)]))
    return tuple(found)


def _draw_age(age: int, tall: bool, draw: np.random.Generator) -> tuple[int, float]:
    """Age and size against an adult's: of those filmed tall many are children or young."""
    kind = draw.random()
    if kind < _CHILDREN[tall]:
        age = int(draw.integers(10, 18) if draw.random() < _SCHOOL_AGE else draw.integers(5, 10))
        return age, 1.0 - 0.025 * (17 - age)
    return (int(draw.integers(18, 60)) if kind < _YOUNG[tall] else age), 1.0


def _held(habitus: Habitus, stance: Stance, age: int) -> Habitus:
    """A trunk as the posture shapes it, and as it is at an age."""
    if age < _GROWN_UP:
        habitus = replace(habitus, breast=0.0, calcified_aorta=False, calcified_cartilage=False)
    if stance.posture != "lying":
        return habitus
    # The belly spreads and the diaphragm rises.
    return replace(
        habitus,
        half_width=1.04 * habitus.half_width,
        half_depth=0.94 * habitus.half_depth,
        dome=habitus.dome + 14,
    )


def with_label(patient: Patient, label: str) -> Patient:
    """The same body, positioning and exposure with the disease that the label's stream gives."""
    if patient.disease.label == label:
        return patient
    draw = _stream(patient.request, _DISEASE)
    disease = draw_disease(patient.request, label, patient.vertebrae, patient.row, draw, patient.sex)
    return replace(patient, disease=disease)


def _stream(request: PatientRequest, kind: int, *more: int) -> np.random.Generator:
    return np.random.default_rng([request.seed, request.index, kind, *more])
