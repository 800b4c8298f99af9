"""How long the explainability page takes to answer a change of reading; run it as a module."""

import json
import time
from pathlib import Path
from statistics import median

from streamlit.testing.v1 import AppTest

from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient
from pages.components.study import Study

_APP = Path(__file__).resolve().parents[2] / "app.py"
_RUNS = 12


def change_of_reading_ms() -> float:
    """Median time from a change of reading to the page with its map, in ms, without browser and network.

    The whole page is run again; in a browser only the part around the map is.
    """
    patient = simulate_patient(PatientRequest(seed=7, label="mvm"))
    films = pair_films(read_study([StudyFile(f"{view}.dcm", film_to_dicom(patient, view)) for view in View]))
    boxes = {f"{view.value}_box": patient.films[view].box for view in View}
    pair = FilmPair(films.ap, films.lateral, **boxes)
    app = AppTest.from_file(_APP, default_timeout=300)
    app.session_state["study"] = Study("timing", pair, Examiner.open().examine(pair), 0.0, patient=patient)
    app.run()
    app.switch_page("pages/explainability.py").run()
    taken = []
    for run in range(_RUNS):
        choice = next(each for each in app.selectbox if each.label == "Reading")
        names = list(app.session_state["study"].reading.results)
        choice.set_value(names[run % len(names)])
        start = time.perf_counter()
        app.run()
        taken.append((time.perf_counter() - start) * 1e3)
    return median(taken)


if __name__ == "__main__":
    print(json.dumps({"change_of_reading_ms": change_of_reading_ms()}))  # noqa: T201
