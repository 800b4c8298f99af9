"""Real DICOM files of every kind that the reader promises, through the real reader."""

import copy
import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_films import dataset, expected, picture, to_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from mvm_core.errors import FilmError
from mvm_core.imaging import read_film
from mvm_core.models import Reader
from mvm_core.radiograph import FilmPair, View


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("signed", [False, True])
def test_every_depth(bits: int, signed: bool) -> None:
    pixels = picture(bits, signed=signed)
    film = read_film(to_bytes(dataset(pixels, bits)), "film.dcm")
    assert film.pixels.dtype == np.float32
    assert np.allclose(film.pixels, expected(pixels), atol=1e-5)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_uncompressed_syntaxes(syntax: UID) -> None:
    pixels = picture()
    data = dataset(pixels)
    data.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        data.PixelData = pixels.byteswap().tobytes()
        data["PixelData"].VR = "OW"
        data.set_original_encoding(is_implicit_vr=False, is_little_endian=False)
    content = to_bytes(
        data,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    assert np.allclose(read_film(content, "film.dcm").pixels, expected(pixels), atol=1e-5)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_compression(syntax: UID, bits: int) -> None:
    pixels = picture(bits)
    data = dataset(pixels, bits)
    data.compress(syntax)
    assert np.allclose(read_film(to_bytes(data), "film.dcm").pixels, expected(pixels), atol=1e-5)


@pytest.mark.parametrize(
    ("option", "bits", "tolerance"), [("+eb", 8, 0.08), ("+el", 12, 1e-5), ("+e1", 16, 1e-5)]
)
def test_jpeg_baseline_and_lossless(tmp_path: Path, option: str, bits: int, tolerance: float) -> None:
    tool = shutil.which("dcmcjpeg")
    if tool is None:
        pytest.skip("dcmcjpeg is missing: install dcmtk")
    pixels = picture(bits)
    (tmp_path / "in.dcm").write_bytes(to_bytes(dataset(pixels, bits), enforce_file_format=True))
    subprocess.run([tool, option, tmp_path / "in.dcm", tmp_path / "out.dcm"], check=True, capture_output=True)
    film = read_film(tmp_path / "out.dcm")
    assert np.abs(film.pixels - expected(pixels)).max() < tolerance


@pytest.mark.parametrize(
    "name",
    ["SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle_16bit.dcm", "SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_jpeg_gdcm.dcm"],
)
def test_secondary_captures_in_colour(name: str) -> None:
    film = read_film(Path(str(get_testdata_file(name, download=False))))
    assert film.shape == (100, 100)
    assert 0.3 < film.pixels.mean() < 0.7


def test_palette_colour() -> None:
    path = Path(str(get_testdata_file("examples_palette.dcm", download=False)))
    data = pydicom.dcmread(path)
    data.Modality = "OT"
    film = read_film(to_bytes(data), "palette.dcm")
    assert film.shape == (data.Rows, data.Columns)
    assert np.ptp(film.pixels) > 0.5


def test_computed_radiographs_shipped_with_pydicom() -> None:
    folder = Path(str(get_testdata_file("DICOMDIR", download=False))).parent / "77654033"
    films = [read_film(path) for path in sorted(folder.glob("CR*/*"))]
    assert {film.view for film in films} == {View.AP, View.LATERAL}
    assert all(film.spacing_source == "ImagerPixelSpacing" for film in films)


@pytest.mark.parametrize("drop_meta", [False, True])
@pytest.mark.parametrize("implicit", [False, True])
def test_missing_preamble_and_meta(drop_meta: bool, implicit: bool) -> None:
    pixels = picture()
    data = dataset(pixels)
    data.preamble = None
    if implicit:
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    if drop_meta:
        del data.file_meta
    content = to_bytes(data, implicit_vr=implicit, little_endian=True)
    assert content[128:132] != b"DICM"
    assert np.allclose(read_film(content, "bare.dcm").pixels, expected(pixels), atol=1e-5)


def test_window_is_applied() -> None:
    pixels = picture()
    film = read_film(to_bytes(dataset(pixels, WindowCenter="1000", WindowWidth="800")), "film.dcm")
    ideal = np.clip((pixels.astype(float) - 999.5) / 799 + 0.5, 0, 1)
    assert np.allclose(film.pixels, ideal, atol=1e-4)


def test_first_of_several_windows_is_taken() -> None:
    pixels = picture()
    one = read_film(to_bytes(dataset(pixels, WindowCenter="1000", WindowWidth="800")), "a.dcm")
    several = dataset(pixels, WindowCenter=["1000", "2000"], WindowWidth=["800", "4000"])
    assert np.array_equal(read_film(to_bytes(several), "b.dcm").pixels, one.pixels)


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_other_window_functions(function: str) -> None:
    data = dataset(picture(), WindowCenter="2000", WindowWidth="1500", VOILUTFunction=function)
    film = read_film(to_bytes(data), "film.dcm")
    centre = film.pixels[np.abs(picture().astype(int) - 2000) < 15]
    assert centre == pytest.approx(0.5, abs=0.03)


def test_width_of_zero_falls_back_to_the_whole_range() -> None:
    pixels = picture()
    film = read_film(to_bytes(dataset(pixels, WindowCenter="1000", WindowWidth="0")), "film.dcm")
    assert np.allclose(film.pixels, expected(pixels), atol=1e-5)


def test_voi_lut_sequence() -> None:
    pixels = picture()
    lut = Dataset()
    lut.LUTDescriptor = [4096, 0, 12]
    lut.LUTData = np.arange(4096)[::-1].astype("<u2").tobytes()
    data = dataset(pixels, VOILUTSequence=Sequence([lut]))
    film = read_film(to_bytes(data), "film.dcm")
    assert np.allclose(film.pixels, 1 - pixels / 4095, atol=1e-4)


def test_modality_rescale_before_the_window() -> None:
    pixels = picture()
    tags = {"RescaleSlope": "2", "RescaleIntercept": "-100", "WindowCenter": "1900", "WindowWidth": "1600"}
    film = read_film(to_bytes(dataset(pixels, **tags)), "film.dcm")
    ideal = np.clip((pixels * 2.0 - 100 - 1899.5) / 1599 + 0.5, 0, 1)
    assert np.allclose(film.pixels, ideal, atol=1e-3)


def test_padding_stays_out_of_the_range() -> None:
    pixels = picture() // 2 + 1000
    pixels[:, :8] = 0
    film = read_film(to_bytes(dataset(pixels, PixelPaddingValue=0)), "film.dcm")
    assert np.all(film.pixels[:, :8] == 0)
    assert film.pixels[:, 8:].min() == 0
    assert film.pixels.max() == 1


def inverted(data: pydicom.FileDataset, bits: int = 12) -> pydicom.FileDataset:
    twin = copy.deepcopy(data)
    pixels = np.frombuffer(data.PixelData, "<u2")
    twin.PixelData = (2**bits - 1 - pixels).astype("<u2").tobytes()
    twin.PhotometricInterpretation = "MONOCHROME1"
    if "WindowCenter" in data:
        # DICOM's linear window is centred half a value low.
        twin.WindowCenter = str(2**bits - float(data.WindowCenter))
    return twin


@pytest.mark.parametrize("window", [None, ("2048", "4096"), ("1500", "1200")])
def test_inverted_twin_gives_the_same_film(window: tuple[str, str] | None) -> None:
    tags = {} if window is None else {"WindowCenter": window[0], "WindowWidth": window[1]}
    data = dataset(picture(), **tags)
    film, twin = read_film(to_bytes(data), "a.dcm"), read_film(to_bytes(inverted(data)), "b.dcm")
    assert np.allclose(film.pixels, twin.pixels, atol=1e-4)


def test_inverted_twins_give_the_same_reading(reader: Reader, pair: FilmPair, dicom_pair) -> None:
    data = [pydicom.dcmread(io.BytesIO(file.content)) for file in dicom_pair]
    ap, lateral = (read_film(to_bytes(inverted(one)), "twin.dcm") for one in data)
    twins = FilmPair(ap, lateral, pair.ap_box, pair.lateral_box)
    expected_results = reader.read(pair).results
    for name, result in reader.read(twins).results.items():
        assert abs(result.probability - expected_results[name].probability) < 0.001


def test_spacing_and_its_source() -> None:
    film = read_film(to_bytes(dataset(picture())), "film.dcm")
    assert (film.mm_per_pixel, film.spacing_source) == (0.2, "ImagerPixelSpacing")
    none = read_film(to_bytes(dataset(picture(), ImagerPixelSpacing=None)), "film.dcm")
    assert (none.mm_per_pixel, none.spacing_source) == (None, "unknown")
    wrong = read_film(to_bytes(dataset(picture(), ImagerPixelSpacing=[90, 90])), "film.dcm")
    assert wrong.mm_per_pixel is None
    assert any("not plausible" in warning for warning in wrong.warnings)


def test_oblong_pixels_become_square() -> None:
    film = read_film(to_bytes(dataset(picture(), ImagerPixelSpacing=[0.4, 0.2])), "film.dcm")
    assert film.shape == (192, 80)
    assert film.mm_per_pixel == 0.2


@pytest.mark.parametrize(
    ("tags", "name", "view", "source"),
    [
        ({"ViewPosition": "AP"}, "x.dcm", View.AP, "ViewPosition"),
        ({"ViewPosition": "PA"}, "x.dcm", View.AP, "ViewPosition"),
        ({"ViewPosition": "LL"}, "x.dcm", View.LATERAL, "ViewPosition"),
        (
            {"ViewPosition": "", "SeriesDescription": "L-Spine Lat"},
            "x.dcm",
            View.LATERAL,
            "series description",
        ),
        (
            {"ViewPosition": "", "SeriesDescription": "LWS seitlich"},
            "x.dcm",
            View.LATERAL,
            "series description",
        ),
        ({"ViewPosition": ""}, "spine_ap_01.dcm", View.AP, "file name"),
        ({"ViewPosition": ""}, "spine.dcm", None, "unknown"),
        ({"ViewPosition": "", "SeriesDescription": "AP and lateral"}, "x.dcm", None, "unknown"),
    ],
)
def test_view_and_its_source(tags: dict, name: str, view: View | None, source: str) -> None:
    film = read_film(to_bytes(dataset(picture(), **tags)), name)
    assert (film.view, film.view_source) == (view, source)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CT_small.dcm", "a CT slice, not a radiograph"),
        ("rtstruct.dcm", "a set of contours"),
        ("test-SR.dcm", "a structured report"),
        ("SC_rgb_rle_2frame.dcm", "2 frames"),
        ("waveform_ecg.dcm", "an electrocardiogram"),
    ],
)
def test_other_objects_are_refused_by_name(name: str, words: str) -> None:
    with pytest.raises(FilmError, match=words) as caught:
        read_film(Path(str(get_testdata_file(name, download=False))))
    assert str(caught.value).startswith(name)


