"""A contact sheet of simulated films beside real ones, at one scale."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mvm_core.errors import FilmError
from mvm_core.imaging import read_film
from mvm_core.radiograph import Radiograph, View
from mvm_core.simulation.settings import PatientRequest
from mvm_core.simulation.simulator import simulate_patient
from mvm_core.simulation.sites import CLINICS

WHOLE_SPINE_MM = 720.0
"""What a film without a pixel spacing is taken to show from top to bottom: skull base to pelvis."""

_FILM_MM = 430.0
_WIDEST_MM = 300.0
_PX_PER_MM = 1.5
_PER_ROW = 8
_GAP, _TEXT_PX, _LINE = 10, 17, 24
_REAL_GREY, _SIMULATED_COLOUR = (205, 205, 205), (230, 159, 0)
_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".dcm", ".dicom", ""}


@dataclass(frozen=True)
class Tile:
    """One film of the sheet.

    Attributes
    ----------
    picture : Image
        At the sheet's scale.
    lines : tuple of str
        Below the film; the first says whether the film is simulated.
    simulated : bool
    """

    picture: Image.Image
    lines: tuple[str, ...]
    simulated: bool


def contact_sheet(
    real: Sequence[Radiograph],
    simulated: int,
    seed: int,
    sites: Sequence[str] = CLINICS,
    anatomy: str | None = None,
) -> bytes:
    """Draw simulated AP films, of each site in turn, and real ones side by side.

    Parameters
    ----------
    real : sequence of Radiograph
    simulated : int
        How many patients to simulate. Of the first, the lateral films make a row of their own.
    seed : int
    sites : sequence of str
    anatomy : str, optional
        Folder of surfaces, where a site needs one.

    Returns
    -------
    bytes
        A PNG file. Every simulated film is labelled.
    """
    requests = [
        PatientRequest(seed, index, site=sites[index % len(sites)], anatomy=anatomy)
        for index in range(simulated)
    ]
    views: dict[View, list[Tile]] = {view: [] for view in View}
    for request in requests:
        patient = simulate_patient(request)
        for view, film in patient.films.items():
            lines = ("SIMULATED", f"{patient.case_id} {view.label}", f"{patient.level}, {patient.label}")
            picture = _picture(film.pixels.astype(np.float32) / np.float32(4095), film.mm_per_pixel)
            views[view].append(Tile(picture, lines, True))
    frontal = [_real_tile(film) for film in real if film.view is not View.LATERAL]
    side = [_real_tile(film) for film in real if film.view is View.LATERAL]
    rows = _rows(_in_turn(frontal, views[View.AP])) + _rows(_in_turn(side, views[View.LATERAL])[:_PER_ROW])
    return _lay_out(rows)


def read_real_films(folder: Path) -> list[Radiograph]:
    """Read every film of a folder, in the order of their names.

    Raises
    ------
    FilmError
        If the folder holds no film, or one of them cannot be read.
    """
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    films = [read_film(path) for path in files if path.is_file() and path.suffix.lower() in _SUFFIXES]
    if not films:
        raise FilmError(str(folder), "it holds no film", "name a folder of DICOM, PNG, JPEG or TIFF files")
    return films


def _real_tile(film: Radiograph) -> Tile:
    if film.mm_per_pixel is not None:
        return Tile(_picture(film.pixels, film.mm_per_pixel), ("real", film.name, "scale known"), False)
    mm_per_pixel = WHOLE_SPINE_MM / film.shape[0]
    # The part of a whole-spine film that a film of the thoracolumbar spine shows.
    bottom = round(0.96 * film.shape[0])
    top = max(0, round(bottom - _FILM_MM / mm_per_pixel))
    return Tile(_picture(film.pixels[top:bottom], mm_per_pixel), ("real", film.name, "scale guessed"), False)


def _picture(grey: np.ndarray, mm_per_pixel: float) -> Image.Image:
    """A film at the sheet's scale, cut to its size around the middle."""
    picture = Image.fromarray(np.rint(grey * 255).astype(np.uint8))
    times = mm_per_pixel * _PX_PER_MM
    picture = picture.resize(
        (max(1, round(picture.width * times)), max(1, round(picture.height * times))),
        Image.Resampling.LANCZOS,
    )
    width, height = min(picture.width, round(_WIDEST_MM * _PX_PER_MM)), round(_FILM_MM * _PX_PER_MM)
    left, top = (picture.width - width) // 2, max(0, (picture.height - height) // 2)
    return picture.crop((left, top, left + width, top + min(height, picture.height)))


def _in_turn(real: list[Tile], simulated: list[Tile]) -> list[Tile]:
    pairs = zip_longest(real, simulated)
    return [tile for pair in pairs for tile in pair if tile is not None]


def _rows(tiles: list[Tile]) -> list[list[Tile]]:
    return [tiles[start : start + _PER_ROW] for start in range(0, len(tiles), _PER_ROW)]


def _lay_out(rows: list[list[Tile]]) -> bytes:
    height = round(_FILM_MM * _PX_PER_MM) + 3 * _LINE + _GAP
    width = max(sum(tile.picture.width + _GAP for tile in row) for row in rows) + _GAP
    sheet = Image.new("RGB", (width, height * len(rows) + 2 * _LINE))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=_TEXT_PX)
    title = f"Real and simulated films at {_PX_PER_MM:g} pixels a mm; orange: simulated, no patient"
    draw.text((_GAP, _LINE // 2), title, fill=_REAL_GREY, font=font)
    for number, row in enumerate(rows):
        left, top = _GAP, 2 * _LINE + number * height
        for tile in row:
            sheet.paste(tile.picture, (left, top))
            colour = _SIMULATED_COLOUR if tile.simulated else _REAL_GREY
            for place, line in enumerate(tile.lines):
                below = top + tile.picture.height + 4 + place * _LINE
                draw.text((left, below), line, fill=colour, font=font)
            left += tile.picture.width + _GAP
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
