"""The tables that people hand over, checked: manifests of films and tables of predictions."""

from mvm_core.cohort.manifest import LABELS, MANIFEST_COLUMNS, SPLITS, Case, Cohort, read_manifest
from mvm_core.cohort.predictions import PREDICTION_COLUMNS, read_predictions, write_predictions

__all__ = [
    "LABELS",
    "MANIFEST_COLUMNS",
    "PREDICTION_COLUMNS",
    "SPLITS",
    "Case",
    "Cohort",
    "read_manifest",
    "read_predictions",
    "write_predictions",
]
