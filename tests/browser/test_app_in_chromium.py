"""The main way through the app, in Chromium."""

import statistics
from pathlib import Path
from typing import Any

import pytest
from film_handling import READY, download, drag, drag_on_film, drop, opened, pane, payload
from playwright.sync_api import Page, expect

from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.models.weights import load_weights

NOTICE = load_weights(SHIPPED).notice
Pair = tuple[StudyFile, StudyFile]


def colours(page: Page, view: str) -> int:
    """How far the canvas is from grey, summed over its pixels."""
    return (
        pane(page, view)
        .locator("canvas")
        .evaluate(
            """canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let sum = 0;
            for (let at = 0; at < data.length; at += 4) sum += Math.abs(data[at] - data[at + 2]);
            return sum;
        }"""
        )
    )


def brightness(page: Page, view: str) -> int:
    return (
        pane(page, view)
        .locator("canvas")
        .evaluate(
            """canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let sum = 0;
            for (let at = 0; at < data.length; at += 4) sum += data[at + 1];
            return sum;
        }"""
        )
    )


def test_drop_to_verdict_to_films(page: Page, dicom_pair: Pair, tmp_path: Path) -> None:
    drop(page, *dicom_pair)
    expect(page.get_by_role("note")).to_have_text(NOTICE)
    page.wait_for_selector(f'.pane[data-view="lateral"]{READY[5:]}')
    verdict, films = page.locator(".mvm-verdict").bounding_box(), pane(page, "ap").bounding_box()
    assert verdict is not None
    assert films is not None
    assert verdict["y"] < films["y"]
    assert films["height"] > 600
    page.screenshot(path=tmp_path / "verdict.png")
    assert (tmp_path / "verdict.png").stat().st_size > 50_000


def test_window_and_opacity_are_worked_in_the_browser(page: Page, dicom_pair: Pair) -> None:
    drop(page, *dicom_pair)
    page.wait_for_selector(f'.pane[data-view="ap"]{READY[5:]}')
    page.get_by_label("Opacity").fill("100")
    page.wait_for_timeout(100)
    strong = colours(page, "ap")
    page.get_by_label("Opacity").fill("10")
    page.wait_for_timeout(100)
    assert colours(page, "ap") < strong
    before = brightness(page, "ap")
    drag(page, pane(page, "ap").locator("canvas"), (0.3, 0.3), (0.3, 0.7))
    page.wait_for_timeout(100)
    assert brightness(page, "ap") < before
    page.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(100)
    assert brightness(page, "ap") == pytest.approx(before, rel=0.02)


