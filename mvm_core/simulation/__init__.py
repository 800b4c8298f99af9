"""Simulated patients and cohorts: films with known truth.

A patient can be had without pandas: `write_cohort` is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from mvm_core.simulation.dicom import film_to_dicom
from mvm_core.simulation.request import CohortRequest
from mvm_core.simulation.settings import (
    FORMATS,
    KINDS_BY_LABEL,
    LEVELS,
    SEVERITIES,
    SITES,
    PatientRequest,
    request_of_case,
)
from mvm_core.simulation.simulator import SimulatedFilm, SimulatedPatient, simulate_patient, simulate_twins

if TYPE_CHECKING:
    from mvm_core.simulation.cohort import write_cohort

__all__ = [
    "FORMATS",
    "KINDS_BY_LABEL",
    "LEVELS",
    "SEVERITIES",
    "SITES",
    "CohortRequest",
    "PatientRequest",
    "SimulatedFilm",
    "SimulatedPatient",
    "film_to_dicom",
    "request_of_case",
    "simulate_patient",
    "simulate_twins",
    "write_cohort",
]


def __getattr__(name: str) -> Any:
    if name == "write_cohort":
        from mvm_core.simulation.cohort import write_cohort

        return write_cohort
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
