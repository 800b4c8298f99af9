"""The waits that are measured, each from the hand's move to what it was for."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import chromium
from crowd import Films, films_of
from playwright.sync_api import Browser, Page, sync_playwright
from served import served

from mvm_core.challenge.preparing import prepare
from mvm_core.radiograph import View

IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
DROP = '[data-testid="stFileUploaderDropzone"]'
CURVE = ".js-plotly-plot .main-svg:first-child"
LONGEST_MS = 120_000
AIMS = {
    "first page, first visit after the start": 2.0,
    "first page": 2.0,
    "cohort page, first visit after the start": 2.5,
    "cohort page": 2.5,
    "cohort page by its address": 2.5,
    "slider to redraw": 0.5,
    "first Grad-CAM: its progress": 0.5,
    "first Grad-CAM: its map": None,
    "finished example, first visit after the start": None,
    "finished example": 2.0,
    "drop to named vertebrae": 2.0,
    "next challenge case": 0.5,
}
"""Seconds; None where only the wait for a sign of work has one."""
_NAMED = '[data-testid="stApp"]' + "".join(
    f':has(.pane[data-view="{view}"][data-ready="true"][data-vertebrae]:not([data-vertebrae=""]))'
    for view in View
)
_FRESH = '.pane[data-view="lateral"][data-ready="true"]:not([data-old])'
_CASES = 4
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""With bytecode kept, as users have it: without, each start would compile the program anew."""


