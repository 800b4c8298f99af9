"""The three zones of a score: which cases fall in them, and how a threshold cuts through them."""

from dataclasses import dataclass

import numpy as np

from mvm_core.calibrations import DISEASE_SPECIFICITY
from mvm_core.cohort import DISEASE
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.calibration import BOTH
from mvm_core.review.samples import Sample
from mvm_core.validation.clustered import rate_by_patients
from mvm_core.validation.operating_points import sensitivity_point, specificity_point
from mvm_core.validation.rates import Rate

ZONES = (gettext_noop("BVF likely"), gettext_noop("indeterminate"), gettext_noop("MVM likely"))
DISEASE_ZONES = (gettext_noop("nothing seen"), gettext_noop("diseased"))
TARGET = 0.90


@dataclass(frozen=True)
class Limits:
    """Where the zones meet.

    Attributes
    ----------
    low, high : float
        BVF likely below `low`, MVM likely from `high` up; `low` <= `high`. For disease both are its point.
    origin : str
        Where the two come from, in words.
    zones : tuple of str
        From the lowest scores up: `ZONES`, or for disease `DISEASE_ZONES`.
    """

    low: float
    high: float
    origin: str
    zones: tuple[str, ...] = ZONES

    @property
    def edges(self) -> list[float]:
        """Where each zone but the first begins."""
        return [self.low, self.high][: len(self.zones) - 1]


@dataclass(frozen=True)
class ZoneShare:
    """The cases of one zone.

    Attributes
    ----------
    name : str
        One of the limits' zones.
    cases : Rate
        Of all cases.
    positive : Rate
        Those of the positive class among the zone's cases.
    read_as_positive : Rate
        Cases of the zone at or above the threshold.
    """

    name: str
    cases: Rate
    positive: Rate
    read_as_positive: Rate


def fit_limits(fitted_to: Sample | None, of: str) -> Limits | None:
    """The points where the zones meet, fitted as those of the weights are; None without two classes.

    Parameters
    ----------
    fitted_to : Sample or None
    of : str
        What that sample is, in words.
    """
    if fitted_to is None or not fitted_to.two_classes:
        return None
    labels, scores = fitted_to.positive, fitted_to.scores
    if fitted_to.question is DISEASE:
        point = disease_point(fitted_to)
        return Limits(point, point, gettext("fitted on the {cases}", cases=gettext(of)), DISEASE_ZONES)
    points = sensitivity_point(labels, scores, TARGET), specificity_point(labels, scores, TARGET)
    # where one threshold serves both they change places, and nothing is indeterminate
    low, high = sorted(point.threshold for point in points)
    return Limits(low, high, gettext("fitted on the {cases}", cases=gettext(of)))


def disease_point(fitted_to: Sample) -> float:
    """The threshold that keeps the specificity of the weights' own points where a lateral film is read."""
    return specificity_point(fitted_to.positive, fitted_to.scores, DISEASE_SPECIFICITY[BOTH]).threshold


def zone_of(value: float, limits: Limits) -> str:
    """The zone that a score lies in."""
    return limits.zones[int(np.digitize(value, limits.edges))]


def zones_at(sample: Sample, limits: Limits, threshold: float) -> tuple[ZoneShare, ...]:
    """The cases of each zone, and how many of them a threshold reads as positive.

    Where patients have several cases, intervals take a patient's cases together.
    """
    patients = sample.patients
    own = np.arange(sample.positive.size) if patients is None else patients
    zone = np.digitize(sample.scores, limits.edges)
    read_as_positive = sample.scores >= threshold
    found = []
    for place, name in enumerate(limits.zones):
        here = zone == place
        found.append(
            ZoneShare(
                name,
                rate_by_patients(here, own),
                rate_by_patients(sample.positive[here], own[here]),
                rate_by_patients(read_as_positive[here], own[here]),
            )
        )
    return tuple(found)
