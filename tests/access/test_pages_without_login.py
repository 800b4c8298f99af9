"""The pages by themselves: nothing without the gate, nothing changed by a viewer; the threat model."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.access import permission
from pages.access.guard import Guard
from pages.access.serving import serve_with
from pages.access.settings import read_settings
from pages.components import changes, study

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("upload", "cohort", "explainability")


@pytest.fixture
def gate(users: Path, monkeypatch: pytest.MonkeyPatch) -> Guard:
    monkeypatch.setattr("pages.access.serving._serving", [])
    guard = Guard(read_settings(None, {"MVM_USERS": str(users)}))
    serve_with(guard)
    return guard


def _shows_only(app: AppTest, sentence: str) -> None:
    assert [error.value for error in app.error] == [sentence]
    for kind in ("title", "header", "button", "selectbox", "file_uploader", "markdown"):
        assert len(app.get(kind)) == 0, kind


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_anything_without_the_gate(
    page: str, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MVM_USERS", str(users))
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page(f"pages/{page}.py").run()
    (error,) = app.error
    assert "a login is asked for, and Streamlit alone asks for none" in error.value
    _shows_only(app, error.value)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("gate")
def test_no_page_shows_anything_to_who_passed_by_the_gate(page: str) -> None:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page(f"pages/{page}.py").run()
    _shows_only(app, "Log in first.")


@pytest.mark.parametrize(
    "change",
    [
        lambda: study.open_study([]),
        lambda: study.place_films([]),
        study.read_all_the_same,
        changes.take_moved_boxes,
        changes.take_moved_vertebrae,
        changes.swap_views,
        lambda: changes.turn_film(None),  # type: ignore[arg-type]
        lambda: changes.set_films_right(()),
    ],
)
@pytest.mark.usefixtures("gate")
def test_a_viewer_changes_nothing(change: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr("streamlit.session_state", state)
    monkeypatch.setattr(permission, "_header", lambda name: "viewer")
    change()
    assert set(state) == {"study_error"}
    assert "change nothing" in str(state["study_error"])


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "threat_model.md").read_text())
    assert len(named) > 15
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text() if test else (ROOT / file).exists(), (file, test)
