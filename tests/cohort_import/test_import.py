"""A hospital's films and spreadsheet become a cohort that can be trained on."""

import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
import openpyxl
import pydicom
import pytest

from mvm_core.cohort import read_manifest
from mvm_core.cohort_import import Imported, import_cohort, read_labels
from mvm_core.cohort_import.looked_at import accept, open_again, refuse
from mvm_core.cohort_import.previews import read_previews
from mvm_core.cohort_import.settled import TABLE, read_doubtful
from mvm_core.cohort_import.taking import split_of
from mvm_core.deidentification import BurntInText, Key, TextFinder
from mvm_core.deidentification.table import alone_in
from mvm_core.errors import DeidentificationError, OutputError, TableError
from mvm_core.evaluation import read_case
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.inference import SHIPPED
from mvm_core.radiograph import Box, View
from mvm_core.simulation import PatientRequest, SimulatedPatient, film_to_dicom, simulate_patient
from mvm_core.spine import Finder
from mvm_core.training import TrainingSettings, train

KEY = Key(b"a secret of the hospital")
NAME = "ZQXWVK"
HEADER = "Patient;Segment;Diagnosis;X-ray sign;Reference standard;Study date"


def patient_ids() -> list[str]:
    """Two patients that fall into train, two into tune."""
    found: dict[str, list[str]] = {"train": [], "tune": []}
    for number in range(200):
        name = f"{NAME}{number}"
        own = found.get(split_of(KEY.pseudonym(name)))
        if own is not None and len(own) < 2:
            own.append(name)
    return [*found["train"], *found["tune"]]


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder.open(SHIPPED)


@pytest.fixture(scope="module")
def patients() -> dict[str, SimulatedPatient]:
    """One MVM and one BVF in train and in tune each."""
    asked = (("mvm", "lytic"), ("bvf", "crush")) * 2
    return {
        name: simulate_patient(
            PatientRequest(seed=900 + seed, label=label, kind=kind, level="L2", severity=3)
        )
        for seed, (name, (label, kind)) in enumerate(zip(patient_ids(), asked, strict=True))
    }


@pytest.fixture
def films(tmp_path: Path, patients: dict[str, SimulatedPatient]) -> Path:
    folder = tmp_path / "pacs"
    for number, (name, patient) in enumerate(patients.items()):
        for view in View:
            data = pydicom.dcmread(io.BytesIO(film_to_dicom(patient, view)))
            data.PatientID, data.PatientName, data.StudyDate = name, f"{NAME}^ANNA", f"2020110{number + 1}"
            data.StudyInstanceUID, data.AccessionNumber = f"1.2.99.{number}", f"ACC{number}"
            (folder / name).mkdir(parents=True, exist_ok=True)
            data.save_as(folder / name / f"{NAME}_{view.value}.dcm")
    (folder / "readme.txt").write_text("films of 2020")
    return folder


@pytest.fixture
def labels(tmp_path: Path, patients: dict[str, SimulatedPatient]) -> Path:
    lines = [
        f"{name};L-2;{'Metastasis' if patient.label == 'mvm' else 'fracture'};yes;MRI;"
        for name, patient in patients.items()
    ]
    path = tmp_path / "labels.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def run(films: Path, labels: Path, out: Path, finder: Finder) -> Imported:
    return import_cohort(films, read_labels(labels, {"level": "Segment"}), out, KEY, finder, None)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def settle(out: Path, **values: str) -> None:
    """Fill in every row of what is doubtful."""
    path = out / TABLE
    rows = table(path)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, **values} for row in rows)


