"""How often vertebrae of real films without known disease are called diseased, by the weights' own record."""

import json

from mvm_core.errors import WeightsError
from mvm_core.language import gettext
from mvm_core.models import Weights

_RECORD = "real_films.json"


def false_alarms(weights: Weights) -> str:
    """One sentence; empty where the weights come without the record, or with one of other weights.

    Raises
    ------
    WeightsError
        If the record is damaged.
    """
    path = weights.folder / _RECORD
    if not path.is_file():
        return ""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        own = record["weights"] == weights.identity[:12]
        flagged, read = (
            sum(int(part[name]) for part in record["totals"].values()) for name in ("flagged", "vertebrae")
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            path.name,
            gettext("it is no record of real films"),
            gettext("make it anew with `real-check --record`"),
        ) from error
    if not own:
        return ""
    return gettext("False alarms on real films: {flagged} of {read} vertebrae.", flagged=flagged, read=read)
