"""Films unlike the training films on the upload page: the verdict stays behind a click."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from examiner_stand_in import StandIn
from streamlit.testing.v1 import AppTest

from mvm_core.imaging import StudyFile
from mvm_core.models.distance import UNLIKE, FilmDistance, TrainingFilm
from mvm_core.radiograph import View

APP = Path(__file__).resolve().parents[2] / "app.py"
OFFER = "Show the reading all the same"


def dropped(monkeypatch: pytest.MonkeyPatch, films: tuple[StudyFile, ...], percentile: float) -> AppTest:
    _, encoded = cv2.imencode(".jpg", np.zeros((96, 96), np.uint8))
    nearest = (
        TrainingFilm("simulated film, site a, <L2>", encoded.tobytes()),
        TrainingFilm("real AP film, L3"),
    )
    found = {View.AP: FilmDistance(4.0, percentile, nearest)}
    examine = StandIn.examine

    def judged(*given: Any) -> Any:
        return replace(examine(*given), distances=found)

    monkeypatch.setattr(StandIn, "examine", judged)
    app = AppTest.from_file(APP, default_timeout=60).run()
    uploads = [(film.name, film.content, "application/octet-stream") for film in films]
    app = app.file_uploader[0].set_value(uploads).run()
    assert not app.exception
    return app


def verdicts(app: AppTest) -> list[str]:
    return [each.value for each in app.html if 'class="mvm-verdict"' in each.value]


def test_the_verdict_gives_way_until_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, dicom_pair: tuple[StudyFile, StudyFile]
) -> None:
    app = dropped(monkeypatch, dicom_pair, 99.7)
    (said,) = verdicts(app)
    assert UNLIKE in said
    assert "further off than 99.7 % of the training films" in said
    assert said.count("data:image/jpeg") == 1
    assert "&lt;L2&gt;" in said
    assert "probability" not in said
    asked = next(button for button in app.button if button.label == OFFER).click().run()
    assert not asked.exception
    shown = verdicts(asked)
    assert len(shown) == 2
    assert UNLIKE in shown[0]
    assert "probability" in shown[1]
    assert OFFER not in [button.label for button in asked.button]


def test_films_within_the_line_are_told_as_ever(
    monkeypatch: pytest.MonkeyPatch, dicom_pair: tuple[StudyFile, StudyFile]
) -> None:
    app = dropped(monkeypatch, dicom_pair, 99.0)
    (said,) = verdicts(app)
    assert UNLIKE not in said
    assert "probability" in said
    assert OFFER not in [button.label for button in app.button]
