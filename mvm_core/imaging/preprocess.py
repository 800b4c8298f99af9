"""From a radiograph to what a network sees: the only copy of these steps."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.radiograph import Box, Radiograph


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a film before a network sees it; kept with the weights.

    Attributes
    ----------
    region_mm : float
        Side of the square region of interest, in mm at the detector.
    size_px : int
        Side of the network's input in pixels; the region is reduced to it by area averaging.
    clahe : bool
        Whether contrast-limited adaptive histogram equalisation is applied.
    clahe_clip : float
        OpenCV's clip limit.
    clahe_tiles : int
        Tiles along each side.
    """

    region_mm: float = 96.0
    size_px: int = 160
    clahe: bool = True
    clahe_clip: float = 2.0
    clahe_tiles: int = 4


@dataclass(frozen=True)
class Region:
    """The square that a network sees, in film coordinates (pixels); it may reach past the film.

    ``to_scale`` is False where the pixel spacing is unknown and the size is therefore a guess.
    ``pointed_at`` is False where nobody marked a level and the centre of the film was taken.
    """

    x0: float
    y0: float
    side: float
    to_scale: bool
    pointed_at: bool

    @property
    def box(self) -> Box:
        """The same square as a box."""
        return Box(self.x0, self.y0, self.x0 + self.side, self.y0 + self.side)


def region_of_interest(film: Radiograph, box: Box | None, region_mm: float) -> Region:
    """Choose the square that the networks see.

    With known pixel spacing the square has a side of `region_mm` around the box's centre, or around
    the film's centre where there is no box. With unknown spacing it is the box made square, else the
    largest central square.

    Parameters
    ----------
    film : Radiograph
    box : Box or None
        Drawn around the vertebra in question, in film coordinates.
    region_mm : float
        Side of the square in mm at the detector.
    """
    rows, columns = film.shape
    centre_x, centre_y = box.centre if box is not None else (columns / 2, rows / 2)
    if film.mm_per_pixel is not None:
        side = region_mm / film.mm_per_pixel
    elif box is not None:
        side = max(box.width, box.height)
    else:
        side = float(min(rows, columns))
    return Region(
        x0=centre_x - side / 2,
        y0=centre_y - side / 2,
        side=side,
        to_scale=film.mm_per_pixel is not None,
        pointed_at=box is not None,
    )


def cut(pixels: NDArray[np.float32], region: Region, size_px: int) -> NDArray[np.float32]:
    """Cut a region out of a film and bring it to `size_px` pixels a side.

    Reduction averages areas; outside the film is black.

    Parameters
    ----------
    pixels : float32 array, shape (rows, columns)
        Values in [0, 1].

    Returns
    -------
    float32 array, shape (size_px, size_px)
        Values in [0, 1].
    """
    reduction = region.side / size_px
    if reduction > 1:
        # Cut on whole pixels at an integer multiple of the target, so that the reduction is a true area mean.
        multiple = int(np.ceil(reduction))
        fine = _resample(pixels, region, size_px * multiple)
        reduced = cv2.resize(fine, (size_px, size_px), interpolation=cv2.INTER_AREA)
        return reduced.astype(np.float32, copy=False)
    return _resample(pixels, region, size_px)


def _resample(pixels: NDArray[np.float32], region: Region, size: int) -> NDArray[np.float32]:
    scale = region.side / size
    # Pixel centres lie at half-integer film coordinates.
    to_film = np.array(
        [
            [scale, 0.0, region.x0 + scale / 2 - 0.5],
            [0.0, scale, region.y0 + scale / 2 - 0.5],
        ]
    )
    resampled = cv2.warpAffine(
        pixels,
        to_film,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0.0,
    )
    return resampled.astype(np.float32, copy=False)


def has_contrast(patch: NDArray[np.float32], region: Region, film_shape: tuple[int, int]) -> bool:
    """Whether a film shows anything but one even grey where a network looks.

    Only what lies on the film counts: its edge against the black beyond is no contrast.

    Parameters
    ----------
    patch : float32 array, shape (size_px, size_px)
        The region as `cut` returns it.
    region : Region
    film_shape : (rows, columns)
        Of the film that it was cut from.
    """
    size_px = len(patch)
    rows, columns = (
        _on_film(start, region.side / size_px, size_px, length)
        for start, length in zip((region.y0, region.x0), film_shape, strict=True)
    )
    seen = patch[np.ix_(rows, columns)]
    return bool(seen.size) and bool(stretch(seen).any())


def _on_film(start: float, step: float, count: int, length: int) -> NDArray[np.bool_]:
    """Which pixels of an input, along one axis, are made of film alone."""
    edges = start + step * np.arange(count + 1)
    return (edges[:-1] >= 0.5) & (edges[1:] <= length - 0.5)


def stretch(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stretch grey values so that the 1st percentile becomes 0 and the 99th becomes 1.

    A patch without contrast becomes all zero.
    """
    low, high = np.percentile(patch, (1.0, 99.0))
    if high - low < 1e-6:
        return np.zeros_like(patch)
    return np.clip((patch - low) / (high - low), 0.0, 1.0).astype(np.float32)


def network_input(patch: NDArray[np.float32], settings: Preprocessing) -> NDArray[np.float32]:
    """Turn a cut patch into one channel of a network's input.

    Parameters
    ----------
    patch : float32 array, shape (size_px, size_px)
        Values in [0, 1], as `cut` returns them.

    Returns
    -------
    float32 array, shape (size_px, size_px)
        Zero mean and unit standard deviation; all zero where the patch has no contrast.
    """
    grey = stretch(patch)
    if settings.clahe:
        equaliser = cv2.createCLAHE(settings.clahe_clip, (settings.clahe_tiles, settings.clahe_tiles))
        grey = equaliser.apply(np.round(grey * 65535.0).astype(np.uint16)).astype(np.float32) / 65535.0
    spread = float(grey.std())
    if spread < 1e-6:
        return np.zeros_like(grey)
    return ((grey - grey.mean()) / spread).astype(np.float32)
