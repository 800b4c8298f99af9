"""One simulated patient: the disease, both films, and where it lies in them; and the patient's twins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort.levels import LevelRow
from mvm_core.errors import SimulationError
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Box, View
from mvm_core.simulation.body import Body, bones_around, project_body
from mvm_core.simulation.disease_on_film import DiseaseOnFilm, disease_on_film
from mvm_core.simulation.geometry import STANDARD_BEAM, Beam
from mvm_core.simulation.levels import level_rows
from mvm_core.simulation.other import OTHER
from mvm_core.simulation.pathology import INTACT, Disease
from mvm_core.simulation.patient import EXPOSURE, Patient, draw_patient, with_label
from mvm_core.simulation.radiography import expose, set_up_exposure
from mvm_core.simulation.settings import PatientRequest
from mvm_core.simulation.signs import SIGN_NAMES, signs_on_film, surroundings

TwinName = Literal["intact", "bvf", "mvm"]
_SIZES = {
    0: gettext_noop("occult"),
    1: gettext_noop("small"),
    2: gettext_noop("middling"),
    3: gettext_noop("large"),
}


@dataclass(frozen=True)
class SimulatedFilm:
    """One film of a simulated patient.

    Attributes
    ----------
    pixels : uint16 array, shape (rows, columns)
        0 to 4095, bone bright.
    mm_per_pixel : float
        At the detector.
    box : Box
        Around the vertebra in question, as a reader would draw it, in pixels.
    lesion_mask : bool array
        Where the disease of the vertebra in question changes the film: the foci of a metastasis, the
        collapsed body of a fracture; empty for an intact spine.
    vertebra_mask : bool array
        Where the vertebra in question lies.
    kvp : float
        Tube voltage in kV.
    beam : Beam
        Where the tube stood.
    """

    pixels: NDArray[np.uint16] = field(repr=False)
    mm_per_pixel: float
    box: Box
    lesion_mask: NDArray[np.bool_] = field(repr=False)
    vertebra_mask: NDArray[np.bool_] = field(repr=False)
    kvp: float
    beam: Beam = STANDARD_BEAM


@dataclass(frozen=True)
class SimulatedPatient:
    """A simulated patient with both films.

    Attributes
    ----------
    case_id : str
        Tells site, seed and index, not the disease.
    label : {'mvm', 'bvf', 'intact', 'other'}
    sign : {'sign', 'no-sign', ''}
        For a metastasis: whether any finding of the vertebra in question can be seen on one of the two
        films; empty otherwise.
    signs : str
        Those findings of a fracture or a metastasis, as `signs.SIGN_NAMES`, separated by blanks.
    kind, level, severity, age, sex, site
        As in `PatientRequest` and `Patient`.
    primary : str
        Where a metastasis comes from; else empty.
    genant : int
        Genant grade of the vertebra in question, 0 to 3.
    lesion_mm : float
        Diameter of the circle that is as large as the lesion in the patient, in the view that shows more of
        it; 0 for an intact spine.
    mineral_lost : float
        Share of the mineral of the vertebra in question that foci took away, in [0, 1].
    other_levels : str
        Further diseased levels, separated by blanks.
    films : mapping of View to SimulatedFilm
    levels : tuple of LevelRow
        Every vertebra that a film shows something of.
    description : str
        One sentence for people.
    """

    case_id: str
    site: str
    label: str
    sign: str
    signs: str
    kind: str
    level: str
    primary: str
    severity: int
    age: int
    sex: str
    genant: int
    lesion_mm: float
    mineral_lost: float
    other_levels: str
    films: Mapping[View, SimulatedFilm]
    levels: tuple[LevelRow, ...] = field(repr=False)
    description: str


def simulate_patient(request: PatientRequest) -> SimulatedPatient:
    """Simulate a patient and both films; the same request gives the same pixels.

    Raises
    ------
    SimulationError
        If the request holds an unknown value (raised when the request is made).
    """
    patient = draw_patient(request)
    return _simulate(patient, [patient.disease])[0]


def simulate_twins(request: PatientRequest) -> dict[TwinName, SimulatedPatient]:
    """Simulate the same body and exposure three times: spine intact, with a fracture, with a metastasis.

    Of a patient of the group ``other`` there are none: what it has is part of the body.

    The films differ only where the disease is. The twin of the request's own label is the patient that
    `simulate_patient` gives.
    """
    if request.wanted_label == OTHER:
        raise SimulationError(
            request.case_id, "patients of the group 'other' have no twins", "name another label"
        )
    patient = draw_patient(request)
    diseases = [INTACT, *(with_label(patient, label).disease for label in ("bvf", "mvm"))]
    intact, bvf, mvm = _simulate(patient, diseases)
    return {"intact": intact, "bvf": bvf, "mvm": mvm}


def _simulate(patient: Patient, diseases: Sequence[Disease]) -> list[SimulatedPatient]:
    site = patient.site
    films: list[dict[View, SimulatedFilm]] = [{} for _ in diseases]
    shown: list[dict[View, DiseaseOnFilm]] = [{} for _ in diseases]
    levels: list[list[LevelRow]] = [[] for _ in diseases]
    signs: list[set[str]] = [set() for _ in diseases]
    around = bones_around(patient)
    for view in View:
        geometry = patient.geometry(view)
        body = project_body(patient, geometry, around)
        for place, disease in enumerate(diseases):
            shown[place][view] = disease_on_film(patient, disease, body, geometry)
            levels[place] += level_rows(patient, disease, geometry)
        noise = patient.stream(EXPOSURE, list(View).index(view))
        exposure = set_up_exposure(body.paths, patient.technique, view, site, geometry.mm_per_pixel, noise)
        pixels = expose(
            body.paths,
            [each[view].paths for each in shown],
            exposure,
            patient.technique,
            view,
            site,
            geometry.mm_per_pixel,
        )
        seen_against = surroundings(patient, body, exposure)
        for place, disease in enumerate(diseases):
            signs[place] |= signs_on_film(patient, disease, shown[place][view], seen_against)
        box, kvp = box_around(patient, body), site.tube(view).kvp + patient.technique.kvp_shift
        for place, film in enumerate(pixels):
            on_film = shown[place][view]
            films[place][view] = SimulatedFilm(
                film,
                geometry.mm_per_pixel,
                box,
                on_film.lesion_mask,
                on_film.vertebra_mask,
                kvp,
                geometry.beam,
            )
    return [
        _patient(patient, disease, films[place], shown[place], tuple(levels[place]), signs[place])
        for place, disease in enumerate(diseases)
    ]


def _patient(
    patient: Patient,
    disease: Disease,
    films: Mapping[View, SimulatedFilm],
    shown: Mapping[View, DiseaseOnFilm],
    levels: tuple[LevelRow, ...],
    signs: Collection[str],
) -> SimulatedPatient:
    request, level = patient.request, patient.vertebrae[patient.row].name
    at_level = disease.levels.get(patient.row)
    collapse = at_level.collapse if at_level is not None else None
    if disease.label == OTHER and (change := patient.changes[patient.row]).level is not None:
        collapse = change.level.collapse
    sign = ""
    if disease.label == "mvm":
        sign = "sign" if signs else "no-sign"
    others = sorted(set(disease.levels) - {patient.row})
    return SimulatedPatient(
        case_id=request.case_id,
        site=request.site,
        label=disease.label,
        sign=sign,
        signs=" ".join(name for name in SIGN_NAMES if name in signs),
        kind=disease.kind,
        level=level,
        primary=disease.primary,
        severity=disease.severity,
        age=patient.age,
        sex=patient.sex,
        genant=collapse.genant if collapse is not None else 0,
        lesion_mm=round(max(each.lesion_mm for each in shown.values()), 1),
        mineral_lost=round(max(each.mineral_lost for each in shown.values()), 3),
        other_levels=" ".join(patient.vertebrae[row].name for row in others),
        films=MappingProxyType(dict(films)),
        levels=levels,
        description=_describe(patient, disease, sign),
    )


def box_around(patient: Patient, body: Body) -> Box:
    """The box around the vertebra in question, as a reader would draw it, in pixels."""
    jitter = patient.box_jitter[:2] if body.geometry.view is View.AP else patient.box_jitter[2:]
    across, down = (value / body.geometry.mm_per_pixel for value in jitter)
    left, top, right, bottom = body.vertebral_body
    margin = 3.0 / body.geometry.mm_per_pixel
    rows, columns = body.geometry.shape
    return Box(
        round(max(0.0, left - margin + across), 1),
        round(max(0.0, top - margin + down), 1),
        round(min(float(columns), right + margin + across), 1),
        round(min(float(rows), bottom + margin + down), 1),
    )


def _describe(patient: Patient, disease: Disease, sign: str) -> str:
    level = patient.vertebrae[patient.row].name
    person = (
        gettext("woman of {age}", age=patient.age)
        if patient.sex == "F"
        else gettext("man of {age}", age=patient.age)
    )
    kind = gettext(disease.kind)
    if disease.label == OTHER:
        return gettext(
            "No metastasis, no benign fracture: {kind}, {level} ({findings}); simulated {person}.",
            kind=kind,
            level=level,
            findings=", ".join(map(gettext, patient.changes[patient.row].findings)),
            person=person,
        )
    if not disease.levels:
        return gettext(
            "Intact spine, film centred on {level}; simulated {person}.", level=level, person=person
        )
    collapse = disease.levels[patient.row].collapse
    others = [patient.vertebrae[row].name for row in sorted(disease.levels) if row != patient.row]
    also = gettext(", further levels {others}", others=", ".join(others)) if others else ""
    if disease.label == "bvf":
        return gettext(
            "Benign fracture of {level} ({kind}, Genant grade {grade}, {share:.0%} of the height "
            "lost{also}); simulated {person}.",
            level=level,
            kind=kind,
            grade=disease.severity,
            share=collapse.share if collapse is not None else 0.0,
            also=also,
            person=person,
        )
    about = {
        "level": level,
        "kind": kind,
        "size": gettext(_SIZES[disease.severity]),
        "places": disease.places,
        "sign": gettext("radiographic sign") if sign == "sign" else gettext("no radiographic sign"),
        "also": also,
        "person": person,
    }
    if collapse is not None:
        return gettext(
            "Metastasis of {level} ({kind}, {size}, {places}; {sign}{also}) with pathological fracture; "
            "simulated {person}.",
            **about,
        )
    return gettext(
        "Metastasis of {level} ({kind}, {size}, {places}; {sign}{also}) without pathological fracture; "
        "simulated {person}.",
        **about,
    )
