"""What a training run is asked to do."""

from dataclasses import asdict, dataclass, field
from typing import Any

from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that, with the cohort, fixes a run.

    Attributes
    ----------
    networks : tuple of str
        Of the registry.
    epochs, batch_size : int
    learning_rate : float
        Peak of the one-cycle schedule.
    weight_decay : float
    downsample : bool
        Draw the majority class down to the minority's size each epoch; else weight the loss.
    init : str
        As in `build_network`.
    seed : int
    preprocessing : Preprocessing

    Raises
    ------
    TrainingError
        If a network is unknown, or none is named.
    """

    networks: tuple[str, ...] = tuple(NETWORKS)
    epochs: int = 15
    batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    downsample: bool = True
    init: str = "lite0"
    seed: int = 1
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    def __post_init__(self) -> None:
        unknown = [name for name in self.networks if name not in NETWORKS]
        if unknown or not self.networks:
            raise TrainingError(
                f"--networks {','.join(self.networks)}",
                f"'{unknown[0]}' is unknown" if unknown else "no network is named",
                f"choose from {', '.join(NETWORKS)}, separated by commas",
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return {**asdict(self), "networks": list(self.networks)}
