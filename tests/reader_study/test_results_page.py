"""The results of a reader study on their page: other readers' table, and the study's own answers."""

import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from study_files import Make, study_text

from mvm_core.errors import FilmError
from mvm_core.language import TAIWAN, speaking
from mvm_core.models import Reader
from mvm_core.reader_study.answer import Answer, Clock
from mvm_core.reader_study.closing import close
from mvm_core.reader_study.plan import AIDED
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file
from pages.components.reader_results import cases
from tests.pages.seen import texts_of, words_in

APP = Path(__file__).resolve().parents[2] / "app.py"

NAMES = set(
    words_in(
        """
        Reader Trial MVM BVF ROC AUC ICI ICC Brier Fleiss Wilson CSV JSON HTML Excel Parquet English
        Language kappa jackknife
        Obuchowski Rockette Hillis DeLong Gallas Chen Samuelson Clarke-Pearson Berbaum Shrout McGraw Wong
        Cameron Gelbach
        Miller Cov mvm_core numpy scipy pandas plotly
        """
    )
)
# authors as they are cited: "Shrout and Fleiss 1979", "Hillis et al. 2005"
CITED = re.compile(r"[A-Z][\w-]+(?:, [A-Z][\w-]+)* (?:and [A-Z][\w-]+|et al\.) \d{4}")


def opened() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120).run().switch_page("pages/reader_results.py").run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return " ".join(str(each.value) for each in [*app.html, *app.info, *app.error, *app.header])


def answer_all(path: Path, *, but: str = "") -> None:
    """Every reader answers everything, aided a little nearer to the truth."""
    plan = read_study_file(path)
    store, rng = Store.open(plan, Reader.open().weights.identity), np.random.default_rng(3)
    for reader in plan.readers:
        if reader.name == but:
            continue
        sitting = store.sit(reader.name)
        while (reading := store.next_reading(reader.name)) is not None:
            store.show(sitting, reading)
            positive, aided = plan.case(reading.case_id).case.label == "mvm", reading.modality == AIDED
            said = float(np.clip(50 + (15 if positive else -15) * (1 + aided) + rng.normal(0, 20), 0, 100))
            advice = (0.8 if positive else 0.2) if aided else None
            store.give(sitting, reading, Answer(said), Clock(0.1 + rng.random()), advice)
        store.leave(sitting)
    store.engine.dispose()


@pytest.fixture
def path(make_file: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = make_file(study_text(cases="mvm = 6\nbvf = 6"))
    monkeypatch.setenv("MVM_STUDY", str(path))
    monkeypatch.setenv("MVM_EXAMPLE", "0")
    return path


def with_code(code: str) -> AppTest:
    app = opened()
    next(each for each in app.text_input if each.key == "results-code").set_value(code)
    return next(each for each in app.button if each.label == "Show the results").click().run()


def test_results_are_for_the_organiser_and_once_all_have_read_all(path: Path) -> None:
    answer_all(path, but="Reader 2")
    app = with_code("code-0")
    assert "it is not the organiser's" in words(app)
    assert "less unaided" not in words(app)
    app = with_code("chief-code")
    assert "still reading: Reader 2." in words(app)
    assert "less unaided" not in words(app)


def test_results_of_a_closed_study_are_of_those_who_read_all(path: Path) -> None:
    answer_all(path, but="Reader 2")
    store = Store.open(read_study_file(path), Reader.open().weights.identity)
    close(store.engine)
    store.engine.dispose()
    page = words(with_code("chief-code"))
    assert "their answers are left out: Reader 2." in page
    assert "aided less unaided" in page
    assert "2 readers" in page


def test_the_studys_own_answers_are_analysed(path: Path) -> None:
    answer_all(path)
    began = time.perf_counter()
    app = with_code("chief-code")
    assert not app.exception
    page = words(app)
    assert "aided less unaided" in page
    assert "Readings of simulated films" in page
    assert "fully crossed" in page
    assert "Went over to right advice" in page
    assert "Obuchowski" in page
    assert len(app.get("plotly_chart")) == 2
    labels = [each.label for each in app.get("download_button")]
    assert {"Report (HTML)", "JSON", "Answers (CSV)", "Table (CSV)"} <= set(labels)
    assert time.perf_counter() - began < 60


def test_another_table_is_read_in_and_its_faults_are_told(path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [
        {"reader": f"R{r}", "modality": m, "case": f"x{c}", "truth": "mvm" if c % 2 else "bvf",
         "rating": round(float(rng.normal(c % 2, 1)), 3)}
        for r in range(3) for m in ("film", "film and model") for c in range(12)
    ]  # fmt: skip
    app = opened()
    app.radio[0].set_value("other").run()
    table = pd.DataFrame(rows)
    app.file_uploader[0].set_value(("theirs.csv", table.to_csv(index=False).encode(), "text/csv")).run()
    assert not app.exception
    assert "film and model less film" in words(app)
    assert "table theirs.csv" in words(app)
    app = opened()
    app.radio[0].set_value("other").run()
    twice = pd.concat([table, table.head(1)])
    app.file_uploader[0].set_value(("twice.csv", twice.to_csv(index=False).encode(), "text/csv")).run()
    assert "R0 has two answers in film for case x0" in words(app)


def test_results_are_chinese_within_their_figures_too(path: Path) -> None:
    answer_all(path)
    with speaking(TAIWAN):
        app = AppTest.from_file(APP, default_timeout=120)
        app.query_params["lang"] = TAIWAN
        app.run().switch_page("pages/reader_results.py").run()
        app.text_input(key="results-code").set_value("chief-code")
        app.button[0].click().run()
        assert not app.exception
        assert len(app.get("plotly_chart")) == 2
        sent = CITED.sub(" ", " ".join(texts_of(app)))
        assert "敏感度" in sent
        assert set(words_in(sent)) - NAMES == set()


def test_a_click_on_a_case_shows_its_films_in_either_language(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table's heads are in the page's language."""
    answer_all(path)
    asked: list[str] = []

    def prepared(_plan: object, case_id: str) -> object:
        asked.append(case_id)
        raise FilmError("film.png", "no film", "none")

    monkeypatch.setattr(cases, "prepared", prepared)
    monkeypatch.setattr(cases.st, "dataframe", lambda *_args, **_more: {"selection": {"rows": [0]}})
    with speaking(TAIWAN):
        app = AppTest.from_file(APP, default_timeout=120)
        app.query_params["lang"] = TAIWAN
        app.run().switch_page("pages/reader_results.py").run()
        app.text_input(key="results-code").set_value("chief-code")
        app.button[0].click().run()
    assert not app.exception
    assert asked
    assert asked[0].startswith("c0")


def test_cases_against_the_model_come_first_and_those_among_readers_are_one_choice_away(path: Path) -> None:
    answer_all(path)
    app = with_code("chief-code")
    assert list(app.dataframe[0].value.columns[2:5]) == ["Readers, mean", "Advice", "Readers less advice"]
    app.radio(key="readers-differ").set_value("among").run()
    assert not app.exception
    assert "Ratings, unaided" in app.dataframe[0].value.columns
