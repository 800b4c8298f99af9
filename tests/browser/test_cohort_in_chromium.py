"""The cohort page in Chromium: a threshold moved, cases listed, the report opened without a network."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from film_handling import IDLE, choose_option
from playwright.sync_api import BrowserContext, Page, expect

STARTED = 60_000
CURVE = ".js-plotly-plot .main-svg:first-child"


@pytest.fixture
def cohort(page: Page) -> Page:
    page.get_by_role("link", name="Cohort", exact=True).click()
    page.get_by_role("button", name="Report (HTML)").wait_for(timeout=STARTED)
    return page


@pytest.fixture
def report(cohort: Page, context: BrowserContext, tmp_path: Path) -> Iterator[Page]:
    """The downloaded report opened from disk; at the end, it asked for nothing but itself."""
    with cohort.expect_download(timeout=STARTED) as caught:
        cohort.get_by_role("button", name="Report (HTML)").click()
    path = tmp_path / "review.html"
    caught.value.save_as(path)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(path.as_uri())
    yield opened
    opened.close()
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [path.as_uri()]


def test_threshold_moves_point_and_rates_and_a_cell_lists_its_cases(cohort: Page) -> None:
    head = cohort.locator("th", has_text="At 0.").first
    expect(cohort.locator(CURVE)).to_be_visible(timeout=STARTED)
    before = float(head.inner_text().removeprefix("At "))
    # the first role=slider of the page is the threshold's
    cohort.get_by_role("slider").first.focus()
    for _ in range(20):
        cohort.keyboard.press("ArrowRight")
    threshold = f"{before + 0.020:.3f}"
    expect(head).to_have_text(f"At {threshold}", timeout=STARTED)
    cohort.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=STARTED)
    # the live point of the curve carries the threshold in the legend
    expect(cohort.locator("svg .legendtext", has_text=f"threshold {threshold}")).to_have_count(1)
    cell = cohort.get_by_role("button", name="MVM read as BVF")
    count = cell.inner_text().split()[0]
    cell.click()
    listed = cohort.get_by_text(f"MVM read as BVF, at {threshold}: {count} case")
    expect(listed).to_be_in_viewport(timeout=STARTED)


def test_report_draws_all_its_figures_by_itself(report: Page) -> None:
    expect(report.get_by_text("simulated films", exact=False).first).to_be_visible()
    figures = report.locator("figure[data-name]").count()
    assert figures >= 8
    expect(report.locator("figure .plot .main-svg:first-child")).to_have_count(figures, timeout=STARTED)
    told = report.locator("body").inner_text()
    assert "all-views" not in told
    assert "sealed_predictions" not in told


def test_report_prints_with_nothing_cut(report: Page) -> None:
    figures = report.locator("figure[data-name]").count()
    expect(report.locator("figure .plot .main-svg:first-child")).to_have_count(figures, timeout=STARTED)
    report.emulate_media(media="print")
    # A4 less its margins, upright and across, in pixels of CSS
    for width, of in ((695, "figure .plot .main-svg, .wide:not(.many) table"), (1024, ".wide.many table")):
        report.set_viewport_size({"width": width, "height": 1000})
        cut = report.evaluate(
            "([of, width]) => [...document.querySelectorAll(of)]"
            ".map(each => Math.round(each.getBoundingClientRect().right)).filter(right => right > width + 1)",
            [of, width],
        )
        assert not cut
    assert "Weights trained on simulated films" in report.evaluate(
        "[...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).map(rule => rule.cssText)"
        ".filter(text => text.startsWith('@page')).join()"
    )


def test_view_stands_in_the_address_and_is_found_again(cohort: Page, context: BrowserContext) -> None:
    cohort.get_by_text("Scores by class", exact=True).click()
    # the list of rules closes where the page is drawn anew under it
    cohort.wait_for_url(re.compile(r"section="), timeout=STARTED)
    cohort.wait_for_selector(IDLE, timeout=STARTED)
    choose_option(cohort, "Threshold by", "greatest F1 on the tune split")
    head = cohort.locator("th", has_text="At 0.").first
    # The list of rules says the name too, before the page follows.
    followed = cohort.get_by_text(re.compile(r"Threshold 0\.\d+: greatest F1 on the tune split\."))
    expect(followed.first).to_be_visible(timeout=STARTED)
    cohort.wait_for_selector(IDLE, timeout=STARTED)
    by_the_rule = head.inner_text()
    cohort.get_by_role("slider").first.focus()
    cohort.keyboard.press("ArrowRight")
    expect(cohort.get_by_role("button", name="by the rule")).to_be_visible(timeout=STARTED)
    expect(head).not_to_have_text(by_the_rule, timeout=STARTED)
    shown = head.inner_text()
    named = re.compile(r"rule=greatest\+F1.*&threshold=0\.\d")
    cohort.wait_for_url(named, timeout=STARTED)
    shared = context.new_page()
    shared.goto(cohort.url)
    assert_moved_by_hand(shared, shown)
    shared.close()
    cohort.get_by_role("link", name="Upload", exact=True).click()
    cohort.wait_for_url(lambda url: "rule=" not in url and "threshold=" not in url, timeout=STARTED)
    cohort.wait_for_selector(IDLE, timeout=STARTED)
    cohort.get_by_role("link", name="Cohort", exact=True).click()
    assert_moved_by_hand(cohort, shown)
    cohort.wait_for_url(lambda url: "rule=" in url and "threshold=" in url, timeout=STARTED)
    cohort.get_by_role("button", name="by the rule").click()
    expect(head).to_have_text(by_the_rule, timeout=STARTED)
    cohort.wait_for_url(lambda url: "rule=" in url and "threshold=" not in url, timeout=STARTED)


def assert_moved_by_hand(page: Page, head: str) -> None:
    expect(page.locator("th", has_text="At 0.").first).to_have_text(head, timeout=STARTED)
    expect(page.get_by_text("moved by hand; greatest F1 on the tune split gives").first).to_be_visible()
    expect(page.get_by_role("radio", name="Scores by class")).to_be_checked()


def test_click_on_a_bar_lists_its_cases_beside_it(cohort: Page) -> None:
    cohort.get_by_text("Scores by class", exact=True).click()
    cohort.wait_for_url(re.compile(r"section="), timeout=STARTED)
    cohort.wait_for_selector(IDLE, timeout=STARTED)
    histogram = cohort.locator(".js-plotly-plot").first
    # a bin without a case has a bar without height
    bars = histogram.locator(".barlayer .point path").filter(visible=True)
    bars.first.wait_for(timeout=STARTED)
    counts = [text.replace(",", "") for text in histogram.locator(".ytick text").all_text_contents()]
    assert len(counts) > 2
    assert all(count.isdigit() for count in counts), counts
    heights = bars.evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    bar = bars.nth(heights.index(max(heights)))
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + min(box["height"], 200) / 2
    cohort.mouse.move(x - 4, y)
    cohort.mouse.move(x, y, steps=3)
    cohort.mouse.click(x, y)
    listed = cohort.get_by_text(re.compile(r"(MVM|BVF) with scores 0\.\d\d to [01]\.\d\d: \d+ case"))
    expect(listed).to_be_in_viewport(timeout=STARTED)
    beside, drawn = listed.bounding_box(), histogram.bounding_box()
    assert beside is not None
    assert drawn is not None
    assert beside["x"] >= drawn["x"] + drawn["width"]
    assert drawn["y"] <= beside["y"] <= drawn["y"] + drawn["height"]


def test_click_on_the_curve_sets_the_threshold(cohort: Page) -> None:
    head = cohort.locator("th", has_text="At 0.").first
    expect(cohort.locator(CURVE)).to_be_visible(timeout=STARTED)
    before = head.inner_text()
    curve = cohort.locator(".js-plotly-plot").first
    curve.scroll_into_view_if_needed()
    expect(curve.locator("svg .legendtext").first).to_be_visible(timeout=STARTED)
    # A point high on a curve, away from axes and marks, in page coordinates; and the thresholds close to it.
    x, y, near = curve.evaluate(
        """(plot, before) => {
            const frame = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
            const curves = plot._fullData.filter(each => each.customdata && each.x.length > 20);
            const points = curves.flatMap(each =>
                [...each.x].map((_, at) => ({
                    x: frame.left + xaxis._offset + xaxis.l2p(each.x[at]),
                    y: frame.top + yaxis._offset + yaxis.l2p(each.y[at]),
                    share: each.y[at],
                    threshold: [each.customdata[at]].flat()[0],
                })));
            const marked = plot._fullData.filter(each => each.mode === "markers").flatMap(each =>
                [...each.x].map((_, at) => [frame.left + xaxis._offset + xaxis.l2p(each.x[at]),
                    frame.top + yaxis._offset + yaxis.l2p(each.y[at])]));
            const chosen = points.find(each => each.share > 0.9 && each.y > frame.top + yaxis._offset + 3
                && each.x > frame.left + xaxis._offset + 25
                && Math.abs(each.threshold - before) > 0.1
                && marked.every(([x, y]) => Math.hypot(each.x - x, each.y - y) > 25));
            const by = points.filter(each => Math.hypot(each.x - chosen.x, each.y - chosen.y) < 20);
            return [chosen.x, chosen.y, by.map(each => each.threshold)];
        }""",
        float(before.removeprefix("At ")),
    )
    cohort.mouse.move(x - 10, y)
    cohort.mouse.move(x, y, steps=3)
    cohort.mouse.click(x, y)
    expect(head).not_to_have_text(before, timeout=STARTED)
    set_to = float(head.inner_text().removeprefix("At "))
    assert min(abs(set_to - threshold) for threshold in near) < 0.001
    expect(cohort.get_by_text("cases with scores nearest to")).to_be_in_viewport(timeout=STARTED)
    expect(curve).to_be_in_viewport(ratio=0.3)
