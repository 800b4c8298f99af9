"""What a file is, told by its first bytes, and its decoder started before it is read."""

from pathlib import Path

from mvm_core.decoders.pool import shared_pool

COMPRESSED = tuple(
    f"1.2.840.10008.1.2.{number}"
    for number in ("5", *(f"4.{own}" for own in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)))
)
"""RLE; JPEG baseline, extended, lossless; JPEG-LS; JPEG 2000 and its high-throughput kin."""

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEADER_BYTES = 1024
"""In which a DICOM file names its transfer syntax."""


def looks_like_film(content: bytes) -> bool:
    """Tell a DICOM, PNG, JPEG or TIFF file by its content."""
    return looks_like_dicom(content) or looks_like_raster(content)


def looks_like_dicom(content: bytes) -> bool:
    """Tell DICOM by its mark, or without a preamble by a plausible first element."""
    if content[128:132] == b"DICM":
        return True
    if len(content) < 132 or content[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        return False
    return content[3:4] in (b"\x00", b"\x01") or content[2:3] in (b"\x00", b"\x01")


def looks_like_raster(content: bytes) -> bool:
    """Tell PNG, JPEG and TIFF by their first bytes."""
    return content.startswith(_MAGIC)


def prepare_to_read(path: Path) -> None:
    """Start what decodes a compressed film, to be ready by the time that it is read."""
    try:
        with path.open("rb") as file:
            start = file.read(_HEADER_BYTES)
    except OSError:
        return  # told when it is read
    if looks_like_dicom(start):
        if any(syntax.encode() in start for syntax in COMPRESSED):
            shared_pool().warm_up("frame")
    elif looks_like_raster(start):
        shared_pool().warm_up("picture")
