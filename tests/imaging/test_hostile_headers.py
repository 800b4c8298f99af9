"""Headers alone: what they say, and that hostile ones keep nobody busy."""

import io
import time
import zlib

import pydicom
import pytest
from dicom_films import dataset, picture, to_bytes
from pydicom.uid import DeflatedExplicitVRLittleEndian

from mvm_core.errors import FilmError
from mvm_core.imaging import read_header
from mvm_core.imaging.dataset import MOST_READS, _meta_of
from mvm_core.imaging.film import read_film
from mvm_core.radiograph import View

MOST_S = 10
"""Of a processor, far more than it takes; without bounds it would be a minute."""


def deflated(content: bytes, further: bytes = b"") -> bytes:
    """The same film with its data set packed, and more behind it."""
    data = pydicom.dcmread(io.BytesIO(content))
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    packed = to_bytes(data)
    start, _ = _meta_of(packed)
    packer = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    whole = zlib.decompress(packed[start:], -zlib.MAX_WBITS) + further
    return packed[:start] + packer.compress(whole) + packer.flush()


def test_a_deflated_film_says_the_same() -> None:
    tags = {"ViewPosition": "LL", "StudyInstanceUID": "1.2.3", "BodyPartExamined": "LSPINE"}
    plain = to_bytes(dataset(picture(), **tags))
    said = read_header(plain, "a.dcm")
    assert said == read_header(deflated(plain), "a.dcm")
    assert (said.study, said.view, said.body_part, said.whole) == ("1.2.3", View.LATERAL, "LSPINE", True)
    assert read_film(deflated(plain), "a.dcm").pixels.tolist() == read_film(plain, "a.dcm").pixels.tolist()


def test_a_beginning_says_whether_it_holds_the_header() -> None:
    plain = to_bytes(dataset(picture(), StudyInstanceUID="1.2.3"))
    assert not read_header(plain[:300], "a.dcm").whole


@pytest.mark.parametrize("packed", [True, False])
def test_millions_of_elements_keep_nobody_busy(packed: bool) -> None:
    plain, many = to_bytes(dataset(picture())), bytes(8 * 10 * MOST_READS)
    at = plain.index(b"\xe0\x7f\x10\x00")
    bomb = deflated(plain[:at], many) if packed else plain[:at] + many
    start = time.process_time()
    assert read_header(bomb, "a.dcm").study == ""
    with pytest.raises(FilmError, match=r"a\.dcm: the DICOM file is damaged or cut short"):
        read_film(bomb, "a.dcm")
    assert time.process_time() - start < MOST_S


def test_what_is_nested_in_a_large_element_is_not_read() -> None:
    plain = to_bytes(dataset(picture(), ViewPosition="AP"))
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * MOST_READS
    sequence = b"\x54\x00\x20\x02SQ\0\0" + len(items).to_bytes(4, "little") + items
    at = plain.index(b"\xe0\x7f\x10\x00")
    start = time.process_time()
    assert read_film(plain[:at] + sequence + plain[at:], "a.dcm").view is View.AP
    assert time.process_time() - start < MOST_S
