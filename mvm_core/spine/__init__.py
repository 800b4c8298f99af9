"""Radiograph -> Spine: view, named vertebrae with their corners, scale; or a refusal with its reason."""

from mvm_core.spine.finder import Finder
from mvm_core.spine.ruler import RULER
from mvm_core.spine.spine import LEVELS, Scale, Spine, Vertebra

__all__ = ["LEVELS", "RULER", "Finder", "Scale", "Spine", "Vertebra"]
