"""Readings -> DICOM objects in the study that the films belong to (needs requirements-clinic.txt)."""

from mvm_core.exchange.results import MadeObject, results_as_dicom
from mvm_core.exchange.source import SourceFilm, open_source
from mvm_core.exchange.writing import check_folder, write_objects

__all__ = [
    "MadeObject",
    "SourceFilm",
    "check_folder",
    "open_source",
    "results_as_dicom",
    "write_objects",
]