def test_unknown_transfer_syntax() -> None:
    content = to_bytes(dataset(picture()), enforce_file_format=True)
    old = b"1.2.840.10008.1.2.1\0"
    content = content.replace(old, b"1.2.840.10008.1.9.9\0")
    with pytest.raises(FilmError, match=r"film\.dcm"):
        read_film(content, "film.dcm")


def test_twelve_bit_jpeg_is_refused_by_name() -> None:
    data = pydicom.dcmread(str(get_testdata_file("JPGExtended.dcm", download=False)))
    data.Modality = "CR"
    with pytest.raises(FilmError, match="JPEG"):
        read_film(to_bytes(data), "extended.dcm")


@pytest.mark.parametrize("side", [1, 8])
def test_tiny_films_are_refused(side: int) -> None:
    with pytest.raises(FilmError, match=f"{side} x {side} pixels"):
        read_film(to_bytes(dataset(np.eye(side, dtype="<u2"))), "tiny.dcm")


def test_constant_film_is_refused() -> None:
    with pytest.raises(FilmError, match="same value"):
        read_film(to_bytes(dataset(np.full((64, 64), 7, "<u2"))), "flat.dcm")


CONTENT = to_bytes(dataset(picture(side=64)), enforce_file_format=True)


def reads_or_refuses(content: bytes) -> None:
    film, sentence = None, ""
    try:
        film = read_film(content, "hostile.dcm")
    except FilmError as error:
        sentence = str(error)
    if film is None:
        assert sentence.startswith("hostile.dcm")
        assert "\n" not in sentence
        return
    assert np.isfinite(film.pixels).all()
    assert film.pixels.min() >= 0
    assert film.pixels.max() <= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(length=st.integers(0, len(CONTENT) - 1))
def test_truncated_files_are_read_or_refused(length: int) -> None:
    reads_or_refuses(CONTENT[:length])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_headers_are_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(CONTENT)
    for place, value in changes:
        content[place] = value
    reads_or_refuses(bytes(content))


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(FilmError):
        read_film(content, "hostile.dcm")


def test_empty_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "empty.dcm").write_bytes(b"")
    with pytest.raises(FilmError, match=r"empty\.dcm: the file is empty"):
        read_film(tmp_path / "empty.dcm")
    with pytest.raises(FilmError, match="cannot be opened"):
        read_film(tmp_path)
