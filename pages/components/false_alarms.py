"""How often vertebrae of real films without known disease are called diseased, by the weights' own record."""

import json
from functools import lru_cache
from pathlib import Path

from mvm_core.errors import WeightsError
from mvm_core.language import gettext
from mvm_core.models import Weights
from mvm_core.models.weights import REAL_FILMS


def false_alarms(weights: Weights) -> str:
    """One sentence; empty where the weights come without the record, or with one of other weights.

    Raises
    ------
    WeightsError
        If the record is damaged.
    """
    path = weights.folder / REAL_FILMS
    if not path.is_file():
        return ""
    of, flagged, read = _counted(path, path.stat().st_mtime_ns)
    if of != weights.identity[:12]:
        return ""
    return gettext(
        "False alarms on real films, each read alone: {flagged} of {read} vertebrae.",
        flagged=flagged,
        read=read,
    )


@lru_cache(maxsize=4)
def _counted(path: Path, changed: int) -> tuple[str, int, int]:
    """Of which weights a record is, the vertebrae that they flagged, and those that they read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        flagged, read = (
            sum(int(part[name]) for part in record["totals"].values()) for name in ("flagged", "vertebrae")
        )
        return str(record["weights"]), flagged, read
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            path.name,
            gettext("it is no record of real films"),
            gettext("make it anew with `real-check --record`"),
        ) from error
