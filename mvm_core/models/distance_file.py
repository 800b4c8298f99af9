"""The rule for distances from the training films as one file: arrays, and no pickle."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.models.distance import DistanceRule, Group, TrainingFilm, ViewRule
from mvm_core.radiograph import View

FORMAT = 1
FILE = "distance.npz"

Arrays = Mapping[str, NDArray[Any]]


def rule_as_bytes(rule: DistanceRule) -> bytes:
    """Write a rule as a compressed NumPy archive; `axes` and `mean` in half precision."""
    told: dict[str, Any] = {"format": FORMAT, "fitted_on": rule.fitted_on, "views": {}}
    arrays: dict[str, NDArray[Any]] = {}
    for view, own in rule.views.items():
        pictures = [film.picture for film in own.kept]
        told["views"][view.value] = {
            "network": own.network,
            "tensors": list(own.tensors),
            "rest": own.rest,
            "groups": list(own.groups),
            "kept": [film.told for film in own.kept],
            "lengths": [len(picture) for picture in pictures],
        }
        arrays[f"{view.value}/axes"] = own.axes.astype(np.float16)
        arrays[f"{view.value}/deviations"] = own.deviations
        arrays[f"{view.value}/places"] = own.places.astype(np.float16)
        arrays[f"{view.value}/pictures"] = np.frombuffer(b"".join(pictures), np.uint8)
        for name, group in own.groups.items():
            arrays[f"{view.value}/{name}/mean"] = group.mean
            arrays[f"{view.value}/{name}/distances"] = group.distances
    arrays["told"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_rule(path: Path) -> DistanceRule:
    """Read a rule.

    Raises
    ------
    WeightsError
        If the file is missing or not of this kind.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            told = json.loads(arrays["told"].tobytes())
            if told["format"] != FORMAT:
                raise ValueError(f"format {told['format']}, expected {FORMAT}")
            views = {View(name): _view(name, own, arrays) for name, own in told["views"].items()}
            return DistanceRule(views, str(told["fitted_on"]))
    except (OSError, BadZipFile, KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            str(path),
            f"it is no rule for distances from the training films ({error})",
            "restore the weights folder from its source",
        ) from None


def _view(name: str, told: Mapping[str, Any], arrays: Arrays) -> ViewRule:
    axes = _floats(arrays, f"{name}/axes", 2)
    ends = np.cumsum([0, *(int(length) for length in told["lengths"])])
    pictures = arrays[f"{name}/pictures"].tobytes()
    kept = tuple(
        TrainingFilm(str(what), pictures[start:end])
        for what, start, end in zip(told["kept"], ends[:-1], ends[1:], strict=True)
    )
    groups = {
        str(group): Group(
            _floats(arrays, f"{name}/{group}/mean", 1), _floats(arrays, f"{name}/{group}/distances", 1)
        )
        for group in told["groups"]
    }
    deviations, places = _floats(arrays, f"{name}/deviations", 1), _floats(arrays, f"{name}/places", 2)
    rest = float(told["rest"])
    if not (
        groups
        and len(places) == len(kept)
        and axes.shape[1] == len(deviations) == places.shape[1]
        and all(len(group.mean) == len(axes) and len(group.distances) for group in groups.values())
    ):
        raise ValueError(f"its parts for {name} films do not fit together")
    if not (rest > 0 and bool((deviations > 0).all())):
        raise ValueError(f"a deviation for {name} films is not positive")
    return ViewRule(
        str(told["network"]), tuple(map(str, told["tensors"])), axes, deviations, rest, groups, kept, places
    )


def _floats(arrays: Arrays, key: str, dimensions: int) -> NDArray[np.float32]:
    found = arrays[key].astype(np.float32)
    if found.ndim != dimensions or not np.isfinite(found).all():
        raise ValueError(f"{key} is not of the right shape, or not finite")
    return found
