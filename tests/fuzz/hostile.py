"""Hostile files made by hand, one at a time: some are large."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

_RIGHT_TO_LEFT = "\u202e\u05e9\u05d3\u05e8\u05d4 \u0645\u0631\u064a\u0636"


def hostile() -> Iterator[tuple[str, bytes]]:
    """Name and content of each file."""
    yield from _headers()
    yield from _compressed()
    yield from _pictures()
    yield from _archives()


def film(**tags: object) -> FileDataset:
    """An uncompressed film of 64 x 64 pixels with these attributes."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.Modality, data.ViewPosition, data.PhotometricInterpretation = "DX", "AP", "MONOCHROME2"
    data.Rows = data.Columns = 64
    data.SamplesPerPixel, data.PixelRepresentation = 1, 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = np.arange(64 * 64, dtype="<u2").tobytes()
    data["PixelData"].VR = "OW"
    for keyword, value in tags.items():
        setattr(data, keyword, value)
    return data


def written(data: FileDataset) -> bytes:
    """The bytes of its file."""
    buffer = io.BytesIO()
    data.save_as(buffer)
    return buffer.getvalue()


@cache
def endless_jpeg(side: int = 4000, scans: int = 4000) -> bytes:
    """A progressive JPEG whose last scan comes again and again: some 100 kB that take minutes."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 90).save(buffer, "JPEG", progressive=True)
    content = buffer.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + b"\xff\xd9"


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def png(rows: int, columns: int, filler: bytes, colour: int = 0, bits: int = 8) -> bytes:
    """A PNG of this size, of which every compressed byte is `filler`."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + check

    header = struct.pack(">IIBBBBB", columns, rows, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", filler) + chunk(b"IEND", b"")


@cache
def noise_at_start(rows: int, columns: int, row_bytes: int) -> bytes:
    """Compressed rows of a PNG, all zero but for one pixel."""
    squeezer = zlib.compressobj(1)
    row = bytes(row_bytes + 1)
    first = b"\0\xff" + row[2:]
    return squeezer.compress(first + row * (rows - 1)) + squeezer.flush()


def _headers() -> Iterator[tuple[str, bytes]]:
    for name, tags in {
        "nan-window": {"WindowCenter": "1000", "WindowWidth": "1000"},
        "infinite-rescale": {"RescaleSlope": "1e308", "RescaleIntercept": "1e308"},
        "tiny-width": {"WindowCenter": "1e-300", "WindowWidth": "1e-300"},
        "no-rows": {"Rows": 0},
        "one-row": {"Rows": 65535},
        "lying-bits": {"BitsAllocated": 64, "BitsStored": 63, "HighBit": 62},
        "no-bits": {"BitsAllocated": 0, "BitsStored": 0},
        "many-samples": {"SamplesPerPixel": 65535},
        "right-to-left": {"PatientName": _RIGHT_TO_LEFT, "SeriesDescription": _RIGHT_TO_LEFT},
        "long-text": {"SeriesDescription": "lateral " * 30_000, "StudyDescription": "x" * 60_000},
        "spacing": {"ImagerPixelSpacing": [1e-300, 1e300]},
        "aspect": {"PixelAspectRatio": [1, 0]},
        "padding": {"PixelPaddingValue": 65535, "PixelPaddingRangeLimit": 0},
    }.items():
        yield f"{name}.dcm", written(film(**tags))
    # pydicom refuses to write these.
    sound = written(film(WindowCenter="3333", WindowWidth="2222"))
    for text in (b"nan ", b"inf ", b"-1e9", b"1\\2 "):
        yield (
            f"window-{text[:3].decode()}.dcm".replace("\\", ""),
            sound.replace(b"2222", text).replace(b"3333", text),
        )
    for old, new in ((b"US\x02\x00", b"SQ\x02\x00"), (b"US", b"FD"), (b"CS", b"OB"), (b"OW", b"UT")):
        yield f"wrong-{new[:2].decode()}.dcm", sound.replace(old, new)
    place = sound.index(b"\xe0\x7f\x10\x00")
    for length in (0, 1, 2**31, 2**32 - 2, 2**32 - 1):
        lying = sound[: place + 8] + length.to_bytes(4, "little") + sound[place + 12 :]
        yield f"pixels-of-{length}-bytes.dcm", lying
    huge = sound
    for tag in (b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x11\x00US\x02\x00"):
        at = huge.index(tag) + len(tag)
        huge = huge[:at] + b"\xff\xff" + huge[at + 2 :]
    yield "absurd-rows-and-columns.dcm", huge
    private = b"".join(
        struct.pack("<HH2sHI", 0x0009 + 2 * (number % 100), 0x1000 + number // 100, b"UN", 0, 4) + b"junk"
        for number in sorted(range(100_000), key=lambda n: (n % 100, n))
    )
    at = sound.index(b"\x18\x00\x01\x51") if b"\x18\x00\x01\x51" in sound else sound.index(b"\x28\x00")
    yield "private-tags.dcm", sound[:at] + private + sound[at:]
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * 2_000_000
    sequence = b"\x54\x00\x20\x02SQ\0\0" + len(items).to_bytes(4, "little") + items
    at_pixels = sound.index(b"\xe0\x7f\x10\x00")
    yield "sequence-of-many.dcm", sound[:at_pixels] + sequence + sound[at_pixels:]
    nested = b""
    for _ in range(3000):
        nested = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" + nested
    yield "nested-sequences.dcm", sound[:at] + nested + sound[at:]


def _compressed() -> Iterator[tuple[str, bytes]]:
    data = film()
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    deflated = written(data)
    start = deflated.index(b"1.2.840.10008.1.2.1.99") + 22
    squeezer = zlib.compressobj(1, wbits=-15)
    bomb = b"".join(squeezer.compress(bytes(1 << 24)) for _ in range(14)) + squeezer.flush()
    yield "deflated-bomb.dcm", deflated[:start] + bomb
    squeezer = zlib.compressobj(1, wbits=-15)
    elements = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(190)) + squeezer.flush()
    yield "deflated-elements.dcm", deflated[:start] + elements
    yield "deflated-cut.dcm", deflated[: start + 40]
    rle = film(Rows=8000, Columns=8000, BitsAllocated=8, BitsStored=8, HighBit=7)
    rle.file_meta.TransferSyntaxUID = RLELossless
    runs = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\x00" * 500_000 + b"\x81\x07"
    rle.PixelData = encapsulate([runs])
    rle["PixelData"].is_undefined_length = True
    yield "rle-bomb.dcm", written(rle)
    precincts = film(Rows=7000, Columns=7000, BitsAllocated=8, BitsStored=8, HighBit=7)
    precincts.file_meta.TransferSyntaxUID = JPEG2000Lossless
    precincts.PixelData = encapsulate([_precincts(7000)])
    precincts["PixelData"].is_undefined_length = True
    yield "precincts.j2k.dcm", written(precincts)
    folder = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent
    content = (folder / "GDCMJ2K_TextGBR.dcm").read_bytes()
    tile = content.index(b"\xff\x4f\xff\x51") + 24
    yield "tiny-tiles.j2k.dcm", content[:tile] + b"\0\0\0\x02" * 2 + content[tile + 8 :]
    # a stream that says of itself more than its header does
    size = content.index(b"\xff\x4f\xff\x51") + 8
    yield "lying-size.j2k.dcm", content[:size] + b"\x7f\xff\xff\xff" * 2 + content[size + 8 :]
    slow = film(Rows=4000, Columns=4000, BitsAllocated=8, BitsStored=8, HighBit=7)
    slow.file_meta.TransferSyntaxUID = pydicom.uid.JPEGBaseline8Bit
    slow.PixelData = encapsulate([endless_jpeg()])
    slow["PixelData"].is_undefined_length = True
    yield "endless-jpeg.dcm", written(slow)


def _precincts(side: int) -> bytes:
    """A JPEG 2000 stream of precincts of two pixels."""
    size = struct.pack(">HHHIIIIIIIIH3B", 0xFF51, 41, 0, side, side, 0, 0, side, side, 0, 0, 1, 7, 1, 1)
    coding = struct.pack(">HHBBHB5B6B", 0xFF52, 18, 1, 2, 1, 0, 5, 0, 0, 0, 1, *[0x11] * 6)
    steps = struct.pack(">HHB16B", 0xFF5C, 19, 0x40, *[0x48] * 16)
    tile = struct.pack(">HHHIBB", 0xFF90, 10, 0, 0, 0, 1) + b"\xff\x93"
    return b"\xff\x4f" + size + coding + steps + tile + b"\x80" * 400 + b"\xff\xd9"


def _pictures() -> Iterator[tuple[str, bytes]]:
    yield "bomb.png", png(7900, 7900, noise_at_start(7900, 7900, 7900))
    yield "bomb-rgba.png", png(7900, 7900, noise_at_start(7900, 7900, 7900 * 4), colour=6)
    yield "bomb-deep.png", png(7900, 7900, noise_at_start(7900, 7900, 7900 * 2), bits=16)
    yield "larger-bomb.png", png(60_000, 60_000, noise_at_start(100, 60_000, 60_000))
    yield "endless.jpg", endless_jpeg()
    buffer = io.BytesIO()
    values = np.zeros((7900, 7900), np.float32)
    values[0, 0] = 1
    Image.fromarray(values).save(buffer, "TIFF", compression="tiff_adobe_deflate")
    yield "bomb-of-floats.tif", buffer.getvalue()
    del values
    yield "strips.tif", _tiff([(256, 4, 1, 8000), (257, 4, 1, 8000), (273, 4, 2**28, 8), (279, 4, 2**28, 8)])
    yield "itself.tif", _tiff([(256, 4, 1, 64), (257, 4, 1, 64)], following=8)
    text = zlib.compress(bytes(1 << 26))
    sound = png(64, 64, zlib.compress(bytes(range(65)) * 64))
    chunk = b"zTXtComment\0\0" + text
    yield (
        "text-bomb.png",
        sound[:33]
        + (len(chunk) - 4).to_bytes(4, "big")
        + chunk
        + zlib.crc32(chunk).to_bytes(4, "big")
        + sound[33:],
    )


def _tiff(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (
        b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", following) + bytes(64)
    )


def _archives() -> Iterator[tuple[str, bytes]]:
    sound = written(film())
    yield "inner.zip", packed({"inner.zip": packed({"a.dcm": sound})})
    yield "bomb.zip", packed({"zeros.dcm": bytes(430_000_000)})
    within = packed({f"{number}.dcm": bytes(1_000_000) for number in range(100)})
    yield "bomb-in-zip.zip", packed({f"{number}.zip": within for number in range(100)})
    tricks = (
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\windows\\x.dcm",
        "a/../../b.dcm",
        "\u202egpj.dcm",
        "x" * 60_000,
    )
    for number, name in enumerate(tricks):
        yield f"path-{number}.zip", packed({name: sound})
    yield "same-name.zip", _twice(sound)
    picture = png(7900, 7900, noise_at_start(7900, 7900, 7900))
    yield "many-bombs.zip", packed({f"{number}.png": picture for number in range(150)}, zipfile.ZIP_STORED)
    yield "many-endless.zip", packed({f"{number}.jpg": endless_jpeg() for number in range(40)})
    content = bytearray(packed({"a.dcm": sound}))
    at = content.index(b"PK\x01\x02") + 20
    content[at : at + 8] = (10).to_bytes(4, "little") * 2
    yield "lying-sizes.zip", bytes(content)


def _twice(sound: bytes) -> bytes:
    """Two members of one name."""
    content = packed({"film_1.dcm": sound, "film_2.dcm": sound})
    return content.replace(b"film_2.dcm", b"film_1.dcm")
