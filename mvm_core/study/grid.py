"""The settings that the study compares."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from mvm_core.training.settings import TrainingSettings


@dataclass(frozen=True)
class Cell:
    """One combination of settings, at which every network is trained."""

    name: str
    settings: TrainingSettings

    @property
    def clahe(self) -> bool:
        """Whether the films' contrast is equalised."""
        return self.settings.preprocessing.clahe

    @property
    def downsample(self) -> bool:
        """Whether the majority class is drawn down."""
        return self.settings.balance == "downsample"

    @property
    def size_px(self) -> int:
        """Side of the networks' input."""
        return self.settings.preprocessing.size_px


def grid_cells(base: TrainingSettings) -> tuple[Cell, ...]:
    """CLAHE on and off, times class down-sampling on and off."""
    return tuple(
        _cell(base, clahe=clahe, balance=balance, size_px=base.preprocessing.size_px)
        for clahe in (True, False)
        for balance in ("downsample", "none")
    )


def size_cells(best: Cell, sizes: Sequence[int]) -> tuple[Cell, ...]:
    """The best cell of the grid at other image sizes."""
    return tuple(
        _cell(best.settings, clahe=best.clahe, balance=best.settings.balance, size_px=size)
        for size in sizes
        if size != best.size_px
    )


def _cell(base: TrainingSettings, *, clahe: bool, balance: str, size_px: int) -> Cell:
    preprocessing = dataclasses.replace(base.preprocessing, clahe=clahe, size_px=size_px)
    name = "-".join(
        [
            "clahe" if clahe else "no-clahe",
            "down-sampled" if balance == "downsample" else "all-cases",
            f"{size_px}px",
        ]
    )
    return Cell(name, dataclasses.replace(base, preprocessing=preprocessing, balance=balance))
