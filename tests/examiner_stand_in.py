"""An Examiner for tests of the pages: it knows the simulated patients' vertebrae and finds nothing by itself.

A film is known by its name: a simulated case's name, or ``patient`` for the patient of the fixtures. Words in
the name change what is said: ``healthy`` (nothing seen), ``mirrored``, ``shows_ap`` and ``shows_lateral`` (as
they say). A film that lies on its side is turned.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from mvm_core.examination import Examination, LevelReading
from mvm_core.imaging.orientation import turned
from mvm_core.models import Reader
from mvm_core.models.reading import Zone
from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.simulation.distance import as_field
from mvm_core.simulation.geometry import film_geometry
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.settings import PatientRequest
from mvm_core.simulation.sites import SITES
from mvm_core.spine import LEVELS, Scale, Spine, Vertebra

DISEASE_POINT = 0.5
NO_SPINE = "no spine is seen on it"
FIXTURE = PatientRequest(seed=26, label="mvm", kind="lytic", level="L2", severity=3)
_QUIET = (0.04, 0.11, 0.07, 0.19, 0.02, 0.09, 0.003, 0.13)

DENTS = (0.16, 0.12)
"""Of every endplate on a lateral film."""


class StandIn:
    """Examines like the real one, but from what the simulator knows."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @classmethod
    def open(cls, folder: Path | None = None) -> "StandIn":
        """An examiner; it holds nothing worth sharing."""
        return cls(folder)

    @cached_property
    def reader(self) -> Reader:
        """The shipped reader."""
        return Reader.open(self._folder)

    def examine(
        self, pair: FilmPair, spines: Mapping[View, Spine] | None = None, level: str | None = None
    ) -> Examination:
        """Read every level that is known, the level in question in full."""
        films = pair.films
        found = {view: (spines or {}).get(view) or spine_of(film, view) for view, film in films.items()}
        levels = _levels(found)
        boxed = pair.ap_box is not None or pair.lateral_box is not None
        question = None
        if boxed:
            question = _level_in_box(pair, found)
        elif level in {each.level for each in levels}:
            question = level
        elif levels and (worst := max(levels, key=lambda each: each.probability_disease)):
            question = worst.level if worst.zone is not Zone.NOTHING_SEEN else None
        chosen = next((each for each in levels if each.level == question), None)
        if chosen is not None:
            # A box that a person drew wins; the other film is read at the same level.
            pair = replace(
                pair,
                ap_box=pair.ap_box or chosen.ap_box,
                lateral_box=pair.lateral_box or chosen.lateral_box,
            )
        reading = self.reader.read(_shown(pair)) if question is not None else None
        if reading is not None:
            if chosen is not None and chosen.zone is not Zone.NOTHING_SEEN:
                reading = reading.of_diseased()
            leading = reading.leading
            levels = tuple(
                replace(
                    each,
                    zone=leading.points.zone(leading.probability),
                    probability_mvm=leading.probability,
                )
                if each.level == question and each.zone is not Zone.NOTHING_SEEN
                else each
                for each in levels
            )
        return Examination(
            pair=pair,
            spines=found,
            levels=levels,
            level_in_question=question,
            reading=reading,
            pointed_at=boxed or level is not None,
            warnings=(*_warnings(found), *(reading.warnings if reading is not None else ())),
        )


def _shown(pair: FilmPair) -> FilmPair:
    """The pair without a film that does not show the level in question."""
    if pair.ap_box is not None and pair.lateral_box is None:
        return replace(pair, lateral=None)
    if pair.lateral_box is not None and pair.ap_box is None:
        return replace(pair, ap=None)
    return pair


def _warnings(spines: Mapping[View, Spine]) -> list[str]:
    return [
        f"{spine.film}: {spine.refused}, so no level is read on it."
        for spine in spines.values()
        if spine.refused
    ]


