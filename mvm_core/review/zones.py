"""The three zones of a score: which cases fall in them, and how a threshold cuts through them."""

from dataclasses import dataclass

import numpy as np

from mvm_core.review.samples import Sample
from mvm_core.validation.operating_points import sensitivity_point, specificity_point
from mvm_core.validation.rates import Rate, rate_with_interval

ZONES = ("BVF likely", "indeterminate", "MVM likely")
TARGET = 0.90


@dataclass(frozen=True)
class Limits:
    """Where the zones meet.

    Attributes
    ----------
    low, high : float
        BVF likely below `low`, MVM likely from `high` up; `low` <= `high`.
    origin : str
        Where the two come from, in words.
    """

    low: float
    high: float
    origin: str


@dataclass(frozen=True)
class ZoneShare:
    """The cases of one zone.

    Attributes
    ----------
    name : str
        One of `ZONES`.
    cases : Rate
        Of all cases.
    mvm : Rate
        MVM among the zone's cases.
    read_as_mvm : Rate
        Cases of the zone at or above the threshold.
    """

    name: str
    cases: Rate
    mvm: Rate
    read_as_mvm: Rate


def fit_limits(fitted_to: Sample | None, of: str) -> Limits | None:
    """The two operating points, fitted as those of the weights are; None without two classes.

    Parameters
    ----------
    fitted_to : Sample or None
    of : str
        What that sample is, in words.
    """
    if fitted_to is None or not fitted_to.two_classes:
        return None
    labels, scores = fitted_to.positive, fitted_to.scores
    points = sensitivity_point(labels, scores, TARGET), specificity_point(labels, scores, TARGET)
    # where one threshold serves both they change places, and nothing is indeterminate
    low, high = sorted(point.threshold for point in points)
    return Limits(low, high, f"fitted on the {of}")


def zone_of(value: float, limits: Limits) -> str:
    """The zone that a score lies in."""
    return ZONES[int(np.digitize(value, [limits.low, limits.high]))]


def zones_at(sample: Sample, limits: Limits, threshold: float) -> tuple[ZoneShare, ...]:
    """The cases of each zone, and how many of them a threshold reads as MVM."""
    zone = np.digitize(sample.scores, [limits.low, limits.high])
    read_as_mvm = sample.scores >= threshold
    found = []
    for place, name in enumerate(ZONES):
        here = zone == place
        count = int(here.sum())
        found.append(
            ZoneShare(
                name,
                rate_with_interval(count, here.size),
                rate_with_interval(int((sample.positive & here).sum()), count),
                rate_with_interval(int((read_as_mvm & here).sum()), count),
            )
        )
    return tuple(found)
