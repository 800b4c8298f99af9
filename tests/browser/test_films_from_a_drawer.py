"""Films dropped as they are, no box drawn: the app as users start it, in Chromium."""

from pathlib import Path

import cv2
import numpy as np
from film_handling import opened, pane
from playwright.sync_api import Page, expect

from mvm_core.cohort.marked_films import MarkedFilm, part_of, read_marked
from mvm_core.imaging import StudyFile
from mvm_core.radiograph import View


def as_file(film: MarkedFilm) -> StudyFile:
    return StudyFile(film.path.name, film.path.read_bytes())


def test_a_simulated_metastasis_is_found_at_its_level(
    real_page: Page, dicom_pair: tuple[StudyFile, StudyFile]
) -> None:
    opened(real_page, *dicom_pair)
    verdict = real_page.locator(".mvm-verdict")
    # The patient has a large lytic metastasis of L2.
    expect(verdict).to_contain_text("most suspicious")
    expect(verdict).not_to_contain_text("Nothing seen on")
    expect(pane(real_page, "ap")).to_be_visible()
    expect(pane(real_page, "lateral")).to_be_visible()


def test_a_real_film_without_known_disease_gives_no_alarm(real_page: Page, real_spines: Path) -> None:
    # The first held-out film, whatever it is.
    film = next(film for film in part_of(read_marked(real_spines), "test") if film.view is View.AP)
    opened(real_page, as_file(film))
    verdict = real_page.locator(".mvm-verdict")
    expect(verdict).to_contain_text("Nothing seen on")
    expect(verdict.locator(".probability")).to_have_count(0)


def test_a_picture_of_something_else_gets_no_figure(real_page: Page) -> None:

    noise = np.random.default_rng(3).integers(0, 255, (600, 500), np.uint8)
    opened(real_page, StudyFile("noise.png", cv2.imencode(".png", noise)[1].tobytes()))
    verdict = real_page.locator(".mvm-verdict")
    expect(verdict).to_contain_text("No vertebra was read")
    expect(verdict.locator(".probability")).to_have_count(0)
