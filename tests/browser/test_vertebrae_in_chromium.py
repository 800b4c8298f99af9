"""Vertebrae on the films and the strip of levels, in Chromium."""

import io
from pathlib import Path

import numpy as np
import pytest
from examiner_stand_in import spine_of
from film_handling import IDLE, READY, download, drag_on_film, on_film, opened, pane
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from mvm_core.imaging import StudyFile
from mvm_core.radiograph import FilmPair, View
from mvm_core.spine import Spine

Pair = tuple[StudyFile, StudyFile]
FIRST_SCREEN = (".mvm-verdict", ".strip", '.pane[data-view="ap"]', '.pane[data-view="lateral"]')


@pytest.fixture
def spines(pair: FilmPair) -> dict[View, Spine]:
    assert pair.ap is not None
    assert pair.lateral is not None
    return {View.AP: spine_of(pair.ap, View.AP), View.LATERAL: spine_of(pair.lateral, View.LATERAL)}


def rectangle(page: Page, selector: str) -> dict[str, float]:
    return page.locator(selector).first.evaluate("each => each.getBoundingClientRect().toJSON()")


def expect_question(page: Page, level: str) -> None:
    for view in View:
        expect(pane(page, view)).to_have_attribute("data-question", level)
    expect(page.get_by_role("button", name=f"{level}: probability of disease")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator(".mvm-verdict .who")).to_contain_text(level)


def test_films_come_up_with_their_vertebrae(page: Page, dicom_pair: Pair, spines: dict[View, Spine]) -> None:
    opened(page, *dicom_pair)
    for view in View:
        levels = " ".join(each.level for each in spines[view].vertebrae)
        expect(pane(page, view)).to_have_attribute("data-vertebrae", levels)
        expect(pane(page, view)).to_have_attribute("data-diseased", "L2")
    expect_question(page, "L2")
    page.get_by_role("button", name="Vertebrae", exact=True).click()
    expect(pane(page, "ap")).to_have_attribute("data-vertebrae", "")


def test_endplates_are_drawn_through_their_middles(
    page: Page, dicom_pair: Pair, spines: dict[View, Spine]
) -> None:
    opened(page, *dicom_pair)
    body = spines[View.LATERAL].by_level["L2"]
    assert body.middles is not None
    straight = body.corners[:2].mean(axis=0), body.corners[2:].mean(axis=0)
    places = [on_film(page, "lateral", *place) for place in (*body.middles, *straight)]
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)

    def crossed(x: float, y: float) -> bool:
        """Whether the outline of a diseased level runs within two pixels."""
        near = picture[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3]
        return bool((np.abs(near - (255, 176, 0)).max(axis=2) < 60).any())

    assert [crossed(*place) for place in places] == [True, True, False, False]


def test_click_on_a_vertebra_picks_its_level_on_both_films(
    page: Page, dicom_pair: Pair, spines: dict[View, Spine]
) -> None:
    opened(page, *dicom_pair)
    page.mouse.click(*on_film(page, "lateral", *spines[View.LATERAL].by_level["T12"].centre))
    expect_question(page, "T12")
    box = download(page, "JSON")["films"]["ap"]["box"]
    expected = spines[View.AP].by_level["T12"].box()
    assert box == pytest.approx([expected.x0, expected.y0, expected.x1, expected.y1], abs=0.1)


def test_vertebra_that_was_not_read_is_not_picked(
    page: Page, dicom_pair: Pair, spines: dict[View, Spine]
) -> None:
    opened(page, *dicom_pair)
    page.mouse.click(*on_film(page, "ap", *spines[View.AP].by_level["S1"].centre))
    expect(pane(page, "ap").locator(".hint")).to_have_text("S1 was not read.")
    expect_question(page, "L2")


