"""Pages that are switched on by a variable, swept as the others: axe, titles, edges, keyboard, files."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from challenge_by_hand import write_by_hand
from film_handling import IDLE, READY
from playwright.sync_api import Browser, Page, expect
from study_by_hand import CHIEF, CODES, answer_all, write_study
from test_accessible_in_chromium import headings, serious, unspoken
from test_downloads_in_chromium import BUTTONS, NOTICE, WEIGHTS, text_of
from test_keyboard_in_chromium import choose, tab_to

from mvm_core.records import RecordSettings
from mvm_core.records.case import Statement
from mvm_core.records.record import open_record

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "records"))

from record_words import SECRET, document, marks

STARTED = 60_000
WIDTHS = {390: 844, 800: 1100, 1024: 768, 1440: 900, 1920: 1080}
TITLES = {
    "challenge": "Challenge",
    "challenge_wall": "Challenge wall",
    "reader_study": "Reader study",
    "reader_results": "Reader results",
    "cases": "Cases",
    "studies": "Studies",
}
_BEYOND = """() => {
    const wide = [...document.querySelectorAll('.stMain, html')].map(each => each.scrollWidth);
    return Math.max(...wide);
}"""
_CUT_TITLES = """() => {
    const titles = [...document.querySelectorAll('.js-plotly-plot .gtitle')];
    const edge = each => each.closest('.js-plotly-plot').getBoundingClientRect().right;
    const cut = titles.filter(each => each.getBoundingClientRect().right > edge(each));
    return cut.map(each => each.textContent);
}"""
_UNDER_LANGUAGES = """() => {
    const left = document.querySelector('.st-key-language').getBoundingClientRect().left;
    const links = [...document.querySelectorAll('[data-testid="stTopNavLink"]')];
    const shown = { visibilityProperty: true, opacityProperty: true };
    const seen = links.filter(each => each.checkVisibility(shown));
    return seen.filter(each => each.getBoundingClientRect().right > left).map(each => each.innerText);
}"""


@dataclass(frozen=True)
class Site:
    """The app with all pages on, and what they show."""

    address: str
    study: Path
    case: str


@pytest.fixture(scope="module")
def site(serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("further")
    study = write_study(folder / "study")
    servers = folder / "servers.toml"
    servers.write_text('[[server]]\nname = "PACS"\nurl = "http://127.0.0.1:9/dicom-web"\n')
    record = open_record(RecordSettings(str(folder / "record.db"), SECRET))
    for number in range(40):
        truth = "mvm" if number % 3 else "bvf"
        said = Statement(truth=truth, reference="ct", reference_date="2026-11-01")
        case = record.keep(
            document(0.2 + 0.015 * number), "anna", said, marks(f"C-{number // 2}", f"1.{number}")
        )
    environment = {
        "MVM_CHALLENGE": str(write_by_hand(folder / "challenge").folder),
        "MVM_STUDY": str(study),
        "MVM_NODE": str(servers),
        "MVM_DATABASE": str(folder / "record.db"),
        "MVM_DATABASE_SECRET": SECRET.decode(),
    }
    with serve(environment=environment) as server:
        yield Site(server.address, study, case)


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    context.close()
    assert not broken


def go(page: Page, site: Site, name: str, **address: str) -> None:
    asked = "&".join(f"{key}={value}" for key, value in address.items())
    page.goto(f"{site.address}/{name}?{asked}")
    page.wait_for_selector(".mvm-banner", timeout=STARTED)
    page.wait_for_selector(IDLE, timeout=STARTED)


def still(page: Page, script: str) -> list[str]:
    """What a script finds, and still finds when the page has had time to lay itself out at a new size."""
    for _ in range(10):
        if not (found := page.evaluate(script)):
            break
        page.wait_for_timeout(300)
    return list(found)


def faults(page: Page, name: str) -> dict[str, object]:
    """What is wrong with a page as it stands, at each size; empty where nothing is."""
    page.wait_for_selector(IDLE, timeout=STARTED)
    expect(page.locator("h1").first).to_be_attached(timeout=STARTED)
    found: dict[str, object] = {}
    # what is about to be drawn anew is faint for a moment
    told = next((again for _ in range(3) if not (again := serious(page))), None)
    if told is None:
        found["axe"] = serious(page)
    if told := [*headings(page), *unspoken(page)]:
        found["headings and pictures"] = told
    if page.locator("h1").count() != 1:
        found["first headings"] = page.locator("h1").all_inner_texts()
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        if folder := os.environ.get("MVM_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        if (beyond := page.evaluate(_BEYOND)) > width:
            found[f"beyond the edge at {width}"] = beyond
        if width >= 800 and (under := still(page, _UNDER_LANGUAGES)):
            found[f"under the languages at {width}"] = under
        if width >= 800 and (cut := still(page, _CUT_TITLES)):
            found[f"titles cut at {width}"] = cut
    page.set_viewport_size({"width": 1440, "height": 900})
    return found


@pytest.mark.parametrize("name", TITLES)
def test_page_has_its_title_one_heading_and_nothing_serious(window: Page, site: Site, name: str) -> None:
    go(window, site, name)
    assert window.title() == f"{TITLES[name]}: metastasis or fracture"
    assert faults(window, name) == {}


def test_case_of_the_record_is_opened_by_keyboard_and_taken_away(
    window: Page, site: Site, tmp_path: Path
) -> None:
    go(window, site, "cases", case=site.case)
    expect(window.get_by_text("What it turned out to be")).to_be_visible(timeout=STARTED)
    assert faults(window, "case") == {}
    window.set_viewport_size({"width": 800, "height": 1100})
    opinion = window.get_by_role("combobox", name="Own opinion before")
    expect(opinion).to_be_visible(timeout=STARTED)
    assert opinion.evaluate("each => each.scrollWidth <= each.clientWidth"), "its words are cut"
    window.set_viewport_size({"width": 1440, "height": 900})
    text = text_of(window, window.get_by_role("button", name="Predictions (CSV)"), tmp_path)
    for part in (document()["notice"], document()["weights"], "reading: ", "cohort: ", "date: 20"):
        assert part in text
    window.bring_to_front()
    window.locator("body").focus()
    tab_to(window, "Truth")
    tab_to(window, "Keep")
    window.keyboard.press("Enter")
    expect(window.get_by_text("Kept in the record.", exact=True)).to_be_visible(timeout=STARTED)


def test_archive_out_of_reach_is_searched_by_keyboard(window: Page, site: Site) -> None:
    go(window, site, "studies")
    window.bring_to_front()
    window.locator("body").focus()
    tab_to(window, "Patient: part of the name")
    window.keyboard.type("lin")
    tab_to(window, "Search")
    window.keyboard.press("Enter")
    expect(window.get_by_role("alert")).to_contain_text("PACS", timeout=STARTED)
    assert faults(window, "studies-searched") == {}


def test_reader_study_is_read_by_keyboard_and_its_results_taken_away(
    window: Page, site: Site, tmp_path: Path
) -> None:
    go(window, site, "reader_study")
    window.bring_to_front()
    enter(window, "Your code", CODES[0], "Enter")
    expect(window.get_by_text("Your screen")).to_be_visible(timeout=STARTED)
    assert faults(window, "reader-screen") == {}
    set_up_screen(window)
    window.wait_for_selector(READY, timeout=STARTED)
    assert faults(window, "reader-unaided") == {}
    lock(window)
    expect(window.locator(".mvm-told")).to_be_visible(timeout=STARTED)
    window.wait_for_selector(READY, timeout=STARTED)
    assert faults(window, "reader-aided") == {}
    answer_all(site.study)

    go(window, site, "reader_study")
    enter(window, "Your code", CHIEF, "Enter")
    expect(window.get_by_role("button", name="everything.csv")).to_be_visible(timeout=STARTED)
    assert faults(window, "reader-organiser") == {}
    for button in window.locator(BUTTONS).all():
        text = text_of(window, button, tmp_path)
        for part in (NOTICE, WEIGHTS, "cohort: Trial: simulated films", "date: 20"):
            assert part in text

    go(window, site, "reader_results")
    enter(window, "Code of the organiser", CHIEF, "Show the results")
    expect(window.locator(".mvm-said")).to_contain_text("aided less", timeout=STARTED)
    assert faults(window, "reader-results") == {}
    for summary in window.locator('[data-testid="stExpander"] summary').all():
        summary.click()
    window.wait_for_selector(IDLE, timeout=STARTED)
    assert faults(window, "reader-results-unfolded") == {}
    names = set()
    for button in window.locator(BUTTONS).all():
        if button.inner_text() not in names:
            names.add(button.inner_text())
            text = text_of(window, button, tmp_path)
            for part in ("Readings of simulated films; not a medical device.", WEIGHTS, "Trial", "20"):
                assert part in text, f"{part} is missing in {button.inner_text()}"
            if button.inner_text() == "JSON":
                assert json.loads(text)["provenance"]["date"]
    assert names == {"Report (HTML)", "JSON", "Answers (CSV)", "Table (CSV)"}


def enter(page: Page, label: str, code: str, button: str) -> None:
    page.locator("body").focus()
    tab_to(page, label)
    page.keyboard.type(code)
    tab_to(page, button)
    page.keyboard.press("Enter")
    page.wait_for_selector(IDLE, timeout=STARTED)


def set_up_screen(page: Page) -> None:
    """Set the bar to a card's width and answer both questions by keyboard, then begin."""
    begin = page.get_by_role("button", name="Begin", exact=True)
    expect(begin).to_be_disabled()
    tab_to(page, "Hold a credit card")
    page.keyboard.press("ArrowRight")
    for _ in range(2):
        expect(begin).to_be_disabled()
        tab_to(page, "yes")
        page.keyboard.press("Space")
    tab_to(page, "Begin")
    page.keyboard.press("Enter")


def lock(page: Page) -> None:
    """Answer by keyboard and lock the answer."""
    tab_to(page, "Level in question")
    choose(page, "Level in question", "L2")
    tab_to(page, "From surely benign")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(IDLE, timeout=STARTED)
    tab_to(page, "yes")
    page.keyboard.press("Space")
    tab_to(page, "Lock the answer")
    page.keyboard.press("Enter")
    page.wait_for_selector(IDLE, timeout=STARTED)
