"""The pages in Traditional Chinese: nothing is left in English but names."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from seen import texts_of, words_in
from streamlit.testing.v1 import AppTest

from mvm_core.language import TAIWAN, catalogue, speaking
from mvm_core.models.registry import TITLES
from pages.components.choices import SECTIONS

APP = Path(__file__).resolve().parents[2] / "app.py"
NAMES = {word for title in TITLES.values() for word in words_in(title)} | set(
    words_in(
        """
        AP lateral Lateral MVM BVF ROC AUC AUPRC IoU PPV NPV DeLong Holm McNemar McClish Brier Harrell Youden
        ICI ECE Eavg Emax Wilson Wald Fisher Pearson Newcombe Simel Hanley McNeil Jeffreys Beta Welch
        Satterthwaite pROC rms Mann-Whitney val prob span lowess bootstrap logit Genant Cobb Ardran Xu Sun
        Vickers Elkin Chou Wang Yao doi fendo PubMed APSS FPT Grad-CAM HiResCAM LayerCAM EigenCAM ScoreCAM
        AblationCAM CAM torch Paget Schmorl Scheuermann DICOM PNG JPEG TIFF CSV JSON PDF HTML SVG ZIP MB Excel
        Parquet UTF ViewPosition ImagerPixelSpacing PixelSpacing Ctrl Delete Shift mm px mvm_core numpy scipy
        cm pandas plotly English Language LR extra test OTHER
        """
    )
)


def left(app: AppTest) -> dict[str, str]:
    """Words on the page that are no names, each with a text that holds it."""
    assert not app.exception
    return {word: text[:160] for text in texts_of(app) for word in words_in(text) if word not in NAMES}


def chinese() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params["lang"] = TAIWAN
    return app.run()


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == catalogue(TAIWAN)[label]).click().run()


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    """AppTest asks for the names of choices outside of the page's own thread."""
    with speaking(TAIWAN):
        yield


@pytest.fixture
def simulated() -> AppTest:
    return press(press(chinese(), "Simulate a new patient"), "Reveal the truth")


def test_upload_page_before_any_film() -> None:
    assert left(chinese()) == {}


def test_upload_and_explainability_page_with_the_truth(simulated: AppTest) -> None:
    assert "真相" in "".join(texts_of(simulated))
    assert left(simulated) == {}
    assert left(simulated.switch_page("pages/explainability.py").run()) == {}


def test_cohort_page_in_all_its_sections() -> None:
    app = chinese().switch_page("pages/cohort.py").run()
    found, seen = left(app), set()
    for question in ("mvm", "disease"):
        next(each for each in app.selectbox if each.key == "question").set_value(question)
        app.run()
        for name in [each for each in contents(app) if each not in seen]:
            seen.add(name)
            next(each for each in app.radio if each.key == "section").set_value(name)
            found |= left(app.run())
    assert found == {}


def contents(app: AppTest) -> list[str]:
    """The sections that the page offers."""
    offered = next(each for each in app.radio if each.key == "section").options
    return [name for name in SECTIONS if catalogue(TAIWAN)[name] in offered]


def test_notice_and_errors_are_as_plain_in_chinese() -> None:
    app = chinese()
    app.file_uploader[0].set_value([("notes.dcm", b"no film", "application/octet-stream")]).run()
    assert [error.value for error in app.error] == [
        "notes.dcm：這不是可以讀取的影像；請提供單張 X 光片的 DICOM、PNG、JPEG 或 TIFF 檔。"
    ]
    banner = next(each.value for each in app.markdown if "mvm-banner" in each.value)
    assert "以模擬影像" in banner
    assert "非醫療器材。" in banner


def test_a_text_left_in_english_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {
        english: told for english, told in catalogue(TAIWAN).items() if english != "Or simulate a patient"
    }
    monkeypatch.setattr("mvm_core.language.catalogue", lambda of: without if of == TAIWAN else {})
    assert set(left(chinese())) == {"Or", "simulate", "patient"}
