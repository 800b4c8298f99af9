"""Where each level lies on the films, and which level is meant."""

from collections.abc import Mapping
from dataclasses import replace

from mvm_core.examination.data import LevelReading
from mvm_core.models.disease_result import DiseaseResult
from mvm_core.radiograph import BOX_MARGIN, Box, FilmPair, Radiograph, View
from mvm_core.spine import LEVELS, Spine, Vertebra

READ_LEVELS = LEVELS[LEVELS.index("T8") : LEVELS.index("S1")]
"""Levels that are asked for disease: those of which intact and diseased ones were learnt from."""

LEAST_THERE = 0.3
"""Probability of a vertebra from which on it is read."""


def at_level(pair: FilmPair, level: LevelReading) -> FilmPair:
    """The pair with its boxes around a level."""
    return replace(pair, ap_box=level.ap_box, lateral_box=level.lateral_box)


def places_of(found: Mapping[View, Spine]) -> dict[str, dict[View, Box]]:
    """Each level with a box on each upright film that shows it, from above."""
    places: dict[str, dict[View, Box]] = {}
    for name in READ_LEVELS:
        for view, spine in found.items():
            vertebra = spine.by_level.get(name)
            if vertebra is None or spine.turned_degrees or vertebra.probability < LEAST_THERE:
                continue
            places.setdefault(name, {})[view] = box_of(vertebra)
    return places


def box_of(vertebra: Vertebra) -> Box:
    """The box that a vertebra is read in."""
    return vertebra.box(BOX_MARGIN * vertebra.height)


def to_scale(pair: FilmPair, found: Mapping[View, Spine]) -> FilmPair:
    """The films with the ruler's pixel size where they state none."""

    def scaled(film: Radiograph | None, view: View) -> Radiograph | None:
        if film is None or film.mm_per_pixel is not None or view not in found:
            return film
        scale = found[view].scale
        return replace(film, mm_per_pixel=scale.mm_per_pixel, spacing_source=scale.source)

    return replace(pair, ap=scaled(pair.ap, View.AP), lateral=scaled(pair.lateral, View.LATERAL))


def without_films_off_level(pair: FilmPair) -> FilmPair:
    """The pair without a film that does not show the level in question."""
    if pair.ap_box is not None and pair.lateral_box is None:
        return replace(pair, lateral=None)
    if pair.lateral_box is not None and pair.ap_box is None:
        return replace(pair, ap=None)
    return pair


def most_likely(results: Mapping[str, DiseaseResult]) -> str | None:
    """Of the levels that count as diseased the most probable one; None where none does."""
    diseased = {name: result for name, result in results.items() if result.diseased}
    return max(diseased, key=lambda name: diseased[name].probability) if diseased else None


def nearest_level(drawn: Mapping[View, Box], places: Mapping[str, Mapping[View, Box]]) -> str:
    """The level on whose body the middle of a drawn box lies; empty where there is none."""
    for name, boxes in places.items():
        for view in drawn.keys() & boxes.keys():
            (x, y), box = drawn[view].centre, boxes[view]
            if box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1:
                return name
    return ""


def from_above(name: str) -> int:
    """Place of a level in the spine; a nameless one comes last."""
    return LEVELS.index(name) if name in LEVELS else len(LEVELS)
