"""Which bone each file of an anatomy folder shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mvm_core.errors import SimulationError
from mvm_core.simulation.anatomy.surfaces import FACES, MESH_SUFFIXES, VERTICES

THORACIC = tuple(f"T{number}" for number in range(1, 13))
LUMBAR = tuple(f"L{number}" for number in range(1, 6))
SACRUM, PELVIS, RIBS = "S1", "pelvis", "ribs"
NEEDED = (*THORACIC, *LUMBAR, SACRUM, PELVIS)
_LEVEL = re.compile(r"(?:t|th|thoracic|l|lumbar|s|sacral)[ _-]?(\d+)(?![0-9])")
_WHOLE = {"sacrum": SACRUM, "pelvis": PELVIS, "thorax": RIBS, "ribs": RIBS, "ribcage": RIBS}
_PART = "_body"
"""Surfaces of bodies alone are not needed: the body is found in the whole vertebra."""


@dataclass(frozen=True)
class AnatomyFiles:
    """The surfaces of a folder, sorted.

    Attributes
    ----------
    folder : Path
    bones : mapping of str to tuple of Path
        By level (T1 to L5), ``S1``, ``pelvis`` and ``ribs``: one file or more.
    lumbar : tuple of Path
        Files whose name tells no level: lumbar vertebrae in one surface each, the lowest of them L5.
    unused : tuple of Path
        Files that show nothing that is needed.
    """

    folder: Path
    bones: Mapping[str, tuple[Path, ...]] = field(repr=False)
    lumbar: tuple[Path, ...] = ()
    unused: tuple[Path, ...] = ()


def find_files(folder: Path) -> AnatomyFiles:
    """Sort the surfaces of a folder and those below it by the names of their files.

    Raises
    ------
    SimulationError
        If there is no such folder, or a level is missing.
    """
    if not folder.is_dir():
        raise SimulationError(str(folder), "there is no such folder", "name one that holds surfaces of bones")
    found: dict[str, list[Path]] = {}
    lumbar, unused = [], []
    for file in sorted(folder.rglob("*")):
        if not _is_surface(file):
            continue
        name = _bone_of(file)
        if name is not None:
            found.setdefault(name, []).append(file)
        elif file.name.endswith(VERTICES):
            lumbar.append(file)
        else:
            unused.append(file)
    if not found and not lumbar:
        raise SimulationError(
            str(folder),
            "it holds no surface of a bone",
            "put OBJ or STL files, or vertices and faces as CSV, into it, named after their levels",
        )
    home = {file.parent for file in found.get(PELVIS, [])}
    # The sacrum has to fit the pelvis.
    found[SACRUM] = [file for file in found.get(SACRUM, []) if file.parent in home]
    missing = [name for name in NEEDED if not found.get(name)]
    if lumbar:
        missing = [name for name in missing if name not in LUMBAR or name == "L1"]
    if missing:
        raise SimulationError(
            str(folder),
            f"it holds no surface of {_listed(missing)}",
            f"add {', '.join(f'{name}.obj' for name in missing[:3])}"
            f"{' and so on' if len(missing) > 3 else ''}"
            f"{' (the sacrum beside the pelvis)' if SACRUM in missing else ''}",
        )
    return AnatomyFiles(
        folder,
        {name: tuple(files) for name, files in found.items()},
        tuple(lumbar),
        tuple(unused),
    )


def _is_surface(file: Path) -> bool:
    if file.name.startswith(".") or not file.is_file():
        return False
    return file.suffix.lower() in MESH_SUFFIXES or file.name.endswith(VERTICES)


def _bone_of(file: Path) -> str | None:
    stem = file.name.removesuffix(VERTICES).removesuffix(FACES)
    stem = Path(stem).stem.lower() if stem == file.name else stem.lower()
    if stem.endswith(_PART):
        return None
    if stem in _WHOLE:
        return _WHOLE[stem]
    level = _LEVEL.match(stem)
    if level is None:
        return None
    name = f"{stem[0].upper()}{int(level[1])}"
    return name if name in NEEDED else None


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
