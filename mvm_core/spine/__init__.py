"""Radiograph -> Spine: view, named vertebrae with their corners, scale; or a refusal with its reason."""

from mvm_core.spine.spine import LEVELS, Scale, Spine, Vertebra

__all__ = ["LEVELS", "Scale", "Spine", "Vertebra"]
