"""Every download of every page says where it comes from, and the project's own reader takes its tables."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from mvm_core.cohort import MVM, load_table
from mvm_core.imaging import StudyFile
from mvm_core.models.weights import SHIPPED, load_weights
from mvm_core.sealed import read_seal
from pages.components.choices import sections_of

STARTED = 60_000
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
BUTTONS = '[data-testid="stDownloadButton"] button'
IDENTITY = load_weights(SHIPPED).identity
NOTICE, WEIGHTS = load_weights(SHIPPED).notice, IDENTITY[:12]


def counted(site: str) -> str:
    """How the page counts the sealed test's patients of a site."""
    seal = read_seal(SHIPPED, IDENTITY)
    assert seal is not None
    mvm, bvf = (int(seal.cohorts[site][label]) for label in ("mvm", "bvf"))
    return f"{mvm + bvf} cases ({mvm} MVM)"


def text_of(page: Page, button: Locator, folder: Path) -> str:
    """What a download holds, as text; a table is read by the project's own reader first."""
    # A button that is drawn anew under the pointer takes no click.
    page.wait_for_selector(IDLE, timeout=STARTED)
    with page.expect_download(timeout=STARTED) as caught:
        button.click()
    path = folder / caught.value.suggested_filename
    caught.value.save_as(path)
    content = path.read_bytes()
    if path.suffix == ".png":
        return str(Image.open(io.BytesIO(content)).text["Description"])
    if path.suffix == ".csv":
        assert len(load_table(path)[0]) > 0
    return content.decode()


def check(text: str, *also: str) -> None:
    for part in (NOTICE, WEIGHTS, "on the tune split", "-", *also):
        assert part in text, f"{part!r} is missing in {text[:600]!r}"


def test_every_download_of_the_cohort_page(page: Page, tmp_path: Path) -> None:
    page.get_by_role("link", name="Cohort", exact=True).click()
    page.get_by_role("button", name="Report (HTML)").wait_for(timeout=STARTED)
    names = set()
    for section in sections_of(MVM, with_levels=False):
        page.get_by_text(section, exact=True).first.click()
        expect(page.get_by_role("radio", name=section)).to_be_checked(timeout=STARTED)
        page.wait_for_timeout(300)
        page.wait_for_selector(IDLE, timeout=STARTED)
        for button in page.locator(BUTTONS).all():
            name = button.inner_text()
            if name not in names:
                names.add(name)
                check(
                    text_of(page, button, tmp_path),
                    "All Views ensemble",
                    f"internal test, {counted('a')}",
                    f"external, site b, {counted('b')}",
                    f"external, site c, {counted('c')}",
                    "says nothing about real films",
                    "20",
                )
        # each picture is taken away as it stands
        for title in page.evaluate(
            "[...document.querySelectorAll('.js-plotly-plot')].map(each => each.layout.title)"
        ):
            assert "SIMULATED FILMS" in title["text"]
            about = title["subtitle"]["text"].replace("<br>", " ")
            for part in (
                WEIGHTS,
                "All Views ensemble",
                counted("a").split(" (")[0],
                "on the tune split",
                "20",
            ):
                assert part in about
    assert {"Report (HTML)", "Rates (CSV)", "Results (CSV)", "Subgroups (CSV)", "Zones (CSV)"} <= names


def test_tables_are_bare_where_wished(page: Page, tmp_path: Path) -> None:
    page.get_by_role("link", name="Cohort", exact=True).click()
    page.get_by_role("button", name="Files").click(timeout=STARTED)
    page.get_by_text("Bare tables").click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    page.wait_for_selector(IDLE, timeout=STARTED)
    text = text_of(page, page.get_by_role("button", name="Rates (CSV)"), tmp_path)
    assert text.startswith("cohort,reading,")


@pytest.fixture
def opened(page: Page, dicom_pair: tuple[StudyFile, StudyFile]) -> Page:
    files: list[FilePayload] = [
        {"name": f.name, "mimeType": "application/octet-stream", "buffer": f.content} for f in dicom_pair
    ]
    page.wait_for_selector(IDLE)
    page.locator("input[type=file]").last.set_input_files(files)
    expect(page.locator(".mvm-verdict")).to_be_visible(timeout=STARTED)
    page.wait_for_selector(IDLE, timeout=STARTED)
    return page


def test_every_download_of_the_upload_page(opened: Page, tmp_path: Path) -> None:
    names = set()
    for summary in opened.locator('[data-testid="stExpander"] summary').all():
        summary.click()
    for button in opened.locator(BUTTONS).all():
        name = button.inner_text()
        names.add(name)
        text = text_of(opened, button, tmp_path)
        if name == "Measures as CSV":
            for part in (NOTICE, WEIGHTS, "date: 20", "patient_ap.dcm", "warning: "):
                assert part in text
            continue
        check(text, "All Views ensemble", "patient_ap.dcm", "high-sensitivity point", "proves the path")
        if name == "JSON":
            assert json.loads(text)["provenance"]["warnings"]
    assert {"JSON", "CSV", "PNG"} <= names


def test_every_download_of_the_explainability_page(opened: Page, tmp_path: Path) -> None:
    opened.get_by_role("link", name="Explainability", exact=True).click()
    expect(opened.get_by_text("How far").first).to_be_visible(timeout=STARTED)
    expect(opened.locator(BUTTONS)).to_have_count(2, timeout=STARTED)
    names = set()
    for button in opened.locator(BUTTONS).all():
        names.add(button.inner_text())
        text = text_of(opened, button, tmp_path)
        for part in (NOTICE, WEIGHTS, "simulated patients of site a, seed 71", "date: 20"):
            assert part in text
    assert names == {"Changes by finding (CSV)", "Dose (CSV)"}