def spine_of(film: Radiograph, view: View) -> Spine:
    """What is known of a film by its name."""
    scale = Scale(film.mm_per_pixel, film.spacing_source)
    side = turned(film, 90) if film.shape[0] < film.shape[1] else film
    corners = _corners(film.name, view, side.shape)
    seen = next((each for each in View if f"shows_{each}" in film.name), view)
    common = {"film": film.name, "view": seen, "view_probability": 0.98, "scale": scale}
    if not corners:
        return Spine(turned_degrees=0, mirrored=False, refused=NO_SPINE, **common)
    healthy = film.name.startswith("healthy")
    flipped = film.name.startswith("mirrored") and _liver_seen_right(side)
    if flipped:
        corners = {
            level: (np.array([side.shape[1], 0]) + np.array([-1, 1]) * each)[[1, 0, 3, 2]]
            for level, each in corners.items()
        }
    if side is not film:
        # The film lies on its left side: upright pixels (x, y) are stored at (y, width - x).
        corners = {
            level: np.column_stack([each[:, 1], side.shape[1] - each[:, 0]])
            for level, each in corners.items()
        }
    dents = DENTS if view is View.LATERAL else None
    vertebrae = tuple(
        Vertebra(level, 0.97, 0.4 if healthy else 0.95, each, dents) for level, each in corners.items()
    )
    return Spine(
        turned_degrees=270 if side is not film else 0,
        # The simulator's lateral films face right.
        mirrored=flipped or view is View.LATERAL,
        vertebrae=vertebrae,
        **common,
    )


def _liver_seen_right(film: Radiograph) -> bool:
    lower = film.pixels[film.shape[0] // 2 :]
    left, right = np.array_split(lower, 2, axis=1)
    return bool(right.mean() > left.mean())


def _corners(name: str, view: View, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Corners of every vertebra that lies on the upright film, by level."""
    patient = _patient(name)
    if patient is None:
        return {}
    site = SITES[patient.request.site]
    geometry = film_geometry(view, site.mm_per_pixel, patient.positioning.offset(view))
    found = {}
    for vertebra in patient.vertebrae:
        if vertebra.name not in LEVELS:
            continue
        half = (vertebra.size.width if view is View.AP else vertebra.size.depth) / 2
        tall = vertebra.size.height / 2
        across = np.array([-half, half, half, -half])
        z = np.array([tall, tall, -tall, -tall])
        none = np.zeros(4)
        x, y = (across, none) if view is View.AP else (none, across)
        points = geometry.points_to_film(*vertebra.to_patient(as_field(x), as_field(y), as_field(z)))
        corners = np.column_stack(points).astype(float)
        inside = (corners >= 0).all() and (corners <= np.array([shape[1], shape[0]])).all()
        if inside:
            found[vertebra.name] = corners
    return found


@lru_cache(maxsize=8)
def _patient(name: str) -> Patient | None:
    case = re.search(r"(?P<site>[a-z])(?P<seed>\d{6,})-(?P<index>\d{5,})", name)
    if case is not None and case["site"] in SITES:
        return draw_patient(PatientRequest(int(case["seed"]), int(case["index"]), site=case["site"]))
    known = re.match(r"(patient|healthy|mirrored|n\d+)_", name)
    return draw_patient(FIXTURE) if known else None


def _levels(spines: Mapping[View, Spine]) -> tuple[LevelReading, ...]:
    readings = []
    for place, level in enumerate(LEVELS[:-1]):
        shown = {
            view: spine.by_level[level]
            for view, spine in spines.items()
            if level in spine.by_level and not spine.turned_degrees
        }
        if not shown:
            continue
        film = next(iter(spines.values())).film
        patient = _patient(film)
        healthy = all(each.probability < 0.5 for each in shown.values())
        others = {} if patient is None else patient.disease.levels
        diseased = (
            not healthy
            and patient is not None
            and any(patient.vertebrae[row].name == level for row in others)
        )
        main = patient is not None and patient.vertebrae[patient.row].name == level
        probability = (0.996 if main else 0.71) if diseased else _QUIET[place % len(_QUIET)]
        readings.append(
            LevelReading(
                level=level,
                ap_box=shown[View.AP].box() if View.AP in shown else None,
                lateral_box=shown[View.LATERAL].box() if View.LATERAL in shown else None,
                probability_disease=probability,
                disease_point=DISEASE_POINT,
                probability_mvm=0.31 if diseased else None,
                zone=Zone.INDETERMINATE if diseased else Zone.NOTHING_SEEN,
            )
        )
    return tuple(readings)


def _level_in_box(pair: FilmPair, spines: Mapping[View, Spine]) -> str:
    for view, spine in spines.items():
        box = pair.box(view)
        if box is None or not spine.vertebrae:
            continue
        nearest = min(spine.vertebrae, key=lambda each: abs(each.centre[1] - box.centre[1]))
        if box.y0 < nearest.centre[1] < box.y1:
            return nearest.level
    return ""
