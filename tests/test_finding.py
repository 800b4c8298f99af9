"""How well spines are found, counted on films whose marks and findings are known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.finding import score_finding
from mvm_core.finding_totals import cobb_in_words, finding_as_text, finding_totals, level_right_in_words
from mvm_core.radiograph import Radiograph, View
from mvm_core.spine import Scale, Spine, Vertebra
from mvm_core.spine.cobb import cobb_angles
from mvm_core.spine.spine import LEVELS
from mvm_core.validation.rates import rate_text, rate_with_interval

NUMBER = 17


class Planted:
    """Says of each film what it was told to say."""

    def __init__(self, vertebrae: Callable[[str], tuple[Vertebra, ...]]) -> None:
        self._vertebrae = vertebrae
        self.told: list[View | None] = []

    def find(self, film: Radiograph, view: View | None = None) -> Spine:
        self.told.append(view)
        return Spine(film.name, view or View.AP, 1.0, 0, False, Scale(None, ""), self._vertebrae(film.name))


def column(bent: float, down: float = 0.0) -> np.ndarray:
    """Corners of 17 bodies whose tilt goes from 0 to so many degrees, so far down the film."""
    half = np.array([[-20, -9], [20, -9], [20, 9], [-20, 9]], float)
    corners = []
    for row in range(NUMBER):
        angle = np.deg2rad(bent * row / (NUMBER - 1))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners.append(half @ turn.T + (120, 60 + 25 * row + down))
    return np.array(corners)


def bodies(corners: np.ndarray, levels: tuple[str, ...] = LEVELS[:NUMBER]) -> tuple[Vertebra, ...]:
    return tuple(Vertebra(level, 0.9, 0.9, own) for level, own in zip(levels, corners, strict=True))


@pytest.fixture
def marked(tmp_path: Path) -> list[MarkedFilm]:
    """Three films whose spines are bent by 20 degrees."""
    films = []
    for row in range(3):
        path = tmp_path / f"{row}.png"
        cv2.imwrite(str(path), np.random.default_rng(row).integers(0, 255, (560, 240)).astype(np.uint8))
        corners = column(20.0)
        films.append(MarkedFilm(path, View.AP, LEVELS[:NUMBER], corners, cobb_angles(corners, 560.0)))
    return films


def test_views_are_told_to_the_finder_only_if_asked_to(marked: list[MarkedFilm]) -> None:
    finder = Planted(lambda name: ())
    score_finding(marked, finder)
    score_finding(marked, finder, view_told=True)
    assert finder.told == [None] * 3 + [View.AP] * 3


def test_false_vertebrae_beyond_the_marks_are_told_apart(marked: list[MarkedFilm]) -> None:
    aside = replace(bodies(column(20.0))[5], corners=column(20.0)[5] + (90, 0))
    above = replace(aside, corners=column(20.0)[0] - (0, 28))
    below = replace(aside, corners=column(20.0)[-1] + (0, 28))
    more = {"0.png": (), "1.png": (aside,), "2.png": (above, below)}
    scored = score_finding(marked, Planted(lambda name: (*bodies(column(20.0)), *more[name])))  # type: ignore[arg-type]
    assert [(film.false, film.beyond) for film in scored] == [(0, 0), (1, 0), (2, 2)]
    totals = finding_totals(scored)["ap"]
    assert totals["found_share"] == 1.0
    assert totals["false_per_film"] == 1.0
    assert totals["beyond"] == 2
    assert "false 1.00 a film, 2 of them beyond the marks" in finding_as_text({"ap": totals})


def test_the_main_angle_is_off_by_what_it_was_bent_further(marked: list[MarkedFilm]) -> None:
    bent = {"0.png": 17.0, "1.png": 20.0, "2.png": 26.0}
    scored = score_finding(marked, Planted(lambda name: bodies(column(bent[name]))))  # type: ignore[arg-type]
    found = finding_totals(scored)["ap"]["cobb"]
    assert found["films"] == 3
    assert found["mean_error"] == pytest.approx(3.0, abs=1e-3)
    assert found["lowest"] == pytest.approx(np.percentile([-3, 0, 6], 2.5), abs=1e-3)
    assert found["highest"] == pytest.approx(np.percentile([-3, 0, 6], 97.5), abs=1e-3)
    assert "off by 3.0 degrees (mean of 3 films; 95 % of them from -3 to +6)" in str(
        cobb_in_words({"cobb": found})
    )


def test_without_published_angles_none_are_judged(marked: list[MarkedFilm]) -> None:
    scored = score_finding(
        [replace(film, cobb=None) for film in marked],
        Planted(lambda _: bodies(column(20.0))),  # type: ignore[arg-type]
    )
    totals = finding_totals(scored)["ap"]
    assert totals["cobb"] is None
    assert totals["smape"] is None
    assert cobb_in_words(totals) is None


def test_right_levels_are_told_with_their_number_and_interval(marked: list[MarkedFilm]) -> None:
    scored = score_finding(marked, Planted(lambda _: bodies(column(20.0))))  # type: ignore[arg-type]
    whole = scored[0].found
    known = zip(scored, (whole, 3, 0), (True, True, False), strict=True)
    films = [replace(film, right_levels=right, landmark=landmark) for film, right, landmark in known]
    own = finding_totals(films)["ap"]
    told = level_right_in_words(own)
    assert told == rate_text(rate_with_interval(whole + 3, 3 * whole))
    assert f"level right {told}" in finding_as_text({"ap": own})
    seen = level_right_in_words(own, with_landmark=True)
    assert seen == rate_text(rate_with_interval(whole + 3, 2 * whole))
    earlier = {key: value for key, value in own.items() if not key.startswith("right_levels")}
    assert level_right_in_words(earlier) == told[:5]


def test_grades_agree_as_by_scikit_learn_plainly_and_by_the_size_of_differences(
    marked: list[MarkedFilm],
) -> None:
    scored = score_finding(marked, Planted(lambda _: bodies(column(20.0))))  # type: ignore[arg-type]
    graded = (((0, 0), (1, 2), (2, 2)), ((3, 3), (0, 0)), ((3, 1), (0, 1)))
    films = [replace(film, genant=own) for film, own in zip(scored, graded, strict=True)]
    true, said = zip(*(pair for own in graded for pair in own), strict=True)
    totals = finding_totals(films)
    assert totals["ap"]["genant_kappa"] == pytest.approx(cohen_kappa_score(true, said))
    weighted = cohen_kappa_score(true, said, weights="linear")
    assert totals["ap"]["genant_kappa_weighted"] == pytest.approx(weighted)
    told = finding_as_text(totals)
    assert totals["ap"]["graded"] == 7
    assert f"kappa of Genant's grade {cohen_kappa_score(true, said):.2f}" in told
    assert f"differences counted by their size {weighted:.2f}" in told
