"""Networks, readings and the reader: FilmPair -> Reading."""

from mvm_core.models.reader import Reader
from mvm_core.models.reading import EvidenceMap, OperatingPoints, Reading, ReadingResult, Spread, Zone
from mvm_core.models.weights import Weights, default_weights, load_weights

__all__ = [
    "EvidenceMap",
    "OperatingPoints",
    "Reader",
    "Reading",
    "ReadingResult",
    "Spread",
    "Weights",
    "Zone",
    "default_weights",
    "load_weights",
]
