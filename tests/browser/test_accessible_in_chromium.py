"""Every page under axe-core: nothing serious; each has a title, one first heading and pictures in words."""

from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page, expect

from mvm_core.imaging import StudyFile

STARTED = 60_000
ICON = Path(__file__).resolve().parents[2] / "pages" / "icon.svg"
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


def headings(page: Page) -> list[str]:
    """The headings in their order, each by level and words; empty where none skips a level."""
    found = page.locator("h1, h2, h3, h4").evaluate_all(
        "all => all.filter(each => each.checkVisibility())"
        ".map(each => [Number(each.tagName[1]), each.innerText])"
    )
    levels = [0, *(level for level, _ in found)]
    in_order = levels[1:2] == [1] and all(b <= a + 1 for a, b in pairwise(levels))
    return [] if in_order else [f"{level} {text}" for level, text in found]


def unspoken(page: Page) -> list[str]:
    """Pictures and figures that say nothing to those who do not see them."""
    return page.locator('img, .stPlotlyChart, [role="img"]').evaluate_all(
        """all => all.filter(each => each.checkVisibility() && !each.closest('[aria-hidden="true"]'))
            .filter(each => !((each.alt ?? '') || each.getAttribute('aria-label')
                || each.querySelector('[aria-label], [role="img"]')))
            .map(each => each.outerHTML.slice(0, 200))"""
    )


def faults(page: Page) -> list[str]:
    """All of these."""
    return [*serious(page), *headings(page), *unspoken(page)]


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
    found, titles = {"upload": faults(opened)}, [opened.title()]
    opened.get_by_role("link", name="Cohort", exact=True).click()
    expect(opened.locator(".js-plotly-plot .main-svg:first-child")).to_be_visible(timeout=STARTED)
    found["cohort"] = faults(opened)
    titles.append(opened.title())
    opened.get_by_role("link", name="Explainability", exact=True).click()
    expect(opened.locator('[data-testid="stImage"] img').first).to_be_visible(timeout=STARTED)
    found["explainability"] = faults(opened)
    titles.append(opened.title())
    assert found == {"upload": [], "cohort": [], "explainability": []}
    assert [title.split(":")[0] for title in titles] == ["Upload", "Cohort", "Explainability"]
    assert opened.locator("h1").count() == 1
    icon = str(opened.locator('link[rel~="icon"]').first.get_attribute("href"))
    # Streamlit writes a picture of this kind into its link, others it serves
    with urlopen(urljoin(opened.url, icon)) as sent:
        assert sent.read() == ICON.read_bytes()
    words = [each.get_attribute("alt") for each in opened.locator('[data-testid="stImage"] img').all()]
    assert all("strongest for" in str(text) for text in words[:2])
