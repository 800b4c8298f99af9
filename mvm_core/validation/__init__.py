"""How good, how sure, how different outside, and is the probability true: plain functions on arrays."""

from mvm_core.validation.operating_points import (
    operating_point_for_sensitivity,
    operating_point_for_specificity,
)
from mvm_core.validation.rates import Rate, rate_with_interval
from mvm_core.validation.roc import AucEstimate, auc_with_interval
from mvm_core.validation.temperature import fit_temperature

__all__ = [
    "AucEstimate",
    "Rate",
    "auc_with_interval",
    "fit_temperature",
    "operating_point_for_sensitivity",
    "operating_point_for_specificity",
    "rate_with_interval",
]
