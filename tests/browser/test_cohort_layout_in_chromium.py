"""How the cohort page lies on a laptop, a projector, a tablet and a phone."""

from collections.abc import Iterator

import pytest
from film_handling import IDLE
from playwright.sync_api import Browser, Page, expect

STARTED = 60_000
SIZES = {1440: 900, 1920: 1080, 1024: 768, 390: 844}
CURVE = ".js-plotly-plot .main-svg:first-child"

_PLOTS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => {
    const box = what => plot.querySelector(what)?.getBoundingClientRect();
    const legend = box('.legend'), axis = box('.xtitle'), frame = plot.getBoundingClientRect();
    return {
        title: plot.layout.title.text,
        overlap: legend && axis ? Math.round(axis.bottom - legend.top) : 0,
        beyond: Math.round(frame.right - window.innerWidth),
    };
})"""
_CUT = """() => [...document.querySelectorAll('.mvm-table')]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .map(each => each.getAttribute('aria-label'))"""


@pytest.fixture
def cohort(server, browser: Browser) -> Iterator[Page]:  # type: ignore[no-untyped-def]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.goto(f"{server.address}/cohort")
    page.locator(CURVE).first.wait_for(timeout=STARTED)
    page.wait_for_selector(IDLE, timeout=STARTED)
    yield page
    context.close()


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.wait_for_timeout(500)
    page.wait_for_selector(IDLE, timeout=STARTED)


def sections(page: Page) -> Iterator[str]:
    """Open one section after another."""
    names = page.locator('.st-key-contents [role="radiogroup"] label').all_inner_texts()
    assert len(names) >= 10
    for name in names:
        page.locator(".st-key-contents").get_by_text(name, exact=True).click()
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked(timeout=STARTED)
        page.wait_for_timeout(300)
        page.wait_for_selector(IDLE, timeout=STARTED)
        yield name


def test_headline_rates_and_curve_are_in_the_first_screen(cohort: Page) -> None:
    for width in (1440, 1920):
        resize(cohort, width)
        for selector in (
            ".mvm-said",
            '[class*="st-key-headline"]',
            ".js-plotly-plot",
            ".st-key-threshold-row",
            '[data-testid="stDownloadButton"]',
        ):
            shown = cohort.locator(selector).first.bounding_box()
            assert shown is not None
            assert shown["y"] >= 0, selector
            assert shown["y"] + shown["height"] <= SIZES[width], (width, selector, shown)
            assert shown["x"] + shown["width"] <= width, (width, selector, shown)


def test_contents_stay_while_the_page_is_scrolled(cohort: Page) -> None:
    cohort.mouse.move(700, 600)
    cohort.mouse.wheel(0, 700)
    cohort.wait_for_timeout(500)
    assert cohort.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") > 100
    expect(cohort.locator(".st-key-contents").get_by_text("Methods", exact=True)).to_be_in_viewport()


def test_no_table_is_cut_and_every_legend_lies_below_its_axes(cohort: Page) -> None:
    found: dict[str, object] = {}
    for name in sections(cohort):
        for width in (1440, 1920, 390):
            resize(cohort, width)
            for plot in cohort.evaluate(_PLOTS):
                if plot["overlap"] > 2 or plot["beyond"] > 0:
                    found[f"{name} at {width}"] = plot
            # on a phone a table is moved under the finger, and its edge shows that it goes on
            if width > 1000 and (cut := cohort.evaluate(_CUT)):
                found[f"{name} at {width}, cut"] = cut
            if cohort.evaluate("document.querySelector('.stMain').scrollWidth") > width:
                found[f"{name} at {width}, beyond"] = True
        resize(cohort, 1440)
    assert found == {}


def test_presented_the_picture_fills_the_width_in_large_type(cohort: Page) -> None:
    resize(cohort, 1920)
    cohort.get_by_text("Present", exact=True).click()
    plot = cohort.locator(".js-plotly-plot").first
    cohort.wait_for_function(
        "document.querySelector('.js-plotly-plot')?.getBoundingClientRect().width > 0.93 * window.innerWidth",
        timeout=STARTED,
    )
    sizes = plot.evaluate(
        """plot => {
            const size = what => parseFloat(getComputedStyle(plot.querySelector(what)).fontSize);
            return [size('.gtitle'), size('.xtitle')];
        }"""
    )
    assert sizes[0] >= sizes[1] >= 20
    assert "SIMULATED FILMS" in plot.locator(".gtitle").inner_html().upper()
    assert cohort.locator(".mvm-said").evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= 30
    expect(cohort.get_by_role("combobox", name="Reading", exact=True)).to_be_hidden()
    box = plot.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 1080


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_presented_each_section_fits_one_screen_of_a_projector(cohort: Page, language: str) -> None:
    resize(cohort, 1920)
    cohort.goto(f"{cohort.url.partition('?')[0]}?present=true&lang={language}")
    cohort.locator(CURVE).first.wait_for(timeout=STARTED)
    beyond = {}
    for name in sections(cohort):
        cohort.wait_for_selector(IDLE, timeout=STARTED)
        # its pictures, or where it has none its own table, which stands above the headline's
        pictures = cohort.locator(".stMain .js-plotly-plot")
        shown = pictures.all() or [cohort.locator(".stMain .mvm-table").first]
        ends = [box["y"] + box["height"] for each in shown if (box := each.bounding_box())]
        if not ends or max(ends) > 1080 or cohort.evaluate(_CUT):
            beyond[name] = ends
    assert beyond == {}
