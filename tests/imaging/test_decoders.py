"""Decoding in processes of their own: limits, replacement, sentences."""

import threading
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_films import dataset, encode_png, picture, to_bytes
from pydicom.uid import ExplicitVRLittleEndian

from mvm_core.decoders import pool as pools
from mvm_core.decoders.pool import DecoderPool, DecoderStoppedError, shared_pool
from mvm_core.errors import FilmError, StudyError
from mvm_core.imaging import StudyFile, prepare_to_read, read_film, read_study
from tests.fuzz.hostile import endless_jpeg, noise_at_start, packed, png

PNG = encode_png(picture(8))
OPTIONS = {"most_pixels": 10**8}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch):
    """A pool of one decoder in the place of the shared one."""
    pool = DecoderPool(1)
    for module in ("raster", "decoding", "dataset", "kinds"):
        monkeypatch.setattr(f"mvm_core.imaging.{module}.shared_pool", lambda: pool)
    yield pool
    pool.close()


def start_with(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """Let decoders start with another limit."""
    start = f"from mvm_core.decoders import process; {change}; process.main('')"
    monkeypatch.setattr(pools, "_START", pools._START.split("from")[0] + start)


def processes(pool: DecoderPool) -> list[int]:
    return [decoder._process.pid for decoder in pool._idle]


def test_one_decoder_serves_one_film_after_another(alone: DecoderPool) -> None:
    read_film(PNG, "a.png")
    first = processes(alone)
    rle = dataset(picture())
    rle.compress(pydicom.uid.RLELossless)
    read_film(to_bytes(rle), "b.dcm")
    assert len(first) == 1
    assert processes(alone) == first


def test_uncompressed_films_start_no_decoder(alone: DecoderPool, tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(to_bytes(dataset(picture())))
    prepare_to_read(tmp_path / "a.dcm")
    read_film(tmp_path / "a.dcm")
    assert processes(alone) == []
    (tmp_path / "a.png").write_bytes(PNG)
    prepare_to_read(tmp_path / "a.png")
    assert len(processes(alone)) == 1


def test_endless_film_is_stopped_by_one_sentence_and_the_next_one_is_read(alone: DecoderPool) -> None:
    started = time.process_time()
    with pytest.raises(DecoderStoppedError, match=r"^endless\.jpg: its image takes more than 5 s to decode"):
        read_film(endless_jpeg(), "endless.jpg")
    assert processes(alone) == []
    # This process waits, and does not decode.
    assert time.process_time() - started < 2
    assert read_film(PNG, "a.png").shape == (96, 80)


def test_decoder_that_stands_still_is_stopped_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "WALL_LIMIT_S", 1.0)
    monkeypatch.setattr(pools, "_START", "import time; time.sleep(60)")
    pool = DecoderPool(1)
    with pytest.raises(DecoderStoppedError, match="takes more than 5 s"):
        pool.decode("picture", PNG, OPTIONS, "a.png")
    pool.close()


@pytest.mark.parametrize(
    "start",
    [
        "import os; os.abort()",
        "import sys; sys.stdout.buffer.write(b'x' * 40)",
        "import struct, sys; sys.stdout.buffer.write(struct.pack('<IQ', 8, 1 << 40)); sys.stdout.flush()",
        'import struct, sys; sys.stdin.buffer.read(12); head = b\'{"dtype": "O", "shape": [1]}\';'
        "sys.stdout.buffer.write(struct.pack('<IQ', len(head), 8) + head + b'12345678')",
    ],
    ids=["aborted", "noise", "too long", "objects"],
)
def test_broken_decoder_is_told_of_the_film(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_START", start)
    pool = DecoderPool(1)
    with pytest.raises(DecoderStoppedError, match=r"^a\.png: its image is damaged, and broke its decoder"):
        pool.decode("picture", PNG, OPTIONS, "a.png")
    pool.close()


def test_memory_of_a_decoder_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller = (
        "from mvm_core.decoders import process; process.MEMORY_LIMIT_BYTES = 300 << 20; process.main('')"
    )
    monkeypatch.setattr(pools, "_START", pools._START.split("from")[0] + smaller)
    pool = DecoderPool(1)
    bomb = png(7000, 7000, noise_at_start(7000, 7000, 7000 * 4), colour=6)
    with pytest.raises(DecoderStoppedError, match=r"^wide\.png: its image takes more than 1024 MB of memory"):
        pool.decode("picture", bomb, OPTIONS, "wide.png")
    assert pool.decode("picture", PNG, OPTIONS, "a.png").values.shape == (96, 80)
    pool.close()


def test_bad_film_does_not_hold_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    start_with(monkeypatch, "process.TIME_LIMIT_S = 1")
    pool = DecoderPool(2)
    told: list[str] = []

    def bad() -> None:
        try:
            pool.decode("picture", endless_jpeg(), OPTIONS, "endless.jpg")
        except FilmError as error:
            told.append(str(error))

    other = threading.Thread(target=bad)
    other.start()
    for _ in range(3):
        assert pool.decode("picture", PNG, OPTIONS, "a.png").values.shape == (96, 80)
    assert not told
    other.join()
    assert len(told) == 1
    pool.close()


def test_archive_of_endless_films_is_given_up(alone: DecoderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    start_with(monkeypatch, "process.TIME_LIMIT_S = 0")
    content = packed({f"{number}.jpg": endless_jpeg() for number in range(9)})
    with pytest.raises(StudyError, match=r"^many\.zip: .* take too much time"):
        read_study([StudyFile("many.zip", content)])


def test_archive_of_too_many_pixels_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mvm_core.imaging.study.MAX_ARCHIVE_PIXELS", 10_000)
    with pytest.raises(StudyError, match="more than 10,000 pixels"):
        read_study([StudyFile("many.zip", packed({"a.png": PNG, "b.png": PNG}))])


def test_shared_pool_is_one() -> None:
    assert shared_pool() is shared_pool()


def test_values_of_many_pixels_are_shown_as_those_of_few() -> None:
    """Large films are reckoned in bands; the range is that of the whole."""
    rows = np.linspace(0, 4000, 3000).astype("<u2")
    pixels = np.repeat(rows[:, None], 1500, axis=1)
    for window in ({}, {"WindowCenter": "2000", "WindowWidth": "1000"}):
        small, large = (
            read_film(to_bytes(dataset(part, **window)), "a.dcm").pixels
            for part in (np.ascontiguousarray(pixels[:, :20]), pixels)
        )
        assert np.array_equal(small, large[:, :20])
    data = dataset(pixels)
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.FloatPixelData = pixels.astype("<f4").tobytes()
    del data.PixelData
    data.BitsAllocated = 32
    for keyword in ("BitsStored", "HighBit", "PixelRepresentation"):
        delattr(data, keyword)
    assert np.allclose(read_film(to_bytes(data), "a.dcm").pixels, pixels / 4000, atol=1e-6)
