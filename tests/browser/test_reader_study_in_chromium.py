"""A whole reader study in Chromium: from the code to the results, with all that comes between."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from film_handling import IDLE, on_film, pane, rested
from playwright.sync_api import Browser, Page, expect
from test_accessible_in_chromium import serious

from mvm_core.evaluation import read_case
from mvm_core.models import Reader
from mvm_core.radiograph import View
from mvm_core.reader_study.answer import Answer, Clock, GivenAnswer
from mvm_core.reader_study.plan import AIDED, StudyPlan
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file
from tests.examiner_stand_in import spine_of
from tests.reader_study.study_files import simulate_small_cohort

STARTED = 90_000
LOCK = "Lock the answer"
GIVE = '[class*="st-key-study-give-"]'
IDLE_S, OUTSIDE_S = 2, 1.5
STUDY = """
title = "Trial"
seed = 5
organiser_code = "chief-code"
design = "unaided-then-aided"
questions = ["level", "probability", "sign"]
idle_seconds = 2
[cases]
folder = "cohort"
mvm = 2
bvf = 2
[practice]
mvm = 1
[[readers]]
name = "Reader 0"
code = "code-0"
[[readers]]
name = "Reader 1"
code = "code-1"
"""
# The test's own clock: when films could be seen, and when an answer was locked.
OBSERVER = """() => {
  if (window.observed) return;
  window.observed = [];
  const note = (what) => window.observed.push([performance.now() / 1000, what]);
  let before = false, last = performance.now();
  window.slowestFrame = 0;
  const look = () => {
    const now = performance.now();
    window.slowestFrame = Math.max(window.slowestFrame, (now - last) / 1000);
    last = now;
    const hosts = [...document.querySelectorAll('.st-key-study-films *')].filter((each) => each.shadowRoot);
    const panes = hosts.flatMap((host) => [...host.shadowRoot.querySelectorAll('.pane[data-ready="true"]')]);
    const shown = (each) => each.checkVisibility({ visibilityProperty: true });
    const seen = panes.length > 1 && panes.every(shown);
    if (seen !== before) note(seen ? 'films' : 'none');
    before = seen;
    requestAnimationFrame(look);
  };
  look();
  window.addEventListener('click', (event) => {
    if (event.composedPath().some((each) => /st-key-study-give/.test(each.className ?? ''))) note('lock');
  }, true);
}"""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    simulate_small_cohort(folder / "cohort")
    return folder


@pytest.fixture
def plan(cohort: Path, tmp_path: Path) -> StudyPlan:
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace('"cohort"', f'"{cohort / "cohort"}"'))
    return read_study_file(path)


@pytest.fixture
def answers(plan: StudyPlan) -> Iterator[Store]:
    store = Store.open(plan, Reader.open().weights.identity)
    yield store
    store.engine.dispose()


@contextmanager
def window(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.add_init_script(f"({OBSERVER})()")
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert not broken


def give_code(page: Page, code: str, *, take_over: bool = False) -> None:
    page.get_by_label("Your code").wait_for(timeout=STARTED)
    rested(page)
    page.get_by_label("Your code").fill(code)
    if take_over:
        page.locator(".stCheckbox label").first.click()
    page.get_by_role("button", name="Enter", exact=True).click()


def set_up_screen(page: Page) -> None:
    page.get_by_role("heading", name="Before you begin").wait_for(timeout=STARTED)
    rested(page)
    expect(page.get_by_role("button", name="Begin", exact=True)).to_be_disabled()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    for question in ("lighter square", "darker square"):
        rested(page)
        page.get_by_role("radiogroup", name=question).get_by_text("yes", exact=True).click()
    page.get_by_role("button", name="Begin", exact=True).click(timeout=STARTED)


def films_up(page: Page) -> None:
    expect(pane(page, "ap").and_(page.locator('[data-ready="true"]'))).to_be_visible(timeout=STARTED)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible(timeout=STARTED)


def choose_level(page: Page, name: str) -> None:
    rested(page)
    page.get_by_role("combobox", name="Level in question").click()
    page.get_by_role("option", name=name, exact=True).click()


def click_vertebra(page: Page, plan: StudyPlan, case_id: str, level: str) -> None:
    """Click a vertebra where the finder puts it."""
    film = read_case(plan.case(case_id).case).ap
    assert film is not None
    corners = spine_of(film, View.AP).by_level[level].corners
    rested(page)
    page.mouse.click(*on_film(page, "ap", *corners.mean(axis=0)))


def say(page: Page, key: str) -> None:
    rested(page)
    page.get_by_role("slider", name="From surely").focus()
    page.keyboard.press(key)
    rested(page)


def see_sign(page: Page, answer: str = "yes") -> None:
    rested(page)
    page.get_by_role("radiogroup", name="Sign of metastasis seen").get_by_text(answer, exact=True).click()


def lock(page: Page) -> None:
    """Lock the answer, and wait until the page has gone on from it."""
    rested(page)
    own = re.search(r"st-key-study-give-\d+", str(page.locator(GIVE).get_attribute("class")))
    assert own is not None
    page.get_by_role("button", name=LOCK, exact=True).click()
    page.wait_for_selector(f".{own[0]}", state="detached", timeout=STARTED)


def answer(page: Page, key: str = "End") -> None:
    films_up(page)
    choose_level(page, "L3")
    say(page, key)
    see_sign(page)
    lock(page)


def kept_of(store: Store, reader: str = "Reader 0", count: int = 1) -> tuple[GivenAnswer, ...]:
    """A reader's answers, once there are so many."""
    for _ in range(100):
        if len(found := store.answers(reader)) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} answers of {reader}, {count} expected")


