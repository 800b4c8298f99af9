"""A reading as a document for programs: JSON and CSV, each carrying the notice."""

import csv
import io
from collections.abc import Collection, Mapping
from typing import Any

from mvm_core.models.distance import FilmDistance
from mvm_core.models.reading import Reading, ReadingResult
from mvm_core.models.registry import TITLES
from mvm_core.radiograph import Box, FilmPair, Radiograph, View

CSV_COLUMNS = (
    "reading",
    "title",
    "probability_mvm",
    "zone",
    "high_sensitivity_point",
    "high_specificity_point",
    "lowest_member",
    "highest_member",
    "logit",
    "not_made_because",
    "ap_film",
    "lateral_film",
    "weights",
    "notice",
)

_DISEASE_COLUMNS = ("probability_disease", "disease_point")
_DISTANCE_COLUMNS = ("unlike_training", "ap_distance_percentile", "lateral_distance_percentile")


def reading_as_dict(pair: FilmPair, reading: Reading) -> dict[str, Any]:
    """Describe a reading with plain types, ready for JSON.

    Returns
    -------
    dict
        Keys ``notice``, ``weights``, ``films``, ``leading``, ``readings``, ``missing``, ``warnings``; and
        where the weights hold a rule for distances from the training films, ``unlike`` and ``distances`` by
        view. Probabilities in [0, 1], boxes and regions in film pixels, evidence in logits.
    """
    return {
        "notice": reading.notice,
        "weights": reading.weights_id,
        "films": films_as_dict(
            pair, {view: region.box for view, region in reading.regions.items()}, reading.blank
        ),
        "leading": reading.leading.name,
        "readings": {name: _result(result) for name, result in reading.results.items()},
        "missing": dict(reading.missing),
        "warnings": list(reading.warnings),
        **distances_as_dict(reading.distances),
    }


def distances_as_dict(distances: Mapping[View, FilmDistance]) -> dict[str, Any]:
    """``unlike``, and ``distances`` by view with the percentile among the training films; empty without."""
    if not distances:
        return {}
    return {
        "unlike": any(found.unlike for found in distances.values()),
        "distances": {
            view.value: {
                "distance": found.distance,
                "percentile": found.percentile,
                "unlike": found.unlike,
                "nearest": [film.told for film in found.nearest],
            }
            for view, found in distances.items()
        },
    }


def films_as_dict(pair: FilmPair, regions: Mapping[View, Box], blank: Collection[View]) -> dict[str, Any]:
    """Describe the films of a pair by view; `regions` are the squares that the networks saw, if any did."""
    films: dict[str, Any] = {}
    for view in pair.views:
        film = pair.film(view)
        if film is not None:
            films[view.value] = {**_film(film, pair.box(view), regions.get(view)), "blank": view in blank}
    return films


def reading_as_csv(pair: FilmPair, reading: Reading) -> str:
    """Write a reading as a table: a row for each reading made or missing, the notice in each row.

    Where the networks are asked for disease, two more columns tell its probability and its point; where the
    weights hold a rule for distances from the training films, three more whether the films are unlike them
    and their percentiles.
    """
    buffer = io.StringIO()
    asked = any(result.probability_disease is not None for result in reading.results.values())
    distances = _distance_row(reading) if reading.distances else {}
    columns = (*CSV_COLUMNS, *(_DISEASE_COLUMNS if asked else ()), *distances)
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    common = {
        "ap_film": pair.ap.name if pair.ap else "",
        "lateral_film": pair.lateral.name if pair.lateral else "",
        "weights": reading.weights_id,
        "notice": reading.notice,
        **distances,
    }
    for name, result in reading.results.items():
        writer.writerow({"reading": name, "title": TITLES[name], **_row(result), **common})
    for name, reason in reading.missing.items():
        writer.writerow({"reading": name, "title": TITLES[name], "not_made_because": reason, **common})
    return buffer.getvalue()


def _distance_row(reading: Reading) -> dict[str, str]:
    percentiles = (
        f"{reading.distances[view].percentile:.2f}" if view in reading.distances else "" for view in View
    )
    return dict(zip(_DISTANCE_COLUMNS, ("yes" if reading.unlike else "no", *percentiles), strict=True))


def _row(result: ReadingResult) -> dict[str, object]:
    disease = zip(_DISEASE_COLUMNS, (result.probability_disease, result.disease_point), strict=True)
    return {
        **{name: f"{value:.6f}" for name, value in disease if value is not None},
        "probability_mvm": f"{result.probability:.6f}",
        "zone": result.zone.value,
        "high_sensitivity_point": f"{result.points.high_sensitivity:.6f}",
        "high_specificity_point": f"{result.points.high_specificity:.6f}",
        "lowest_member": f"{result.spread.lowest:.6f}" if result.spread else "",
        "highest_member": f"{result.spread.highest:.6f}" if result.spread else "",
        "logit": f"{result.logit:.6f}" if result.logit is not None else "",
    }


def _result(result: ReadingResult) -> dict[str, Any]:
    described: dict[str, Any] = {
        "title": TITLES[result.name],
        "probability_mvm": result.probability,
        "zone": result.zone.value,
        "operating_points": {
            "high_sensitivity": result.points.high_sensitivity,
            "high_specificity": result.points.high_specificity,
        },
        "evidence": {view.value: evidence.values.tolist() for view, evidence in result.evidence.items()},
    }
    if result.probability_disease is not None:
        described["probability_disease"] = result.probability_disease
        described["disease_point"] = result.disease_point
        described["disease_evidence"] = {
            view.value: evidence.values.tolist() for view, evidence in result.disease_evidence.items()
        }
    if result.logit is not None:
        described["logit"] = result.logit
    if result.spread is not None:
        described["members"] = list(result.members)
        described["spread"] = {
            "lowest": result.spread.lowest,
            "highest": result.spread.highest,
            "standard_deviation": result.spread.standard_deviation,
        }
    return described


def _film(film: Radiograph, box: Box | None, region: Box | None) -> dict[str, Any]:
    return {
        "name": film.name,
        "rows": film.shape[0],
        "columns": film.shape[1],
        "view_source": film.view_source,
        "mm_per_pixel": film.mm_per_pixel,
        "spacing_source": film.spacing_source,
        "box": corners_of(box) if box is not None else None,
        "region": corners_of(region) if region is not None else None,
    }


def corners_of(box: Box) -> list[float]:
    """The corners x0, y0, x1, y1 of a box."""
    return [box.x0, box.y0, box.x1, box.y1]