def test_films_and_spreadsheet_become_a_cohort_that_trains(
    films: Path, labels: Path, patients: dict[str, SimulatedPatient], finder: Finder, tmp_path: Path
) -> None:
    out = tmp_path / "cohort"
    before = {path: path.read_bytes() for path in films.rglob("*") if path.is_file()}
    found = run(films, labels, out, finder)
    if found.doubtful:
        settle(out, settled="take")
        found = run(films, labels, out, finder)
    assert (found.taken, found.doubtful) == (4, 0)
    cohort = read_manifest(out)
    for case, (name, patient) in zip(cohort.cases, patients.items(), strict=True):
        assert case.case_id == f"{KEY.pseudonym(name)}-L2"
        assert (case.label, case.sign, case.level) == (patient.label, "sign", "L2")
        assert case.reference_standard == "MRI"
        pair = read_case(case)
        for view in View:
            box, true = pair.box(view), patient.films[view].box
            # within half a body's height of the truth, where the finder named the level rightly
            assert box is not None
            apart = np.hypot(box.centre[0] - true.centre[0], box.centre[1] - true.centre[1])
            assert apart < 2.0 * true.height
    for path in out.rglob("*"):
        assert NAME not in str(path.relative_to(out))
        assert path.is_dir() or NAME.encode() not in path.read_bytes()
    assert {path: path.read_bytes() for path in films.rglob("*") if path.is_file()} == before
    settings = TrainingSettings(
        networks=("ap",),
        epochs=1,
        batch_size=2,
        init="random",
        output_stride=32,
        preprocessing=Preprocessing(size_px=64),
        intact_share=0.0,
    )
    assert train(out, tmp_path / "weights", settings).is_file()


