"""The figures of a review, for page and report alike."""

from mvm_core.review.figures._cases import bins_of, forest_plot, histogram
from mvm_core.review.figures._discrimination import (
    Curve,
    Point,
    precision_recall,
    published_areas,
    roc,
)
from mvm_core.review.figures._free_response import free_response
from mvm_core.review.figures._probability import at_prevalences, calibration, decision

__all__ = [
    "Curve",
    "Point",
    "at_prevalences",
    "bins_of",
    "calibration",
    "decision",
    "forest_plot",
    "free_response",
    "histogram",
    "precision_recall",
    "published_areas",
    "roc",
]
