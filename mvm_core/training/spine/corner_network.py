"""The network that tells a body's corners from a close look, and whether a body lies in its middle at all."""

import torch
from torch import nn

from mvm_core.training.spine.network import Round, convolution

STRIDE = 4


POINTS = 6
"""Of a body: its four corners, the middles of its upper and its lower endplate."""


class CornerNetwork(nn.Module):
    """Corners of a body and middles of its endplates, in pixels of the look.

    A point's place is the mean over the cells, weighted by the softmax of its map (Nibali et al., Numerical
    coordinate regression with convolutional neural networks, arXiv 1801.07372).
    """

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Sequential(convolution(1, 16, 2), convolution(16, 48, 2), Round(48))
        self.down = nn.Sequential(convolution(48, 96, 2), Round(96), Round(96), Round(96), Round(96))
        self.up = nn.Conv2d(96, 48, 1)
        self.beside = nn.Conv2d(48, 48, 1)
        self.head = nn.Sequential(convolution(48, 48, 1), nn.Conv2d(48, POINTS, 1))
        self.body = nn.Sequential(nn.Linear(192, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, look: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Tell the corners, and whether a body is there.

        Parameters
        ----------
        look : float tensor, shape (n, 1, rows, columns)

        Returns
        -------
        points : tensor, shape (n, 6, 2)
            x and y in pixels of the look.
        body : tensor, shape (n,)
            Logit.
        """
        fine = self.enter(look)
        deep = self.down(fine)
        middle = deep[:, :, deep.shape[2] // 2 - 2 : deep.shape[2] // 2 + 2]
        middle = middle[..., deep.shape[3] // 2 - 2 : deep.shape[3] // 2 + 2]
        body = self.body(torch.cat([middle.mean(dim=(2, 3)), deep.mean(dim=(2, 3))], dim=1))[:, 0]
        wide = nn.functional.interpolate(self.up(deep), scale_factor=2.0, mode="nearest")
        maps = self.head(nn.functional.relu(wide + self.beside(fine)))
        rows, columns = look.shape[-2] // STRIDE, look.shape[-1] // STRIDE
        weight = maps.float().flatten(2).softmax(dim=2).unflatten(2, (rows, columns))
        across = (torch.arange(columns, device=look.device) + 0.5) * STRIDE
        down = (torch.arange(rows, device=look.device) + 0.5) * STRIDE
        x = (weight.sum(dim=2) * across).sum(dim=2)
        y = (weight.sum(dim=3) * down).sum(dim=2)
        return torch.stack([x, y], dim=2), body
