"""Means of networks' weights: the running one while a network trains, and that of two networks."""

import copy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


class RunningMean:
    """An exponential moving average of all of a network's tensors, batch statistics included.

    Parameters
    ----------
    model : nn.Module
    decay : float
        In [0, 1); 0 follows the network itself.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(model)
        self._decay = decay
        pairs = list(zip(self.network.state_dict().values(), model.state_dict().values(), strict=True))
        self._floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    def update(self, steps: int) -> None:
        """Take in the network as it is after `steps` steps."""
        # Early on the mean must not hang on to the untrained weights.
        decay = min(self._decay, steps / (steps + 10))
        means, new = (list(tensors) for tensors in zip(*self._floats, strict=True))
        with torch.no_grad():
            torch._foreach_lerp_(means, new, 1 - decay)
            for mean, count in self._counts:
                mean.copy_(count)


def mean_of(one: Network, other: Network) -> Network:
    """The mean of two networks' weights, in evaluation mode; counts are those of the first.

    Networks of one start mean well where they were taught apart (Wortsman et al., Model soups, ICML 2022).
    """
    theirs = other.state_dict()
    mean = copy.deepcopy(one)
    mean.load_state_dict(
        {
            name: (tensor + theirs[name].to(tensor.device)) / 2 if tensor.is_floating_point() else tensor
            for name, tensor in one.state_dict().items()
        }
    )
    return mean.eval()