def seconds_seen(page: Page) -> float:
    """For how long films could be seen before the last answer was locked, by the test's own clock."""
    observed = page.evaluate("window.observed")
    last = max(at for at, what in observed if what == "lock")
    previous = max((at for at, what in observed if what == "lock" and at < last), default=0.0)
    total, since = 0.0, None
    for at, what in observed:
        # what stands from the answer before until the next films are hung counts to nothing
        if at <= previous or at > last:
            continue
        if what == "films":
            since = at
        elif since is not None:
            total, since = total + at - since, None
    return total


def error_of(given: GivenAnswer, page: Page) -> tuple[float, float]:
    """How far a kept time is from that of the test's own clock, and how long the slowest frame took."""
    return round(given.clock.seconds - seconds_seen(page), 3), round(page.evaluate("window.slowestFrame"), 3)


def answer_all(store: Store, reader: str, *, but: int = 0) -> None:
    """A reader answers everything but the last ones elsewhere, aided a little nearer to the truth."""
    sitting = store.sit(reader, take_over=True)
    for reading in store.lists[reader][len(store.answers(reader)) : len(store.lists[reader]) - but]:
        store.show(sitting, reading)
        truth, aided = store.plan.case(reading.case_id), reading.modality == AIDED
        mvm = truth.case.label == "mvm"
        percent = 50 + (20 + 10 * aided) * (1 if mvm else -1) - reading.place % 3
        said = Answer(float(percent), truth.true_levels[0], mvm)
        store.give(sitting, reading, said, Clock(0.4), (0.8 if mvm else 0.2) if aided else None)
    store.leave(sitting)


Serve = Callable[..., AbstractContextManager]


