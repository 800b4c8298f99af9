"""The films of a case as a reader sees them: without a name or a truth, and aided with the model's map."""

from collections.abc import Callable, Sequence

import numpy as np

from mvm_core.language import capital, gettext
from mvm_core.models.overlay import EVIDENCE_SCALE
from mvm_core.models.registry import title_of
from mvm_core.radiograph import Box
from mvm_core.reader_study.plan import StudyPlan
from mvm_core.spine import LEVELS
from pages.components.reader_study.prepared import Advice, PreparedCase
from pages.components.viewer import Listeners, mount, pack, question_data
from pages.components.viewer.words import words_in_use

POINTED_AT = LEVELS[:-1]
"""Levels that can be answered."""


def show_case_films(
    plan: StudyPlan,
    case: PreparedCase,
    shown: str,
    advice: Advice | None,
    *,
    level: str | None = None,
    revision: int = 0,
    pick: Callable[[], None] | None = None,
    diseased: Sequence[str] = (),
) -> None:
    """Put the films on the page.

    Parameters
    ----------
    plan : StudyPlan
    case : PreparedCase
    shown : str
        Names this reading to the browser; tells nothing of the case.
    advice : Advice or None
        Whose map lies over the films, where the study shows it.
    level : str or None
        The level in question, which is outlined.
    revision : int
        How often a vertebra was clicked.
    pick : callable or None
        Called when a vertebra was clicked; without it none can be.
    diseased : sequence of str
        Levels that are outlined as the truth.
    """
    films = [
        {
            "id": f"{shown}-{view.value}",
            "view": view.value,
            "label": capital(view.label),
            "rows": case.shapes[view][0],
            "columns": case.shapes[view][1],
        }
        for view in case.pictures
    ]
    mapped = advice if plan.show_map else None
    evidence = {} if mapped is None else _evidence(mapped)
    data = {
        "study": shown,
        "revision": revision,
        "plain": True,
        "unnamed": True,
        "films": films,
        "boxes": {},
        "vertebrae": {
            view.value: [
                {"level": name, "corners": corners.tolist(), "diseased": False}
                for name, corners in case.vertebrae.get(view, ())
                if name in POINTED_AT and (pick is not None or name == level)
            ]
            for view in case.pictures
        },
        "levels": LEVELS,
        "read": list(POINTED_AT),
        "question": level,
        "regions": {view: each["region"] for view, each in evidence.items()},
        "asked": [question_data("mvm")],
        "evidence": {"mvm": {mapped.result.name: evidence}} if mapped is not None else {},
        "readings": [{"name": mapped.result.name, "title": title_of(mapped.result.name)}] if mapped else [],
        "selected": mapped.result.name if mapped is not None else "",
        "scale": EVIDENCE_SCALE,
        "outlines": _outlines(case, diseased),
        "said": gettext("Simulated films") if plan.simulated else "",
        "words": words_in_use(),
    }
    header = [
        {"id": film["id"], "rows": picture.shape[0], "columns": picture.shape[1]}
        for film, picture in zip(films, case.pictures.values(), strict=True)
    ]
    packed = pack(header, [picture.astype("<u2").tobytes() for picture in case.pictures.values()])
    mount(data, packed, Listeners(_nothing, _nothing, pick or _nothing))


def _evidence(advice: Advice) -> dict[str, dict[str, object]]:
    return {
        view.value: {
            "values": np.round(each.values.astype(float), 4).tolist(),
            "region": [each.region.x0, each.region.y0, each.region.side],
        }
        for view, each in advice.result.maps("mvm").items()
    }


def _outlines(case: PreparedCase, diseased: Sequence[str]) -> dict[str, list[list[tuple[float, float]]]]:
    """The vertebra that the study marks, and the diseased ones where they are to be told."""
    found: dict[str, list[list[tuple[float, float]]]] = {}
    for view, box in case.boxes.items():
        found.setdefault(view.value, []).append(_edge(box))
    for view, vertebrae in case.vertebrae.items():
        for name, corners in vertebrae:
            if name in diseased:
                edge = [(float(x), float(y)) for x, y in corners]
                found.setdefault(view.value, []).append([*edge, edge[0]])
    return found


def _edge(box: Box) -> list[tuple[float, float]]:
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return [*corners, corners[0]]


def _nothing() -> None:
    """Nothing on the films of a study can be moved."""
