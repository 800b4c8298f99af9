"""Training, export and calibration; the only importer of torch and timm, with `explain`."""

from mvm_core.training.run import train
from mvm_core.training.settings import TrainingSettings

__all__ = ["TrainingSettings", "train"]
