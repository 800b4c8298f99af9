"""Text burnt into films is found and painted over, and bones are not."""

import io
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from burnt_in_trials import plant, trial
from films_with_text import with_text

from mvm_core.deidentification import Key, TextFinder, deidentify_film, deidentify_folder, read_key
from mvm_core.deidentification.likeness import rows_of_marks
from mvm_core.deidentification.table import TABLE, Outcome, alone_in
from mvm_core.errors import DeidentificationError, OutputError
from mvm_core.imaging import StudyFile, read_film

KEY = Key(b"a secret of the hospital")
NAME = "ZQXWVK"


@pytest.fixture(scope="module")
def finder() -> TextFinder:
    return TextFinder.open()


def test_planted_lines_are_found_on_real_films(real_spines: Path, finder: TextFinder) -> None:
    draw = np.random.default_rng(3)
    told: Counter[str] = Counter()
    for number, path in enumerate(sorted((real_spines / "ap").iterdir())[40:52:2]):
        image = np.round(read_film(path).pixels * 255).astype(np.uint8)
        for line in range(2):
            told[trial(image, 2 * number + line, draw, finder)[1]] += 1
    assert told["found"] >= 11, told
    assert told["missed"] == 0, told


def test_bones_are_not_taken_for_text(real_spines: Path, finder: TextFinder) -> None:
    for path in sorted((real_spines / "ap").iterdir())[244:247]:
        stored = np.round(read_film(path).pixels * 65535).astype(np.uint16)
        for text in finder.find(stored):
            assert text.box.height < 0.2 * max(stored.shape)


def test_a_name_in_the_image_is_painted_over_and_the_rest_stays(
    dicom_pair: tuple[StudyFile, StudyFile], finder: TextFinder
) -> None:
    film, box = with_text(dicom_pair[0].content, "LIN MEI-HUA 1953")
    found = deidentify_film(film, "film", KEY, finder)
    before, after = (pydicom.dcmread(io.BytesIO(each)) for each in (film, found.content))
    changed = before.pixel_array != after.pixel_array
    x0, y0, x1, y1 = box
    text = before.pixel_array[y0:y1, x0:x1] == before.pixel_array.max()
    assert changed[y0:y1, x0:x1][text].mean() > 0.98
    changed[max(0, y0 - 40) : y1 + 40, max(0, x0 - 40) : x1 + 40] = False
    assert not changed.any()
    assert after.BurnedInAnnotation == "NO"
    assert "113101" in {item.CodeValue for item in after.DeidentificationMethodCodeSequence}
    # The edge of what was painted may look like letters; nothing is made out.
    assert all(text.doubtful for text in finder.find(after.pixel_array))
    assert not all(text.doubtful for text in finder.find(before.pixel_array))


def test_a_side_marker_stays(dicom_pair: tuple[StudyFile, StudyFile], finder: TextFinder) -> None:
    marked, _ = with_text(dicom_pair[0].content, "R")
    assert not finder.find(pydicom.dcmread(io.BytesIO(marked)).pixel_array)


class _Blind(TextFinder):
    """Reads nothing."""

    def __init__(self) -> None:
        super().__init__(None)

    def _read(self, tile: np.ndarray) -> list[tuple[np.ndarray, str, float]]:
        return []


def test_what_is_not_read_is_seen_by_its_likeness_and_held_back(
    dicom_pair: tuple[StudyFile, StudyFile],
) -> None:
    plain = dicom_pair[0].content
    film, (x0, y0, x1, y1) = with_text(plain, "LIN MEI-HUA 1953")
    assert not deidentify_film(plain, "film", KEY, _Blind()).texts
    found = deidentify_film(film, "film", KEY, _Blind())
    assert found.held_back
    (text,) = found.texts
    assert text.box.x0 < x0 + 20
    assert text.box.x1 > x1 - 40
    assert text.box.y0 < y0 + 10
    assert text.box.y1 > y1 - 20


def test_small_letters_are_seen_on_real_films_and_bones_are_not(real_spines: Path) -> None:
    draw, seen, taken = np.random.default_rng(8), 0, 0
    for number, path in enumerate(sorted((real_spines / "ap").iterdir())[101:141:2]):
        image = np.round(read_film(path).pixels * 255).astype(np.uint8)
        taken += bool(rows_of_marks(image))
        planted = plant(image, number, draw, 10)
        x0, _, x1, _ = planted.box
        seen += any(
            min(row.x1, x1) - max(row.x0, x0) > 0.4 * (x1 - x0) for row in rows_of_marks(planted.image)
        )
    assert seen >= 17, seen
    assert taken <= 1, taken


class _Doubts(TextFinder):
    """Makes out one line badly on every film."""

    def __init__(self) -> None:
        super().__init__(None)

    def _read(self, tile: np.ndarray) -> list[tuple[np.ndarray, str, float]]:
        return [(np.array([[10, 10], [60, 10], [60, 30], [10, 30]], np.float32), "1.1", 0.3)]


