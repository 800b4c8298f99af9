"""Which findings of the vertebra in question can be seen on a film: contrast to noise, and what is measured.

*Contrast* is the change of the film's logarithmic signal with and without the finding, before noise, blur and
processing (which change both alike): the mean over the finding's own region, where the change is at least
half of its greatest, against the rest of the vertebra; or, for a change of all of it, over the vertebra.

A finding is a sign where its contrast is at least

- five times the random *noise* at its scale (Rose, J Opt Soc Am 1948;38:196-208), the standard deviation of
  means over regions of its size: of quanta, of the grain of spongy bone, and, for a change of the whole
  vertebra, of the density of neighbouring vertebrae; and
- once the structured noise at its scale (conspicuity: Kundel and Revesz, AJR 1976;126:1233-8): the standard
  deviation of such means of what the vertebra, without disease, differs by from the mean of its neighbours
  above and below on the same film, their bodies brought onto its own; for soft tissue, of the soft tissue
  around it.

A collapse is a sign from Genant grade 1 on, a tilt from five degrees on: what readers can measure on films.
Soft tissue in the canal and marrow replaced without a change of mineral are on no film. Spurs are wear, not
signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
from mvm_core.simulation.body import Body
from mvm_core.simulation.disease_on_film import DiseaseOnFilm
from mvm_core.simulation.distance import as_field, f32
from mvm_core.simulation.geometry import Geometry
from mvm_core.simulation.pathology import PEDICLE_SIGNS, Disease, LevelDisease
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.projection import VertebraProjection, spongy_mineral
from mvm_core.simulation.radiography import Exposure, Sensitivity
from mvm_core.simulation.spine import DENSITY_SPREAD
from mvm_core.simulation.tissue import Field, TissuePaths
from mvm_core.simulation.vertebra import Vertebra

ROSE, CONSPICUOUS = 5.0, 1.0
"""From which ratios of contrast to random and to structured noise on a finding is seen."""

SIGN_NAMES = (
    "collapse",
    "lopsided",
    "lytic",
    "blastic",
    "pedicle",
    "band",
    "cleft",
    "bulge",
    "fragment",
    "mass",
    "haematoma",
)
"""Findings that can be signs."""

_STEP = 2
_SHARE_OF_GREATEST = 0.5
_LEAST_PX = 4
_REST, _FAT, _SHOWN = 0.2, 0.85, 0.8

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Surroundings:
    """What findings of the vertebra in question are seen against on one film, every other pixel.

    Attributes
    ----------
    exposure : Exposure
    geometry : Geometry
    sensitivity : Sensitivity
        Where the vertebra falls.
    structure : float32 array
        What its neighbours do not tell of it, as a logarithm.
    """

    exposure: Exposure
    geometry: Geometry
    sensitivity: Sensitivity
    structure: Field

    @property
    def mm(self) -> float:
        """Pitch of these pixels in the patient."""
        return self.geometry.mm_per_pixel / self.geometry.magnification * _STEP


def surroundings(patient: Patient, body: Body, exposure: Exposure) -> Surroundings | None:
    """Compare the vertebra in question, without disease, with its neighbours; None off the film."""
    own = body.vertebrae[patient.row]
    if own is None:
        return None
    area = (_stepped(own.area[0]), _stepped(own.area[1]))
    sensitivity = exposure.sensitivity(_cut(body.paths, area), area)
    here, inside = -cv2.log(sensitivity.quanta), _every(own.vertebra) > 1.0
    beside = []
    for row in (patient.row - 1, patient.row + 1):
        if 0 <= row < len(body.vertebrae) and body.vertebrae[row] is not None:
            seen = _seen_instead(patient.vertebrae, patient.row, row, own.area, body, exposure)
            beside += [seen] if seen is not None else []
    differs = here - np.mean(beside, axis=0) if beside else here
    return Surroundings(exposure, body.geometry, sensitivity, _without_course(as_field(differs), inside))


def _seen_instead(
    vertebrae: Sequence[Vertebra],
    own: int,
    other: int,
    window: tuple[slice, slice],
    body: Body,
    exposure: Exposure,
) -> Field | None:
    """Another vertebra in a window, its body laid onto the own one; None where the film does not show it."""
    geometry = body.geometry
    (here, frame), (there, other_frame) = (_frame(vertebrae[row], geometry) for row in (own, other))
    # From offsets in the own frame to those in the other one.
    turn = other_frame @ np.linalg.inv(frame)
    rows, columns = (len(range(side.start, side.stop, _STEP)) for side in window)
    left, top = window[1].start, window[0].start
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], float) * _STEP + (left, top)
    reached = (corners - here) @ turn.T + there
    low, high = np.floor(reached.min(axis=0)).astype(int), np.ceil(reached.max(axis=0)).astype(int)
    limits = np.array(geometry.shape[::-1])
    kept_low, kept_high = np.clip(low, 0, limits), np.clip(high, 0, limits)
    if np.prod(kept_high - kept_low) < _SHOWN * np.prod(high - low):
        return None
    area = tuple(slice(int(a), int(b), _STEP) for a, b in zip(kept_low[::-1], kept_high[::-1], strict=True))
    field = -cv2.log(exposure.signal(_cut(body.paths, area), area))  # type: ignore[arg-type]
    shift = (turn @ (np.array([left, top]) - here) + there - kept_low) / _STEP
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(
        field, np.column_stack([turn, shift]), (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return as_field(laid)


def _frame(vertebra: Vertebra, geometry: Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a body's centre falls on the film, and where half its width or depth and half its height lead."""
    size, ap = vertebra.size, geometry.view is View.AP
    across, nothing = as_field([0.0, (size.width if ap else size.depth) / 2, 0.0]), as_field([0.0, 0.0, 0.0])
    up = as_field([0.0, 0.0, size.height / 2])
    x, y = (across, nothing) if ap else (nothing, across)
    columns, rows = geometry.points_to_film(*vertebra.to_patient(x, y, up))
    points = np.stack([columns, rows], axis=1).astype(float)
    return points[0], (points[1:] - points[0]).T


