"""What the weights' own record tells of real films without known disease: alarms, and errors of angles."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from mvm_core.errors import WeightsError
from mvm_core.language import gettext
from mvm_core.models import Weights
from mvm_core.models.weights import REAL_FILMS

Count: TypeAlias = tuple[int, int]
"""Vertebrae flagged, and read."""


@dataclass(frozen=True)
class _Record:
    """Of which weights it is, and what was counted.

    Attributes
    ----------
    weights : str
    alone : Count
        On films read alone.
    pairs : Count or None
        On both films of pairs of two people.
    cobb : tuple of (int, float, float) or None
        Films, and the limits of 95 % of the errors of the main Cobb angle, in degrees.
    """

    weights: str
    alone: Count
    pairs: Count | None
    cobb: tuple[int, float, float] | None


def false_alarms(weights: Weights, *, paired: bool = False) -> str:
    """How often vertebrae are called diseased: one sentence, of pairs where two films were read.

    Empty where the weights come without the record, or with one of other weights; of films alone where no
    pairs are on record.

    Raises
    ------
    WeightsError
        If the record is damaged.
    """
    record = _record_of(weights)
    if record is None:
        return ""
    if paired and record.pairs is not None:
        return gettext(
            "False alarms on real films, pairs of two people: {flagged} of {read} vertebrae.",
            flagged=record.pairs[0],
            read=record.pairs[1],
        )
    return gettext(
        "False alarms on real films, each read alone: {flagged} of {read} vertebrae.",
        flagged=record.alone[0],
        read=record.alone[1],
    )


def cobb_error(weights: Weights) -> str:
    """How far the main Cobb angle is off on real AP films: one sentence; empty where it is not on record.

    Raises
    ------
    WeightsError
        If the record is damaged.
    """
    record = _record_of(weights)
    if record is None or record.cobb is None:
        return ""
    films, lowest, highest = record.cobb
    return gettext(
        "Main Cobb angle as found, less that of physicians' marks: {lowest:+z.0f}° to {highest:+z.0f}° on 95 "
        "% of {films} real films.",
        films=films,
        lowest=lowest,
        highest=highest,
    ).replace("-", "−")


def _record_of(weights: Weights) -> _Record | None:
    """The record of these very weights."""
    path = weights.folder / REAL_FILMS
    if not path.is_file():
        return None
    record = _read(path, path.stat().st_mtime_ns)
    return record if record.weights == weights.identity[:12] else None


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> _Record:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        totals = told["totals"].values()
        alone = sum(int(part["flagged"]) for part in totals), sum(int(part["vertebrae"]) for part in totals)
        both = told["pairs"]["on_both"] if "pairs" in told else None
        pairs = (int(both["flagged"]), int(both["vertebrae"])) if both is not None else None
        angle = told.get("finding", {}).get("ap", {}).get("cobb")
        cobb = (int(angle["films"]), float(angle["lowest"]), float(angle["highest"])) if angle else None
        return _Record(str(told["weights"]), alone, pairs, cobb)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            path.name,
            gettext("it is no record of real films"),
            gettext("make it anew with `real-check --record`"),
        ) from error
