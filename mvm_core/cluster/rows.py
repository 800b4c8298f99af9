"""An examination as rows of the tables of an archive."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from mvm_core.cluster.index import FilmEntry
from mvm_core.cohort import PREDICTION_COLUMNS, QUESTION
from mvm_core.cohort.predictions import PREDICTIONS_FOLDER
from mvm_core.errors import MvmError
from mvm_core.examination import Examination, LevelReading
from mvm_core.models.report import corners_of
from mvm_core.radiograph import Box, View

LEVELS_KIND, READ_KIND, UNREAD_KIND, PREDICTIONS_KIND = "levels", "films", "unread", PREDICTIONS_FOLDER
SECONDS = "seconds"
"""The one column that differs between runs over the same films."""

SCAN = "disease network"
"""The reading by which every level is asked for disease."""

_TEXT, _FLOAT, _WHOLE = pa.string(), pa.float64(), pa.int64()

SCHEMAS: Mapping[str, pa.Schema] = {
    LEVELS_KIND: pa.schema(
        {
            **dict.fromkeys(("case_id", "level", "model", "question"), _TEXT),
            **dict.fromkeys(("probability", "logit", "disease_point"), _FLOAT),
            "zone": _TEXT,
            "in_question": pa.bool_(),
            **dict.fromkeys(("ap_box", "lateral_box"), pa.list_(_FLOAT)),
            **dict.fromkeys(("ap", "lateral", "ap_sha256", "lateral_sha256"), _TEXT),
            "unlike": pa.bool_(),
            "warnings": pa.list_(_TEXT),
            **dict.fromkeys(("weights", "finder", "disease_network", "notice"), _TEXT),
            SECONDS: _FLOAT,
        }
    ),
    READ_KIND: pa.schema(
        {
            **dict.fromkeys(("file", "case_id", "study", "series", "view", "view_source", "sha256"), _TEXT),
            "bytes": _WHOLE,
            "mm_per_pixel": _FLOAT,
            **dict.fromkeys(("spacing_source", "refused"), _TEXT),
            "levels": _WHOLE,
            "weights": _TEXT,
            SECONDS: _FLOAT,
        }
    ),
    UNREAD_KIND: pa.schema(
        {
            **dict.fromkeys(("file", "study", "series", "view", "sha256", "reason", "cure"), _TEXT),
            "bytes": _WHOLE,
        }
    ),
    PREDICTIONS_KIND: pa.schema(
        {
            **dict.fromkeys((*PREDICTION_COLUMNS, QUESTION), _TEXT),
            **dict.fromkeys(("probability", "logit"), _FLOAT),
        }
    ),
}
"""Columns of the tables: a row for each level and reading, for each film that was read, for each other,
and of cases with labels a predictions table.

Boxes in pixels of the film, probabilities in [0, 1]; ``refused`` says why no spine was found on a film."""


def level_rows(
    case_id: str,
    films: Mapping[View, FilmEntry],
    hashes: Mapping[View, str],
    found: Examination,
    notes: Sequence[str],
    seconds: float,
) -> list[dict[str, object]]:
    """A row for each level and reading, without those where no level was found.

    Every level has one of the network for disease. Of a level that looks diseased there is the leading
    reading, and of the level in question every reading.
    """
    common: dict[str, object] = {
        "case_id": case_id,
        "unlike": found.unlike,
        "warnings": [*notes, *found.warnings],
        "weights": found.weights_id,
        "finder": found.finder_id,
        "disease_network": found.disease_id,
        "notice": found.notice,
        SECONDS: seconds,
    }
    for view in View:
        film = films.get(view)
        common[view.value] = film.place.named if film is not None else ""
        common[f"{view.value}_sha256"] = hashes[view] if film is not None else ""
    return [
        {
            **common,
            "level": level.level,
            "in_question": level.level == found.level_in_question,
            "ap_box": _corners(level.ap_box),
            "lateral_box": _corners(level.lateral_box),
            **said,
        }
        for level in found.levels
        for said in _said(level, found)
    ]


def _said(level: LevelReading, found: Examination) -> Iterator[dict[str, object]]:
    point = level.disease_point
    yield {
        "model": SCAN,
        "question": "disease",
        "probability": level.probability_disease,
        "logit": None,
        "disease_point": point,
        "zone": level.zone.value,
    }
    if level.level == found.level_in_question and found.reading is not None:
        for name, result in found.reading.results.items():
            said = {"model": name, "zone": result.zone.value, "disease_point": result.disease_point}
            yield {
                **said,
                "question": "mvm",
                "probability": result.probability,
                "logit": result.logit,
            }
            if result.probability_disease is not None:
                yield {
                    **said,
                    "question": "disease",
                    "probability": result.probability_disease,
                    "logit": result.disease_logit,
                }
    elif level.probability_mvm is not None:
        yield {
            "model": found.reading.leading.name if found.reading is not None else "",
            "question": "mvm",
            "probability": level.probability_mvm,
            "logit": None,
            "disease_point": point,
            "zone": level.zone.value,
        }


def film_row(
    case_id: str, entry: FilmEntry, view: View, sha256: str, found: Examination, seconds: float
) -> dict[str, object]:
    """The row of a film that was read."""
    film = found.pair.film(view)
    return {
        "file": entry.place.named,
        "case_id": case_id,
        "study": entry.header.study,
        "series": entry.header.series,
        "view": view.value,
        "view_source": film.view_source if film is not None else "",
        "sha256": sha256,
        "bytes": entry.place.size,
        "mm_per_pixel": film.mm_per_pixel if film is not None else None,
        "spacing_source": film.spacing_source if film is not None else "",
        "refused": found.spines[view].refused or "",
        "levels": sum(level.box(view) is not None for level in found.levels),
        "weights": found.weights_id,
        SECONDS: seconds,
    }


def unread_row(entry: FilmEntry, sha256: str, error: MvmError) -> dict[str, object]:
    """The row of a film that could not be read."""
    return {
        "file": entry.place.named,
        "study": entry.header.study,
        "series": entry.header.series,
        "view": entry.header.view.value if entry.header.view is not None else "",
        "sha256": sha256,
        "bytes": entry.place.size,
        "reason": error.problem,
        "cure": error.cure,
    }


def _corners(box: Box | None) -> list[float] | None:
    return corners_of(box) if box is not None else None
