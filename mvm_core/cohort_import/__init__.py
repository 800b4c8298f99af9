"""A hospital's films and its spreadsheet of labels -> a cohort to train on, de-identified on the way."""

from mvm_core.cohort_import.labels import LABEL_COLUMNS, LabelRow, read_labels
from mvm_core.cohort_import.run import Imported, import_cohort

__all__ = ["LABEL_COLUMNS", "Imported", "LabelRow", "import_cohort", "read_labels"]
