"""From dropped files to a pair of films."""

import io
import zipfile

import numpy as np
import pytest
from dicom_films import dataset, encode_png, picture, to_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from mvm_core.errors import FilmError, StudyError
from mvm_core.imaging import StudyFile, pair_films, read_study, swap, unpack_study
from mvm_core.radiograph import Box, FilmPair, View

AP = to_bytes(dataset(picture()))
OTHER_AP = to_bytes(dataset(np.ascontiguousarray(picture()[::-1])))
LATERAL = to_bytes(dataset(np.ascontiguousarray(picture()[:, ::-1]), ViewPosition="LL"))
UNKNOWN = encode_png(np.rot90(picture(8)))
OTHER_UNKNOWN = encode_png(np.rot90(picture(8), 3))


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def read(*files: tuple[str, bytes]) -> FilmPair:
    return pair_films(read_study([StudyFile(*file) for file in files]))


@pytest.mark.parametrize("order", [1, -1])
def test_films_find_their_places_in_any_order(order: int) -> None:
    pair = read(*[("one.dcm", AP), ("two.dcm", LATERAL)][::order])
    assert pair.ap is not None
    assert pair.lateral is not None
    assert (pair.ap.name, pair.lateral.name) == ("one.dcm", "two.dcm")


def test_unknown_film_is_the_other_view() -> None:
    pair = read(("lat.dcm", LATERAL), ("film.png", UNKNOWN))
    assert pair.ap is not None
    assert (pair.ap.name, pair.ap.view_source) == ("film.png", "the other film's view")


def test_two_unknown_films_are_assumed_and_said_so() -> None:
    pair = read(("first.png", UNKNOWN), ("second.png", OTHER_UNKNOWN))
    for film, name in ((pair.ap, "first.png"), (pair.lateral, "second.png")):
        assert film is not None
        assert (film.name, film.view_source) == (name, "assumed")
        assert "please confirm" in film.warnings[-1]


def test_one_film_is_enough() -> None:
    assert read(("x.dcm", LATERAL)).views == (View.LATERAL,)
    assert read(("x.png", UNKNOWN)).views == (View.AP,)


def test_two_films_of_one_view_are_refused_by_name() -> None:
    with pytest.raises(StudyError, match=r"one\.dcm and two\.dcm: both are AP films"):
        read(("one.dcm", AP), ("two.dcm", OTHER_AP))


def test_swap_takes_the_boxes_along() -> None:
    pair = read(("one.dcm", AP), ("two.dcm", LATERAL))
    boxed = FilmPair(pair.ap, pair.lateral, Box(1, 2, 3, 4), None)
    swapped = swap(boxed)
    assert swapped.ap is not None
    assert (swapped.ap.name, swapped.ap.view, swapped.ap.view_source) == ("two.dcm", View.AP, "given")
    assert (swapped.ap_box, swapped.lateral_box) == (None, Box(1, 2, 3, 4))
    twice = swap(swapped)
    assert twice.ap is not None
    assert (twice.ap.name, twice.ap_box) == ("one.dcm", Box(1, 2, 3, 4))


def test_archive_of_a_study() -> None:
    content = archive(
        {
            "study/DICOMDIR": b"x" * 300,
            "study/IM/0001": AP,
            "study/IM/0002": LATERAL,
            "__MACOSX/._0001": b"junk",
            "readme.txt": b"Dear colleague",
        }
    )
    pair = read(("study.zip", content))
    assert pair.views == (View.AP, View.LATERAL)


def test_archive_with_more_films_takes_the_only_ap_and_lateral() -> None:
    films = read_study([StudyFile("s.zip", archive({"a": AP, "b": LATERAL, "c.png": UNKNOWN}))])
    assert [film.view for film in films] == [View.AP, View.LATERAL]
    assert "3 films were found" in films[0].warnings[-1]


def test_too_many_films() -> None:
    with pytest.raises(StudyError, match="3 films, not a pair"):
        read(("a.dcm", AP), ("b.dcm", AP), ("c.dcm", LATERAL))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive({}), "holds no film"),
        (archive({"readme.txt": b"x"}), "holds no film"),
        (archive({"a.bin": b"x" * 200, "b.bin": b"y" * 200}), "none of its files is a film"),
        (archive({"a": AP})[:-40], "damaged"),
        (archive({f"{i}.dcm": b"" for i in range(300)}), "300 files"),
    ],
    ids=["empty", "documents", "no films", "cut short", "too many"],
)
def test_archives_that_are_no_study(content: bytes, words: str) -> None:
    with pytest.raises((StudyError, FilmError), match=words) as caught:
        read_study([StudyFile("study.zip", content)])
    assert "study.zip" in str(caught.value)


def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mvm_core.imaging.archive.MAX_UNPACKED_BYTES", 100_000)
    bomb = archive({"zeros.dcm": bytes(1_000_000)})
    with pytest.raises(StudyError, match="unpacks to more"):
        unpack_study([StudyFile("bomb.zip", bomb)])


def test_encrypted_archives_are_refused() -> None:
    content = bytearray(archive({"a.dcm": AP}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        place = content.index(mark) + (6 if mark == b"PK\x03\x04" else 8)
        content[place] |= 1
    with pytest.raises(StudyError, match="encrypted"):
        unpack_study([StudyFile("secret.zip", bytes(content))])


def test_dropped_file_that_is_no_film_is_named() -> None:
    with pytest.raises(FilmError, match=r"letter\.pdf"):
        read(("one.dcm", AP), ("letter.pdf", b"%PDF-1.4" + b" " * 300))


def test_nothing_dropped() -> None:
    with pytest.raises(StudyError):
        read_study([])


@settings(max_examples=80, deadline=None)
@given(cut=st.integers(0, 400), place=st.integers(0, 400), value=st.integers(0, 255))
def test_damaged_archives_are_read_or_refused(cut: int, place: int, value: int) -> None:
    content = bytearray(archive({"a.png": UNKNOWN}))
    content[place % len(content)] = value
    content = content[: len(content) - cut]
    try:
        films = read_study([StudyFile("s.zip", bytes(content))])
    except (StudyError, FilmError) as error:
        films = ()
        sentence = str(error)
    else:
        sentence = ""
    assert films or (sentence and "\n" not in sentence)
