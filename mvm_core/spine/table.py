"""Measures of the vertebrae as a table to take away."""

import csv
import io
from collections.abc import Iterable, Sequence

from mvm_core.spine.measures import PLACES, Measures, measure
from mvm_core.spine.spine import Spine

_HEIGHTS = tuple(dict.fromkeys(place for places in PLACES.values() for place in places))
COLUMNS = (
    "view",
    "level",
    *(f"height_{place}_{unit}" for unit in ("mm", "px") for place in _HEIGHTS),
    "upper_endplate_degrees",
    "lower_endplate_degrees",
    "between_endplates_degrees",
    "share_of_height_lost",
    "genant_grade",
)


def measures_as_csv(spines: Iterable[Spine], head: Sequence[str]) -> str:
    """Write the measures as a table, a row for each body and film.

    Parameters
    ----------
    spines : iterable of Spine
    head : sequence of str
        What a reader should know, written before the table, each line after ``# ``.
    """
    buffer = io.StringIO()
    # What a file is called may hold line breaks.
    buffer.writelines(f"# {' '.join(line.split())}\n" for line in head)
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for spine in spines:
        for measures in measure(spine):
            writer.writerow({"view": spine.view.value, **_row(measures)})
    return buffer.getvalue()


def _row(measures: Measures) -> dict[str, object]:
    in_mm = measures.heights_mm or {}
    return {
        "level": measures.level,
        **{f"height_{place}_px": f"{height:.1f}" for place, height in measures.heights_px.items()},
        **{f"height_{place}_mm": f"{height:.1f}" for place, height in in_mm.items()},
        "upper_endplate_degrees": f"{measures.upper_tilt:.1f}",
        "lower_endplate_degrees": f"{measures.lower_tilt:.1f}",
        "between_endplates_degrees": f"{measures.lopsided:.1f}",
        "share_of_height_lost": "" if measures.lost is None else f"{measures.lost:.3f}",
        "genant_grade": "" if measures.genant is None else measures.genant,
    }
