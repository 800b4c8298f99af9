"""One simulated patient: the disease, both films, and where it lies in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import Box, View
from mvm_core.simulation.patient import AP_FILM, LATERAL_FILM, Patient, draw_patient
from mvm_core.simulation.projection import Geometry, Projection, film_geometry, project
from mvm_core.simulation.radiography import develop, expose
from mvm_core.simulation.settings import SITES, PatientRequest
from mvm_core.simulation.surroundings import other_bone, soft_tissue

SIGN_LOSS = 0.5
SIGN_DIAMETER_MM = 10.0
CORTEX_BREAK_MM3 = 40.0
_SIZES = {1: "small", 2: "middling", 3: "large"}


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
        Where the disease changes the film: the foci of a metastasis, the collapsed body of a fracture.
    vertebra_mask : bool array
        Where the vertebra in question lies.
    """

    pixels: NDArray[np.uint16] = field(repr=False)
    mm_per_pixel: float
    box: Box
    lesion_mask: NDArray[np.bool_] = field(repr=False)
    vertebra_mask: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True)
class SimulatedPatient:
    """A simulated patient with both films.

    Attributes
    ----------
    case_id : str
        Tells seed and index, not the disease.
    label : {'mvm', 'bvf'}
    sign : {'sign', 'no-sign', ''}
        For a metastasis: whether cortex is broken, or at least half of the mineral in the beam is lost over
        1 cm, as computed from the projected bone; empty for a fracture.
    kind, level, severity, age, sex, site
        As in `PatientRequest` and `Patient`.
    films : mapping of View to SimulatedFilm
    description : str
        One sentence for people.
    """

    case_id: str
    site: str
    label: str
    sign: str
    kind: str
    level: str
    severity: int
    age: int
    sex: str
    films: Mapping[View, SimulatedFilm]
    description: str


def simulate_patient(request: PatientRequest) -> SimulatedPatient:
    """Simulate a patient and both films; the same request gives the same pixels.

    Raises
    ------
    SimulationError
        If the request holds an unknown value (raised when the request is made).
    """
    patient = draw_patient(request)
    projections, films = {}, {}
    for view in View:
        geometry = film_geometry(patient, view, SITES[request.site].mm_per_pixel)
        projections[view] = project(patient, geometry)
        films[view] = _film(patient, geometry, projections[view])
    disease = patient.disease
    sign = _sign(projections, SITES[request.site].mm_per_pixel) if disease.label == "mvm" else ""
    return SimulatedPatient(
        case_id=f"{request.site}{request.seed:06d}-{request.index:05d}",
        site=request.site,
        label=disease.label,
        sign=sign,
        kind=disease.kind,
        level=patient.vertebrae[patient.diseased].name,
        severity=disease.severity,
        age=patient.age,
        sex=patient.sex,
        films=MappingProxyType(films),
        description=_describe(patient, sign),
    )


def _film(patient: Patient, geometry: Geometry, projection: Projection) -> SimulatedFilm:
    site = SITES[patient.request.site]
    draw = patient.stream(AP_FILM if geometry.view is View.AP else LATERAL_FILM)
    soft = soft_tissue(patient, geometry, draw)
    bone = projection.bone + other_bone(patient, geometry, draw)
    logarithm = expose(soft, bone, patient, site, geometry.mm_per_pixel, draw)
    pixels = develop(logarithm, patient, geometry, draw)
    vertebra = projection.vertebra > 1.0
    lesion = projection.lost + projection.added > 0.6
    if patient.disease.label == "bvf":
        lesion = vertebra & _body_window(patient, geometry)
    return SimulatedFilm(pixels, geometry.mm_per_pixel, _box(patient, geometry), lesion, vertebra)


def _body_extent(patient: Patient, geometry: Geometry) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the body of the vertebra in question, in pixels."""
    vertebra = patient.vertebrae[patient.diseased]
    size, scale = vertebra.size, geometry.magnification / geometry.mm_per_pixel
    half = (size.width if geometry.view is View.AP else size.depth) / 2 * scale
    tall = (size.height / 2 + 2.0) * scale
    column, row = geometry.centre
    return column - half, row - tall, column + half, row + tall


def _body_window(patient: Patient, geometry: Geometry) -> NDArray[np.bool_]:
    left, top, right, bottom = (round(edge) for edge in _body_extent(patient, geometry))
    window = np.zeros(geometry.shape, bool)
    window[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return window


def _box(patient: Patient, geometry: Geometry) -> Box:
    jitter = patient.box_jitter[:2] if geometry.view is View.AP else patient.box_jitter[2:]
    across, down = (value / geometry.mm_per_pixel for value in jitter)
    left, top, right, bottom = _body_extent(patient, geometry)
    margin = 3.0 / geometry.mm_per_pixel
    rows, columns = geometry.shape
    return Box(
        round(max(0.0, left - margin + across), 1),
        round(max(0.0, top - margin + down), 1),
        round(min(float(columns), right + margin + across), 1),
        round(min(float(rows), bottom + margin + down), 1),
    )


def _sign(projections: Mapping[View, Projection], mm_per_pixel: float) -> str:
    if max(projection.cortex_lost_mm3 for projection in projections.values()) >= CORTEX_BREAK_MM3:
        return "sign"
    across = max(1, round(SIGN_DIAMETER_MM / mm_per_pixel))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    for projection in projections.values():
        share = projection.lost / np.maximum(projection.intact, 1.0)
        if cv2.erode((share >= SIGN_LOSS).astype(np.uint8), disc).any():
            return "sign"
    return "no-sign"


def _describe(patient: Patient, sign: str) -> str:
    disease, vertebra = patient.disease, patient.vertebrae[patient.diseased]
    person = f"{'woman' if patient.sex == 'F' else 'man'} of {patient.age}"
    if disease.label == "bvf":
        share = disease.collapse.share if disease.collapse is not None else 0.0
        return (
            f"Benign fracture of {vertebra.name} ({disease.kind}, Genant grade {disease.severity}, "
            f"{share:.0%} of the height lost); simulated {person}."
        )
    collapse = "with" if disease.collapse is not None else "without"
    return (
        f"Metastasis of {vertebra.name} ({disease.kind}, {_SIZES[disease.severity]}, {disease.places}; "
        f"{'radiographic sign' if sign == 'sign' else 'no radiographic sign'}) {collapse} pathological "
        f"fracture; simulated {person}."
    )
