"""PNG, JPEG and TIFF -> Radiograph."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mvm_core.errors import FilmError
from mvm_core.imaging.views import view_from_name
from mvm_core.radiograph import Radiograph

MAX_PIXELS = 120_000_000
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_FORMATS = ("PNG", "JPEG", "TIFF", "MPO")
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    OverflowError,
    MemoryError,
    RuntimeError,
    ZeroDivisionError,
    AttributeError,
)
"""What Pillow raises on damaged files."""


def looks_like_raster(content: bytes) -> bool:
    """Tell PNG, JPEG and TIFF by their first bytes."""
    return content.startswith(_MAGIC)


def read_raster(content: bytes, name: str) -> Radiograph:
    """Read a PNG, JPEG or TIFF file.

    Resolution tags are not trusted as pixel spacing: they mostly speak of screens and printers.

    Raises
    ------
    FilmError
        If the file is damaged, has several pages or is too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                _check_size(image, name)
                # Some TIFF writers leave a count of frames only when the file is walked.
                if getattr(image, "n_frames", 1) > 1 and image.format == "TIFF":
                    raise FilmError(
                        name,
                        f"it has {image.n_frames} pages",  # type: ignore[attr-defined]
                        "save the page of the film as a file of its own",
                    )
                image.load()
                grey = _grey(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise FilmError(name, "the picture is damaged", "export the film again") from None
    except Image.DecompressionBombError:
        raise FilmError(name, "the picture is too large", "reduce it and try again") from None
    except _BROKEN as error:
        raise FilmError(
            name,
            f"the picture is damaged or cut short ({type(error).__name__})",
            "export or copy the film again",
        ) from None
    view, source = view_from_name(name)
    return Radiograph(pixels=grey, name=name, view=view, view_source=source)


def _check_size(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise FilmError(
            name,
            f"it has {image.width} x {image.height} pixels, more than can be read",
            "reduce the film and try again",
        )


def _grey(image: Image.Image) -> NDArray[np.float32]:
    """Grey values in [0, 1]: whole-number pictures over their type's range, float ones over their own."""
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return _scaled(np.asarray(image))
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa"):
        image = image.convert("RGBA")
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image)
    values = np.asarray(image.convert("L"))
    return (values.astype(np.float32) / 255.0).clip(0, 1)


def _scaled(values: NDArray) -> NDArray[np.float32]:
    if values.dtype.kind == "u":
        return (values.astype(np.float32) / np.iinfo(values.dtype).max).clip(0, 1)
    if values.dtype.kind == "i" and values.size and values.min() >= 0 and values.max() <= 65535:
        return (values.astype(np.float32) / 65535.0).clip(0, 1)
    finite = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if high <= low:
        return np.zeros(finite.shape, np.float32)
    return ((finite - low) / (high - low)).astype(np.float32).clip(0, 1)