def signs_on_film(
    patient: Patient, disease: Disease, shown: DiseaseOnFilm, around: Surroundings | None
) -> set[str]:
    """Findings of the vertebra in question that one film shows.

    Parameters
    ----------
    shown : DiseaseOnFilm
        The disease on this film.
    around : Surroundings or None
        The same film without it.

    Returns
    -------
    set of str
        Some of `SIGN_NAMES`.
    """
    level = disease.levels.get(patient.row)
    if level is None or shown.vertebra is None or around is None:
        return set()
    ratios = visibility(patient, level, shown, around)
    found = {name for name, ratio in ratios.items() if ratio >= 1}
    if level.collapse is not None and level.collapse.genant > 0 and around.geometry.view is View.LATERAL:
        found.add("collapse")
    if level.lopsided and around.geometry.view is View.AP:
        found.add("lopsided")
    return found


def visibility(
    patient: Patient, level: LevelDisease, shown: DiseaseOnFilm, around: Surroundings
) -> dict[str, float]:
    """How each finding of density stands to its threshold: seen from 1 on."""
    after, frontal = shown.vertebra, around.geometry.view is View.AP
    assert after is not None
    film = _Film(around, _every(after.vertebra) > 1.0, _every(after.spongy), _every(after.grain))
    ratios = {}
    if level.foci or level.pedicle or level.diffuse:
        ratios["lytic"] = film.of_bone(_every(after.lost))
        ratios["blastic"] = film.of_bone(_every(after.added))
    if level.pedicle is not None and level.pedicle.sign in PEDICLE_SIGNS and frontal:
        changed = _every(after.added if level.pedicle.sign == "hidden" else after.lost)
        there = _pedicle(patient.vertebrae[patient.row], level.pedicle.left, around.geometry, after)
        ratios["pedicle"] = film.of_bone(changed * there)
    if level.band:
        ratios["band"] = film.of_bone(_every(after.banded))
    if level.cleft:
        ratios["cleft"] = film.of_bone(_every(after.gas) * around.sensitivity.soft / around.sensitivity.bone)
    for name, pushed in (("bulge", level.bulge), ("fragment", level.fragment)):
        if pushed and not frontal:
            ratios[name] = film.of_wall(*_wall(patient.vertebrae[patient.row], patient, name, pushed))
    for name, added in (("mass", shown.mass), ("haematoma", shown.rim)):
        if added is not None:
            ratios[name] = _of_soft(added, shown, around.exposure)
    return ratios


