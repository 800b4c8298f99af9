"""File -> Radiograph: the type is told by content, never by the name's ending."""

from pathlib import Path

import numpy as np

from mvm_core.errors import FilmError
from mvm_core.imaging.kinds import looks_like_dicom, looks_like_raster
from mvm_core.imaging.limits import MAX_FILE_BYTES, MIN_SIDE_PX
from mvm_core.imaging.raster import read_raster
from mvm_core.language import gettext
from mvm_core.radiograph import Radiograph


def read_film(source: Path | bytes, name: str | None = None) -> Radiograph:
    """Read one radiograph from a DICOM, PNG, JPEG or TIFF file.

    Parameters
    ----------
    source : Path or bytes
        The file or its content.
    name : str, optional
        The name for messages; the file's own where not given.

    Returns
    -------
    Radiograph
        Grey values in [0, 1], bone bright.

    Raises
    ------
    FilmError
        If the file cannot be read as one radiograph.
    """
    shown = name or (source.name if isinstance(source, Path) else "film")
    content = _content(source, shown)
    if not content:
        raise FilmError(shown, gettext("the file is empty"), gettext("export the film again"))
    if len(content) > MAX_FILE_BYTES:
        raise FilmError(
            shown,
            gettext(
                "it has {size:.0f} MB, more than the {most} MB allowed",
                size=len(content) / 2**20,
                most=MAX_FILE_BYTES // 2**20,
            ),
            gettext("export the film alone, at its own resolution"),
        )
    # DICOM first: its preamble may hold a TIFF header.
    if looks_like_dicom(content):
        # Only here: pydicom takes a quarter of a second to load, and the first page needs none of it.
        from mvm_core.imaging.dicom import read_dicom

        film = read_dicom(content, shown)
    elif looks_like_raster(content):
        film = read_raster(content, shown)
    else:
        raise FilmError(
            shown,
            gettext("it is not a film that can be read"),
            gettext("give a DICOM, PNG, JPEG or TIFF file of one radiograph"),
        )
    _check_pixels(film)
    return film


def _content(source: Path | bytes, name: str) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        if source.is_file() and source.stat().st_size > MAX_FILE_BYTES:
            raise FilmError(
                name,
                gettext(
                    "it is larger than the {most} MB allowed",
                    most=MAX_FILE_BYTES // 2**20,
                ),
                gettext("export the film alone, at its own resolution"),
            )
        return source.read_bytes()
    except OSError as error:
        raise FilmError(
            name,
            gettext("the file cannot be opened ({reason})", reason=error.strerror or type(error).__name__),
            gettext("check its path"),
        ) from None


def _check_pixels(film: Radiograph) -> None:
    rows, columns = film.shape
    if min(rows, columns) < MIN_SIDE_PX:
        raise FilmError(
            film.name,
            gettext("it has only {columns} x {rows} pixels", columns=columns, rows=rows),
            gettext("give the full film, at least {fewest} pixels a side", fewest=MIN_SIDE_PX),
        )
    if not float(np.ptp(film.pixels)) > 0:
        raise FilmError(
            film.name,
            gettext("every pixel has the same value, so nothing can be seen"),
            gettext("export the film again"),
        )