def test_strip_is_worked_with_the_keyboard(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    rows = page.locator(".strip button")
    assert rows.count() >= 8
    page.get_by_role("button", name="L1: probability of disease").focus()
    page.keyboard.press("Enter")
    expect_question(page, "L1")
    expect(page.locator(".mvm-verdict")).to_contain_text("Nothing seen on L1")
    expect(page.locator(".mvm-verdict .probability")).to_have_count(0)
    expect(page.get_by_label("Evidence of")).to_have_value("")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_question(page, "L2")
    expect(page.locator(".mvm-verdict .probability")).to_have_count(1)
    expect(page.get_by_label("Evidence of")).to_have_value("all-views")


def test_dragged_corner_gives_another_reading(
    page: Page, dicom_pair: Pair, spines: dict[View, Spine]
) -> None:
    opened(page, *dicom_pair)
    before = download(page, "JSON")
    page.get_by_text("Corners", exact=True).click()
    x, y = spines[View.AP].by_level["L2"].corners[0]
    drag_on_film(page, "ap", (x, y), (x - 40, y - 10))
    page.wait_for_function(
        "before => document.querySelector('.mvm-verdict').innerText !== before",
        arg=page.locator(".mvm-verdict").inner_text(),
    )
    page.wait_for_selector(IDLE)
    after = download(page, "JSON")
    assert after["films"]["ap"]["box"][0] == pytest.approx(x - 40, abs=2)
    assert after["films"]["lateral"] == before["films"]["lateral"]
    assert after["readings"]["ap"]["probability_mvm"] != before["readings"]["ap"]["probability_mvm"]
    expect_question(page, "L2")


def test_renamed_level_renumbers_its_film(page: Page, dicom_pair: Pair, spines: dict[View, Spine]) -> None:
    opened(page, *dicom_pair)
    page.get_by_text("Corners", exact=True).click()
    page.mouse.click(*on_film(page, "ap", *spines[View.AP].by_level["L2"].centre))
    expect(page.locator(".mvm-verdict .who")).to_contain_text("picked by you")
    names = [each.level for each in spines[View.AP].vertebrae]
    page.get_by_label("Name of the vertebra in question").select_option("L1")
    expect(page.locator(".mvm-verdict .who")).to_contain_text("L1")
    renamed = " ".join([f"T{int(names[0][1:]) - 1}", *names[:-1]])
    expect(pane(page, "ap")).to_have_attribute("data-vertebrae", renamed)
    expect(pane(page, "lateral")).to_have_attribute(
        "data-vertebrae", " ".join(each.level for each in spines[View.LATERAL].vertebrae)
    )


def test_wheel_scrolls_the_page_and_zooms_when_asked(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    place = pane(page, "ap").get_attribute("data-place")
    top = rectangle(page, ".panes")["top"]
    page.mouse.move(*on_film(page, "ap", 150, 600))
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(600)
    assert rectangle(page, ".panes")["top"] < top - 50
    assert pane(page, "ap").get_attribute("data-place") == place
    expect(pane(page, "ap").locator(".hint")).to_contain_text("Ctrl + wheel zooms")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    expect(pane(page, "ap")).not_to_have_attribute("data-place", place or "")
    zoomed = pane(page, "ap").get_attribute("data-place")
    page.mouse.click(*on_film(page, "ap", 150, 600))
    page.mouse.wheel(0, -120)
    expect(pane(page, "ap")).not_to_have_attribute("data-place", zoomed or "")


def test_everything_fits_the_first_screen(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    for selector in FIRST_SCREEN:
        shown = rectangle(page, selector)
        assert shown["top"] >= 0, selector
        assert shown["bottom"] <= 900, selector
        assert shown["right"] <= 1440, selector
    assert rectangle(page, '.pane[data-view="ap"]')["height"] > 600


def test_heads_of_the_films_are_in_sight_on_a_tablet(page: Page, dicom_pair: Pair) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    opened(page, *dicom_pair)
    for selector in (".mvm-verdict", ".strip"):
        assert rectangle(page, selector)["bottom"] <= 768, selector
    assert rectangle(page, ".strip")["right"] <= rectangle(page, ".panes")["left"]
    assert rectangle(page, ".panes")["top"] < 768 / 3


def test_verdict_and_notice_stay_where_the_films_are_larger_than_the_screen(
    page: Page, dicom_pair: Pair
) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    opened(page, *dicom_pair)
    said = page.locator(".viewer .said")
    page.locator(".bar.below").scroll_into_view_if_needed()
    page.get_by_text("Level box", exact=True).click()
    canvas = pane(page, "lateral").locator("canvas").bounding_box()
    assert canvas is not None
    page.mouse.move(canvas["x"] + 80, canvas["y"] + canvas["height"] - 120)
    page.mouse.down()
    page.mouse.move(canvas["x"] + 180, canvas["y"] + canvas["height"] - 40, steps=4)
    expect(said).to_be_in_viewport(ratio=0.9)
    expect(said).to_contain_text("simulated films")
    page.mouse.up()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(said).to_be_hidden()


def test_next_study_stands_at_its_verdict(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    page.locator("input[type=file]").last.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 5000)")
    page.wait_for_timeout(200)
    assert rectangle(page, ".mvm-verdict")["top"] < 0
    opened(page, *(StudyFile(f"next_{film.name}", film.content) for film in dicom_pair))
    expect(page.locator(".mvm-verdict")).to_be_in_viewport()
    assert rectangle(page, ".mvm-verdict")["top"] >= 0


def test_window_is_told_in_the_films_own_values(page: Page, dicom_pair: Pair, real_films: Path) -> None:
    opened(page, *dicom_pair)
    state = pane(page, "ap").locator(".state")
    expect(state).to_contain_text("W 4096  L 2048")
    pane(page, "ap").locator("canvas").focus()
    page.keyboard.press("ArrowUp")
    expect(state).not_to_contain_text("L 2048")
    opened(page, StudyFile("real_ap.jpg", (real_films / "ap_05.jpg").read_bytes()))
    expect(pane(page, "ap").locator(".state")).to_contain_text("W 100 %  L 50 %")


def test_films_are_as_wide_as_a_phone(
    browser: Browser, server: object, dicom_pair: Pair, pair: FilmPair
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(server.address)  # type: ignore[attr-defined]
    page.wait_for_selector('[data-testid="stFileUploaderDropzone"]')
    opened(page, *dicom_pair)
    page.wait_for_selector(f'.pane[data-view="lateral"]{READY[5:]}')
    assert pair.ap is not None
    rows, columns = pair.ap.shape
    for view in View:
        shown = rectangle(page, f'.pane[data-view="{view}"]')
        assert shown["width"] >= 330
        assert shown["height"] == pytest.approx(shown["width"] * rows / columns, rel=0.02)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_full_screen_says_the_result_and_the_notice(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    said = page.locator(".viewer .said")
    expect(said).to_be_hidden()
    page.get_by_role("button", name="Full screen").click()
    expect(said).to_be_visible()
    expect(said).to_contain_text("L2")
    expect(said).to_contain_text("simulated films")
    page.keyboard.press("Escape")


def test_measures_are_taken_away_with_their_notice(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    page.get_by_text("Measures, approximate").click()
    tables = page.locator(".mvm-table.measures")
    expect(tables).to_have_count(2)
    expect(tables.last.get_by_role("columnheader", name="Genant")).to_be_visible()
    expect(page.get_by_text("Main Cobb angle, T")).to_be_visible()
    for table in tables.all():
        assert table.evaluate("each => each.scrollWidth <= each.clientWidth")
    page.wait_for_selector(IDLE)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Measures as CSV").click()
    head = Path(caught.value.path()).read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("# ") for line in head[:6])
    assert "simulated films" in head[0]
    assert "pproximate" in head[1]
    assert head[2].startswith("# weights: ")
    assert head[3].startswith("# date: 20")
    assert dicom_pair[0].name in head[4]
    assert dicom_pair[1].name in head[5]
    assert any(line.startswith("# AP film: Main Cobb angle, T") for line in head[6:])
    assert any(line.startswith("view,level,height_left_mm") for line in head[6:])