def test_called_again_nothing_is_done_twice(
    films: Path, labels: Path, finder: Finder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "cohort"
    first = run(films, labels, out, finder)
    if first.doubtful:
        settle(out, settled="take")
        first = run(films, labels, out, finder)
    before = (out / "manifest.csv").read_bytes()

    def never(*_: object) -> None:
        raise AssertionError("a film was looked at again")

    monkeypatch.setattr(Finder, "find", never)
    again = run(films, labels, out, finder)
    assert (again.taken, (out / "manifest.csv").read_bytes()) == (first.taken, before)


def test_what_is_doubtful_waits_for_a_person(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    rows = labels.read_text().splitlines()
    # a patient without films, and a level that no film of this patient shows
    rows[1:] = ["NOBODY;L1;mvm;;MRI;", rows[1].replace("L-2", "T1")]
    labels.write_text("\n".join(rows) + "\n")
    out = tmp_path / "cohort"
    found = run(films, labels, out, finder)
    assert (found.taken, found.doubtful) == (0, 2)
    nobody, hidden = table(out / TABLE)
    assert "no study" in nobody["doubts"]
    assert "T1 is not found on the AP film" in hidden["doubts"]
    assert (out / hidden["preview"]).read_bytes().startswith(b"\x89PNG")
    settle(out, settled="perhaps")
    with pytest.raises(TableError, match="'perhaps' settles nothing"):
        run(films, labels, out, finder)
    settle(out, settled="take", ap_box="100 100 220 190", lateral_box="")
    found = run(films, labels, out, finder)
    assert (found.taken, found.doubtful) == (1, 1), "of nobody there is no film to take"
    (case,) = table(out / "manifest.csv")
    assert (case["lateral"], case["ap_box"]) == ("", "100.0 100.0 220.0 190.0")
    assert (out / case["ap"]).is_file()
    settle(out, settled="drop")
    assert run(films, labels, out, finder).dropped == 2


def test_two_studies_of_a_patient_are_told_apart_by_date(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    name = patient_ids()[0]
    for path in list((films / name).iterdir()):
        data = pydicom.dcmread(path)
        data.StudyInstanceUID, data.StudyDate, data.AccessionNumber = "1.2.99.77", "20180505", "ACC77"
        data.save_as(path.with_name(f"earlier_{path.name}"))
    labels.write_text(f"{HEADER}\n{name};L2;mvm;;MRI;\n")
    found = run(films, labels, tmp_path / "one", finder)
    assert found.taken == 0
    assert "2 studies fit" in (tmp_path / "one" / TABLE).read_text()
    labels.write_text(f"{HEADER}\n{name};L2;mvm;;MRI;2018-05-05\n")
    out = tmp_path / "two"
    run(films, labels, out, finder)
    assert "studies fit" not in (out / TABLE).read_text()


def test_another_key_and_another_cohort_are_not_overwritten(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    labels.write_text(f"{HEADER}\nNOBODY;L1;mvm;;MRI;\n")
    run(films, labels, tmp_path / "cohort", finder)
    with pytest.raises(OutputError, match="another key"):
        import_cohort(
            films,
            read_labels(labels, {"level": "Segment"}),
            tmp_path / "cohort",
            Key(b"y" * 16),
            finder,
            None,
        )
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.csv").write_text("case_id\n")
    with pytest.raises(OutputError, match="holds another cohort"):
        run(films, labels, tmp_path / "other", finder)


def with_header(path: Path, **said: object) -> None:
    data = pydicom.dcmread(path)
    for name, value in said.items():
        setattr(data, name, value)
    data.save_as(path)


def doubts(out: Path) -> list[str]:
    return [row["doubts"] for row in table(out / TABLE)]


def test_a_patient_written_in_two_ways_is_asked_about_and_never_joined_or_lost(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    name, other = patient_ids()[:2]
    spelt = f" {name.lower()[:3]}-{name.lower()[3:]} "
    labels.write_text(f"{HEADER}\n{spelt};L2;mvm;;MRI;\n{other};L2;bvf;;MRI;\n")
    out = tmp_path / "cohort"
    first = run(films, labels, out, finder)
    asked = next(row for row in table(out / TABLE) if row["row"] == "2")
    assert "the films write this patient in another way: is it the same one?" in asked["doubts"]
    assert asked["ap_box"], "the film is shown, with its box"
    settle(out, settled="take")
    found = run(films, labels, out, finder)
    assert (found.taken, found.doubtful) == (2, 0), first
    cases = {row["case_id"] for row in table(out / "manifest.csv")}
    assert f"{KEY.pseudonym(name)}-L2" in cases, "as the films write it, so that it is one patient"

    # two rows that write one patient in two ways: both are asked about, and one vertebra is taken once
    labels.write_text(f"{HEADER}\n{name};L2;mvm;;MRI;\n{spelt};L2;bvf;;MRI;\n")
    out = tmp_path / "twice"
    run(films, labels, out, finder)
    assert ["in another way" in each for each in doubts(out)] == [True, True]
    settle(out, settled="take")
    found = run(films, labels, out, finder)
    assert (found.taken, found.doubtful) == (1, 1)
    assert any("same vertebra of the same films is in the cohort" in each for each in doubts(out))


def test_two_patients_in_one_study_and_a_number_of_another_are_doubtful(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    name, other = patient_ids()[:2]
    with_header(films / name / f"{NAME}_lateral.dcm", PatientID="SOMEBODY ELSE", PatientName="ELSE^SOME")
    labels.write_text(
        f"Accession;{HEADER}\n;{name};L2;mvm;;MRI;\nACC1;{name};L2;mvm;;MRI;\nACC1;{other};T1;mvm;;MRI;2019-01-01\n"
    )
    out = tmp_path / "cohort"
    assert run(films, labels, out, finder).taken == 0
    mixed, wrong, far = doubts(out)
    assert "films of two patients" in mixed
    assert "the study with this accession number is of another patient" in wrong
    assert "no film is of the row's date; the nearest is 671 days off" in far
    assert NAME not in (out / TABLE).read_text()


def test_rows_that_give_the_number_and_the_patient_are_one_patient(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    name = patient_ids()[0]
    labels.write_text(f"Accession;{HEADER}\nACC0;;L2;mvm;;MRI;\n;{name};L1;mvm;;MRI;\n")
    out = tmp_path / "cohort"
    run(films, labels, out, finder)
    if (out / TABLE).read_text().count("\n") > 1:
        settle(out, settled="take")
        run(films, labels, out, finder)
    by_number, by_patient = table(out / "manifest.csv")
    assert {row["case_id"].split("-")[0] for row in (by_number, by_patient)} == {KEY.pseudonym(name)}
    assert by_number["split"] == by_patient["split"], "never in two parts of the cohort"


def test_films_and_studies_are_chosen_by_a_person(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    name = patient_ids()[0]
    for path in list((films / name).iterdir()):
        data = pydicom.dcmread(path)
        data.StudyInstanceUID, data.StudyDate = "1.2.99.77", "20180505"
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        data.save_as(path.with_name(f"earlier_{path.name}"))
    labels.write_text(f"{HEADER}\n{name};L2;mvm;;MRI;\n")
    out = tmp_path / "cohort"
    assert run(films, labels, out, finder).doubtful == 1
    (row,) = read_doubtful(out)
    assert "2 studies fit" in row.doubts
    offered = read_previews(out, row.case_id)
    assert [(film.study, film.days_before) for film in offered] == [(1, 0), (1, 0), (2, 911), (2, 911)]
    assert all((out / film.picture).is_file() and len(film.vertebrae) > 4 for film in offered)
    earlier = {View(film.view): film for film in offered if film.study == 2}
    chosen = {
        view: (film.film, Box(*next(each.box for each in film.vertebrae if each.level == "L3")))
        for view, film in earlier.items()
    }
    accept(out, row.case_id, chosen)
    again = run(films, labels, out, finder)
    assert (again.taken, again.doubtful) == (1, 0)
    (case,) = table(out / "manifest.csv")
    assert case["ap_box"] == " ".join(f"{value:.1f}" for value in chosen[View.AP][1].__dict__.values())
    left = pydicom.dcmread(out / case["ap"])
    assert left.StudyInstanceUID == KEY.uid("1.2.99.77")
    with pytest.raises(TableError, match="case P-1 is not in it any more"):
        refuse(out, "P-1")
    with pytest.raises(TableError, match="no box is on any film"):
        accept(out, row.case_id, {})
    assert open_again(out, row.case_id).settled == ""
    refuse(out, row.case_id)
    assert run(films, labels, out, finder).dropped == 1


def test_a_study_that_grew_since_is_looked_at_again(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    name = patient_ids()[0]
    labels.write_text(f"{HEADER}\n{name};L2;mvm;;MRI;\n")
    out = tmp_path / "cohort"
    run(films, labels, out, finder)
    data = pydicom.dcmread(films / name / f"{NAME}_ap.dcm")
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    data.save_as(films / name / "later.dcm")
    assert run(films, labels, out, finder).taken == 0
    assert "films of one view are in the study" in doubts(out)[0]


class _Unsure(TextFinder):
    def __init__(self) -> None:
        super().__init__(None)

    def find(self, stored: np.ndarray) -> tuple[BurntInText, ...]:
        return (BurntInText(Box(20, 20, 120, 50), 0.1),) if max(stored.shape) > 950 else ()


def test_a_film_with_doubtful_text_is_nowhere_in_the_cohort_until_a_person_takes_it(
    films: Path, labels: Path, finder: Finder, tmp_path: Path
) -> None:
    labels.write_text(f"{HEADER}\n{patient_ids()[0]};L2;mvm;;MRI;\n")
    out, rows = tmp_path / "cohort", read_labels(labels, {"level": "Segment"})
    import_cohort(films, rows, out, KEY, finder, None)
    with pytest.raises(OutputError, match="looked for in one run and not in the other"):
        import_cohort(films, rows, out, KEY, finder, _Unsure())
    out = tmp_path / "other"
    found = import_cohort(films, rows, out, KEY, finder, _Unsure())
    if not any("text in the image" in each for each in doubts(out)):
        pytest.skip("the pair was doubtful before its text was")
    assert found.taken == 0
    assert not (out / "films").exists()
    (row,) = read_doubtful(out)
    assert all(film.texts == ((20, 20, 120, 50),) for film in read_previews(out, row.case_id))
    settle(out, settled="take")
    assert import_cohort(films, rows, out, KEY, finder, _Unsure()).taken == 1
    (case,) = table(out / "manifest.csv")
    assert np.ptp(pydicom.dcmread(out / case["ap"]).pixel_array[20:50, 20:120]) == 0


def test_a_full_disk_and_a_run_at_work_are_told(
    films: Path, labels: Path, finder: Finder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "cohort"
    labels.write_text(f"{HEADER}\nNOBODY;L1;mvm;;MRI;\n")
    run(films, labels, out, finder)
    before = (out / "manifest.csv").read_bytes()
    with alone_in(out, ".import"), pytest.raises(DeidentificationError, match="something else is at work"):
        run(films, labels, out, finder)

    def full(path: Path, content: bytes) -> None:
        raise OutputError(str(path), "it cannot be written (No space left on device)", "free some")

    monkeypatch.setattr("mvm_core.cohort_import.run.write_atomically", full)
    with pytest.raises(OutputError, match="No space left"):
        run(films, labels, out, finder)
    assert (out / "manifest.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("Name,Level,Label\nx,L1,mvm\n", "no column is known for patient"),
        ("Patient,Label\nx,mvm\n", "no column is known for level"),
        ("Patient,Level,Label\nx,C7,mvm\n", "row 2, column Level: 'C7' is not like T1 to L5"),
        ("Patient,Level,Label\nx,L1,tumour?\n", "row 2, column Label: 'tumour.' is not like mvm, bvf"),
        ("Patient,Level,Label\nx,L1,mvm\nx,L1,bvf\n", "row 3: the same vertebra as in row 2"),
        ("Patient,Accession,Level,Label\n,,L1,mvm\n", "neither patient nor accession"),
        ("Patient,Level,Label,Date\nx,L1,mvm,soon\n", "column Date: 'soon' is not like"),
    ],
)
def test_a_spreadsheet_that_cannot_be_used_is_told(tmp_path: Path, table: str, told: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(table)
    with pytest.raises(TableError, match=told):
        read_labels(path)


def test_merged_cells_and_other_encodings_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("Patient", "Level", "Label"), ("x", "L1", "mvm"), (None, "L2", "mvm")):
        book.active.append(row)
    book.save(tmp_path / "plain.xlsx")
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "labels.xlsx")
    with pytest.raises(TableError, match=r"cells are merged \(A2:A3\); unmerge them"):
        read_labels(tmp_path / "labels.xlsx")
    (tmp_path / "labels.csv").write_bytes("Patient,Level,Label\nM\xfcller,L1,mvm\n".encode("latin-1"))
    with pytest.raises(TableError, match="UTF-8"):
        read_labels(tmp_path / "labels.csv")
    said = "病歷號,Level,Label\n陳大文,L1,mvm\n".replace("病歷號", "Patient")
    for encoding in ("big5", "utf-16"):
        (tmp_path / "labels.csv").write_bytes(said.encode(encoding))
        with pytest.raises(
            TableError, match=r"labels.csv: not a text file in UTF-8; save it as CSV \(UTF-8\)"
        ):
            read_labels(tmp_path / "labels.csv")
    (tmp_path / "labels.csv").write_text(said, encoding="utf-8-sig")
    assert read_labels(tmp_path / "labels.csv")[0].patient == "陳大文"
    # merged cells of a spreadsheet that was saved as CSV: all but the first row are empty
    (tmp_path / "labels.csv").write_text("Patient,Level,Label\nx,L1,mvm\n,L2,mvm\n")
    with pytest.raises(TableError, match="row 3: neither patient nor accession number"):
        read_labels(tmp_path / "labels.csv")
    (tmp_path / "labels.xlsx").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(TableError, match=r"labels.xlsx"):
        read_labels(tmp_path / "labels.xlsx")
    (tmp_path / "labels.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    with pytest.raises(TableError, match=r"labels.xls: not a text file"):
        read_labels(tmp_path / "labels.xls")


def test_columns_are_guessed_and_values_understood(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("PID,vertebra,Dx,visible,confirmed by,exam date\n17, th12 ,OVCF,No,CT,2020/11/3\n")
    with pytest.raises(TableError):
        read_labels(path)
    path.write_text("PID,vertebra,Dx,visible,confirmed by,exam date\n17, D12 ,OVCF,No,CT,2020/11/3\n")
    (row,) = read_labels(path)
    assert dataclasses.astuple(row) == (2, "17", "", "T12", "bvf", "no-sign", "CT", "20201103")
