"""Changes to a film that put a question to the model: part of it covered, or replaced by what lies around."""

import dataclasses
from enum import StrEnum

import cv2
import numpy as np

from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Box, Radiograph

_INPAINTED_SIDE = 192
_RADIUS = 4.0


class Cover(StrEnum):
    """What takes the place of the covered part."""

    GREY = gettext_noop("even grey")
    SURROUNDINGS = gettext_noop("its surroundings")

    @property
    def said(self) -> str:
        """The same as it is written for people."""
        return gettext(self.value)


def cover(film: Radiograph, box: Box, how: Cover) -> Radiograph:
    """Hide a part of a film.

    Parameters
    ----------
    film : Radiograph
    box : Box
        In film coordinates, widened to whole pixels and by one more; what lies outside the film is left out.
    how : Cover
        The median grey of the part; or what Telea's inpainting continues from around it (J. Graphics Tools
        2004), on a reduced copy. Where nothing lies around it, grey is taken.
    """
    rows, columns = film.shape
    # One pixel more on each side: what a network sees of the edge is interpolated.
    top, bottom = (int(np.clip(edge, 0, rows)) for edge in (np.floor(box.y0) - 1, np.ceil(box.y1) + 1))
    left, right = (int(np.clip(edge, 0, columns)) for edge in (np.floor(box.x0) - 1, np.ceil(box.x1) + 1))
    if top >= bottom or left >= right:
        return film
    part = np.s_[top:bottom, left:right]
    pixels = film.pixels.copy()
    everything = (bottom - top, right - left) == film.shape
    if how is Cover.GREY or everything:
        pixels[part] = np.median(film.pixels[part])
        return dataclasses.replace(film, pixels=pixels)
    margin = max(2, (bottom - top) // 3, (right - left) // 3)
    around = np.s_[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin]
    pixels[part] = _continued(
        film.pixels[around], _inside(film.shape, part)[around], (bottom - top, right - left)
    )
    return dataclasses.replace(film, pixels=pixels)


def _inside(shape: tuple[int, int], part: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    mask[part] = 255
    return mask


def _continued(grey: np.ndarray, mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Grey values for the masked rectangle of that shape, continued from around it."""
    reduction = min(1.0, _INPAINTED_SIDE / max(grey.shape))
    size = (max(2, round(grey.shape[1] * reduction)), max(2, round(grey.shape[0] * reduction)))
    small = np.round(cv2.resize(grey, size, interpolation=cv2.INTER_AREA) * 65535).astype(np.uint16)
    hidden = np.where(cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 0, 255, 0).astype(np.uint8)
    filled = cv2.inpaint(small, hidden, _RADIUS, cv2.INPAINT_TELEA).astype(np.float32) / np.float32(65535)
    full = cv2.resize(filled, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return full[mask > 0].reshape(shape)
