"""The pages by the browser's language, and at narrow widths."""

from collections.abc import Iterator

import pytest
from film_handling import IDLE, opened
from playwright.sync_api import Browser, Page, expect

from mvm_core.imaging import StudyFile

STARTED = 60_000


@pytest.fixture
def taipei(server, browser: Browser) -> Iterator[Page]:  # type: ignore[no-untyped-def]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-TW")
    page = context.new_page()
    page.goto(server.address)
    page.wait_for_selector('[data-testid="stFileUploaderDropzone"]', timeout=STARTED)
    yield page
    context.close()


def test_browser_chooses_and_a_choice_stays(taipei: Page, dicom_pair: tuple[StudyFile, StudyFile]) -> None:
    expect(taipei.locator(".mvm-banner")).to_contain_text("非醫療器材。")
    assert taipei.title() == "上傳：轉移或骨折"
    assert "lang=zh-TW" in taipei.url
    opened(taipei, *dicom_pair)
    assert taipei.evaluate("document.documentElement.lang") == "zh-TW"
    expect(taipei.locator(".viewer")).to_contain_text("全螢幕")
    expect(taipei.locator(".mvm-verdict")).to_contain_text("機率")
    taipei.get_by_text("English", exact=True).click()
    expect(taipei.locator(".mvm-banner")).to_contain_text("not a medical device")
    expect(taipei.locator(".viewer")).to_contain_text("Full screen")
    expect(taipei.locator(".mvm-verdict")).to_contain_text("robability")
    expect(taipei.locator(".mvm-notes")).not_to_contain_text("權重")
    taipei.get_by_role("link", name="Explainability", exact=True).click()
    expect(taipei.get_by_role("heading", level=1)).to_have_text("Where the evidence lies", timeout=STARTED)
    assert "lang=en" in taipei.url
    taipei.reload()
    expect(taipei.get_by_role("heading", level=1)).to_have_text("Where the evidence lies", timeout=STARTED)


def test_nothing_lies_beyond_the_edge_at_narrow_widths(
    page: Page, dicom_pair: tuple[StudyFile, StudyFile]
) -> None:
    wide = "Math.max(...[...document.querySelectorAll('.stMain, html')].map(each => each.scrollWidth))"
    opened(page, *dicom_pair)
    found = {}
    for name in ("upload", "explainability"):
        if name != "upload":
            page.set_viewport_size({"width": 1440, "height": 900})
            page.get_by_role("link", name="Explainability", exact=True).click()
            expect(page.locator('[data-testid="stImage"] img').first).to_be_visible(timeout=STARTED)
        for width in (390, 800, 1024):
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_selector(IDLE)
            page.wait_for_timeout(500)
            found[name, width] = page.evaluate(wide)
    page.set_viewport_size({"width": 1440, "height": 900})
    assert {key: value for key, value in found.items() if value > key[1]} == {}
