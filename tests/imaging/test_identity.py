"""Whether two films belong together."""

import importlib.util
import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from dicom_films import dataset, encode_png, picture, to_bytes

from mvm_core.errors import StudyError
from mvm_core.imaging import Concern, StudyFile, check_pair, marks, pair_films, read_study, swap
from mvm_core.radiograph import FilmPair

OF_A_PATIENT = {
    "PatientID": "4711",
    "PatientName": "Doe^Jane",
    "PatientBirthDate": "19500102",
    "StudyInstanceUID": "1.2.3",
    "StudyDate": "20260101",
}
SECRETS = ("4711", "doe", "jane", "1950", "1.2.3", "20260101", "0815", "roe", "1949", "20260301")


def pair(ap: dict[str, str] | None = None, lateral: dict[str, str] | None = None) -> FilmPair:
    films = [
        StudyFile("one.dcm", to_bytes(dataset(picture(), **{**OF_A_PATIENT, **(ap or {})}))),
        StudyFile(
            "two.dcm",
            to_bytes(
                dataset(
                    picture()[:, ::-1].copy(), **{**OF_A_PATIENT, **(lateral or {}), "ViewPosition": "LL"}
                )
            ),
        ),
    ]
    return pair_films(read_study(films))


def names(found: tuple[Concern, ...]) -> list[str]:
    return [concern.name for concern in found]


def test_films_of_one_patient_raise_no_concern() -> None:
    assert check_pair(pair()) == ()


@pytest.mark.parametrize(
    "lateral",
    [
        {"PatientName": "DOE^JANE^^^"},
        {"PatientName": "Doe^Jane=D^J"},
        {"PatientID": " 4711 "},
        {"PatientID": "", "PatientBirthDate": ""},
    ],
)
def test_writing_of_a_name_and_what_is_left_empty_are_no_difference(lateral: dict[str, str]) -> None:
    assert check_pair(pair(lateral=lateral)) == ()


@pytest.mark.parametrize(
    ("lateral", "name", "words"),
    [
        ({"PatientID": "0815"}, "two patients", "differ in patient ID,"),
        ({"PatientName": "Roe^Jane"}, "two patients", "patient name"),
        ({"PatientBirthDate": "19490102"}, "two patients", "birth date"),
        ({"PatientID": "0815", "PatientName": "Roe^R"}, "two patients", "patient ID and patient name"),
        ({"StudyInstanceUID": "1.2.4"}, "two studies", "study,"),
        ({"StudyDate": "20260301"}, "two studies", "study date"),
    ],
)
def test_difference_is_told_by_field_and_not_by_content(
    lateral: dict[str, str], name: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    films = pair(lateral=lateral)
    found = check_pair(films)
    assert names(found) == [name]
    assert found[0].confirm
    assert words in found[0].sentence
    assert found[0].sentence.startswith(f"one.dcm and two.dcm: {name}: ")
    everything = " ".join([found[0].sentence, str(found[0].as_dict()), repr(films), caplog.text]).lower()
    assert not any(secret in everything for secret in SECRETS)


def test_films_hold_no_text_of_the_patient() -> None:
    film = pair().ap
    assert film is not None
    assert set(film.marks) == set(OF_A_PATIENT)
    assert all(isinstance(mark, bytes) and len(mark) == 16 for mark in film.marks.values())


def test_films_read_at_once_are_marked_by_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    made = secrets.token_bytes

    def slow(count: int) -> bytes:
        time.sleep(0.2)
        return made(count)

    monkeypatch.setattr(secrets, "token_bytes", slow)
    spec = importlib.util.spec_from_file_location("marks_of_a_new_run", marks.__file__)
    assert spec is not None
    assert spec.loader is not None
    new_run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(new_run)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(new_run.mark_of, ("PatientID",) * 2, ("4711",) * 2)
    assert first == second


def test_films_swapped_against_their_headers() -> None:
    found = check_pair(swap(pair()))
    assert names(found) == ["view", "view"]
    assert all(concern.confirm for concern in found)
    assert "taken for the AP film, its own header says lateral" in " ".join(each.sentence for each in found)
    assert check_pair(swap(swap(pair()))) == ()


def test_same_film_twice_is_refused_in_whatever_format() -> None:
    pixels = picture(8)
    dicom, png = to_bytes(dataset(pixels, 8)), encode_png(pixels)
    for files in (("one.dcm", dicom), ("two.dcm", dicom)), (("one.dcm", dicom), ("lat.png", png)):
        with pytest.raises(StudyError, match=r"^one\.dcm and .*: they are the same film") as caught:
            pair_films(read_study([StudyFile(*file) for file in files]))
        assert str(caught.value).count(". ") == 0


def test_films_that_differ_in_a_corner_are_two() -> None:
    pixels = picture(8)
    other = pixels.copy()
    other[5:9, 5:9] = np.uint8(255) - other[5:9, 5:9]
    files = [StudyFile("ap.png", encode_png(pixels)), StudyFile("lat.png", encode_png(other))]
    assert len(pair_films(read_study(files)).views) == 2
