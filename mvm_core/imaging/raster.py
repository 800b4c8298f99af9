"""PNG, JPEG and TIFF -> Radiograph."""

import io
import struct
import warnings
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffTags import TAGS_V2

from mvm_core.errors import FilmError
from mvm_core.imaging.limits import MAX_PIXELS
from mvm_core.imaging.views import view_from_name
from mvm_core.radiograph import Radiograph

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_FORMATS = ("PNG", "JPEG", "TIFF")
_TAG = {info.name: tag for tag, info in TAGS_V2.items()}
_DEPTHS = (8, 10, 12, 14, 16)
_DAMAGED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
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
        If the file is damaged, of a rare kind, has several pages or is too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                _check_size(image, name)
                image.load()
                # Of a photograph's other orientations TIFF is turned by Pillow itself.
                grey = _grey(ImageOps.exif_transpose(image), _header(image))
    except Image.DecompressionBombError as error:
        raise FilmError(name, "the picture has more pixels than can be read", "reduce it") from error
    except UnidentifiedImageError as error:
        raise FilmError(
            name,
            "the picture is damaged or of a kind that cannot be read",
            "save it as a grey PNG or TIFF of 8 or 16 bits",
        ) from error
    except _DAMAGED as error:
        raise FilmError(
            name, "the picture is damaged or cut short", "export or copy the film again"
        ) from error
    view, source = view_from_name(name)
    return Radiograph(pixels=grey, name=name, view=view, view_source=source)


def _check_size(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise FilmError(
            name,
            f"it has {image.width} x {image.height} pixels, more than can be read",
            "reduce the film and try again",
        )
    pages = getattr(image, "n_frames", 1)
    if pages > 1 and image.format == "TIFF":
        raise FilmError(name, f"it has {pages} pages", "save the page of the film as a file of its own")


def _header(image: Image.Image) -> dict[str, int]:
    """What Pillow does not apply to TIFF files of more than 8 bits."""
    tags = getattr(image, "tag_v2", None)
    if tags is None:
        return {}
    sample_format = tags.get(_TAG["SampleFormat"], (1,))
    return {
        "white is zero": int(tags.get(_TAG["PhotometricInterpretation"], 1) == 0),
        "unsigned": int(sample_format in (1, (1,))),
    }


def _grey(image: Image.Image, header: dict[str, int]) -> NDArray[np.float32]:
    """Grey values in [0, 1].

    Whole-number pictures are shown over the range of their depth, others over their own range.
    """
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        values = np.asarray(image)
        if image.mode == "I" and header.get("unsigned"):
            values = values.view(np.uint32)
        grey = _scaled(values)
        return 1 - grey if header.get("white is zero") else grey
    if image.mode == "LAB":
        image = image.getchannel(0)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    elif image.mode == "P":
        image = image.convert("RGB")
    return np.asarray(image.convert("L")).astype(np.float32) / np.float32(255.0)


def _scaled(values: NDArray) -> NDArray[np.float32]:
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.float32)
    low, high = float(values[finite].min()), float(values[finite].max())
    if values.dtype.kind in "iu" and low >= 0 and high < 2 ** _DEPTHS[-1]:
        # Films of 10, 12 or 14 bits are stored in 16; their depth is told by their brightest pixel.
        depth = next(bits for bits in _DEPTHS if high < 2**bits)
        low, high = 0.0, float(2**depth - 1)
    if not high > low:
        return np.zeros(values.shape, np.float32)
    shown = np.where(finite, values, low).astype(np.float64) if values.dtype.kind == "f" else values
    return np.clip((shown - np.float64(low)) / (high - low), 0, 1).astype(np.float32)
