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
from mvm_core.cohort.questions import DISEASE, MVM, QUESTION, Question, questions_of

__all__ = [
    "DISEASE",
    "LABELS",
    "MANIFEST_COLUMNS",
    "MVM",
    "PATIENT",
    "PREDICTION_COLUMNS",
    "QUESTION",
    "SPLITS",
    "Case",
    "Cohort",
    "ColumnMap",
    "LevelRow",
    "Question",
    "guess_columns",
    "load_table",
    "map_table",
    "questions_of",
    "read_any_predictions",
    "read_levels",
    "read_manifest",
    "read_predictions",
    "write_predictions",
]