def measure(folder: Path, repeats: int) -> dict[str, list[float]]:
    """Seconds of each wait, by its name, one a repeat."""
    found: dict[str, list[float]] = {name: [] for name in AIMS}
    program = chromium.installed()
    if program is None:
        raise SystemExit(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        challenge = folder / "challenge"
        prepare(challenge, cases=_CASES)
        (films,) = films_of(1)
        for _ in range(repeats):
            with served(folder, **_COMPILED) as app:
                for name, seconds in _round(browser, app.address).items():
                    found[name].append(seconds)
            with served(folder, MVM_CHALLENGE=str(challenge), **_COMPILED) as app:
                for name, seconds in _further_round(browser, app.address, films).items():
                    found[name].append(seconds)
        browser.close()
    return found


def table(found: dict[str, list[float]]) -> str:
    """The waits for people."""
    lines = [f"{'':44}{'median':>8}{'least':>8}{'most':>8}{'aim':>7}   load {os.getloadavg()[0]:.1f}"]
    for name, seconds in found.items():
        aim = AIMS[name]
        middle = statistics.median(seconds)
        missed = "" if aim is None or middle <= aim else "  missed"
        told = "" if aim is None else f"{aim:.1f}"
        lines.append(f"{name:44}{middle:8.2f}{min(seconds):8.2f}{max(seconds):8.2f}{told:>7}{missed}")
    return "\n".join(lines)


def _round(browser: Browser, address: str) -> dict[str, float]:
    found = {"first page, first visit after the start": _visit(browser, address, DROP)}
    found["first page"] = _visit(browser, address, DROP)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(DROP)
    page.wait_for_selector(IDLE)
    # a person looks at the page before leaving it
    page.wait_for_timeout(2000)
    found["cohort page, first visit after the start"] = _timed(page, _click_cohort, CURVE)
    page.wait_for_selector(IDLE)
    page.get_by_role("link", name="Upload", exact=True).click()
    page.wait_for_selector(DROP)
    page.wait_for_selector(IDLE)
    found["cohort page"] = _timed(page, _click_cohort, CURVE)
    page.wait_for_selector(IDLE)
    found["slider to redraw"] = statistics.median(_slide(page) for _ in range(5))
    found["cohort page by its address"] = _visit(browser, f"{address}/cohort", CURVE)
    found |= _first_gradcam(page)
    context.close()
    return found


def _visit(browser: Browser, address: str, wanted: str) -> float:
    """In a browser that has nothing of the app yet."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    seconds = _timed(page, lambda page: page.goto(address, wait_until="commit"), wanted)
    page.wait_for_selector(IDLE, timeout=LONGEST_MS)
    context.close()
    return seconds


def _timed(page: Page, act: Callable[[Page], object], wanted: str) -> float:
    started = time.perf_counter()
    act(page)
    page.locator(wanted).first.wait_for(timeout=LONGEST_MS)
    return time.perf_counter() - started


def _click_cohort(page: Page) -> None:
    page.get_by_role("link", name="Cohort", exact=True).click()


def _slide(page: Page) -> float:
    """From a key on the slider to the curve that is drawn with the new threshold."""
    page.wait_for_selector(IDLE)
    page.get_by_role("slider").first.focus()
    before = page.locator("svg .legendtext", has_text="threshold 0.").first.inner_html()
    started = time.perf_counter()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => { const all = [...document.querySelectorAll('svg .legendtext')];"
        " const own = all.find(each => each.innerHTML.includes('threshold 0.'));"
        " return own && own.innerHTML !== before; }",
        arg=before,
        timeout=LONGEST_MS,
        polling=10,
    )
    return time.perf_counter() - started


def _first_gradcam(page: Page) -> dict[str, float]:
    page.get_by_role("link", name="Upload", exact=True).click()
    page.wait_for_selector(IDLE)
    page.get_by_role("button", name="Simulate a new patient").click()
    page.locator(".mvm-verdict").wait_for(timeout=LONGEST_MS)
    page.wait_for_selector(IDLE)
    page.get_by_role("link", name="Explainability", exact=True).click()
    choice = page.get_by_role("combobox", name="Method", exact=True)
    choice.wait_for(timeout=LONGEST_MS)
    page.wait_for_selector(IDLE)
    # the list closes where the page is scrolled under it
    choice.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    choice.click()
    option = page.get_by_role("option", name="Grad-CAM", exact=True)
    option.wait_for()
    started = time.perf_counter()
    option.click()
    page.locator('[data-testid="stSpinner"], [data-testid="stProgress"]').first.wait_for(timeout=LONGEST_MS)
    progress = time.perf_counter() - started
    page.locator(".mvm-film b", has_text="Grad-CAM").first.wait_for(timeout=LONGEST_MS)
    return {
        "first Grad-CAM: its progress": progress,
        "first Grad-CAM: its map": time.perf_counter() - started,
    }


def _further_round(browser: Browser, address: str, films: Films) -> dict[str, float]:
    """Of an app that has a challenge too: the first look, films of one's own, the next case."""
    found = {"finished example, first visit after the start": _visit(browser, address, _NAMED)}
    found["finished example"] = _visit(browser, address, _NAMED)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.goto(address)
    page.locator(_NAMED).wait_for(timeout=LONGEST_MS)
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(2000)
    own = f'{_NAMED}:has(.mvm-film:has-text("{films[0][0]}"))'
    found["drop to named vertebrae"] = _timed(page, lambda page: _drop(page, films), own)
    page.goto(f"{address}/challenge")
    page.get_by_label("Nickname").fill("Ada")
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator(_FRESH).wait_for(timeout=LONGEST_MS)
    found["next challenge case"] = statistics.median(_next_case(page) for _ in range(_CASES - 1))
    context.close()
    return found


def _drop(page: Page, films: Films) -> None:
    page.locator("input[type=file]").last.set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in films]
    )


def _next_case(page: Page) -> float:
    """Answer the case, and from the touch until both films of the next are drawn."""
    page.wait_for_selector(IDLE)
    page.get_by_role("radio", name="L2", exact=True).focus()
    page.keyboard.press("Space")
    page.wait_for_selector(IDLE)
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Answer", exact=True).click()
    page.locator(".mvm-told").wait_for(timeout=LONGEST_MS)
    page.wait_for_selector(IDLE)
    page.locator(".pane").evaluate_all("panes => panes.forEach(pane => { pane.dataset.old = 'yes'; })")
    return _timed(page, _click_next, _FRESH)


def _click_next(page: Page) -> None:
    page.get_by_role("button", name="Next case", exact=True).click()
