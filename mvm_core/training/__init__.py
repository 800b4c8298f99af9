"""Training, export and calibration; the only importer of torch and timm, with `explain`.

The settings alone can be had without torch: `train` is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from mvm_core.training.settings import TrainingSettings

if TYPE_CHECKING:
    from mvm_core.training.run import train

__all__ = ["TrainingSettings", "train"]


def __getattr__(name: str) -> Any:
    if name == "train":
        from mvm_core.training.run import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
