"""Answers from a release's files, a module for each kind of question."""

from mvm_core.evidence.fillings import clinical, conduct, data, explanation, model, results, spread
from mvm_core.evidence.registry import FILLINGS

__all__ = ["FILLINGS", "clinical", "conduct", "data", "explanation", "model", "results", "spread"]
