"""The settings that the study compares, the simplest first."""

import dataclasses
from dataclasses import dataclass

from mvm_core.training.settings import TrainingSettings


@dataclass(frozen=True)
class Cell:
    """One combination of settings, at which every network is trained from several seeds."""

    name: str
    settings: TrainingSettings

    @property
    def size_px(self) -> int:
        """Side of the networks' input."""
        return self.settings.preprocessing.size_px

    def with_seed(self, seed: int) -> TrainingSettings:
        """The settings for one seed."""
        return dataclasses.replace(self.settings, seed=seed)


def grid_cells(base: TrainingSettings, sizes: tuple[int, ...] = ()) -> tuple[Cell, ...]:
    """CLAHE off and on, times class down-sampling off and on; then the simplest of these at other sizes."""
    size = base.preprocessing.size_px
    simplest = [
        _cell(base, clahe=clahe, balance=balance, size_px=size)
        for clahe in (False, True)
        for balance in ("none", "downsample")
    ]
    further = [
        _cell(base, clahe=False, balance="none", size_px=other)
        for other in dict.fromkeys(sizes)
        if other != size
    ]
    return (*simplest, *further)


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
