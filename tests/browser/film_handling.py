"""What tests of the films in Chromium share: dropping files, finding panes, dragging on them."""

import json
import time
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, TimeoutError, expect

from mvm_core.imaging import StudyFile

READY = '.pane[data-ready="true"]'
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


_RESTED = """() => {
    const now = performance.now();
    const idle = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning";
    if (!idle || !window.restingSince) window.restingSince = now;
    return now - window.restingSince > 400;
}"""


def rested(page: Page) -> None:
    """Wait until nothing has run for a while: what a key has set off may not have begun yet."""
    page.evaluate("window.restingSince = 0")
    page.wait_for_function(_RESTED, polling=50, timeout=60_000)


def choose_option(page: Page, label: str, option: str) -> None:
    """Take an option of a list by the mouse: a run that ends late draws the open list anew, and closed."""
    for last in (False, False, True):
        rested(page)
        page.get_by_role("combobox", name=label).click()
        try:
            page.get_by_role("option", name=option).click(timeout=30_000 if last else 5_000)
        except TimeoutError:
            if last:
                raise
            page.keyboard.press("Escape")
            continue
        return


def payload(*files: StudyFile) -> list[FilePayload]:
    return [{"name": f.name, "mimeType": "application/octet-stream", "buffer": f.content} for f in files]


def drop(page: Page, *files: StudyFile) -> float:
    """Hand files over; the seconds until the verdict stood on the page."""
    page.wait_for_selector(IDLE)
    started = time.perf_counter()
    page.locator("input[type=file]").last.set_input_files(payload(*files))
    page.wait_for_selector(f'.mvm-film:has-text("{files[0].name}")')
    expect(page.locator(".mvm-verdict")).to_be_visible()
    return time.perf_counter() - started


def pane(page: Page, view: str) -> Locator:
    return page.locator(f'.pane[data-view="{view}"]')


def opened(page: Page, *files: StudyFile) -> None:
    """Hand files over and wait until the films hang."""
    drop(page, *files)
    page.wait_for_selector(READY)
    page.wait_for_selector(IDLE)


def drag(page: Page, canvas: Locator, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """Drag between two points given as fractions of the canvas."""
    # A picture that is drawn anew at this moment is no longer there to be scrolled to.
    page.wait_for_selector(IDLE)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + stop[0] * box["width"], box["y"] + stop[1] * box["height"], steps=4)
    page.mouse.up()


def on_film(page: Page, view: str, x: float, y: float) -> tuple[float, float]:
    """Where a point of a film lies on the page."""
    zoom, left, top = (float(value) for value in str(pane(page, view).get_attribute("data-place")).split())
    canvas = pane(page, view).locator("canvas").bounding_box()
    assert canvas is not None
    return canvas["x"] + left + zoom * x, canvas["y"] + top + zoom * y


def drag_on_film(page: Page, view: str, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """Drag between two points of a film."""
    page.mouse.move(*on_film(page, view, *start))
    page.mouse.down()
    page.mouse.move(*on_film(page, view, *stop), steps=5)
    page.mouse.up()


def download(page: Page, name: str) -> dict:
    """What a button for JSON gives, once the page has come to rest."""
    page.wait_for_selector(IDLE)
    with page.expect_download() as caught:
        page.get_by_role("button", name=name, exact=True).click()
    return json.loads(Path(caught.value.path()).read_text(encoding="utf-8"))