@pytest.fixture
def folder(tmp_path: Path, dicom_pair: tuple[StudyFile, StudyFile]) -> Path:
    """Two DICOM films and a picture whose names are the patient's, and a letter."""
    films = tmp_path / "films"
    films.mkdir()
    for file in dicom_pair:
        data = pydicom.dcmread(io.BytesIO(file.content))
        data.PatientName = data.PatientID = NAME
        data.save_as(films / f"{NAME}_{file.name}")
    picture = np.round(read_film(dicom_pair[0].content).pixels * 255).astype(np.uint8)
    cv2.imwrite(str(films / f"{NAME}.jpg"), picture)
    (films / "letter.txt").write_text(f"Dear {NAME}")
    return films


def test_a_folder_leaves_without_its_names(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    out = tmp_path / "out"
    outcomes = deidentify_folder(folder, out, KEY, None)
    assert Counter(row.outcome for row in outcomes) == {"left": 3, "not a film": 1}
    for path in out.rglob("*"):
        assert NAME not in str(path.relative_to(out))
        assert path.is_dir() or NAME.encode() not in path.read_bytes()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert (out / TABLE).read_text().splitlines()[0].startswith("number,source_sha256,film,patient,outcome")
    read_film(next(out.rglob("*.png")))


def test_doubtful_films_are_held_back(folder: Path, tmp_path: Path) -> None:
    outcomes = deidentify_folder(folder, tmp_path / "out", KEY, _Doubts())
    held = [row for row in outcomes if row.outcome == "held back"]
    assert len(held) == 3
    assert all(row.film.startswith("held-back/") and row.texts_doubtful == 1 for row in held)
    assert held[0].text_boxes == held[0].doubtful_boxes == "5 5 65 35"
    film = pydicom.dcmread(tmp_path / "out" / next(row.film for row in held if row.film.endswith(".dcm")))
    assert "BurnedInAnnotation" not in film, "nobody has settled yet what it is"
    methods = {item.CodeValue for item in film.DeidentificationMethodCodeSequence}
    assert "113101" not in methods


def test_a_stopped_run_goes_on_and_the_table_is_written_at_its_ends_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, seen, written = tmp_path / "out", [], []

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deidentify_folder(folder, out, KEY, None, stop)
    journal = out / ".deidentify" / "journal.csv"
    assert len(journal.read_text().splitlines()) == 3, "two rows below the header"
    with journal.open("a") as file:
        file.write("3,abcdef,half a li")  # as a kill in the middle of a line leaves it
    from mvm_core.deidentification import folder as module

    one, whole = module._one, module.write_table

    def counted(number: int, *given: object) -> Outcome:
        seen.append(number)
        return one(number, *given)  # type: ignore[arg-type]

    def noted(out: Path, rows: object) -> None:
        written.append(rows)
        whole(out, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_one", counted)
    monkeypatch.setattr(module, "write_table", noted)
    assert [row.number for row in deidentify_folder(folder, out, KEY, None)] == [1, 2, 3, 4]
    assert seen == [3, 4]
    assert len(written) == 2
    (folder / "a-new-one.dcm").write_bytes((folder / f"{NAME}_patient_ap.dcm").read_bytes())
    rows = deidentify_folder(folder, out, KEY, None)
    assert [row.number for row in rows] == [1, 2, 3, 4, 5], "a film that comes later is the next"
    assert seen == [3, 4, 5]


def test_a_folder_made_otherwise_is_not_gone_on_with(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    deidentify_folder(folder, out, KEY, None)
    with pytest.raises(OutputError, match="made with another key; use that key"):
        deidentify_folder(folder, out, Key(b"another secret of it"), None)
    with pytest.raises(OutputError, match="looked for in one run and not in the other"):
        deidentify_folder(folder, out, KEY, _Doubts())
    with alone_in(out), pytest.raises(DeidentificationError, match="something else is at work in it"):
        deidentify_folder(folder, out, KEY, None)


def test_a_full_disk_and_a_film_that_cannot_be_read_are_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mvm_core.deidentification import folder as module

    def full(path: Path, content: bytes) -> None:
        raise OutputError(str(path), "it cannot be written (No space left on device)", "free some")

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_atomically", full)
        with pytest.raises(OutputError, match="No space left"):
            deidentify_folder(folder, tmp_path / "out", KEY, None)
    (folder / "gone.dcm").symlink_to(tmp_path / "nowhere")
    assert len(deidentify_folder(folder, tmp_path / "out", KEY, None)) == 4, "a link to nothing is no file"
    (folder / "gone.dcm").unlink()

    def locked(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)
    with pytest.raises(DeidentificationError, match=r"file 1 of the folder.*Permission denied"):
        deidentify_folder(folder, tmp_path / "other", KEY, None)


def test_wrong_use_is_told(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeidentificationError, match="in the folder of the films"):
        deidentify_folder(folder, folder / "out", KEY, None)
    with pytest.raises(DeidentificationError, match="there is no such folder"):
        deidentify_folder(tmp_path / "none", tmp_path / "out", KEY, None)
    monkeypatch.delenv("MVM_DEIDENTIFICATION_KEY", raising=False)
    with pytest.raises(DeidentificationError, match="MVM_DEIDENTIFICATION_KEY: there is no secret"):
        read_key(None)
    (tmp_path / "key").write_text("short")
    with pytest.raises(DeidentificationError, match="too short"):
        read_key(tmp_path / "key")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / TABLE).write_text("a,b\n1,2\n")
    with pytest.raises(DeidentificationError, match="no table of this command"):
        deidentify_folder(folder, tmp_path / "out", KEY, None)
