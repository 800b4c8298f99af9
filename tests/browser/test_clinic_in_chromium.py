"""The pages of a clinic under axe-core, with a real archive and a record: nothing serious on either."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from test_accessible_in_chromium import serious

from mvm_core.imaging import StudyFile
from mvm_core.records import RecordSettings
from mvm_core.records.case import Statement
from mvm_core.records.record import open_record

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "exchange"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "records"))

from archive import Orthanc
from record_words import ENVIRONMENT, SECRET, document, film, marks

WAIT = 120_000
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@pytest.fixture(scope="module")
def archive(
    tmp_path_factory: pytest.TempPathFactory, dicom_pair: tuple[StudyFile, StudyFile]
) -> Iterator[Orthanc]:
    running = Orthanc(tmp_path_factory.mktemp("archive")).start()
    for file in dicom_pair:
        running.upload(file.content)
    yield running
    running.stop()


@pytest.fixture
def clinic(
    archive: Orthanc,
    serve: Callable[..., AbstractContextManager],
    context: BrowserContext,
    tmp_path: Path,
) -> Iterator[Page]:
    """The app with an archive and a record of three readings, one of them with its films."""
    file = tmp_path / "servers.toml"
    file.write_text(f'[[server]]\nname = "PACS"\nurl = "{archive.url}/dicom-web"\n')
    database = str(tmp_path / "record.db")
    record = open_record(RecordSettings(database, SECRET, keep_films=True))
    for number in range(3):
        pixels = {"ap": film(1), "lateral": film(2)} if number == 2 else None
        record.keep(document(), "anna", Statement(), marks("C-1", f"1.{number}"), pixels=pixels)
    record.engine.dispose()
    environment = {"MVM_NODE": str(file), "MVM_DATABASE": database, "MVM_DATABASE_FILMS": "1", **ENVIRONMENT}
    with serve("-m", "streamlit", environment=environment) as running:
        page = context.new_page()
        page.goto(running.address)
        page.wait_for_selector('[data-testid="stFileUploaderDropzone"]', timeout=WAIT)
        yield page
        page.close()


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page where a folder for it is named."""
    folder = os.environ.get("MVM_PICTURES")
    if folder:
        page.wait_for_selector(IDLE)
        page.wait_for_timeout(1500)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def choose_first_row(page: Page) -> None:
    """Choose the first row of the page's table by its box at the left: it is drawn on a canvas."""
    table = page.locator('[data-testid="stDataFrame"]').first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 53)
    page.wait_for_selector(IDLE)


def test_nothing_serious_on_the_page_of_studies(clinic: Page) -> None:
    clinic.get_by_role("link", name="Studies", exact=True).click()
    clinic.get_by_role("button", name="Search").wait_for(timeout=WAIT)
    found = {"empty": serious(clinic)}
    clinic.get_by_role("button", name="Search").click()
    expect(clinic.get_by_text("1 study", exact=True)).to_be_visible(timeout=WAIT)
    found["found"] = serious(clinic)
    choose_first_row(clinic)
    clinic.get_by_role("button", name="Open and read").wait_for(timeout=WAIT)
    found["chosen"] = serious(clinic)
    picture(clinic, "studies")
    clinic.get_by_role("button", name="Open and read").click()
    expect(clinic.locator(".mvm-verdict")).to_be_visible(timeout=WAIT)
    clinic.get_by_role("link", name="Studies", exact=True).click()
    clinic.get_by_role("button", name="Send the results to PACS").click(timeout=WAIT)
    expect(clinic.get_by_text("6 objects are in the study now, in PACS.")).to_be_visible(timeout=WAIT)
    found["sent"] = serious(clinic)
    picture(clinic, "studies-sent")
    assert found == {"empty": [], "found": [], "chosen": [], "sent": []}
    assert clinic.title().startswith("Studies")
    assert clinic.locator("h1").count() == 1


def test_nothing_serious_on_the_page_of_cases(clinic: Page) -> None:
    clinic.get_by_role("link", name="Cases", exact=True).click()
    expect(clinic.get_by_text("Their films are kept too, sealed")).to_be_visible(timeout=WAIT)
    choose_first_row(clinic)
    expect(clinic.get_by_text("What it turned out to be")).to_be_visible(timeout=WAIT)
    # A list that is open closes when the page is scrolled or the films below it come.
    films = clinic.locator('[data-testid="stImage"] img')
    expect(films).to_have_count(2, timeout=WAIT)
    beside = clinic.get_by_role("combobox", name="Set beside", exact=False)
    beside.scroll_into_view_if_needed()
    clinic.wait_for_timeout(500)
    beside.click()
    clinic.get_by_role("option").first.click()
    expect(clinic.get_by_role("region", name="Level by level")).to_be_visible(timeout=WAIT)
    assert serious(clinic) == []
    picture(clinic, "cases")
    assert clinic.locator("h1").count() == 1
    words = [each.get_attribute("alt") for each in films.all()]
    assert len(words) == 2
    assert all(words)
