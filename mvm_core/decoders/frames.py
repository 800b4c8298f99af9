"""Compressed pixel data of DICOM -> stored values, by the decoder that suits the transfer syntax.

Left to itself pydicom asks GDCM first, which is the slower one.
"""

from typing import Any

from numpy.typing import NDArray
from pydicom.pixels import get_decoder

PLUGINS = {
    "1.2.840.10008.1.2.5": "pydicom",  # RLE
    "1.2.840.10008.1.2.4.50": "pillow",  # JPEG baseline
    "1.2.840.10008.1.2.4.51": "pillow",  # JPEG extended
    "1.2.840.10008.1.2.4.57": "gdcm",  # JPEG lossless
    "1.2.840.10008.1.2.4.70": "gdcm",  # JPEG lossless, selection value 1
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",  # JPEG 2000
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",  # high-throughput JPEG 2000
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
}


def decode_frame(content: bytes, options: dict[str, Any]) -> tuple[NDArray, dict[str, Any]]:
    """Decode the one frame of an image.

    Parameters
    ----------
    content : bytes
        Encapsulated pixel data.
    options : dict
        ``syntax``, the transfer syntax's UID; ``layout``, as `pydicom.pixels.utils.as_pixel_options` has it.

    Returns
    -------
    values : array, shape (rows, columns) or (rows, columns, 3)
        Stored values of a grey image, RGB of a colour image.
    facts : dict
        Empty.
    """
    syntax = options["syntax"]
    decoder = get_decoder(syntax)
    values, _ = decoder.as_array(content, decoding_plugin=PLUGINS[syntax], **options["layout"])
    return values, {}
