"""What a compressed stream says of its own size, before anything is decoded.

Decoders make room for the image that the stream declares, so a damaged or hostile stream of a few kilobytes
can ask for gigabytes.
"""

from dataclasses import dataclass

_J2K_START = b"\xff\x4f\xff\x51"
_SIZ_BYTES = 36
# SOF0 to SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xDA)))


@dataclass(frozen=True)
class StreamSize:
    """Rows, columns, samples per pixel and bits per sample of a compressed image."""

    rows: int
    columns: int
    samples: int
    bits: int


def stream_size(stream: bytes) -> StreamSize | None:
    """Read the size that a JPEG, JPEG-LS or JPEG 2000 stream declares.

    Parameters
    ----------
    stream : bytes
        A frame of compressed pixel data.

    Returns
    -------
    StreamSize or None
        None where the stream declares none.

    Notes
    -----
    ITU-T T.81 B.2.2 (frame header), T.87 C.2.2, T.800 A.5.1 (SIZ marker segment).
    """
    if stream.startswith(b"\xff\xd8"):
        return _jpeg(stream)
    # JPEG 2000 in a JP2 wrapper has boxes before the code stream.
    start = 0 if stream.startswith(_J2K_START) else stream.find(b"jp2c" + _J2K_START) + 4
    return _jpeg_2000(stream[start:]) if stream[start : start + 4] == _J2K_START else None


def _jpeg(stream: bytes) -> StreamSize | None:
    place = 2
    while place + 4 <= len(stream):
        if stream[place] != 0xFF:
            return None
        marker = stream[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        elif marker in _FRAME_MARKERS:
            header = stream[place + 4 : place + 10]
            if len(header) < 6:
                return None
            return StreamSize(_integer(header[1:3]), _integer(header[3:5]), header[5], header[0])
        else:
            place += 2 + _integer(stream[place + 2 : place + 4])
    return None


def _jpeg_2000(stream: bytes) -> StreamSize | None:
    # After the markers: Lsiz, Rsiz (2 bytes each), eight sizes and offsets (4 each), Csiz (2), Ssiz (1).
    header = stream[8 : 8 + _SIZ_BYTES]
    if len(header) < _SIZ_BYTES - 1:
        return None
    width, height, left, top = (_integer(header[at : at + 4]) for at in range(0, 16, 4))
    return StreamSize(height - top, width - left, _integer(header[32:34]), (header[34] & 0x7F) + 1)


def _integer(two_or_four: bytes) -> int:
    return int.from_bytes(two_or_four, "big")
