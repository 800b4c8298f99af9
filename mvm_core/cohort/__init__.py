"""The tables that people hand over, checked: manifests of films and tables of predictions."""

from mvm_core.cohort.columns import ColumnMap, guess_columns
from mvm_core.cohort.levels import LevelRow, read_levels
from mvm_core.cohort.manifest import LABELS, MANIFEST_COLUMNS, SPLITS, Case, Cohort, read_manifest
from mvm_core.cohort.mapping import map_table, read_any_predictions
from mvm_core.cohort.predictions import (
    PATIENT,
    PREDICTION_COLUMNS,
    load_table,
    read_predictions,
    write_predictions,
)

__all__ = [
    "LABELS",
    "MANIFEST_COLUMNS",
    "PATIENT",
    "PREDICTION_COLUMNS",
    "SPLITS",
    "Case",
    "Cohort",
    "ColumnMap",
    "LevelRow",
    "guess_columns",
    "load_table",
    "map_table",
    "read_any_predictions",
    "read_levels",
    "read_manifest",
    "read_predictions",
    "write_predictions",
]
