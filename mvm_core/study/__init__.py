"""The study: a grid of settings, internal and external results, and the release chosen by the tune split."""

from mvm_core.study.run import StudyRequest, run_study

__all__ = ["StudyRequest", "run_study"]
