"""Which findings of the vertebra in question can be seen on a film: contrast to noise, and what is measured.

A finding of density is a sign where the contrast of its own region is at least five times the noise at its
scale (Rose, J Opt Soc Am 1948;38:196-208: a difference over an area A is seen reliably from C sqrt(A) / n of
about five on, n the noise of a unit of area).

*Contrast* is the change of the film's logarithmic signal with and without the finding, before noise, blur and
processing (which change both alike): the mean over the finding's own region, where the change is at least
half of its greatest. *Noise* is the standard deviation of means over regions of that size: of quanta, and of
what a reader cannot know from the patient's other vertebrae or other side. For bone that is the grain of the
spongy bone, against the rest of the vertebra; or, for a change of all of the vertebra, the spread of density
between neighbouring vertebrae. For soft tissue it is the unevenness of the soft tissue around, which varies
much in the belly and little in the chest.

A collapse is a sign from Genant grade 1 on, a tilt from five degrees on: what readers can measure on films.
Soft tissue in the canal and marrow replaced without a change of mineral are on no film. Spurs and Schmorl's
nodes are wear, not signs.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import View
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

ROSE = 5.0
"""From which ratio of contrast to noise on a finding is seen."""

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
_REST, _FAT = 0.2, 0.85

Mask = NDArray[np.bool_]


def signs_on_film(
    patient: Patient, disease: Disease, shown: DiseaseOnFilm, exposure: Exposure, geometry: Geometry
) -> set[str]:
    """Findings of the vertebra in question that one film shows.

    Parameters
    ----------
    shown : DiseaseOnFilm
        The disease on this film.
    exposure : Exposure
        Of this film.

    Returns
    -------
    set of str
        Some of `SIGN_NAMES`.
    """
    level = disease.levels.get(patient.row)
    if level is None or shown.vertebra is None:
        return set()
    ratios = contrast_to_noise(patient, level, shown, exposure, geometry)
    found = {name for name, ratio in ratios.items() if ratio >= ROSE}
    if level.collapse is not None and level.collapse.genant > 0 and geometry.view is View.LATERAL:
        found.add("collapse")
    if level.lopsided and geometry.view is View.AP:
        found.add("lopsided")
    return found


def contrast_to_noise(
    patient: Patient, level: LevelDisease, shown: DiseaseOnFilm, exposure: Exposure, geometry: Geometry
) -> dict[str, float]:
    """Ratio of contrast to noise of each finding of density that the vertebra in question has."""
    after = shown.vertebra
    assert after is not None
    film = _Film.of(shown, after, exposure, geometry)
    ratios = {}
    if level.foci or level.pedicle or level.diffuse:
        ratios["lytic"] = film.of_bone(film.cut(after.lost))
        ratios["blastic"] = film.of_bone(film.cut(after.added))
    if level.pedicle is not None and level.pedicle.sign in PEDICLE_SIGNS and geometry.view is View.AP:
        changed = film.cut(after.added if level.pedicle.sign == "hidden" else after.lost)
        there = _pedicle(patient.vertebrae[patient.row], level.pedicle.left, geometry, after)
        ratios["pedicle"] = film.of_bone(changed * there)
    if level.band:
        ratios["band"] = film.of_bone(film.cut(after.banded))
    if level.cleft:
        ratios["cleft"] = film.of_bone(film.cut(after.gas) * film.sensitivity.soft / film.sensitivity.bone)
    if geometry.view is View.LATERAL:
        vertebra = patient.vertebrae[patient.row]
        for name, pushed in (("bulge", level.bulge), ("fragment", level.fragment)):
            if pushed:
                ratios[name] = film.of_wall(*_wall(vertebra, patient, name, pushed))
    for name, added in (("mass", shown.mass), ("haematoma", shown.rim)):
        if added is not None:
            ratios[name] = _of_soft(added, shown, exposure, geometry)
    return ratios


@dataclass(frozen=True)
class _Film:
    """The part of a film that the vertebra falls on, every other pixel."""

    area: tuple[slice, slice]
    sensitivity: Sensitivity
    inside: Mask
    spongy: Field
    grain: Field
    uneven: Field
    mm: float

    @classmethod
    def of(
        cls, shown: DiseaseOnFilm, after: VertebraProjection, exposure: Exposure, geometry: Geometry
    ) -> "_Film":
        area = (_stepped(after.area[0]), _stepped(after.area[1]))
        paths = shown.paths.each(lambda field: np.ascontiguousarray(field[area]))
        sensitivity = exposure.sensitivity(paths, area)
        return cls(
            area=area,
            sensitivity=sensitivity,
            inside=_every(after.vertebra) > 1.0,
            spongy=_every(after.spongy),
            grain=_every(after.grain) * sensitivity.bone,
            uneven=_of_tissue(paths, sensitivity),
            mm=geometry.mm_per_pixel / geometry.magnification * _STEP,
        )

    def cut(self, field: Field) -> Field:
        """A field of the projection, every other pixel."""
        return _every(field)

    def of_bone(self, change: Field) -> float:
        """Ratio for bone that is lost or gained, in mm of cortical bone."""
        signal = change * self.sensitivity.bone
        region = _region(signal)
        area = int(region.sum())
        if area < _LEAST_PX:
            return 0.0
        rest = self.inside & ~region
        noise = self._noise(area, self._quantum(region))
        within = 0.0
        if rest.sum() > _REST * self.inside.sum():
            contrast = float(signal[region].mean() - signal[rest].mean())
            within = contrast / noise
        whole = self.inside
        between = DENSITY_SPREAD * float((self.spongy * self.sensitivity.bone)[whole].mean())
        noise = np.hypot(between, self._noise(int(whole.sum()), self._quantum(whole)))
        return max(within, float(signal[whole].mean() / noise))

    def of_wall(self, bone_mm: float, area_mm2: float) -> float:
        """Ratio for bone that stands behind the posterior wall: its mean path and its area on the film."""
        area = max(_LEAST_PX, int(area_mm2 / self.mm**2))
        bone = float(self.sensitivity.bone[self.inside].mean())
        quanta = float(self.sensitivity.quanta[self.inside].mean()) * _STEP**2
        return bone_mm * bone / self._noise(area, 1 / np.sqrt(quanta * area))

    def _noise(self, area: int, quantum: float) -> float:
        """Standard deviation of means over regions of so many pixels."""
        side = min(max(2, round(np.sqrt(area))), max(2, min(self.inside.shape) // 3))
        grain = float(_mean(self.grain, side)[self.inside].std())
        uneven = float(_unevenness(self.uneven, side)[self.inside].std())
        return float(np.sqrt(grain**2 + uneven**2 + quantum**2))

    def _quantum(self, region: Mask) -> float:
        """Standard deviation of the mean logarithm over a region, from the number of quanta in it."""
        return 1 / np.sqrt(float(self.sensitivity.quanta[region].sum()) * _STEP**2)


def _of_soft(added: Field, shown: DiseaseOnFilm, exposure: Exposure, geometry: Geometry) -> float:
    """Ratio for soft tissue, against the unevenness of the soft tissue around it at the same scale."""
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
    paths = shown.paths.each(lambda field: np.ascontiguousarray(field[area]))
    sensitivity = exposure.sensitivity(paths, area)  # type: ignore[arg-type]
    change = np.ascontiguousarray(added[area]) * sensitivity.soft
    region = _region(change)
    size = int(region.sum())
    if size < _LEAST_PX:
        return 0.0
    uneven = _of_tissue(replace(paths, soft=paths.soft - added[area]), sensitivity)
    noise = float(_unevenness(uneven, max(2, round(np.sqrt(size)))).std())
    quantum = 1 / np.sqrt(float(sensitivity.quanta[region].sum()) * step**2)
    return float(change[region].mean()) / float(np.hypot(noise, quantum))


def _region(signal: Field) -> Mask:
    greatest = float(signal.max())
    return signal >= _SHARE_OF_GREATEST * greatest if greatest > 0 else np.zeros(signal.shape, bool)


def _of_tissue(paths: TissuePaths, sensitivity: Sensitivity) -> Field:
    """What soft tissue and fat give to the logarithm of the signal."""
    return (paths.soft + f32(_FAT) * paths.fat) * sensitivity.soft


def _unevenness(field: Field, side: int) -> Field:
    """Means over squares, less their course over three times the side."""
    return _mean(field, side) - _mean(field, 3 * side)


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
