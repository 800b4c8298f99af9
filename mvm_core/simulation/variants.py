"""The same patient filmed in several ways: one thing changed, all else as it was, the noise too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.simulation.body import Body, bones_around, project_body
from mvm_core.simulation.disease_on_film import DiseaseOnFilm, disease_on_film
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.patient import EXPOSURE, Patient
from mvm_core.simulation.projection import project_vertebra
from mvm_core.simulation.radiography import BITS, Technique, expose, set_up_exposure
from mvm_core.simulation.simulator import box_around
from mvm_core.simulation.tissue import TissuePaths

NEAR = 2
"""Vertebrae above and below the one in question whose bones a variant can change."""


@dataclass(frozen=True)
class VariantFilms:
    """The films of one variant of a patient.

    Attributes
    ----------
    pair : FilmPair
        As the networks take them, with the box around the vertebra in question.
    shown : mapping of View to DiseaseOnFilm
        What the disease changes on each film.
    """

    pair: FilmPair = field(repr=False)
    shown: Mapping[View, DiseaseOnFilm] = field(repr=False)


def film_variants(
    patient: Patient, variants: Sequence[Patient], views: Sequence[View] = tuple(View)
) -> list[VariantFilms]:
    """Film variants of a patient; scatter, exposure control and tone curve are those of the patient.

    Parameters
    ----------
    patient : Patient
        Whose intact body is projected once for all.
    variants : sequence of Patient
        The patient with another disease, technique, osteopenia or other vertebrae. Bones are projected anew
        for the vertebra in question and `NEAR` vertebrae on both sides of it, and stay as they were beyond.
    views : sequence of View
        Which films to take.

    Returns
    -------
    list of VariantFilms
        In the order of the variants.

    Raises
    ------
    ValueError
        If a variant stands otherwise before the beam, or at another site.
    """
    for variant in variants:
        if (variant.site, variant.positioning, variant.row) != (
            patient.site,
            patient.positioning,
            patient.row,
        ):
            raise ValueError("a variant keeps the patient's site and positioning")
    films: list[dict[str, Radiograph]] = [{} for _ in variants]
    shown: list[dict[View, DiseaseOnFilm]] = [{} for _ in variants]
    boxes = {}
    around = bones_around(patient)
    for view in views:
        geometry = patient.geometry(view)
        body = project_body(patient, geometry, around)
        boxes[f"{view.value}_box"] = box_around(patient, body)
        known: dict[tuple[int, int, float], DiseaseOnFilm] = {}
        for place, variant in enumerate(variants):
            inside = id(variant.disease), id(variant.vertebrae), variant.osteopenia
            if inside not in known:
                own = _with_bones_of(variant, patient, body, geometry)
                known[inside] = disease_on_film(variant, variant.disease, own, geometry)
            shown[place][view] = known[inside]
        for technique in _distinct([variant.technique for variant in variants]):
            places = [place for place, variant in enumerate(variants) if variant.technique == technique]
            paths = [shown[place][view].paths for place in places]
            for place, pixels in zip(places, _taken(patient, body, paths, technique), strict=True):
                films[place][view.value] = _as_film(pixels, patient, geometry)
    return [
        VariantFilms(FilmPair(**each, **boxes), on_film)  # type: ignore[arg-type]
        for each, on_film in zip(films, shown, strict=True)
    ]


def _taken(
    patient: Patient, body: Body, paths: Sequence[TissuePaths], technique: Technique
) -> list[NDArray[np.uint16]]:
    view, step = body.geometry.view, body.geometry.mm_per_pixel
    noise = patient.stream(EXPOSURE, list(View).index(view))
    exposure = set_up_exposure(body.paths, technique, view, patient.site, step, noise)
    return expose(body.paths, paths, exposure, technique, view, patient.site, step)


def _distinct(techniques: Sequence[Technique]) -> list[Technique]:
    found: list[Technique] = []
    for technique in techniques:
        if technique not in found:
            found.append(technique)
    return found


def _with_bones_of(variant: Patient, patient: Patient, body: Body, geometry: Geometry) -> Body:
    """The body with the variant's vertebrae near the one in question."""
    if variant.vertebrae is patient.vertebrae and variant.osteopenia == patient.osteopenia:
        return body
    bone, projections = body.paths.bone.copy(), list(body.vertebrae)
    for row in range(max(0, patient.row - NEAR), min(len(projections), patient.row + NEAR + 1)):
        before, after = projections[row], project_vertebra(variant, row, None, geometry)
        if before is None or after is None:
            continue
        bone[before.area] -= before.bone
        bone[after.area] += after.bone
        projections[row] = after
    paths = replace(body.paths, bone=np.maximum(bone, 0))
    return replace(body, paths=paths, vertebrae=tuple(projections))


def _as_film(pixels: NDArray[np.uint16], patient: Patient, geometry: Geometry) -> Radiograph:
    return Radiograph(
        pixels.astype(np.float32) / np.float32(2**BITS - 1),
        f"{patient.request.case_id} {geometry.view.label}",
        geometry.view,
        "simulated",
        geometry.mm_per_pixel,
        "simulated",
    )
