"""How often vertebrae of real films without known disease are called diseased, by the weights' own record."""

import json
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from mvm_core.errors import WeightsError
from mvm_core.language import gettext
from mvm_core.models import Weights
from mvm_core.models.weights import REAL_FILMS

Count: TypeAlias = tuple[int, int]
"""Vertebrae flagged, and read."""


def false_alarms(weights: Weights, *, paired: bool = False) -> str:
    """One sentence, of pairs where two films were read and pairs are on record.

    Empty where the weights come without the record, or with one of other weights.

    Raises
    ------
    WeightsError
        If the record is damaged.
    """
    path = weights.folder / REAL_FILMS
    if not path.is_file():
        return ""
    of, alone, pairs = _counted(path, path.stat().st_mtime_ns)
    if of != weights.identity[:12]:
        return ""
    if paired and pairs is not None:
        return gettext(
            "False alarms on real films, pairs of two people: {flagged} of {read} vertebrae.",
            flagged=pairs[0],
            read=pairs[1],
        )
    return gettext(
        "False alarms on real films, each read alone: {flagged} of {read} vertebrae.",
        flagged=alone[0],
        read=alone[1],
    )


@lru_cache(maxsize=4)
def _counted(path: Path, changed: int) -> tuple[str, Count, Count | None]:
    """Of which weights a record is, and what they flagged on films alone and on both films of pairs."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        totals = record["totals"].values()
        alone = sum(int(part["flagged"]) for part in totals), sum(int(part["vertebrae"]) for part in totals)
        both = record["pairs"]["on_both"] if "pairs" in record else None
        pairs = (int(both["flagged"]), int(both["vertebrae"])) if both is not None else None
        return str(record["weights"]), alone, pairs
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            path.name,
            gettext("it is no record of real films"),
            gettext("make it anew with `real-check --record`"),
        ) from error
