"""PNG, JPEG and TIFF -> grey values as they are stored."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError
from PIL.TiffTags import TAGS_V2

from mvm_core.decoders.refusal import RefusedError

_FORMATS = ("PNG", "JPEG", "TIFF")
_TAG = {info.name: tag for tag, info in TAGS_V2.items()}


def decode_picture(content: bytes, options: dict[str, Any]) -> tuple[NDArray, dict[str, Any]]:
    """Decode a picture.

    Parameters
    ----------
    content : bytes
        The file.
    options : dict
        ``most_pixels``.

    Returns
    -------
    values : array, shape (rows, columns)
        8 bits for what is shown as it is, else whole numbers or floats as stored.
    facts : dict
        ``white_is_zero``: whether high values are dark.

    Raises
    ------
    RefusedError
        If it is damaged, of a rare kind, has several pages or is too large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _check_size(image, options["most_pixels"])
            image.load()
            header = _header(image)
            # Of a photograph's other orientations TIFF is turned by Pillow itself.
            ImageOps.exif_transpose(image, in_place=True)
            values = _values(image, header)
    except Image.DecompressionBombError:
        raise RefusedError("the picture has more pixels than can be read", "reduce it") from None
    except UnidentifiedImageError:
        raise RefusedError(
            "the picture is damaged or of a kind that cannot be read",
            "save it as a grey PNG or TIFF of 8 or 16 bits",
        ) from None
    return values, {"white_is_zero": bool(header.get("white is zero")) and values.dtype != np.uint8}


def _check_size(image: Image.Image, most_pixels: int) -> None:
    if image.width * image.height > most_pixels:
        raise RefusedError(
            f"it has {image.width} x {image.height} pixels, more than can be read",
            "reduce the film and try again",
        )
    if image.format == "TIFF" and (pages := getattr(image, "n_frames", 1)) > 1:
        raise RefusedError(f"it has {pages} pages", "save the page of the film as a file of its own")


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


def _values(image: Image.Image, header: dict[str, int]) -> NDArray:
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        values = np.asarray(image)
        return values.view(np.uint32) if image.mode == "I" and header.get("unsigned") else values
    if image.mode == "LAB":
        image = image.getchannel(0)
    if image.has_transparency_data:
        if image.mode not in ("RGBA", "LA"):
            image = image.convert("RGBA")
        # Laid on black.
        return np.asarray(ImageChops.multiply(image.convert("L"), image.getchannel("A")))
    if image.mode == "P":
        image = image.convert("RGB")
    return np.asarray(image.convert("L"))
