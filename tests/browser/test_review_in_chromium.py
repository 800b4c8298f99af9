"""Page Review in Chromium: boxes drawn by hand, keys, nothing serious under axe-core."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from film_handling import IDLE, drag, rested
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mvm_core.cohort_import.settled import read_doubtful
from mvm_core.deidentification import deidentify_folder
from mvm_core.deidentification.table import read_table
from mvm_core.imaging import StudyFile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deidentification"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cohort_import"))

from doubtful_rows import write_doubtful_cohort
from held_back import KEY, Unsure, folder_of

WAIT = 60_000
Serving = Callable[[Path], AbstractContextManager]  # type: ignore[type-arg]
NOT_OURS = ("[data-testid=stToolbar]",)


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page where a folder for it is named."""
    folder = os.environ.get("MVM_PICTURES")
    if folder:
        rested(page)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def serious(page: Page) -> list[str]:
    page.wait_for_selector(IDLE, timeout=WAIT)
    found = Axe().run(page, context={"exclude": [[part] for part in NOT_OURS]})
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def press(page: Page, key: str, told: str) -> None:
    rested(page)
    page.keyboard.press(key)
    expect(page.get_by_text(told, exact=True)).to_be_visible(timeout=WAIT)


def test_films_are_settled_by_pointer_and_by_keys(
    review_of: Serving, context: BrowserContext, tmp_path: Path, dicom_pair: tuple[StudyFile, StudyFile]
) -> None:
    out = tmp_path / "out"
    deidentify_folder(folder_of(tmp_path / "films", dicom_pair), out, KEY, Unsure())
    with review_of(out) as server:
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"{server.address}/review")
        expect(page.get_by_text("3 films: 0 left, 3 held back, 3 of these to settle.")).to_be_visible(
            timeout=WAIT
        )
        film = page.locator(".brush img")
        expect(film).to_be_visible(timeout=WAIT)
        assert str(film.get_attribute("alt")).startswith("Film 1: 0 lines painted over, 2 doubtful")
        picture(page, "review-held-back")
        assert serious(page) == []
        page.get_by_text("Box 2 is text: paint it over").click()
        press(page, "Alt+l", "Film 1 may leave.")
        assert [row.outcome for row in read_table(out)] == ["left", "held back", "held back"]
        drag(page, page.locator(".brush"), (0.3, 0.3), (0.5, 0.35))
        paint = page.get_by_role("button", name="Paint this over")
        expect(paint).to_be_visible(timeout=WAIT)
        picture(page, "review-drawn")
        paint.click()
        expect(page.get_by_text("Film 2: painted over.", exact=True)).to_be_visible(timeout=WAIT)
        x0, y0, x1, y1 = (float(part) for part in read_table(out)[1].acts.split()[-4:])
        assert x1 - x0 > 50
        assert y1 - y0 > 20
        press(page, "Alt+k", "Film 2 is kept back.")
        press(page, "Alt+l", "Film 3 may leave.")
        expect(page.get_by_text("No film is here.")).to_be_visible(timeout=WAIT)
        assert [row.outcome for row in read_table(out)] == ["left", "held back", "left"]
        page.close()


def test_rows_are_moved_drawn_and_refused(
    review_of: Serving, context: BrowserContext, browser: Browser, tmp_path: Path
) -> None:
    folder = write_doubtful_cohort(tmp_path / "cohort")
    with review_of(folder) as server:
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"{server.address}/review")
        expect(page.locator(".brush img").nth(1)).to_be_visible(timeout=WAIT)
        picture(page, "review-rows")
        assert serious(page) == []
        drag(page, page.locator(".brush").nth(1), (0.3, 0.5), (0.7, 0.6))
        lies_in = page.get_by_role("combobox", name="L2 lies in").nth(1)
        expect(lies_in).to_have_value("a box drawn by hand", timeout=WAIT)
        picture(page, "review-rows-drawn")
        press(page, "Alt+a", "Row 2 is accepted.")
        row = read_doubtful(folder)[0]
        x0, y0, x1, y1 = (float(part) for part in row.lateral_box.split())
        assert abs(x0 - 0.3 * 400) < 12
        assert abs(x1 - 0.7 * 400) < 12
        assert abs(y0 - 0.5 * 900) < 20
        assert abs(y1 - 0.6 * 900) < 20
        assert row.ap_box == "100.0 200.0 180.0 260.0"
        press(page, "Alt+x", "Row 3 is refused.")
        assert [each.settled for each in read_doubtful(folder)] == ["take", "drop", ""]
        page.close()
        if "MVM_PICTURES" in os.environ:
            chinese = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-TW")
            page = chinese.new_page()
            page.goto(f"{server.address}/review?lang=zh-TW")
            expect(page.get_by_text("審閱").first).to_be_visible(timeout=WAIT)
            picture(page, "review-rows-zh")
            chinese.close()
