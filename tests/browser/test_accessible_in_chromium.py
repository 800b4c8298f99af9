"""Every page under axe-core: nothing serious; each has a title, one first heading and pictures in words."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page, expect

from mvm_core.imaging import StudyFile

STARTED = 60_000
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
# Streamlit's own parts, which the project cannot mend
NOT_OURS = ("[data-testid=stFileUploader]", "[data-testid=stDataFrame]", "[data-testid=stToolbar]")


def serious(page: Page) -> list[str]:
    page.wait_for_selector(IDLE, timeout=STARTED)
    found = Axe().run(page, context={"exclude": [[part] for part in NOT_OURS]})
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.fixture
def opened(page: Page, dicom_pair: tuple[StudyFile, StudyFile]) -> Page:
    files: list[FilePayload] = [
        {"name": f.name, "mimeType": "application/octet-stream", "buffer": f.content} for f in dicom_pair
    ]
    page.wait_for_selector(IDLE)
    page.locator("input[type=file]").last.set_input_files(files)
    expect(page.locator(".mvm-verdict")).to_be_visible(timeout=STARTED)
    return page


def test_nothing_serious_on_any_page(opened: Page) -> None:
    found, titles = {"upload": serious(opened)}, [opened.title()]
    opened.get_by_role("link", name="Cohort", exact=True).click()
    expect(opened.locator(".js-plotly-plot .main-svg:first-child")).to_be_visible(timeout=STARTED)
    found["cohort"] = serious(opened)
    titles.append(opened.title())
    opened.get_by_role("link", name="Explainability", exact=True).click()
    expect(opened.locator('[data-testid="stImage"] img').first).to_be_visible(timeout=STARTED)
    found["explainability"] = serious(opened)
    titles.append(opened.title())
    assert found == {"upload": [], "cohort": [], "explainability": []}
    assert [title.split(":")[0] for title in titles] == ["Upload", "Cohort", "Explainability"]
    assert opened.locator("h1").count() == 1
    words = [each.get_attribute("alt") for each in opened.locator('[data-testid="stImage"] img').all()]
    assert all("strongest for" in str(text) for text in words[:2])