def test_a_whole_study_from_the_code_to_the_results(
    browser: Browser, serve: Serve, cohort: Path, plan: StudyPlan, answers: Store, tmp_path: Path
) -> None:
    answer_all(answers, "Reader 1")
    readings = answers.lists["Reader 0"]
    environment = {"MVM_STUDY": str(plan.path), "MVM_COHORTS": str(cohort / "cohort")}
    errors = []
    with serve(environment=environment) as server, window(browser, f"{server.address}/reader_study") as page:
        give_code(page, "nobody's")
        expect(page.get_by_text("it is nobody's")).to_be_visible(timeout=STARTED)
        give_code(page, "code-0")
        set_up_screen(page)
        films_up(page)
        expect(page.get_by_role("heading", name="Practice 1 of 2")).to_be_visible()
        (screen,) = answers.calibrations("Reader 0")
        size = page.evaluate("[screen.width, screen.height, devicePixelRatio]")
        assert [screen.screen_width, screen.screen_height, screen.device_pixel_ratio] == size
        assert screen.pixels_per_mm == pytest.approx(341 / 85.6)
        assert serious(page) == []
        expect(page.get_by_role("link", name="Upload")).to_be_hidden()

        # practice: nothing is said before it is said, and a click on the film names the level
        expect(page.get_by_role("button", name=LOCK)).to_be_disabled()
        expect(page.get_by_text("not answered yet")).to_be_visible()
        click_vertebra(page, plan, readings[0].case_id, "L2")
        expect(page.get_by_role("combobox", name="Level in question")).to_have_value("L2", timeout=STARTED)
        assert pane(page, "lateral").get_attribute("data-question") == "L2"
        assert pane(page, "ap").get_attribute("data-vertebrae") == ""
        see_sign(page)
        rested(page)
        expect(page.get_by_role("button", name=LOCK)).to_be_disabled()
        say(page, "Enter")
        lock(page)
        first = kept_of(answers)[0]
        assert (first.answer.probability, first.answer.level) == (50, "L2")
        errors.append(error_of(first, page))
        films_up(page)
        legend = page.locator(".legend .ticks").first.bounding_box()
        assert legend is not None
        assert legend["y"] + legend["height"] <= 900, "what the map's colours mean is on the screen"
        expect(page.get_by_text("% metastasis; ")).to_be_visible(timeout=STARTED)
        answer(page, "End")
        expect(page.get_by_text("It was a metastasis at")).to_be_visible(timeout=STARTED)
        expect(page.get_by_text("You said 100 % metastasis")).to_be_visible()
        rested(page)
        page.get_by_role("button", name="Go on", exact=True).click()

        # a case: nobody touches anything for some time, then it is paused, and covered
        expect(page.get_by_role("heading", name="Reading 1 of 8")).to_be_visible(timeout=STARTED)
        films_up(page)
        page.wait_for_timeout(1000 * (IDLE_S + 1))
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("Paused: the films are covered")).to_be_visible()
        expect(pane(page, "ap")).to_be_hidden()
        expect(page.locator(".stSelectbox")).to_be_hidden()
        expect(page.locator(".stSelectbox label")).to_be_hidden()
        page.wait_for_timeout(1000 * OUTSIDE_S)
        page.get_by_role("button", name="Go on", exact=True).click()
        answer(page, "Home")
        third = kept_of(answers, count=3)[2]
        errors.append(error_of(third, page))
        assert third.clock.idle_seconds >= IDLE_S
        assert third.clock.idle_seconds < third.clock.seconds
        assert third.clock.interruptions == 1
        assert third.answer.probability == 0

        # the aided reading of the same case is interrupted by loading the page again
        expect(page.get_by_role("heading", name="Reading 2 of 8")).to_be_visible(timeout=STARTED)
        films_up(page)
        page.wait_for_timeout(1000)
        page.reload()
        give_code(page, "code-0")
        expect(page.get_by_text("reads in another window at this moment")).to_be_visible(timeout=STARTED)
        give_code(page, "code-0", take_over=True)
        expect(page.get_by_role("heading", name="Reading 2 of 8")).to_be_visible(timeout=STARTED)
        answer(page)
        fourth = kept_of(answers, count=4)[3]
        assert fourth.clock.seconds - seconds_seen(page) > 0.9, "the second before counts"
        assert fourth.clock.seconds - seconds_seen(page) < 6
        assert fourth.clock.interruptions == 1
        answer(page)
        errors.append(error_of(kept_of(answers, count=5)[4], page))

        # another window of the same reader is told, takes over, and the first one is told in its turn
        expect(page.get_by_role("heading", name="Reading 4 of 8")).to_be_visible(timeout=STARTED)
        films_up(page)
        with window(browser, f"{server.address}/reader_study") as other:
            give_code(other, "code-0")
            expect(other.get_by_text("reads in another window at this moment")).to_be_visible(timeout=STARTED)
            give_code(other, "code-0", take_over=True)
            expect(other.get_by_role("heading", name="Reading 4 of 8")).to_be_visible(timeout=STARTED)
            expect(page.get_by_text("has gone on in another window")).to_be_visible(timeout=STARTED)
            expect(page.get_by_label("Your code")).to_be_visible()
            assert len(answers.answers("Reader 0")) == 5
            answer(other, "PageUp")
            kept_of(answers, count=6)
            expect(other.get_by_role("heading", name="Reading 5 of 8")).to_be_visible(timeout=STARTED)
            # the next three elsewhere, which costs no drawing of films
            answer_all(answers, "Reader 0", but=1)
            expect(other.get_by_text("has gone on in another window")).to_be_visible(timeout=STARTED)
            give_code(other, "code-0")
            expect(other.get_by_role("heading", name="Reading 8 of 8")).to_be_visible(timeout=STARTED)
            answer(other, "Home")
            expect(other.get_by_text("All is read. Thank you.")).to_be_visible(timeout=STARTED)

        # the organiser sees who is where, and takes the answers to the results
        give_code(page, "chief-code")
        page.get_by_text("answers.csv", exact=True).wait_for(timeout=STARTED)
        expect(page.locator(".stDataFrame")).to_be_visible()
        with page.expect_download() as caught:
            page.get_by_text("answers.csv", exact=True).click()
        exported = tmp_path / "answers.csv"
        caught.value.save_as(exported)
        table = pd.read_csv(exported, comment="#")
        assert len(table) == 2 * 8
        assert sorted(table["rating"][table["reader"] == "Reader 0"].round(2)) == sorted(
            round(each.answer.probability / 100, 2) for each in answers.answers("Reader 0")[2:]
        )
        page.goto(f"{server.address}/reader_results")
        page.get_by_text("A table of other readers' answers").click(timeout=STARTED)
        page.locator("input[type=file]").set_input_files(exported)
        expect(page.locator(".mvm-said")).to_contain_text("aided less unaided", timeout=STARTED)
        expect(page.locator(".stPlotlyChart .main-svg").first).to_be_visible(timeout=STARTED)
        rested(page)
        grid = page.locator(".stDataFrame").last
        grid.scroll_into_view_if_needed()
        grid.click(position={"x": 14, "y": 52})
        page.get_by_role("button", name="Open the films of").click(timeout=STARTED)
        page.wait_for_selector('.pane[data-ready="true"]', timeout=STARTED)
        expect(page).to_have_url(f"{server.address}/")
        assert len(answers.answers("Reader 0")) == 10, "none came twice, late either"
    print("kept seconds less those of the test's own clock, and the slowest frame:", errors)
    # the tenth to which it is rounded, and what a busy machine takes to draw
    assert all(abs(error) <= 0.1 + 2 * slowest for error, slowest in errors)


def test_a_tablet_that_sleeps_in_the_middle_wakes_covered_and_its_sleep_counts_for_nothing(
    browser: Browser, serve: Serve, plan: StudyPlan, answers: Store
) -> None:
    with (
        serve(environment={"MVM_STUDY": str(plan.path)}) as server,
        window(browser, f"{server.address}/reader_study") as page,
    ):
        page.clock.install()
        page.reload()
        give_code(page, "code-0")
        set_up_screen(page)
        films_up(page)
        # The lid is closed for ten minutes.
        page.clock.fast_forward(600_000)
        expect(page.get_by_text("Paused: the films are covered")).to_be_visible(timeout=STARTED)
        expect(pane(page, "ap")).to_be_hidden()
        page.get_by_role("button", name="Go on", exact=True).click()
        answer(page)
        (given,) = kept_of(answers)
        assert given.clock.interruptions == 1
        assert given.clock.idle_seconds < 60
        expect(page.locator(IDLE)).to_be_visible(timeout=STARTED)