@dataclass(frozen=True)
class _Film:
    """The part of a film that the vertebra with its disease falls on."""

    around: Surroundings
    inside: Mask
    spongy: Field
    grain: Field

    def of_bone(self, change: Field) -> float:
        """Visibility of bone that is lost or gained, in mm of cortical bone."""
        bone, whole = self.around.sensitivity.bone, self.inside
        signal = change * bone
        region = _region(signal)
        if region.sum() < _LEAST_PX or not whole.any():
            return 0.0
        rest, within = whole & ~region, 0.0
        if rest.sum() > _REST * whole.sum():
            within = self._seen(float(signal[region].mean() - signal[rest].mean()), int(region.sum()))
        between = DENSITY_SPREAD * float((self.spongy * bone)[whole].mean())
        return max(within, self._seen(float(signal[whole].mean()), int(whole.sum()), between))

    def of_wall(self, bone_mm: float, area_mm2: float) -> float:
        """Visibility of bone behind the posterior wall: its mean path and its area on the film."""
        bone = float(self.around.sensitivity.bone[self.inside].mean())
        return self._seen(bone_mm * bone, max(_LEAST_PX, int(area_mm2 / self.around.mm**2)))

    def _seen(self, contrast: float, area: int, spread: float = 0.0) -> float:
        """A contrast against its threshold; both noises are those of means over so many pixels."""
        side = min(max(2, round(np.sqrt(area))), max(2, min(self.inside.shape) // 3))
        sensitivity = self.around.sensitivity
        grain = float(_mean(self.grain * sensitivity.bone, side)[self.inside].std())
        quantum = 1 / np.sqrt(float(sensitivity.quanta[self.inside].mean()) * _STEP**2 * area)
        structure = float(_mean(self.around.structure, side)[self.inside].std())
        noise = float(np.sqrt(grain**2 + quantum**2 + spread**2))
        return min(contrast / noise / ROSE, contrast / structure / CONSPICUOUS)


def _of_soft(added: Field, shown: DiseaseOnFilm, exposure: Exposure) -> float:
    """Visibility of soft tissue, against the unevenness of the soft tissue around it at the same scale."""
    step = 2 * _STEP
    coarse = np.ascontiguousarray(added[::step, ::step])
    rows, columns = (np.flatnonzero((coarse > 0).any(axis=axis)) for axis in (1, 0))
    if len(rows) < 2 or len(columns) < 2:
        return 0.0
    margin = len(columns) // 2
    area = tuple(
        slice(max(0, int(each[0]) - margin) * step, (int(each[-1]) + 1 + margin) * step, step)
        for each in (rows, columns)
    )
    paths = _cut(shown.paths, area)  # type: ignore[arg-type]
    sensitivity = exposure.sensitivity(paths, area)  # type: ignore[arg-type]
    change = np.ascontiguousarray(added[area]) * sensitivity.soft
    region = _region(change)
    size = int(region.sum())
    if size < _LEAST_PX:
        return 0.0
    uneven = _of_tissue(replace(paths, soft=paths.soft - added[area]), sensitivity)
    structure = float(_unevenness(uneven, max(2, round(np.sqrt(size)))).std())
    quantum = 1 / np.sqrt(float(sensitivity.quanta[region].sum()) * step**2)
    contrast = float(change[region].mean())
    return min(contrast / quantum / ROSE, contrast / structure / CONSPICUOUS)


def _region(signal: Field) -> Mask:
    greatest = float(signal.max())
    return signal >= _SHARE_OF_GREATEST * greatest if greatest > 0 else np.zeros(signal.shape, bool)


def _of_tissue(paths: TissuePaths, sensitivity: Sensitivity) -> Field:
    """What soft tissue and fat give to the logarithm of the signal."""
    return (paths.soft + f32(_FAT) * paths.fat) * sensitivity.soft


def _unevenness(field: Field, side: int) -> Field:
    """Means over squares, less their course over three times the side."""
    return _mean(field, side) - _mean(field, 3 * side)


def _without_course(field: Field, inside: Mask) -> Field:
    """A field less the plane that fits it best inside."""
    rows, columns = field.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    terms = np.stack([np.ones_like(x), x, y], axis=-1)
    weights, *_ = np.linalg.lstsq(terms[inside], field[inside], rcond=None)
    return as_field(field - terms @ weights)


def _cut(paths: TissuePaths, area: tuple[slice, slice]) -> TissuePaths:
    return paths.each(lambda field: np.ascontiguousarray(field[area]))


def _mean(field: Field, side: int) -> Field:
    return as_field(cv2.blur(field, (side, side)))


def _every(field: Field) -> Field:
    return np.ascontiguousarray(field[::_STEP, ::_STEP])


def _stepped(part: slice) -> slice:
    return slice(part.start, part.stop, _STEP)


def _pedicle(vertebra: Vertebra, left: bool, geometry: Geometry, after: VertebraProjection) -> Mask:
    """Where a pedicle lies on the AP film."""
    side = 1 if left else -1
    place = (side * vertebra.pedicle_x, vertebra.posterior_wall_y - 3.0, vertebra.pedicle_z)
    columns, rows = geometry.points_to_film(*vertebra.to_patient(*(as_field([each]) for each in place)))
    scale = geometry.magnification / geometry.mm_per_pixel
    wide, high = (
        (length / 2 + 1.5) * scale for length in (vertebra.size.pedicle_width, vertebra.size.pedicle_height)
    )
    y, x = np.ogrid[after.area[0], after.area[1]]
    y, x = y[::_STEP], x[:, ::_STEP]
    return ((x - columns[0]) / wide) ** 2 + ((y - rows[0]) / high) ** 2 <= 1


def _wall(vertebra: Vertebra, patient: Patient, name: str, pushed: float) -> tuple[float, float]:
    """Mean path across the bone that stands behind the wall, in mm of cortical bone, and its area in mm2."""
    across = np.linspace(-1, 1, 41)
    height = np.linspace(-1, 1, 41)[:, np.newaxis]
    if name == "bulge":
        reach = pushed * np.maximum(0, 1 - across**2) * np.maximum(0, 1 - height**2)
    else:
        reach = pushed * np.maximum(0, 1 - across**2) * np.exp(-(((height - 0.65) / 0.35) ** 2))
    depths = np.arange(0.25, pushed, 0.5)
    size = vertebra.size
    chords = np.stack([(reach > depth).mean(axis=1) * size.width for depth in depths], axis=1)
    seen = chords > _SHARE_OF_GREATEST * chords.max()
    area = float(seen.sum()) * 0.5 * size.height / len(height)
    return float(chords[seen].mean()) * spongy_mineral(patient, vertebra), area
