"""The reading on the upload page as DICOM objects in the films' own study."""

import io
import zipfile
from pathlib import Path

import pydicom
import pytest
from highdicom import sr
from streamlit.testing.v1 import AppTest

from mvm_core.exchange import codes
from mvm_core.imaging import StudyFile

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=120).run()


def drop(app: AppTest, *files: StudyFile) -> AppTest:
    given = [(file.name, file.content, "application/octet-stream") for file in files]
    return app.file_uploader[0].set_value(given).run()


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def test_results_of_dropped_films_can_be_taken_away_as_dicom(
    app: AppTest, dicom_pair: tuple[StudyFile, StudyFile]
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for file in dicom_pair:
            packed.writestr(file.name, file.content)
    drop(app, StudyFile("study.zip", archive.getvalue()))
    press(app, "DICOM")
    assert not app.exception
    (_, content) = app.session_state["dicom_made"]
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        objects = {name: pydicom.dcmread(io.BytesIO(made.read(name))) for name in made.namelist()}
    assert set(objects) == {
        "report.dcm", "document.dcm", "presentation-ap.dcm", "presentation-lateral.dcm", "capture-ap.dcm",
        "capture-lateral.dcm",
    }  # fmt: skip
    film = pydicom.dcmread(io.BytesIO(dicom_pair[0].content), stop_before_pixels=True)
    assert {each.StudyInstanceUID for each in objects.values()} == {film.StudyInstanceUID}
    said = sr.ComprehensiveSR.from_dataset(objects["report.dcm"]).content.get_planar_roi_measurement_groups()
    told = {
        group.tracking_identifier: measured.value
        for group in said
        for measured in group.get_measurements()
        if measured.name == codes.P_DISEASE
    }
    read = app.session_state["study"].examination.levels
    assert told == {level.level: level.probability_disease for level in read}
    assert len(app.session_state["film_headers"]["patient_ap.dcm"].content) < 20_000, "no pixels are kept"


def test_films_that_were_turned_here_have_none(app: AppTest, dicom_pair: tuple[StudyFile, StudyFile]) -> None:
    import numpy as np
    from pydicom.uid import generate_uid

    data = pydicom.dcmread(io.BytesIO(dicom_pair[1].content))
    noise = np.random.default_rng(1).integers(0, 1000, (data.Rows, data.Columns), dtype=np.uint16)
    data.PixelData, data.SOPInstanceUID = noise.tobytes(), generate_uid()
    buffer = io.BytesIO()
    data.save_as(buffer)
    drop(app, StudyFile("noise_lateral.dcm", buffer.getvalue()))
    press(app, "Turn the lateral film by 90 degrees")
    press(app, "DICOM")
    (error,) = app.error
    assert "it was turned or mirrored here" in error.value
    assert not app.exception


def test_pictures_and_simulated_patients_have_no_study(app: AppTest) -> None:
    import numpy as np
    from PIL import Image

    buffer = io.BytesIO()
    grey = np.random.default_rng(1).integers(0, 255, (300, 200), dtype=np.uint8)
    Image.fromarray(grey).save(buffer, "PNG")
    drop(app, StudyFile("film_ap.png", buffer.getvalue()))
    assert app.session_state["study"]
    assert "DICOM" not in labels(app)
