"""The network that tells from a spine laid out straight which level each of its places is."""

import torch
from torch import nn

from mvm_core.spine.straight import CLASSES, COLUMNS, PLACE_ROWS
from mvm_core.training.spine.network import Round, convolution

_DROPPED = 0.3
_WIDTH = 96


class LevelNetwork(nn.Module):
    """For each place, the logarithms of the probabilities of the levels."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(
            convolution(1, 16, 2),
            convolution(16, 32, 2),
            Round(32),
            convolution(32, 48, (1, 2)),
            Round(48),
            Round(48),
            convolution(48, 64, (1, 2)),
            Round(64),
            nn.AvgPool2d((PLACE_ROWS // 4, 1)),
        )
        self.place = nn.Sequential(
            nn.Dropout(_DROPPED), nn.Conv2d(64, _WIDTH, (1, COLUMNS // 16)), nn.ReLU(), nn.Dropout(_DROPPED)
        )
        self.along = nn.Sequential(_along(), nn.ReLU(), _along(), nn.ReLU())
        self.levels = nn.Conv2d(_WIDTH, CLASSES, 1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Tell the levels.

        Parameters
        ----------
        picture : float tensor, shape (n, 1, places * `PLACE_ROWS`, `COLUMNS`)

        Returns
        -------
        tensor, shape (n, places, `CLASSES`)
        """
        place = self.place(self.look(picture))
        said = self.levels(place + self.along(place)).float()
        return said.squeeze(3).transpose(1, 2).log_softmax(dim=2)


def _along() -> nn.Conv2d:
    """Of a place with two above and two below."""
    return nn.Conv2d(_WIDTH, _WIDTH, (5, 1), padding=(2, 0))