def test_moved_box_gives_another_reading(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    before = download(page, "JSON")
    x0, y0, x1, y1 = before["films"]["ap"]["box"]
    assert pane(page, "ap").get_attribute("data-box") == ""
    page.get_by_text("Level box", exact=True).click()
    drag_on_film(page, "ap", (x0 - 60, y0 - 40), (x1, y1))
    expect(page.locator(".mvm-verdict")).to_contain_text("in your box")
    after = download(page, "JSON")
    drawn = [float(v) for v in pane(page, "ap").get_attribute("data-box").split()]
    assert after["films"]["ap"]["box"] == pytest.approx(drawn, abs=0.1)
    assert after["readings"]["ap"]["probability_mvm"] != before["readings"]["ap"]["probability_mvm"]
    assert after["readings"]["lateral"] == before["readings"]["lateral"]
    page.get_by_role("button", name="Remove box").click()
    expect(page.locator(".mvm-verdict")).to_contain_text("most suspicious")
    assert pane(page, "ap").get_attribute("data-box") == ""
    assert download(page, "JSON")["readings"] == before["readings"]


def test_box_is_moved_with_the_keyboard(page: Page, dicom_pair: Pair) -> None:
    drop(page, *dicom_pair)
    page.wait_for_selector(f'.pane[data-view="lateral"]{READY[5:]}')
    page.get_by_role("radio", name="Level box").check(force=True)
    pane(page, "lateral").locator("canvas").focus()
    page.keyboard.press("ArrowDown")
    drawn = pane(page, "lateral").get_attribute("data-box")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(pane(page, "lateral")).not_to_have_attribute("data-box", drawn or "")
    expect(page.locator(".mvm-verdict")).to_contain_text("in your box")
    moved = [float(v) for v in pane(page, "lateral").get_attribute("data-box").split()]
    expect(page.locator('[data-testid="stStatusWidget"]')).to_have_count(0)
    page.wait_for_timeout(600)
    assert download(page, "JSON")["films"]["lateral"]["box"] == pytest.approx(moved, abs=0.1)


def test_downloads_carry_the_notice(page: Page, dicom_pair: Pair) -> None:
    drop(page, *dicom_pair)
    assert download(page, "JSON")["notice"] == NOTICE
    for name, mark in {"CSV": NOTICE.encode(), "PNG": b"\x89PNG"}.items():
        with page.expect_download() as caught:
            page.get_by_role("button", name=name, exact=True).click()
        assert mark in Path(caught.value.path()).read_bytes()


def test_demo_reads_first_and_reveals_then(page: Page) -> None:
    page.get_by_role("button", name="Simulate a new patient").click()
    page.wait_for_selector(READY, timeout=60_000)
    expect(page.get_by_text("The truth:")).to_have_count(0)
    page.get_by_role("button", name="Reveal the truth").click()
    expect(page.get_by_text("The truth:")).to_be_visible()


def test_bad_file_then_a_good_pair(page: Page, dicom_pair: Pair) -> None:
    page.locator("input[type=file]").last.set_input_files(payload(StudyFile("letter.txt", b"Dear colleague")))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("letter.txt")
    expect(alert).not_to_contain_text("Traceback")
    drop(page, *dicom_pair)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_real_films_go_the_same_way(page: Page, real_films: Path) -> None:
    ap = StudyFile("real_ap.jpg", (real_films / "ap_05.jpg").read_bytes())
    other = StudyFile("real_lateral.jpg", (real_films / "ap_03.jpg").read_bytes())
    drop(page, ap, other)
    page.wait_for_selector(f'.pane[data-view="lateral"]{READY[5:]}')
    expect(page.locator(".mvm-verdict")).to_contain_text("No vertebra was read")
    expect(page.locator(".mvm-verdict .probability")).to_have_count(0)
    page.get_by_text("Level box", exact=True).click()
    drag(page, pane(page, "ap").locator("canvas"), (0.42, 0.2), (0.58, 0.35))
    expect(page.locator(".mvm-verdict .probability")).to_have_count(1)
    expect(page.locator(".mvm-notes")).to_contain_text("proves the path, not accuracy")
    expect(page.locator(".mvm-notes")).to_contain_text("scale of the region read is a guess")
    assert brightness(page, "ap") > 0


def test_nothing_overflows_at_800_pixels(page: Page, dicom_pair: Pair) -> None:
    page.set_viewport_size({"width": 800, "height": 1000})
    drop(page, *dicom_pair)
    for name, shown in (("Upload", READY), ("Cohort", ".mvm-table"), ("Explainability", ".mvm-legend")):
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_selector(shown)
        page.wait_for_timeout(300)
        wide = page.evaluate(
            "Math.max(...[...document.querySelectorAll('.stMain, html')].map(e => e.scrollWidth))"
        )
        assert wide <= 800, name


def numbered(number: int, pair: Pair) -> Pair:
    """The pair under names of its own."""
    ap, lateral = pair
    return (
        StudyFile(f"n{number}_ap.dcm", ap.content),
        StudyFile(f"n{number}_lateral.dcm", lateral.content),
    )


def test_thirty_pairs_leave_no_memory_behind(fresh_page: Page, fresh_server: Any, dicom_pair: Pair) -> None:
    """Prints the times from drop to verdict and the memory: pytest -rP -k thirty tests/browser."""
    seconds, resident = [], []
    for number in range(30):
        seconds.append(drop(fresh_page, *numbered(number, dicom_pair)))
        resident.append(fresh_server.process.memory_info().rss)
    print(f"drop to verdict: median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s")
    print(f"resident memory: {resident[4] / 2**20:.0f} MB after 5 pairs, {resident[-1] / 2**20:.0f} after 30")
    assert resident[-1] <= 1.10 * resident[4]
