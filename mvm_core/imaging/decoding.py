"""DICOM pixel data -> stored values: compressed ones by decoders in processes of their own."""

from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut, pixel_array
from pydicom.pixels.utils import as_pixel_options
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from mvm_core.decoders.pool import shared_pool
from mvm_core.errors import FilmError
from mvm_core.imaging.attributes import number, text
from mvm_core.imaging.codestream import stream_size
from mvm_core.imaging.kinds import COMPRESSED
from mvm_core.language import gettext

_NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
_EIGHT_BITS_ALONE = (JPEGBaseline8Bit, JPEGExtended12Bit)
"""Syntaxes of which the decoder that there is reads 8 bits alone."""


def decode(data: Dataset, name: str) -> NDArray:
    """Decode the image of a data set.

    Parameters
    ----------
    data : Dataset
        With one frame; a missing transfer syntax is filled in.
    name : str
        The file's name, for messages.

    Returns
    -------
    array, shape (rows, columns) or (rows, columns, 3)
        Stored values of a grey image; RGB of a colour image or one with a palette.

    Raises
    ------
    FilmError
        If no decoder reads the transfer syntax, the compressed stream contradicts the header, or it takes too
        much to decode.
    DamagedImageError
        If the compressed stream is damaged.
    """
    syntax = _transfer_syntax(data)
    if syntax in _NATIVE:
        stored = _native(data)
    elif syntax in COMPRESSED:
        _check_stream(data, syntax, name)
        options = {"syntax": str(syntax), "layout": as_pixel_options(data, number_of_frames=1)}
        stored = shared_pool().decode("frame", data.PixelData, options, name).values
    else:
        unknown = (
            gettext("transfer syntax {syntax}", syntax=syntax)
            if syntax.is_valid
            else gettext("an unknown transfer syntax")
        )
        raise _no_decoder(name, syntax.name if syntax.name != syntax else unknown)
    if text(data, "PhotometricInterpretation") == "PALETTE COLOR":
        stored = apply_color_lut(stored, data)
    if stored.ndim not in (2, 3) or stored.shape[2:] not in ((), (3,)):
        raise FilmError(
            name,
            gettext("its image has a shape of {shape}", shape=stored.shape),
            gettext("export the film as a grey image of one frame"),
        )
    return stored


def _transfer_syntax(data: Dataset) -> UID:
    """The transfer syntax; where the file names none, what pydicom found it to be is written into it."""
    if getattr(data, "file_meta", None) is None:
        data.file_meta = FileMetaDataset()
    if not text(data.file_meta, "TransferSyntaxUID"):
        implicit, little = data.original_encoding
        plain = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else plain
    return UID(text(data.file_meta, "TransferSyntaxUID"))


def _native(data: Dataset) -> NDArray:
    """Uncompressed values; old films keep them in the upper bits of their words."""
    bits = int(number(data, "BitsStored") or 0)
    below = int(number(data, "HighBit") or 0) + 1 - bits
    if bits <= 0 or below <= 0 or number(data, "PixelRepresentation"):
        return pixel_array(data)
    data.BitsStored = bits + below
    stored = pixel_array(data)
    data.BitsStored = bits
    # A header that is wrong about the high bit is left aside.
    return stored >> below if stored.max() >= 2**bits else stored


def _check_stream(data: Dataset, syntax: UID, name: str) -> None:
    stream = get_frame(data.PixelData, 0, number_of_frames=1)
    rows, columns, samples = int(data.Rows), int(data.Columns), int(data.SamplesPerPixel)
    if syntax == RLELossless:
        if len(stream) > 2 * rows * columns * samples * int(data.BitsAllocated) // 8 + 1024:
            raise FilmError(
                name,
                gettext("its compressed image is longer than it can be"),
                gettext("export the film again"),
            )
        return
    size = stream_size(stream)
    if size is None:
        raise FilmError(
            name,
            gettext("its compressed image is damaged or cut short"),
            gettext("export or send the film again"),
        )
    if (size.rows, size.columns, size.samples) != (rows, columns, samples):
        raise FilmError(
            name,
            gettext(
                "its header speaks of {columns} x {rows} pixels, its compressed image of {own_columns} x "
                "{own_rows}",
                columns=columns,
                rows=rows,
                own_columns=size.columns,
                own_rows=size.rows,
            ),
            gettext("export or send the film again"),
        )
    if syntax in _EIGHT_BITS_ALONE and size.bits > 8:
        raise _no_decoder(name, gettext("{syntax}, {bits} bits", syntax=syntax.name, bits=size.bits))


def _no_decoder(name: str, compression: str) -> FilmError:
    return FilmError(
        name,
        gettext("its compression ({compression}) cannot be read", compression=compression),
        gettext("export the film uncompressed or as JPEG 2000"),
    )
