"""The record on the pages: a reading is kept, found in Cases, judged, and seen in the cohort page."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from mvm_core.cohort import read_predictions
from mvm_core.database import reading
from mvm_core.examination import Examiner
from mvm_core.examination_report import examination_as_dict
from mvm_core.imaging import StudyFile
from mvm_core.radiograph import FilmPair, View
from mvm_core.records import read_settings
from mvm_core.records.case import Statement
from mvm_core.records.drift import BASELINE, ewma, series
from mvm_core.records.record import Record, open_record
from mvm_core.records.tables import trail

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "records"))

from record_words import ENVIRONMENT, document, marks

APP = Path(__file__).resolve().parents[2] / "app.py"
Pair = tuple[StudyFile, StudyFile]
KEPT = "Readings are kept, under pseudonyms, in this clinic's record record.db."


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    for name, value in {"MVM_DATABASE": str(tmp_path / "record.db"), **ENVIRONMENT}.items():
        monkeypatch.setenv(name, value)
    record = open_record(read_settings())
    yield record
    record.engine.dispose()


@pytest.fixture
def app(record: Record) -> AppTest:
    return AppTest.from_file(APP, default_timeout=60).run()


def shown(app: AppTest) -> str:
    assert not app.exception
    pieces = (*app.html, *app.markdown, *app.info, *app.error, *app.header, *app.title, *app.subheader)
    return "\n".join(piece.value for piece in pieces if not piece.value.startswith("<style"))


def drop(app: AppTest, *files: StudyFile) -> AppTest:
    given = [(file.name, file.content, "application/octet-stream") for file in files]
    return app.file_uploader[0].set_value(given).run()


def by_label(widgets: object, label: str) -> object:
    return next(each for each in widgets if each.label == label)


def cases_page(app: AppTest, case: str) -> AppTest:
    app.switch_page("pages/cases.py").run()
    return by_label(app.selectbox, "Case").set_value(case).run()


def test_without_a_record_nothing_of_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MVM_DATABASE", raising=False)
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert "record" not in shown(app)
    assert not [each for each in app.radio if "opinion" in each.label]
    app.switch_page("pages/cohort.py").run()
    assert "The clinic's record" not in app.radio[0].options


@pytest.mark.parametrize(
    "page", ["pages/upload.py", "pages/cohort.py", "pages/explainability.py", "pages/cases.py"]
)
def test_every_page_says_that_readings_are_kept(app: AppTest, page: str) -> None:
    assert KEPT in shown(app.switch_page(page).run())


def test_pages_that_are_switched_on_say_it_too(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = tmp_path / "servers.toml"
    servers.write_text('[[server]]\nname = "PACS"\nurl = "http://127.0.0.1:9/dicom-web"\n')
    monkeypatch.setenv("MVM_NODE", str(servers))
    monkeypatch.setenv("MVM_REVIEW", str(tmp_path))
    app = AppTest.from_file(APP, default_timeout=60).run()
    for page in ("pages/studies.py", "pages/review.py"):
        assert KEPT in shown(app.switch_page(page).run()), page


def test_a_pair_is_kept_with_the_opinion_before_and_judged_in_cases(
    app: AppTest, record: Record, dicom_pair: Pair
) -> None:
    by_label(app.radio, "Your own opinion of the next films, before the program's").set_value("bvf").run()
    drop(app, *dicom_pair)
    (kept,) = record.cases()
    assert f"Kept in the record as case {kept.id}." in shown(app)
    assert "Its films are simulated: it does not count in the running validation." in shown(app)
    assert kept.simulated
    assert (kept.said.opinion_before, kept.who) == ("bvf", "without login")
    assert kept.study
    app.run()
    assert len(record.cases()) == 1, "kept once"
    drop(app, *dicom_pair)
    again, _ = record.cases()
    assert again.patient == kept.patient, "the same patient is known again"
    assert again.said.opinion_before == ""

    page = cases_page(app, kept.id)
    assert "All readings of this patient" in shown(page)
    assert "SIMULATED FILMS: this case does not count" in shown(page)
    assert len(page.dataframe[0].value) == 2
    assert page.dataframe[0].value["Simulated"].tolist() == ["yes", "yes"]
    by_label(page.selectbox, "Truth").set_value("mvm")
    by_label(page.selectbox, "Own opinion after").set_value("mvm")
    by_label(page.text_area, "Comment, without names").set_value("soft tissue mass")
    by_label(page.button, "Keep").click().run()
    assert "what it is and what it says belong together; choose both or neither." in shown(page)
    assert record.cases()[1].said.truth == "", "nothing half-written"
    by_label(page.selectbox, "By reference standard").set_value("biopsy")
    by_label(page.button, "Keep").click().run()
    assert "Kept in the record." in shown(page)
    assert record.cases()[1].said == Statement("bvf", "mvm", "soft tissue mass", "mvm", "biopsy", "")
    assert record.verify() == []


def test_a_simulated_patient_is_not_kept(app: AppTest, record: Record) -> None:
    by_label(app.button, "Simulate a new patient").click().run()
    assert "Kept in the record as" not in shown(app)
    assert record.cases() == ()


def test_cases_are_filtered_and_a_patient_deleted(app: AppTest, record: Record) -> None:
    first = record.keep(document(), "anna", Statement(truth="mvm", reference="mri"), marks("C-1"))
    second = record.keep(document(0.1, "BVF likely"), "ben", Statement(), marks("C-2"))
    page = app.switch_page("pages/cases.py").run()
    for label, value, expected in (
        ("Reference standard", "known", [first]),
        ("Reference standard", "open", [second]),
        ("Reference standard", "", [second, first]),
        ("Answer", "BVF likely", [second]),
        ("Answer", "", [second, first]),
        ("Read by", "anna", [first]),
    ):
        by_label(page.selectbox, label).set_value(value).run()
        assert page.dataframe[0].value["Case"].tolist() == expected
    page = cases_page(page, first)
    by_label(page.checkbox, page.checkbox[0].label).check().run()
    by_label(page.button, "Delete").click().run()
    assert [case.id for case in record.cases()] == [second]
    assert record.verify() == []


def test_what_is_not_known_of_a_case_is_a_dash_in_both_languages(app: AppTest, record: Record) -> None:
    record.keep(document(0.7), "anna", Statement(), marks("C-1"))
    seen = {**document(zone="nothing seen"), "leading": None, "readings": {}, "level_in_question": None}
    record.keep(seen, "anna", Statement(), marks("C-2"))
    page = app.switch_page("pages/cases.py").run()
    table = page.dataframe[0].value
    assert table["P(MVM)"].tolist() == ["–", "0.700"]
    assert not table.isna().any().any()


def test_the_cohort_page_takes_the_record(app: AppTest, record: Record) -> None:
    page = app.switch_page("pages/cohort.py").run()
    page.radio[0].set_value("The clinic's record").run()
    assert "holds 0 readings whose reference standard says MVM or BVF" in shown(page)
    for number in range(40):
        truth = "mvm" if number % 3 == 0 else "bvf"
        score = (0.8 if truth == "mvm" else 0.2) + 0.004 * number
        zone = "MVM likely" if score > 0.5 else "BVF likely"
        said = Statement(truth=truth, reference="ct", reference_date="2026-11-01")
        record.keep(document(min(score, 0.99), zone), "anna", said, marks(f"C-{number}", f"1.{number}"))
    page.run()
    told = shown(page)
    assert "The clinic's running validation" in told
    assert "14 cases of MVM and 26 of BVF so far" in told
    assert "Within its limits." in told
    for number in range(12):
        record.keep(document(0.97), "anna", Statement(), marks(f"D-{number}", f"2.{number}"))
    assert "Beyond its limits from reading 4" in shown(page.run())


def test_films_unlike_the_training_films_are_seen_to_drift(
    app: AppTest, record: Record, pair: FilmPair
) -> None:
    """The shipped weights tell the distance of films, the record keeps it, the cohort page follows it."""
    examiner, draw = Examiner.open(), np.random.default_rng(21)
    lateral = examiner.finder.find(pair.lateral)
    spines = {View.LATERAL: replace(lateral, vertebrae=lateral.vertebrae[-4:])}
    told = []
    for number in range(BASELINE + 10):
        noise = draw.normal(0, 0.15 if number >= BASELINE + 5 else 0.004, pair.lateral.shape)
        pixels = np.clip(pair.lateral.pixels ** draw.uniform(0.7, 1.4) + noise, 0, 1).astype(np.float32)
        found = examiner.examine(FilmPair(lateral=replace(pair.lateral, pixels=pixels)), spines)
        said = Statement("", "", "", ("mvm", "bvf")[number % 2], "ct", "2026-11-01")
        given = examination_as_dict(found)
        record.keep(given, "anna", said, marks(f"C-{number}", f"1.{number}"))
        told.append(given["distances"]["lateral"]["distance"])
    kept = record.cases()
    assert series(kept, "distance") == told
    assert ewma(told).outside.tolist() == [False] * 5 + [True] * 5
    page = app.switch_page("pages/cohort.py").run()
    page.radio[0].set_value("The clinic's record").run()
    by_label(page.selectbox, "Followed").set_value("distance").run()
    assert "Beyond its limits from reading 36 on; 5 of 10 beyond." in shown(page)
    (drift,) = [json.loads(each.proto.spec) for each in page.get("plotly_chart") if "drift" in each.proto.id]
    assert {"limits", "average"} <= {trace.get("name") for trace in drift["data"]}


def test_a_viewer_sees_cases_and_changes_none(
    app: AppTest, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = record.keep(document(), "anna", Statement(), marks("C-1"))
    for module in ("record_case", "kept"):
        monkeypatch.setattr(f"pages.components.{module}.may_change", lambda: False, raising=False)
    page = cases_page(app, case)
    assert by_label(page.selectbox, "Truth").disabled
    assert by_label(page.button, "Keep").disabled
    assert not [each for each in page.button if each.label == "Delete"]


def test_a_record_out_of_reach_is_told_and_films_are_read(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, dicom_pair: Pair
) -> None:
    monkeypatch.setenv("MVM_DATABASE", "/proc/nowhere/record.db")
    drop(app, *dicom_pair)
    told = shown(app)
    assert "choose a file in a folder that can be written to" in told
    assert "Verdict and films" in told


def test_the_export_is_a_table_of_predictions(record: Record, tmp_path: Path) -> None:
    from mvm_core.records.predictions import predictions_of

    said = Statement(truth="mvm", reference="ct")
    record.keep(document(), "anna", said, marks("C-1"))
    file = tmp_path / "predictions.csv"
    file.write_text("# notice\n" + predictions_of(record.cases()).to_csv(index=False))
    assert read_predictions(file)["label"].tolist() == ["mvm", "mvm"]


def actions(record: Record) -> list[tuple[str, str]]:
    with reading(record.engine) as connection:
        asked = select(trail.c.action, trail.c.digest).order_by(trail.c.number)
        return [(action, digest) for action, digest in connection.execute(asked) if action != "reading"]


def test_who_sees_the_list_is_in_the_trail_at_each_opening_and_for_new_cases(
    app: AppTest, record: Record
) -> None:
    record.keep(document(), "anna", Statement(), marks("C-1"))
    page = app.switch_page("pages/cases.py").run()
    page.run()
    by_label(page.selectbox, "Answer").set_value("MVM likely").run()
    assert [action for action, _ in actions(record)] == ["list"], "once, however often the page is drawn"
    record.keep(document(0.1, "MVM likely"), "ben", Statement(), marks("C-2"))
    page.run()
    assert [action for action, _ in actions(record)] == ["list", "list"], "a new case is seen"
    page.switch_page("pages/upload.py").run().switch_page("pages/cases.py").run()
    assert [action for action, _ in actions(record)] == ["list"] * 3, "opened again"
    assert len({digest for _, digest in actions(record)}) == 3, "each entry vouches for what was seen"
    assert record.verify() == []


def test_simulated_films_do_not_count_unless_asked_for(app: AppTest, record: Record) -> None:
    for number in range(40):
        truth = "mvm" if number % 3 == 0 else "bvf"
        score = (0.8 if truth == "mvm" else 0.2) + 0.004 * number
        said = Statement(truth=truth, reference="ct", reference_date="2026-11-01")
        given = document(min(score, 0.99), "MVM likely" if score > 0.5 else "BVF likely")
        record.keep(given, "anna", said, marks(f"C-{number}", f"1.{number}"), simulated=number < 10)
    page = app.switch_page("pages/cohort.py").run()
    page.radio[0].set_value("The clinic's record").run()
    assert "10 cases of MVM and 20 of BVF so far" in shown(page)
    assert "Without the 10 cases of simulated films." in shown(page)
    assert "SIMULATED FILMS" not in shown(page)
    by_label(page.checkbox, "Count the 10 cases of simulated films too").check().run()
    assert "14 cases of MVM and 26 of BVF so far" in shown(page)
    assert "SIMULATED FILMS: 10 of these cases are of simulated films." in shown(page)
    assert [action for action, _ in actions(record)] == ["review", "review"]


def test_an_earlier_reading_is_set_beside_level_by_level(app: AppTest, record: Record) -> None:
    now = record.keep(document(0.8), "anna", Statement(), marks("C-1", "1.2"))
    earlier = record.keep(document(0.2, "BVF likely", "L3"), "anna", Statement(), marks("C-1", "1.1"))
    record.keep(document(0.5), "anna", Statement(), marks("C-2"))
    page = cases_page(app, now)
    beside = by_label(page.selectbox, "Set beside")
    assert len(beside.options) == 1, "this patient's alone"
    beside.set_value(earlier).run()
    (table,) = [each.value for each in page.html if 'aria-label="Level by level"' in each.value]
    assert table.index(">L2<") < table.index(">L3<")
    assert table.count("P(disease)") == 2
    seen = [action for action, _ in actions(record)]
    assert seen == ["list", "view", "view"], "the other was seen too"
    page.run()
    assert len(actions(record)) == 3


def test_films_are_kept_and_shown_where_the_settings_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dicom_pair: Pair
) -> None:
    for name, value in {"MVM_DATABASE": str(tmp_path / "record.db"), **ENVIRONMENT}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MVM_DATABASE_FILMS", "1")
    record = open_record(read_settings())
    app = AppTest.from_file(APP, default_timeout=60).run()
    told = f"{KEPT} Their films are kept too, sealed, with what is burnt into them."
    assert told in shown(app)
    drop(app, *dicom_pair)
    (kept,) = record.cases()
    assert set(record.films_of(kept.id)) == {"ap", "lateral"}
    page = cases_page(app, kept.id)
    assert told in shown(page)
    assert [each.label for each in page.expander if each.label.startswith("Films kept")]
    captions = [caption for each in page.get("image") for caption in each.captions]
    assert captions == ["AP film", "lateral film"]
    record.engine.dispose()


def test_nothing_of_a_film_is_kept_by_default(app: AppTest, record: Record, dicom_pair: Pair) -> None:
    drop(app, *dicom_pair)
    (kept,) = record.cases()
    assert record.films_of(kept.id) == {}
    files = list(Path(record.name).parent.glob("record.db*"))
    said = b"".join(path.read_bytes() for path in files)
    assert kept.id.encode() in said
    assert len(said) < 500_000, "films have megabytes"
    assert b"PNG" not in said


def test_cases_older_than_the_settings_say_go_by_themselves(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mvm_core.records import chain, shared

    with monkeypatch.context() as then:
        then.setattr(chain, "now", lambda: "2026-01-02T03:04:05.000000+00:00")
        record.keep(document(), "anna", Statement(), marks("C-1"))
    new = record.keep(document(), "anna", Statement(), marks("C-1"))
    monkeypatch.setenv("MVM_DATABASE_KEEP_DAYS", "30")
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    assert [case.id for case in record.cases()] == [new]
    assert [action for action, _ in actions(record)] == ["retention"]
    assert record.verify() == []
    assert not shared._is_due(read_settings()), "once a day"
