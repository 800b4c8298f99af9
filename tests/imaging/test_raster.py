"""PNG, JPEG and TIFF of every kind that the reader promises."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from dicom_films import encode_png, expected, picture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mvm_core.errors import FilmError
from mvm_core.imaging import read_film
from mvm_core.radiograph import View

GREY8 = picture(8)
IDEAL = expected(GREY8)


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "tolerance"),
    [
        (save(Image.fromarray(GREY8), "PNG"), 1e-6),
        (save(Image.fromarray(GREY8), "TIFF"), 1e-6),
        (save(Image.fromarray(GREY8), "TIFF", compression="tiff_lzw"), 1e-6),
        (save(Image.fromarray(GREY8), "JPEG", quality=95), 0.06),
        (save(Image.fromarray(GREY8).convert("RGB"), "PNG"), 1e-6),
        (save(Image.fromarray(GREY8).convert("RGBA"), "PNG"), 1e-6),
        (save(Image.fromarray(GREY8).convert("LA"), "PNG"), 1e-6),
        (save(Image.fromarray(GREY8).convert("P"), "PNG"), 1e-6),
        (save(Image.fromarray(GREY8).convert("RGB"), "TIFF"), 1e-6),
        (save(Image.fromarray(GREY8).convert("CMYK"), "JPEG", quality=95), 0.08),
        (encode_png(picture(16)), 1e-4),
        (save(Image.fromarray(picture(16).astype("<u2")), "TIFF"), 1e-4),
        (save(Image.fromarray((GREY8 / 255).astype(np.float32)), "TIFF"), 1e-6),
    ],
    ids=[
        *("png", "tiff", "tiff-lzw", "jpeg", "png-rgb", "png-rgba", "png-la", "png-palette", "tiff-rgb"),
        *("jpeg-cmyk", "png-16", "tiff-16", "tiff-float"),
    ],
)
def test_every_kind(content: bytes, tolerance: float) -> None:
    film = read_film(content, "film")
    assert film.pixels.dtype == np.float32
    assert film.mm_per_pixel is None
    assert np.abs(film.pixels - (IDEAL if film.pixels.shape == IDEAL.shape else 0)).max() <= tolerance + 0.004


def test_big_endian_tiff_of_16_bits() -> None:
    values = picture(16)
    header = b"MM\0*" + (8).to_bytes(4, "big")
    rows, columns = values.shape
    entries = [
        (256, 4, columns), (257, 4, rows), (258, 3, 16), (259, 3, 1), (262, 3, 1),
        (273, 4, 8 + 2 + 9 * 12 + 4), (277, 3, 1), (278, 4, rows), (279, 4, values.size * 2),
    ]  # fmt: skip
    directory = len(entries).to_bytes(2, "big")
    for tag, kind, value in entries:
        packed = value.to_bytes(2, "big") + b"\0\0" if kind == 3 else value.to_bytes(4, "big")
        directory += tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + (1).to_bytes(4, "big") + packed
    content = header + directory + b"\0" * 4 + values.astype(">u2").tobytes()
    assert np.abs(read_film(content, "film.tif").pixels - values / 65535).max() < 1e-4


def test_alpha_is_laid_on_black() -> None:
    colour = np.full((64, 64, 4), 255, np.uint8)
    colour[:, :32, 3] = 0
    film = read_film(save(Image.fromarray(colour), "PNG"), "film.png")
    assert np.all(film.pixels[:, :32] == 0)
    assert np.all(film.pixels[:, 32:] == 1)


def test_exif_orientation_is_honoured() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_film(save(Image.fromarray(GREY8), "JPEG", exif=exif), "film.jpg")
    assert turned.shape == GREY8.shape[::-1]


def test_view_from_the_file_name() -> None:
    content = encode_png(GREY8)
    assert read_film(content, "spine_lat.png").view is View.LATERAL
    assert read_film(content, "ap_01.jpg").view is View.AP
    assert read_film(content, "film.png").view is None


def test_several_pages_are_refused() -> None:
    page = Image.fromarray(GREY8)
    with pytest.raises(FilmError, match="2 pages"):
        read_film(save(page, "TIFF", save_all=True, append_images=[page]), "film.tif")


def test_huge_pictures_are_refused_before_they_are_decoded() -> None:
    wide = encode_png(np.zeros((16, 16), np.uint8))
    header = wide.index(b"IHDR") + 4
    bomb = wide[:header] + (60_000).to_bytes(4, "big") * 2 + wide[header + 8 :]
    with pytest.raises(FilmError, match=r"bomb\.png"):
        read_film(bomb, "bomb.png")


@pytest.mark.parametrize("shape", [(1, 1), (8, 400)])
def test_tiny_pictures_are_refused(shape: tuple[int, int]) -> None:
    values = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    with pytest.raises(FilmError, match="pixels"):
        read_film(encode_png(values), "tiny.png")


def test_constant_pictures_are_refused() -> None:
    with pytest.raises(FilmError, match="same value"):
        read_film(encode_png(np.full((80, 80), 9, np.uint8)), "flat.png")


@pytest.mark.parametrize("content", [b"GIF89a" + b"\0" * 200, b"%PDF-1.7" + b" " * 200, b"hello" * 60])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(FilmError, match=r"letter: it is not a film"):
        read_film(content, "letter")


CONTENTS = [encode_png(GREY8), cv2.imencode(".jpg", GREY8)[1].tobytes(), save(Image.fromarray(GREY8), "TIFF")]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    content=st.sampled_from(CONTENTS),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=5),
)
def test_damaged_pictures_are_read_or_refused(
    content: bytes, cut: float, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(content[: max(1, int(cut * len(content)))])
    for place, value in changes:
        damaged[int(place * (len(damaged) - 1))] = value
    film, sentence = None, ""
    try:
        film = read_film(bytes(damaged), "hostile.png")
    except FilmError as error:
        sentence = str(error)
    if film is None:
        assert sentence.startswith("hostile.png")
        assert "\n" not in sentence
        return
    assert np.isfinite(film.pixels).all()


def test_real_films_are_read(real_films: Path) -> None:
    films = [read_film(path) for path in sorted(real_films.glob("*.jpg"))]
    assert len(films) == 8
    assert all(film.view is View.AP for film in films)
    assert all(np.ptp(film.pixels) > 0.5 for film in films)
