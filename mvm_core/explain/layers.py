"""Which layer of a network a class activation map belongs to, found by watching it run."""

from collections.abc import Callable

import torch
from torch import nn


def last_feature_layer(model: nn.Module, film: torch.Tensor) -> nn.Module:
    """Find the last layer that still gives maps.

    The film is run through once. Of all modules without children, in the order in which they ran, the last
    is taken whose output has several channels of more than one cell: in EfficientNet-B0 the activation after
    the last convolution.

    Parameters
    ----------
    model : Module
    film : float tensor, shape (n, channels, height, width)

    Raises
    ------
    ValueError
        If no layer gives maps.
    """
    found: list[nn.Module] = []

    def watch(module: nn.Module) -> Callable[[nn.Module, object, object], None]:
        def note(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, torch.Tensor) and _gives_maps(output):
                found.append(module)

        return note

    leaves = [module for module in model.modules() if not list(module.children())]
    handles = [module.register_forward_hook(watch(module)) for module in leaves]
    try:
        with torch.no_grad():
            model(film)
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise ValueError("no layer of this network gives maps")
    return found[-1]


def _gives_maps(output: torch.Tensor) -> bool:
    return output.ndim == 4 and output.shape[1] > 1 and output.shape[2] * output.shape[3] > 1
