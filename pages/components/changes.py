"""What the user changes in the study on the page: boxes, vertebrae, the level, how the films hang."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mvm_core.imaging import swap, turned
from mvm_core.radiograph import Box, Radiograph, View
from mvm_core.spine import Spine
from pages.access.permission import for_readers
from pages.components.setting_right import Proposal, set_right, with_film
from pages.components.study import Study, current_study, error_kept, examine_again, hang, hang_or_ask
from pages.components.viewer import NamedCorners, moved_boxes, moved_vertebrae, picked_level

SMALLEST_BODY = 2.0
"""In pixels: corners that lie closer together enclose no vertebra."""


@for_readers
def take_moved_boxes() -> None:
    """Read the films again around the boxes that the user has drawn in the viewer, or taken away."""
    study, moved = current_study(), moved_boxes()
    if study is None or moved is None or not _is_news(study, moved.study, moved.revision):
        return
    boxes = {view: _within(moved.boxes.get(view), study.films.film(view)) for view in View}
    films = replace(study.films, ap_box=boxes[View.AP], lateral_box=boxes[View.LATERAL])
    with error_kept():
        examine_again(
            replace(study, films=films, level=None, revision=moved.revision), study.examination.spines
        )


@for_readers
def take_moved_vertebrae() -> None:
    """Read the films again with the corners and names that the user has given the vertebrae."""
    study, moved = current_study(), moved_vertebrae()
    if study is None or moved is None or not _is_news(study, moved.study, moved.revision):
        return
    spines = dict(study.examination.spines)
    level = study.level
    for view, chain in moved.vertebrae.items():
        film, spine = study.films.film(view), spines.get(view)
        if film is None or spine is None:
            continue
        corrected = _corrected(spine, chain, film)
        if corrected is None:
            return
        level = _renamed(level, spine, corrected)
        spines[view] = corrected
    with error_kept():
        examine_again(replace(study, level=level, revision=moved.revision, corrected=True), spines)


def take_picked_level() -> None:
    """Make the vertebra that the user clicked in the viewer the level in question."""
    study, picked = current_study(), picked_level()
    if study is not None and picked is not None and _is_news(study, picked.study, picked.revision):
        pick_level(picked.level, picked.revision)


def pick_level(level: str, revision: int | None = None) -> None:
    """Make a level that was read the level in question; a box drawn before gives way."""
    study = current_study()
    if study is None or level not in {each.level for each in study.examination.levels}:
        return
    films = replace(study.films, ap_box=None, lateral_box=None)
    changed = replace(study, films=films, level=level, revision=revision or study.revision)
    with error_kept():
        examine_again(changed, study.examination.spines)


@for_readers
def swap_views() -> None:
    """Let the AP and the lateral film change places."""
    study = current_study()
    if study is not None:
        with error_kept():
            hang_or_ask(swap(study.films))


@for_readers
def turn_film(view: View) -> None:
    """Turn a film clockwise by a quarter."""
    study = current_study()
    film = study.films.film(view) if study is not None else None
    if study is not None and film is not None:
        with error_kept():
            hang(with_film(study.films, view, turned(film, 90)))


@for_readers
def set_films_right(proposals: Sequence[Proposal]) -> None:
    """Turn, mirror and swap the films as proposed."""
    study = current_study()
    if study is not None:
        with error_kept():
            hang(set_right(study.films, proposals))


def _is_news(study: Study, name: str, revision: int) -> bool:
    return name == study.name and revision > study.revision


def _within(box: Box | None, film: Radiograph | None) -> Box | None:
    """The part of a box that lies on its film; None where there is none."""
    if box is None or film is None:
        return None
    rows, columns = film.shape
    x0, y0 = max(0.0, box.x0), max(0.0, box.y0)
    x1, y1 = min(float(columns), box.x1), min(float(rows), box.y1)
    return Box(x0, y0, x1, y1) if x1 - x0 >= 1 and y1 - y0 >= 1 else None


def _corrected(spine: Spine, chain: Sequence[NamedCorners], film: Radiograph) -> Spine | None:
    """The spine with names and corners from the browser; None where they are not of these vertebrae."""
    if len(chain) != len(spine.vertebrae):
        return None
    rows, columns = film.shape
    vertebrae = []
    for before, (level, corners) in zip(spine.vertebrae, chain, strict=True):
        inside = np.clip(corners, 0.0, np.array([columns, rows], float))
        if np.ptp(inside, axis=0).min() < SMALLEST_BODY:
            return None
        sure = before.level_probability if level == before.level else 1.0
        vertebrae.append(replace(before, level=level, level_probability=sure, corners=inside))
    return replace(spine, vertebrae=tuple(vertebrae))


def _renamed(level: str | None, before: Spine, after: Spine) -> str | None:
    """What the vertebra of a level is called after a change of names."""
    names: Mapping[str, str] = {
        old.level: new.level for old, new in zip(before.vertebrae, after.vertebrae, strict=True)
    }
    return names.get(level, level) if level is not None else None
