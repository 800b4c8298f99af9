"""The rule for distances from the training films as one file: arrays, and no pickle."""

import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.language import gettext
from mvm_core.models.distance import DistanceRule, Stage, TrainingFilm, ViewRule
from mvm_core.radiograph import View

FORMAT = 1
FILE = "distance.npz"

Arrays = Mapping[str, NDArray[Any]]


def rule_as_bytes(rule: DistanceRule) -> bytes:
    """Write a rule as a compressed NumPy archive."""
    told: dict[str, Any] = {"format": FORMAT, "fitted_on": rule.fitted_on, "views": {}}
    arrays: dict[str, NDArray[Any]] = {}
    for view, own in rule.views.items():
        pictures = [film.picture for film in own.kept]
        told["views"][view.value] = {
            "network": own.network,
            "stages": [
                {"tensor": stage.tensor, "middle": stage.middle, "spread": stage.spread}
                for stage in own.stages
            ],
            "kept": [film.told for film in own.kept],
            "lengths": [len(picture) for picture in pictures],
        }
        arrays[f"{view.value}/scores"] = own.scores
        arrays[f"{view.value}/places"] = own.places
        arrays[f"{view.value}/pictures"] = np.frombuffer(b"".join(pictures), np.uint8)
        for number, stage in enumerate(own.stages):
            arrays[f"{view.value}/{number}/whitening"] = stage.whitening
            arrays[f"{view.value}/{number}/means"] = stage.means
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
        # From memory: numpy leaves the file of a damaged archive open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            told = json.loads(arrays["told"].tobytes())
            if told["format"] != FORMAT:
                raise ValueError(f"format {told['format']}, expected {FORMAT}")
            views = {View(name): _view(name, own, arrays) for name, own in told["views"].items()}
            return DistanceRule(views, str(told["fitted_on"]))
    except (OSError, BadZipFile, KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            str(path),
            gettext("it is no rule for distances from the training films ({error})", error=error),
            gettext("restore the weights folder from its source"),
        ) from None


def _view(name: str, told: Mapping[str, Any], arrays: Arrays) -> ViewRule:
    ends = np.cumsum([0, *(int(length) for length in told["lengths"])])
    pictures = arrays[f"{name}/pictures"].tobytes()
    kept = tuple(
        TrainingFilm(str(what), pictures[start:end])
        for what, start, end in zip(told["kept"], ends[:-1], ends[1:], strict=True)
    )
    stages = tuple(_stage(f"{name}/{number}", stage, arrays) for number, stage in enumerate(told["stages"]))
    scores, places = _floats(arrays, f"{name}/scores", 1), _floats(arrays, f"{name}/places", 2)
    if not (stages and len(scores) and len(places) == len(kept)):
        raise ValueError(f"its parts for {name} films do not fit together")
    if len(kept) and places.shape[1] != len(stages[-1].whitening):
        raise ValueError(f"the films kept for {name} films do not fit its last stage")
    return ViewRule(str(told["network"]), stages, scores, kept, places)


def _stage(key: str, told: Mapping[str, Any], arrays: Arrays) -> Stage:
    whitening, means = _floats(arrays, f"{key}/whitening", 2), _floats(arrays, f"{key}/means", 2)
    middle, spread = float(told["middle"]), float(told["spread"])
    if not (len(means) and whitening.shape == (means.shape[1],) * 2):
        raise ValueError(f"the parts of {key} do not fit together")
    if not (math.isfinite(middle) and math.isfinite(spread) and spread > 0):
        raise ValueError(f"the spread of {key} is not positive")
    return Stage(str(told["tensor"]), whitening, means, middle, spread)


def _floats(arrays: Arrays, key: str, dimensions: int) -> NDArray[np.float32]:
    found = arrays[key].astype(np.float32)
    if found.ndim != dimensions or not np.isfinite(found).all():
        raise ValueError(f"{key} is not of the right shape, or not finite")
    return found
