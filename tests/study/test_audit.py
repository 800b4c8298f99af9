"""The audit tells each planted shortcut by its name, and none where none was planted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mvm_core.cohort import Cohort
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models import Reader
from mvm_core.models.inputs import network_inputs
from mvm_core.models.weights import load_weights
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.patient import Patient, draw_patient, with_label
from mvm_core.simulation.technique import Marker
from mvm_core.simulation.variants import film_variants
from mvm_core.simulation.vertebra import Spur
from mvm_core.study.audit import GROUPS, Audit, judge, read_versions
from mvm_core.study.audit_films import audited_films
from mvm_core.study.switches import SWITCHES
from mvm_core.training.release import export_network, untuned, write_weights

SWITCHED = ("marker", "collimation", "noise", "processing", "spurs")
SIZE = Preprocessing(size_px=48, clahe=False)
BODIES, AUDITED, STEPS = 14, 12, 150


def body(number: int, label: str) -> Patient:
    """A coned-down film of half the usual resolution: quick to take."""
    patient = draw_patient(PatientRequest(77, number, label, format="coned"))
    return replace(patient, positioning=replace(patient.positioning, coarser=2.0))


def marked(patient: Patient) -> Patient:
    """Another marker at another place than the audit's."""
    geometry = patient.geometry(View.AP)
    x, y = (centre * geometry.mm_per_pixel for centre in geometry.centre)
    marker = Marker("L", "", "top", (geometry.shape[1] * geometry.mm_per_pixel - x - 45, y + 8), 13, 8, False)
    frame = replace(patient.technique.ap, marker=marker, margins_mm=(0.0, 0.0, 0.0, 0.0))
    return replace(patient, technique=replace(patient.technique, ap=frame))


def unmarked(patient: Patient) -> Patient:
    frame = replace(patient.technique.ap, marker=None, margins_mm=(0.0, 0.0, 0.0, 0.0))
    return replace(patient, technique=replace(patient.technique, ap=frame))


def grainy(patient: Patient) -> Patient:
    return replace(patient, technique=replace(patient.technique, dose=0.3))


def smooth(patient: Patient) -> Patient:
    return replace(patient, technique=replace(patient.technique, dose=1.5))


def spurred(patient: Patient) -> Patient:
    draw = patient.stream(99)
    grown = [Spur(float(draw.uniform(-0.3, 3.4)), bool(n % 2), float(draw.uniform(4, 7))) for n in range(8)]
    near = range(patient.row - 2, patient.row + 3)
    return replace(
        patient,
        vertebrae=tuple(
            replace(each, spurs=tuple(grown)) if row in near else each
            for row, each in enumerate(patient.vertebrae)
        ),
    )
