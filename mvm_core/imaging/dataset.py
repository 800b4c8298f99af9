"""DICOM file -> its data set, with bounds on what a hostile one may unpack to and hold.

A data set of millions of empty elements packs into some kilobytes and would keep pydicom busy for a minute.
"""

import io
import zlib
from typing import BinaryIO

import pydicom
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from mvm_core.decoders.pool import shared_pool
from mvm_core.imaging.limits import MAX_FILE_BYTES

MOST_READS = 500_000
"""Each element takes two or three: of its tag, its length, its value."""

MOST_HEADER_BYTES = 8 * 2**20
"""Of a deflated data set, of which the header alone is asked for."""

_MOST_ELEMENT_BYTES = 2**20
_LARGE_GROUPS = (*range(0x6000, 0x6020, 2), 0x7FE0)
"""Of overlays and pixels."""


class _Counted:
    """A file of which no more than `MOST_READS` parts are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, MOST_READS
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ValueError("the data set holds more elements than any film's")
        return self._file.read(size)


def read_dataset(content: bytes, name: str) -> Dataset:
    """Read a film's file.

    Parameters
    ----------
    content : bytes
    name : str
        For messages.

    Returns
    -------
    Dataset
        Without elements of more than a megabyte that are neither pixels nor overlays: what is nested in them
        would be read, unbounded, when they are asked for.

    Raises
    ------
    DamagedImageError
        If a deflated one is damaged, or unpacks to more than a film may have.
    Exception
        One of `mvm_core.imaging.dicom.DAMAGED`.
    """
    return _light(pydicom.dcmread(_Counted(io.BytesIO(_inflated(content, name))), force=True))


def read_beginning(file: BinaryIO) -> tuple[Dataset, bool]:
    """Read what comes before the pixels; gives whether it was there to its end.

    Raises
    ------
    Exception
        One of `mvm_core.imaging.dicom.DAMAGED`.
    """
    head = file.read(4096)
    place, syntax = _meta_of(head)
    if _is_deflated(head[syntax]):
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        packed = head[place:] + file.read(MOST_HEADER_BYTES)
        file = io.BytesIO(_as_plain(head[:place], syntax, unpacker.decompress(packed, MOST_HEADER_BYTES)))
    file.seek(0)
    data = _light(pydicom.dcmread(_Counted(file), stop_before_pixels=True, force=True))
    return data, bool(file.read(1))


def _light(data: Dataset) -> Dataset:
    for tag in list(data.keys()):
        raw = data.get_item(tag)
        large = isinstance(raw, RawDataElement) and len(raw.value or b"") > _MOST_ELEMENT_BYTES
        if large and tag.group not in _LARGE_GROUPS:
            del data[tag]
    return data


def _inflated(content: bytes, name: str) -> bytes:
    """The file with its data set unpacked, where that is deflated; else as it is."""
    place, syntax = _meta_of(content)
    if not _is_deflated(content[syntax]):
        return content
    unpacked = shared_pool().decode("deflated", content[place:], {"most_bytes": MAX_FILE_BYTES}, name)
    return _as_plain(content[:place], syntax, unpacked.values.tobytes())


def _meta_of(content: bytes) -> tuple[int, slice]:
    """Where the file meta information ends, and where in it the transfer syntax stands."""
    place, syntax = 132, slice(0, 0)
    while content[place : place + 2] == b"\x02\x00" and len(content) >= place + 8:
        if content[place + 4 : place + 6] in (b"OB", b"OW", b"UN", b"SQ", b"UT"):
            head, length = 12, int.from_bytes(content[place + 8 : place + 12], "little")
        else:
            head, length = 8, int.from_bytes(content[place + 6 : place + 8], "little")
        if content[place + 2 : place + 4] == b"\x10\x00":
            syntax = slice(place + head, place + head + length)
        place += head + length
    return place, syntax


def _is_deflated(syntax: bytes) -> bool:
    return UID(syntax.rstrip(b"\0 ").decode("latin-1")) == DeflatedExplicitVRLittleEndian


def _as_plain(meta: bytes, syntax: slice, dataset: bytes) -> bytes:
    plain = ExplicitVRLittleEndian.encode().ljust(syntax.stop - syntax.start, b"\0")
    return meta[: syntax.start] + plain + meta[syntax.stop :] + dataset
