"""How films of the project's own simulator are known again by their headers."""

from pydicom import Dataset

from mvm_core.imaging.attributes import text

SIMULATOR = "Spine film simulator"
"""Manufacturer of a simulated film."""

DERIVATION = "Simulated radiograph"
"""Derivation Description of a simulated film."""


def is_simulated(data: Dataset) -> bool:
    """Whether a header says that its film was simulated."""
    return text(data, "Manufacturer") == SIMULATOR or text(data, "DerivationDescription") == DERIVATION
