"""The choice between the maps of two questions in the viewer, where the weights answer both."""

import re

from film_handling import opened, pane
from playwright.sync_api import Page, expect

from mvm_core.imaging import StudyFile

Pair = tuple[StudyFile, StudyFile]
CHOICE = "Question that the map answers"

_HUES = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const sums = { orange: 0, blue: 0, purple: 0, green: 0 };
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
        if (red > green && green > blue) sums.orange += red - blue;
        if (blue > green && green > red) sums.blue += blue - red;
        if (red > blue && blue > green) sums.purple += red - green;
        if (green > blue && blue > red) sums.green += green - red;
    }
    return sums;
}"""


def hues(page: Page) -> dict[str, int]:
    page.wait_for_timeout(200)
    return dict(pane(page, "ap").locator("canvas").evaluate(_HUES))


def test_one_question_leaves_no_choice(page: Page, dicom_pair: Pair) -> None:
    opened(page, *dicom_pair)
    if page.get_by_role("radiogroup", name=CHOICE).count():
        # Of weights that answer both, both are offered.
        expect(page.get_by_role("radiogroup", name=CHOICE).get_by_role("radio")).to_have_count(2)
        return
    page.wait_for_timeout(200)
    said = str(pane(page, "ap").locator("canvas").get_attribute("aria-label"))
    assert said.startswith("AP film, ")
    assert "over it the map of" in said
    expect(page.get_by_role("img", name="speaks for BVF")).to_have_count(1)


def test_the_map_of_disease_is_laid_over_the_films_in_colours_of_its_own(
    two_output_page: Page, dicom_pair: Pair
) -> None:
    page = two_output_page
    opened(page, *dicom_pair)
    page.get_by_role("button", name="Vertebrae", exact=True).click()
    page.get_by_label("Evidence of").select_option("ap-views")
    canvas, choice = pane(page, "ap").locator("canvas"), page.get_by_role("radiogroup", name=CHOICE)
    before = hues(page)
    assert max(before["orange"], before["blue"]) > 10 * max(before["purple"], before["green"])
    assert "the map of AP Views ensemble for MVM against BVF" in str(canvas.get_attribute("aria-label"))

    choice.get_by_role("radio", name="Disease").check(force=True)
    after = hues(page)
    assert max(after["purple"], after["green"]) > 10 * max(after["orange"], after["blue"])
    said = str(canvas.get_attribute("aria-label"))
    assert "the map of AP Views ensemble for disease: is anything wrong with this vertebra?" in said
    assert re.search(
        r"vertebra\? probability of disease .+, (diseased|nothing seen); strongest (for|against)", said
    )
    legend = page.locator(".legend")
    expect(legend).to_contain_text("intact")
    expect(legend).to_contain_text("diseased")
    expect(page.get_by_role("img", name="purple, up to +12 logits, for disease")).to_have_count(1)

    page.get_by_label("Evidence of").select_option("")
    assert sum(hues(page).values()) < 0.1 * sum(after.values())
    page.get_by_label("Evidence of").select_option("ap-views")
    choice.get_by_role("radio", name="MVM against BVF").check(force=True)
    again = hues(page)
    assert again == before
    expect(legend).to_contain_text("MVM")
