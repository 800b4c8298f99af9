"""Depthwise convolution whose gradient is worked out in single precision.

On processors with bfloat16 units everything in EfficientNet gains from mixed precision but the gradient of
depthwise convolutions of 5 x 5 or with stride, which oneDNN computes ten to hundred times slower in bfloat16.
"""

from typing import Any

import torch
from torch import nn

_Grads = tuple[torch.Tensor | None, torch.Tensor | None, None, None]


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, film: torch.Tensor, weight: torch.Tensor, spacing: tuple[int, int, int], groups: int
    ) -> torch.Tensor:
        ctx.save_for_backward(film, weight)
        ctx.spacing, ctx.groups = spacing, groups
        return nn.functional.conv2d(film, weight.to(film.dtype), None, *spacing, groups)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> _Grads:
        film, weight = ctx.saved_tensors
        stride, padding, dilation = ([number] * 2 for number in ctx.spacing)
        of_film, of_weight, _ = torch.ops.aten.convolution_backward(
            gradients[0].float(),
            film.float(),
            weight.float(),
            None,
            stride,
            padding,
            dilation,
            False,
            [0, 0],
            ctx.groups,
            [True, True, False],
        )
        return of_film.to(film.dtype), of_weight.to(weight.dtype), None, None


class DepthwiseConv2d(nn.Conv2d):
    """As `torch.nn.Conv2d`, with the same parameters under the same names."""

    def forward(self, film: torch.Tensor) -> torch.Tensor:
        """Convolve; `film` has shape (n, channels, height, width)."""
        if not (self.training and film.dtype == torch.bfloat16 and film.device.type == "cpu"):
            return super().forward(film)
        spacing = self.stride[0], int(self.padding[0]), self.dilation[0]
        return _Depthwise.apply(film, self.weight, spacing, self.groups)


def use_fast_gradients(network: nn.Module) -> None:
    """Put such convolutions, with the same parameters, into the places of a network's depthwise ones."""
    for name, module in list(network.named_modules()):
        if type(module) is nn.Conv2d and module.groups == module.in_channels > 1 and module.bias is None:
            network.set_submodule(name, _with_weight_of(module), strict=True)


def _with_weight_of(convolution: nn.Conv2d) -> DepthwiseConv2d:
    # on the meta device nothing is allocated and no random number is drawn
    own = DepthwiseConv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        convolution.dilation,  # type: ignore[arg-type]
        convolution.groups,
        bias=False,
        padding_mode=convolution.padding_mode,
        device="meta",
    )
    own.weight = convolution.weight
    return own.train(convolution.training)
