"""Every page is worked by keyboard alone."""

import pytest
from film_handling import READY, opened, rested
from playwright.sync_api import Page, TimeoutError, expect

from mvm_core.imaging import StudyFile

STARTED = 60_000
FOCUS = """() => { let e = document.activeElement;
  while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
  return [e?.dataset?.testid, e?.tagName, e?.getAttribute("aria-label"),
    [...(e?.labels ?? [])].map(each => each.innerText).join(),
    e?.matches("html, body, main, section, div") ? "" : e?.innerText].join("|"); }"""


def tab_to(page: Page, word: str, most: int = 80) -> None:
    """Press Tab until the focus lies on what bears a word."""
    rested(page)
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUS))
        if word in passed[-1]:
            return
    pytest.fail(f"{word} is not reached: {passed}")


def test_focus_is_seen_and_unlike_the_current_page(page: Page) -> None:
    page.bring_to_front()
    page.locator("body").focus()
    tab_to(page, "Cohort")
    style = "each => { const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(each);"
    style += " return [outlineStyle, outlineWidth, outlineColor]; }"
    assert page.locator(":focus").evaluate(style) == ["solid", "3px", "rgb(255, 255, 255)"]
    current = page.get_by_role("link", name="Upload", exact=True)
    assert current.evaluate(style)[0] == "none"


def choose(page: Page, label: str, option: str) -> None:
    """Take an option of a list that has the focus already, by its letters."""
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(option)
    expect(page.get_by_role("option", name=option, exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name=label, exact=True)).to_have_value(option, timeout=STARTED)


def open_list(page: Page, label: str, option: str) -> None:
    """Open a list until an option of it is seen: a run that ends late draws it anew, and closed."""
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(3):
        tab_to(page, label)
        page.keyboard.press("ArrowDown")
        try:
            wanted.wait_for(timeout=5_000)
        except TimeoutError:
            page.evaluate("document.activeElement.blur()")
            continue
        return
    expect(wanted).to_be_visible()


def test_upload_page_is_worked_by_keyboard_alone(page: Page) -> None:
    page.bring_to_front()
    page.locator("body").focus()
    tab_to(page, "Simulate a new patient")
    page.keyboard.press("Enter")
    expect(page.locator(".mvm-verdict")).to_be_visible(timeout=STARTED)
    page.wait_for_selector(READY, timeout=STARTED)
    rested(page)
    page.evaluate("document.activeElement.blur()")
    # Which levels a simulated patient's films show is drawn with the patient.
    buttons = page.locator('button[aria-label*="probability of disease"]')
    expect(buttons.first).to_be_visible(timeout=STARTED)
    levels = buttons.evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    level = [each for each in levels if "in question" not in each][-1].split(":")[0]
    tab_to(page, f"{level}: probability of disease")
    page.keyboard.press("Enter")
    expect(page.locator(".mvm-verdict .who")).to_contain_text(level, timeout=STARTED)
    page.wait_for_selector(READY, timeout=STARTED)
    tab_to(page, "AP film")
    before = page.locator('.pane[data-view="ap"]').get_attribute("data-place")
    page.keyboard.press("+")
    expect(page.locator('.pane[data-view="ap"]')).not_to_have_attribute("data-place", str(before))
    tab_to(page, "Reading shown")


def test_cohort_page_is_worked_by_keyboard_alone(page: Page) -> None:
    page.bring_to_front()
    page.locator("body").focus()
    tab_to(page, "Cohort")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Report (HTML)").wait_for(timeout=STARTED)
    tab_to(page, "Reading")
    choose(page, "Reading", "Concat")
    expect(page.locator(".mvm-said")).to_contain_text("Concat", timeout=STARTED)
    head = page.locator("th", has_text="At 0.").first
    before = head.inner_text()
    rested(page)
    tab_to(page, "Threshold: read as MVM")
    page.keyboard.press("ArrowRight")
    expect(head).not_to_have_text(before, timeout=STARTED)
    tab_to(page, "by the rule")
    page.keyboard.press("Enter")
    expect(head).to_have_text(before, timeout=STARTED)
    rested(page)
    with page.expect_download(timeout=STARTED) as caught:
        tab_to(page, "Report (HTML)")
        page.keyboard.press("Enter")
    assert caught.value.suggested_filename == "review.html"
    tab_to(page, "MVM read as BVF")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close the list")).to_be_visible(timeout=STARTED)
    # The way back to the list of contents.
    page.locator("body").focus()
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "At the threshold")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Scores by class")).to_be_checked(timeout=STARTED)
    tab_to(page, "List the cases of a bar")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("MVM with scores", exact=False)).to_be_visible(timeout=STARTED)


def test_explainability_page_is_worked_by_keyboard_alone(
    page: Page, dicom_pair: tuple[StudyFile, StudyFile]
) -> None:
    opened(page, *dicom_pair)
    page.bring_to_front()
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "Explainability")
    page.keyboard.press("Enter")
    expect(page.locator('[data-testid="stImage"] img').first).to_be_visible(timeout=STARTED)
    tab_to(page, "Reading")
    choose(page, "Reading", "Concat")
    expect(page.locator(".mvm-move").first).to_contain_text("Concat", timeout=STARTED)
    tab_to(page, "Map on the film")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tab_to(page, "Share shown with evidence")
    line = page.locator(".swipe .line").first
    before = line.evaluate("each => each.style.left")
    page.keyboard.press("ArrowRight")
    assert line.evaluate("each => each.style.left") != before
    tab_to(page, "Cover a part of a film")
    page.keyboard.press("Space")
    expect(page.get_by_role("slider").first).to_be_visible(timeout=STARTED)
    rested(page)
    open_list(page, "Method", "Grad-CAM")
    page.keyboard.press("Escape")
    tab_to(page, "Proof: the map adds up")
    page.keyboard.press("Enter")
    expect(page.locator("details[open] summary", has_text="Proof: the map adds up")).to_be_visible()
