"""The explainability page in Chromium: maps, another reading, other arrangements."""

import statistics
import time

import pytest
from film_handling import rested
from playwright.sync_api import FilePayload, Page, expect

from mvm_core.imaging import StudyFile

STARTED = 60_000
PICTURES = '[data-testid="stImage"] img'
Pair = tuple[StudyFile, StudyFile]

_LOADED = """([selector, before]) => {
    const pictures = [...document.querySelectorAll(selector)].slice(0, 2);
    return pictures.length === 2
        && pictures.every((each, at) => each.complete && each.naturalWidth > 0 && each.src !== before[at]);
}"""


@pytest.fixture
def explained(page: Page, dicom_pair: Pair) -> Page:
    files: list[FilePayload] = [
        {"name": f.name, "mimeType": "application/octet-stream", "buffer": f.content} for f in dicom_pair
    ]
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.locator("input[type=file]").last.set_input_files(files)
    expect(page.locator(".mvm-verdict")).to_be_visible()
    page.get_by_role("link", name="Explainability", exact=True).click()
    page.wait_for_function(_LOADED, arg=[PICTURES, ["", ""]])
    return page


def pictures(page: Page) -> list[str]:
    return [str(each.get_attribute("src")) for each in page.locator(PICTURES).all()[:2]]


def change_reading(page: Page, title: str) -> float:
    """Choose a reading; the seconds from the choice until both its maps stood on the page."""
    before = [f"{page.evaluate('location.origin')}{source}" for source in pictures(page)]
    page.get_by_role("combobox", name="Reading", exact=True).click()
    option = page.get_by_role("option", name=title, exact=True)
    option.wait_for()
    started = time.perf_counter()
    option.click()
    page.wait_for_function(_LOADED, arg=[PICTURES, before])
    return time.perf_counter() - started


def test_change_of_reading_gives_other_maps(explained: Page) -> None:
    """Prints the time that a change takes: pytest -rP -k change_of_reading tests/browser."""
    seconds = [
        change_reading(explained, title)
        for title in ("Concat", "Pair Views ensemble", "ChConcat", "All Views ensemble") * 2
    ]
    print(f"change of reading to both maps: median {1000 * statistics.median(seconds):.0f} ms")
    expect(explained.locator(".mvm-move").first).to_contain_text("All Views")
    expect(explained.get_by_role("alert")).to_have_count(0)


def test_map_is_put_beside_the_film_and_swiped_over_it(explained: Page) -> None:
    explained.get_by_text("Side by side", exact=True).click()
    expect(explained.get_by_text("AP film, alone", exact=True)).to_be_visible()
    explained.get_by_text("Swipe", exact=True).click()
    expect(explained.get_by_text("AP film, alone", exact=True)).to_have_count(0)
    line = explained.locator(".swipe .line").first
    expect(line).to_have_attribute("style", "left: 50%;")
    whole = explained.locator(".swipe").first.bounding_box()
    assert whole is not None
    explained.mouse.move(whole["x"] + 0.5 * whole["width"], whole["y"] + 0.5 * whole["height"])
    explained.mouse.down()
    explained.mouse.move(whole["x"] + 0.2 * whole["width"], whole["y"] + 0.4 * whole["height"], steps=4)
    explained.mouse.up()
    expect(line).to_have_attribute("style", "left: 20%;")
    expect(explained.get_by_text("How far these maps are right")).to_be_visible()


def test_work_says_so_and_the_answer_stands_beside_the_brush(page: Page) -> None:
    page.get_by_role("button", name="Simulate a new patient").click()
    expect(page.locator(".mvm-verdict")).to_be_visible(timeout=STARTED)
    rested(page)
    page.get_by_role("link", name="Explainability", exact=True).click()
    page.wait_for_function(_LOADED, arg=[PICTURES, ["", ""]], timeout=STARTED)
    rested(page)
    page.get_by_text("Cover a part of a film", exact=True).click()
    canvas = page.locator(".brush img")
    expect(canvas).to_be_visible(timeout=STARTED)
    answer = page.locator(".mvm-move", has_text="→")
    expect(answer).to_be_visible(timeout=STARTED)
    drawn, told = canvas.bounding_box(), answer.bounding_box()
    assert drawn is not None
    assert told is not None
    assert told["x"] >= drawn["x"] + drawn["width"]
    assert drawn["y"] <= told["y"] <= drawn["y"] + drawn["height"]
    rested(page)
    page.get_by_role("button", name="Simulate the twins of this patient").click()
    at_work = page.locator('[data-testid="stSpinner"]', has_text="Simulating the same body intact")
    expect(at_work).to_be_visible(timeout=STARTED)
    expect(page.get_by_text("What changed against the intact twin")).to_be_visible(timeout=STARTED)
    expect(at_work).to_have_count(0)
