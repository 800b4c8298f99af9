"""From a pair of films to what each network takes."""

import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.preprocess import (
    Preprocessing,
    Region,
    cut,
    has_contrast,
    network_input,
    region_of_interest,
)
from mvm_core.models.registry import NETWORKS, SINGLE_READINGS, Layout, SingleReading
from mvm_core.models.weights import NetworkWeights, Weights
from mvm_core.radiograph import FilmPair, Radiograph, View


class PairInputs:
    """The network inputs of one pair; each film is cut and preprocessed once for each setting."""

    def __init__(self, pair: FilmPair) -> None:
        self._pair = pair
        self._patches: dict[tuple[View, Preprocessing], NDArray[np.float32]] = {}
        self._channels: dict[tuple[View, Preprocessing], NDArray[np.float32]] = {}

    def region(self, view: View, settings: Preprocessing) -> Region:
        """The square of one film that networks with these settings see."""
        return region_of_interest(self._film(view), self._pair.box(view), settings.region_mm)

    def is_blank(self, view: View, settings: Preprocessing) -> bool:
        """Whether networks with these settings see but one even grey of a film."""
        patch = self._patch(view, settings)
        return not has_contrast(patch, self.region(view, settings), self._film(view).shape)

    def of(self, network: NetworkWeights, single: SingleReading) -> NDArray[np.float32]:
        """The input of a single reading's network, shape (channels, height, width)."""
        channels = [self._channel(view, network.preprocessing) for view in single.views]
        return assemble(channels, NETWORKS[network.name].layout)

    def _channel(self, view: View, settings: Preprocessing) -> NDArray[np.float32]:
        key = (view, settings)
        if key not in self._channels:
            self._channels[key] = network_input(self._patch(view, settings), settings)
        return self._channels[key]

    def _patch(self, view: View, settings: Preprocessing) -> NDArray[np.float32]:
        key = (view, settings)
        if key not in self._patches:
            self._patches[key] = cut(self._film(view).pixels, self.region(view, settings), settings.size_px)
        return self._patches[key]

    def _film(self, view: View) -> Radiograph:
        film = self._pair.film(view)
        if film is None:
            raise ValueError(f"the pair has no {view.label} film")
        return film


def assemble(channels: list[NDArray[np.float32]], layout: Layout) -> NDArray[np.float32]:
    """Lay preprocessed films out as one network input.

    Parameters
    ----------
    channels : list of float32 arrays, shape (size, size)
        One for each view, AP first.

    Returns
    -------
    float32 array, shape (channels, height, width)
    """
    if layout is Layout.CHANNELS:
        return np.stack(channels)
    return np.concatenate(channels, axis=1)[np.newaxis]


def network_inputs(pair: FilmPair, weights: Weights) -> dict[str, NDArray[np.float32]]:
    """Prepare what each single reading's network sees of a pair, for use outside the reader.

    Returns
    -------
    dict of str to float32 array, shape (channels, height, width)
        Only the readings that the films and the weights allow.
    """
    inputs = PairInputs(pair)
    return {
        single.name: inputs.of(weights.networks[single.network], single)
        for single in SINGLE_READINGS.values()
        if single.network in weights.networks and set(single.views) <= set(pair.views)
    }
