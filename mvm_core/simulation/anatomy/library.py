"""An anatomy folder, opened: every bone in its own frame, worked out once and kept."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mvm_core.errors import SimulationError
from mvm_core.simulation.anatomy.clouds import Cloud, pelvis_cloud, rib_clouds
from mvm_core.simulation.anatomy.folder import LUMBAR, PELVIS, RIBS, SACRUM, find_files
from mvm_core.simulation.anatomy.keep import Arrays, digest, kept, usual_place
from mvm_core.simulation.anatomy.landmarks import Frame, Landmarks, find_frame, in_own_frame, measure
from mvm_core.simulation.anatomy.surfaces import FACES, VERTICES, read_surfaces
from mvm_core.simulation.anatomy.volume import Volume, signed_distance

_ROUGH_MM = 1.5
_HEAD_OFF_MM = 15.0
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Bone:
    """One vertebra, or the sacrum, in its own frame (see `Landmarks`).

    Attributes
    ----------
    volume : Volume
    landmarks : Landmarks
    frame : Frame
        Where it lies in its file.
    bounds : float array, shape (2, 3)
        Lowest and highest corner of the box around it, in mm.
    file : Path
    """

    volume: Volume = field(repr=False)
    landmarks: Landmarks = field(repr=False)
    frame: Frame = field(repr=False)
    bounds: np.ndarray = field(repr=False)
    file: Path


@dataclass(frozen=True)
class Anatomy:
    """The bones of a folder.

    Attributes
    ----------
    folder : Path
    fingerprint : str
        SHA-256 of the content of the files in use.
    bones : mapping of str to tuple of Bone
        T1 to L5 and S1: one shape or more of each.
    pelvis : Cloud
        In the sacrum's frame.
    ribs : mapping of (int, int) to Cloud
        As from `rib_clouds`; empty where the folder has none.
    remarks : tuple of str
        What a user should know, a sentence each.
    """

    folder: Path
    fingerprint: str
    bones: Mapping[str, tuple[Bone, ...]] = field(repr=False)
    pelvis: Cloud = field(repr=False)
    ribs: Mapping[tuple[int, int], Cloud] = field(repr=False)
    remarks: tuple[str, ...] = ()

    @cached_property
    def chest_half_width(self) -> float:
        """Of the ribs, from the midline, in mm."""
        return max(float(np.abs(cloud.cortex[:, 0]).max()) for cloud in self.ribs.values()) + _HEAD_OFF_MM


_opened: dict[Path, Anatomy] = {}


def open_anatomy(folder: Path, progress: Progress | None = None) -> Anatomy:
    """Open an anatomy folder, once a process; what was worked out before is read from where it was kept.

    Parameters
    ----------
    folder : Path
        Distances are kept where `usual_place` says, in files named by the content that they were worked
        out from.
    progress : callable, optional
        Called with the number of files done and the number to do.

    Raises
    ------
    SimulationError
        If a level is missing, or a surface is not one of a whole bone the right way up.
    OutputError
        If what was worked out cannot be kept.
    """
    folder = folder.resolve()
    if folder not in _opened:
        _opened[folder] = _open(folder, progress)
    return _opened[folder]


def _open(folder: Path, progress: Progress | None) -> Anatomy:
    files, place = find_files(folder), usual_place(folder)
    whole_bones = {name: listed for name, listed in files.bones.items() if name not in (PELVIS, RIBS)}
    jobs: list[tuple[Path, tuple[str, ...]]] = [
        (file, (name,)) for name, listed in whole_bones.items() for file in listed
    ]
    jobs += [(file, LUMBAR) for file in files.lumbar]
    total = len(jobs) + 2
    digests, metres = {}, []
    bones: dict[str, list[Bone]] = {}
    for done, (file, names) in enumerate(jobs, start=1):
        digests[file] = digest(_parts(file))
        sacrum = names == (SACRUM,)
        what = SACRUM if sacrum else "vertebrae"
        make = partial(_work_out, file, sacrum, len(names))
        arrays = kept(place, what, digests[file], make)
        number = int(arrays["number"])
        if number > len(names):
            raise _too_many(file, number, len(names))
        for place_up, name in enumerate(names[::-1][:number]):
            bones.setdefault(name, []).append(_bone(arrays, place_up, file))
        if arrays["in_metres"]:
            metres.append(file)
        _tell(progress, done, total)
    hips = files.bones[PELVIS][0]
    digests[hips] = digest([hips, *files.bones[SACRUM]])
    arrays = kept(place, PELVIS, digests[hips], partial(_pelvis, hips, bones[SACRUM][0].frame))
    pelvis = _cloud(arrays, PELVIS)
    _tell(progress, total - 1, total)
    ribs = {}
    for file in files.bones.get(RIBS, ())[:1]:
        digests[file] = digest([file])
        arrays = kept(place, RIBS, digests[file], partial(_ribs, file))
        ribs = {(n, side): _cloud(arrays, f"{n} {side}") for n in range(1, 13) for side in (1, -1)}
    _tell(progress, total, total)
    return Anatomy(
        folder,
        hashlib.sha256("".join(sorted(digests.values())).encode()).hexdigest(),
        MappingProxyType({name: tuple(each) for name, each in bones.items()}),
        pelvis,
        MappingProxyType(ribs),
        tuple(_remarks(metres, files.unused)),
    )


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _parts(file: Path) -> list[Path]:
    if not file.name.endswith(VERTICES):
        return [file]
    faces = file.with_name(file.name.removesuffix(VERTICES) + FACES)
    return [file, *([faces] if faces.is_file() else [])]


def _remarks(metres: Sequence[Path], unused: Sequence[Path]) -> list[str]:
    remarks = []
    if metres:
        listed = ", ".join(file.name for file in metres[:3]) + (" and others" if len(metres) > 3 else "")
        remarks.append(f"In metres, and taken as such: {len(metres)} surfaces ({listed}).")
    if unused:
        remarks.append(f"Not needed: {', '.join(file.name for file in unused)}.")
    return remarks


def _too_many(file: Path, number: int, most: int) -> SimulationError:
    if most == 1:
        return SimulationError(
            str(file),
            f"it holds {number} surfaces that do not hang together, not one bone",
            "export each bone as one closed surface in a file of its own",
        )
    return SimulationError(
        str(file),
        f"it holds {number} surfaces, more than there are lumbar vertebrae",
        "name each file after one level",
    )


def _work_out(file: Path, sacrum: bool, most: int) -> Arrays:
    """The arrays of the vertebrae of one file, counted from the lowest one up."""
    surfaces = read_surfaces(file)
    if len(surfaces) > most:
        raise _too_many(file, len(surfaces), most)
    arrays: dict[str, np.ndarray] = {
        "in_metres": np.array(surfaces[0].in_metres),
        "number": np.array(len(surfaces)),
    }
    found = []
    for surface in surfaces:
        rough = signed_distance(surface.vertices, surface.faces, _ROUGH_MM)
        frame = find_frame(surface, rough, sacrum)
        found.append((surface, frame))
    if len(found) > 1:
        above = found[0][1].turn[2]
        found.sort(key=lambda each: float(each[1].middle @ above))
    for name, (surface, frame) in enumerate(found):
        volume = in_own_frame(surface, frame)
        marks = measure(volume, file, sacrum)
        arrays |= {
            f"{name}.distance": volume.distance.astype(np.float16),
            f"{name}.grid": np.array([*volume.origin, volume.pitch]),
            f"{name}.turn": frame.turn,
            f"{name}.middle": frame.middle,
        }
        arrays |= {f"{name}.{each.name}": np.array(getattr(marks, each.name)) for each in fields(Landmarks)}
    return arrays


def _bone(arrays: Arrays, name: int, file: Path) -> Bone:
    grid = arrays[f"{name}.grid"].tolist()
    volume = Volume(arrays[f"{name}.distance"].astype(np.float32), tuple(grid[:3]), grid[3])
    marks = {each.name: arrays[f"{name}.{each.name}"] for each in fields(Landmarks)}
    known: dict[str, Any] = {key: value if value.ndim else float(value) for key, value in marks.items()}
    return Bone(
        volume,
        Landmarks(**known),
        Frame(arrays[f"{name}.turn"].astype(float), arrays[f"{name}.middle"].astype(float)),
        volume.bounds,
        file,
    )


def _pelvis(file: Path, frame: Frame) -> Arrays:
    surfaces = read_surfaces(file)
    clouds = [pelvis_cloud(surface, frame) for surface in surfaces]
    joined = Cloud(
        np.concatenate([cloud.cortex for cloud in clouds]),
        clouds[0].area,
        np.concatenate([cloud.marrow for cloud in clouds]),
        clouds[0].volume,
    )
    return _cloud_arrays(joined, PELVIS)


def _ribs(file: Path) -> Arrays:
    arrays: dict[str, np.ndarray] = {}
    for (number, side), cloud in rib_clouds(read_surfaces(file, closed_only=True)).items():
        arrays |= _cloud_arrays(cloud, f"{number} {side}")
    return arrays


def _cloud_arrays(cloud: Cloud, name: str) -> dict[str, np.ndarray]:
    return {f"{name}.{each.name}": np.asarray(getattr(cloud, each.name)) for each in fields(Cloud)}


def _cloud(arrays: Arrays, name: str) -> Cloud:
    return Cloud(
        arrays[f"{name}.cortex"].astype(np.float32),
        float(arrays[f"{name}.area"]),
        arrays[f"{name}.marrow"].astype(np.float32),
        float(arrays[f"{name}.volume"]),
    )
