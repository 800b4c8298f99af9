"""Plain frozen data to bytes and back: a ZIP of NumPy arrays (npz) and one document, never pickled.

It carries what the JSON of `predict` does not: maps, corners, the films as they were decoded. Both ends run
the same version of this project.
"""

import dataclasses
import io
import json
import zipfile
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.examination import Examination, LevelReading
from mvm_core.imaging import Concern
from mvm_core.imaging.preprocess import Region
from mvm_core.models.distance import FilmDistance, TrainingFilm
from mvm_core.models.reading import EvidenceMap, OperatingPoints, Reading, ReadingResult, Spread, Zone
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.spine import Scale, Spine, Vertebra

_CLASSES: dict[str, type[Any]] = {
    each.__name__: each
    for each in (
        *(Box, Radiograph, FilmPair, Scale, Vertebra, Spine, Region, EvidenceMap, OperatingPoints, Spread),
        *(ReadingResult, Reading, LevelReading, Examination, Concern, FilmDistance, TrainingFilm),
    )
}
_ENUMS: dict[str, type[StrEnum]] = {"View": View, "Zone": Zone}
_DOCUMENT = "document"
_DEEPEST = 24


class WireError(ValueError):
    """Bytes that `unpack` cannot read."""


def pack(value: Any) -> bytes:
    """Write plain frozen data: dataclasses of this project, mappings, tuples, arrays, numbers, text, bytes.

    Raises
    ------
    TypeError
        If something else is in it.
    """
    arrays: dict[str, NDArray[Any]] = {}
    document = json.dumps(_plain(value, arrays)).encode()
    file = io.BytesIO()
    arrays[_DOCUMENT] = np.frombuffer(document, np.uint8)
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack(content: bytes) -> Any:
    """Read what `pack` wrote; lists come back as tuples.

    Raises
    ------
    WireError
        If it is something else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            # Stored, as `pack` writes them: nothing unfolds to more than was sent.
            if any(each.compress_type != zipfile.ZIP_STORED for each in packed.infolist()):
                raise WireError("it is packed otherwise")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _read(json.loads(arrays[_DOCUMENT].tobytes()), arrays, 0)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, AttributeError) as error:
        raise WireError(f"it cannot be read ({type(error).__name__})") from None


def _plain(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, StrEnum):
        return {"enum": type(value).__name__, "name": value.name}
    if isinstance(value, str | int | float):
        return value if not isinstance(value, np.generic) else value.item()
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Mapping):
        return {"map": [[_plain(key, arrays), _plain(each, arrays)] for key, each in value.items()]}
    if isinstance(value, frozenset):
        return {"set": [_plain(each, arrays) for each in sorted(value)]}
    if isinstance(value, tuple | list):
        return [_plain(each, arrays) for each in value]
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise TypeError(f"{name} is not sent")
    fields = {
        each.name: _plain(getattr(value, each.name), arrays) for each in dataclasses.fields(_CLASSES[name])
    }
    return {"class": name, "fields": fields}


def _read(value: Any, arrays: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise WireError("it is nested too deep")
    if isinstance(value, list):
        return tuple(_read(each, arrays, depth + 1) for each in value)
    if not isinstance(value, dict):
        return value
    if "enum" in value:
        return _ENUMS[value["enum"]][value["name"]]
    if "array" in value:
        return arrays[value["array"]]
    if "bytes" in value:
        return bytes.fromhex(value["bytes"])
    if "map" in value:
        return {_read(key, arrays, depth + 1): _read(each, arrays, depth + 1) for key, each in value["map"]}
    if "set" in value:
        return frozenset(_read(each, arrays, depth + 1) for each in value["set"])
    fields = {name: _read(each, arrays, depth + 1) for name, each in value["fields"].items()}
    return _CLASSES[value["class"]](**fields)
