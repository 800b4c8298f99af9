"""Sound files to damage: pydicom's own in every syntax, and pictures and archives made here."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.data import get_testdata_file

_LARGEST = 300_000
_MODALITY = re.compile(rb"(\x08\x00\x60\x00(?:CS\x02\x00|\x02\x00\x00\x00))(?:CT|MR|NM|US)")
_FORMATS = {
    "grey.png": ("L", "PNG", {}),
    "rgb.png": ("RGB", "PNG", {}),
    "alpha.png": ("RGBA", "PNG", {}),
    "palette.png": ("P", "PNG", {}),
    "deep.png": ("I;16", "PNG", {}),
    "grey.jpg": ("L", "JPEG", {}),
    "rgb.jpg": ("RGB", "JPEG", {"progressive": True}),
    "cmyk.jpg": ("CMYK", "JPEG", {}),
    "grey.tif": ("L", "TIFF", {}),
    "deep.tif": ("I;16", "TIFF", {}),
    "lzw.tif": ("L", "TIFF", {"compression": "tiff_lzw"}),
    "deflate.tif": ("RGB", "TIFF", {"compression": "tiff_adobe_deflate"}),
    "fax.tif": ("1", "TIFF", {"compression": "group4"}),
    "jpeg.tif": ("RGB", "TIFF", {"compression": "jpeg"}),
    "float.tif": ("F", "TIFF", {}),
}


def seeds() -> dict[str, bytes]:
    """Name and content of each file."""
    files = {**_dicom(), **_pictures()}
    some = ("CT_small.dcm", "MR_small_RLE.dcm", "grey.png", "grey.jpg")
    files["stored.zip"] = _zip({name: files[name] for name in some}, zipfile.ZIP_STORED)
    files["deflated.zip"] = _zip({f"study/{name}": files[name] for name in some}, zipfile.ZIP_DEFLATED)
    files["nested.zip"] = _zip({"inner.zip": files["stored.zip"]}, zipfile.ZIP_DEFLATED)
    return files


def _dicom() -> dict[str, bytes]:
    """With slices of other kinds called radiographs, so that their pixels are reached."""
    folder = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent
    files = {}
    for path in sorted(folder.glob("*.dcm")):
        content = path.read_bytes()
        if len(content) <= _LARGEST:
            files[path.name] = _MODALITY.sub(rb"\1DX", content)
    return files


def _pictures() -> dict[str, bytes]:
    rows, columns = np.mgrid[0:90, 0:70]
    grey = ((rows * 2 + columns) % 256).astype(np.uint8)
    made = {}
    for name, (mode, kind, options) in _FORMATS.items():
        if mode == "I;16":
            image = Image.fromarray(grey.astype(np.uint16) * 16)
        else:
            image = Image.fromarray(grey).convert(mode)
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        made[name] = buffer.getvalue()
    return made


def _zip(files: dict[str, bytes], method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()
