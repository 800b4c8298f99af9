"""The network that tells from a spine laid out straight which level each of its places is."""

import torch
from torch import nn

from mvm_core.spine.naming import CLASSES
from mvm_core.spine.straight import COLUMNS, PLACE_ROWS
from mvm_core.training.spine.network import Round, convolution

_DROPPED = 0.3


class LevelNetwork(nn.Module):
    """For each place, the logarithms of the probabilities of the levels."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(
            convolution(1, 16, 2),
            convolution(16, 32, 2),
            Round(32),
            convolution(32, 64, (1, 2)),
            Round(64),
            Round(64),
            convolution(64, 96, (1, 2)),
            Round(96),
            nn.AvgPool2d((PLACE_ROWS // 4, 1)),
        )
        self.place = nn.Sequential(
            nn.Dropout(_DROPPED), nn.Conv1d(96 * (COLUMNS // 16), 128, 1), nn.ReLU(), nn.Dropout(_DROPPED)
        )
        self.along = nn.Sequential(
            nn.Conv1d(128, 128, 5, padding=2), nn.ReLU(), nn.Conv1d(128, 128, 5, padding=2), nn.ReLU()
        )
        self.levels = nn.Conv1d(128, CLASSES, 1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Tell the levels.

        Parameters
        ----------
        picture : float tensor, shape (n, 1, places * `PLACE_ROWS`, `COLUMNS`)

        Returns
        -------
        tensor, shape (n, places, `CLASSES`)
        """
        seen = self.look(picture)
        place = self.place(seen.transpose(2, 3).flatten(1, 2))
        return self.levels(place + self.along(place)).float().transpose(1, 2).log_softmax(dim=2)
