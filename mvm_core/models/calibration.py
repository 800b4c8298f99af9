"""How scores become probabilities and zones, and what a manifest says of that."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.logits import expit, logit
from mvm_core.models.reading import OperatingPoints
from mvm_core.models.registry import SINGLE_READINGS

_CERTAIN = 1e-12

Number = TypeVar("Number", float, NDArray[np.float64])

BOTH = "both"
"""Where films of both views show a level: the mean of their logits counts."""


@dataclass(frozen=True)
class DiseaseCalibration:
    """How a logit of disease becomes a probability, and what counts as diseased.

    Probability = sigmoid(logit / temperature + offset); from `point` up a vertebra counts as diseased. Of an
    ensemble the logit is that of the mean of its members' probabilities.
    """

    temperature: float
    offset: float
    point: float

    def log_odds(self, logit: Number) -> Number:
        """The calibrated log odds of a logit or of an array of them."""
        return logit / self.temperature + self.offset

    def probability(self, logit: float) -> float:
        """The calibrated probability of a logit."""
        return float(expit(self.log_odds(logit)))


@dataclass(frozen=True)
class ReadingCalibration:
    """How a reading's score becomes a probability and a zone.

    Attributes
    ----------
    temperature : float
        Positive.
    points : OperatingPoints
    offset : float
        In logits.
    disease : DiseaseCalibration or None
        Of the reading's question for disease; None where its networks are not asked it.

    Notes
    -----
    Probability = sigmoid(x / temperature + offset), where x is the logit of a single reading, or the logit
    of the mean of its members' probabilities for an ensemble (Platt, 1999; the mean of calibrated
    probabilities is itself too close to the middle: Ranjan and Gneiting, JRSS B 2010;72:71).
    """

    temperature: float
    points: OperatingPoints
    offset: float = 0.0
    disease: DiseaseCalibration | None = None

    def probability(self, x: float) -> float:
        """The calibrated probability of a score in logits."""
        return float(expit(x / self.temperature + self.offset))


def score_of_mean(mean: ArrayLike) -> NDArray[np.float64]:
    """The logit of an ensemble's mean probability, finite also where all members are certain."""
    return np.asarray(logit(np.clip(mean, _CERTAIN, 1.0 - _CERTAIN)), np.float64)


def calibrated_mean(
    calibration: ReadingCalibration | DiseaseCalibration, probabilities: NDArray[np.float64]
) -> float:
    """An ensemble's probability from its members' calibrated probabilities, shape (members,)."""
    mean = float(probabilities.mean())
    if calibration.temperature == 1.0 and calibration.offset == 0.0:
        return mean
    return calibration.probability(float(score_of_mean(mean)))


def parse_reading(name: str, entry: Mapping[str, Any]) -> ReadingCalibration:
    """A reading's calibration from a manifest.

    Raises
    ------
    KeyError, TypeError, ValueError
        If `entry` is not of this kind, or a value is out of range.
    """
    # Ensembles of earlier weights have none: their mean is left as it is.
    given = entry["temperature"] if name in SINGLE_READINGS else entry.get("temperature")
    temperature, offset = 1.0 if given is None else float(given), float(entry.get("offset", 0.0))
    if not (temperature > 0 and math.isfinite(temperature) and math.isfinite(offset)):
        raise ValueError(f"temperature of {name} is not positive, or its offset not finite")
    points = OperatingPoints(float(entry["high_sensitivity"]), float(entry["high_specificity"]))
    if not 0 <= points.high_sensitivity <= points.high_specificity <= 1:
        raise ValueError(f"operating points of {name} are out of order")
    disease = parse_disease(name, entry["disease"]) if "disease" in entry else None
    return ReadingCalibration(temperature, points, offset, disease)


def calibration_as_dict(calibration: ReadingCalibration) -> dict[str, Any]:
    """What a manifest says of a reading's calibration."""
    said = {
        "temperature": calibration.temperature,
        "offset": calibration.offset,
        **asdict(calibration.points),
    }
    return said | ({"disease": asdict(calibration.disease)} if calibration.disease is not None else {})


def parse_disease(name: str, entry: Mapping[str, Any]) -> DiseaseCalibration:
    """A calibration for disease from a manifest.

    Raises
    ------
    KeyError, TypeError, ValueError
        If `entry` is not of this kind, or a value is out of range.
    """
    found = DiseaseCalibration(*(float(entry[part]) for part in ("temperature", "offset", "point")))
    if not (found.temperature > 0 and math.isfinite(found.temperature) and math.isfinite(found.offset)):
        raise ValueError(f"temperature for disease of {name} is not positive, or its offset not finite")
    if not 0 <= found.point <= 1:
        raise ValueError(f"the disease point of {name} is no probability")
    return found
