"""Every level read: sensitivity against false alarms a pair of films, by cohort, with the weights' point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mvm_core.errors import ValidationError
from mvm_core.language import capital, gettext, gettext_noop
from mvm_core.provenance import Provenance, today
from mvm_core.review.assessment import SEED
from mvm_core.review.level_figures import LevelFigures, level_figures, level_kinds
from mvm_core.review.review import Review
from mvm_core.review.samples import Source, cohort_title
from mvm_core.review.words import REAL_FILMS, provenance, rate
from mvm_core.validation.froc import FrocIntervals, froc_intervals
from mvm_core.validation.rates import Rate

MOST_ALARMS = 2.0
"""False alarms a pair of films, up to which the curve is drawn."""

ALARMS = (0.1, 0.3, 1.0)
_GRID = np.round(np.linspace(0, MOST_ALARMS, 81), 4)
_REPLICATES = 1_000
_READING = gettext_noop("Every level, AP and lateral network")


@dataclass(frozen=True)
class FreeResponse:
    """One cohort's levels.

    Attributes
    ----------
    cohort : str
        Its split.
    figures : LevelFigures
        Counts and curve.
    intervals : FrocIntervals
        Of the curve at false alarms from 0 to `MOST_ALARMS`, and of the rates of `rates`: patients drawn
        whole.
    """

    cohort: str
    figures: LevelFigures
    intervals: FrocIntervals

    @property
    def title(self) -> str:
        """The cohort with the number of its pairs and of diseased levels."""
        curve = self.figures.curve
        return gettext(
            "{cohort}, {films:,} pairs of films, {diseased:,} diseased levels",
            cohort=cohort_title(self.cohort),
            films=curve.films,
            diseased=curve.diseased,
        )

    @property
    def rates(self) -> dict[str, Rate]:
        """Counts, shares and intervals by name, in the order of a table."""
        counted = self.figures
        plain = {
            **{f"flagged, {name}": found for name, found in counted.sensitivity.items()},
            "false alarms a pair": Rate(
                counted.alarms, counted.curve.films, counted.alarms_a_pair, None, None
            ),
            "intact levels flagged": counted.intact_flagged,
            "something else flagged": counted.other_flagged,
            "level in question right": counted.in_question,
        }
        ends = self.intervals.shares
        return {
            name: replace(found, low=(ends[name] or (None, None))[0], high=(ends[name] or (None, None))[1])
            for name, found in plain.items()
        }

    def reached(self, alarms: float) -> tuple[float, float, float]:
        """The greatest sensitivity at no more than so many false alarms a pair of `ALARMS`, with interval."""
        place = int(np.argmin(np.abs(self.intervals.false_alarms - alarms)))
        ends = self.intervals
        return self.figures.curve.sensitivity_at(alarms), float(ends.low[place]), float(ends.high[place])


def free_response(levels: pd.DataFrame, cohort: str) -> FreeResponse | None:
    """Sum up one cohort of a table of levels; None where no diseased or no intact level of it was read.

    Parameters
    ----------
    levels : DataFrame
        As `mvm_core.cohort.level_predictions.read_level_predictions` returns it.
    cohort : str
        One of its splits.
    """
    own = levels[levels["split"] == cohort].reset_index(drop=True)
    try:
        figures = level_figures(own)
    except ValidationError:
        return None
    kinds = level_kinds(own)
    # levels with something else are neither found nor false alarms
    places = kinds.diseased | kinds.unharmed
    pairs = own.groupby(["site", "case_id"], sort=False).ngroup().to_numpy()
    flagged, read = own["flagged"], own["probability_disease"].notna()
    among = {
        "flagged, with sign": (flagged, kinds.with_sign),
        "flagged, without sign": (flagged, kinds.without_sign),
        "flagged, all": (flagged, kinds.diseased),
        "false alarms a pair": (flagged & kinds.unharmed, None),
        "intact levels flagged": (flagged, kinds.unharmed & read),
        "something else flagged": (flagged, kinds.other),
        "level in question right": (own["in_question"], kinds.with_sign),
    }
    intervals = froc_intervals(
        kinds.diseased,
        own["probability_disease"].where(places),
        pairs,
        _GRID,
        {name: (counted if of is None else counted & of, of) for name, (counted, of) in among.items()},
        _REPLICATES,
        SEED,
    )
    return FreeResponse(cohort, figures, intervals)


NAMES = {
    "flagged, with sign": gettext_noop("Levels with MVM and a sign on the film flagged"),
    "flagged, without sign": gettext_noop("The same without a sign"),
    "flagged, all": gettext_noop("All levels with MVM or BVF flagged"),
    "false alarms a pair": gettext_noop("False alarms a pair of films"),
    "intact levels flagged": gettext_noop("Intact levels flagged"),
    "something else flagged": gettext_noop("Levels with something else flagged"),
    "level in question right": gettext_noop("Level in question right, of MVM with a sign"),
}
"""For people, by the names of `FreeResponse.rates`."""


def free_response_table(found: Sequence[FreeResponse]) -> pd.DataFrame:
    """Rates at the weights' point, then the curves: ``cohort, figure, value, low, high, k, n``.

    A curve's rows have the false alarms a pair in ``at``.
    """
    rows: list[dict[str, object]] = []
    for one in found:
        cohort = cohort_title(one.cohort)
        rows += [
            {
                "cohort": cohort,
                "figure": NAMES[name],
                "value": own.value,
                "low": own.low,
                "high": own.high,
                "k": own.successes,
                "n": own.total,
            }
            for name, own in one.rates.items()
        ]
        ends = one.intervals
        rows += [
            {
                "cohort": cohort,
                "figure": "sensitivity",
                "at": float(at),
                "value": one.figures.curve.sensitivity_at(float(at)),
                "low": float(low),
                "high": float(high),
                "n": one.figures.curve.diseased,
            }
            for at, low, high in zip(ends.false_alarms, ends.low, ends.high, strict=True)
        ]
    columns = ["cohort", "figure", "at", "value", "low", "high", "k", "n"]
    return pd.DataFrame(rows, columns=columns).astype({"k": "Int64", "n": "Int64"})


def free_response_for_people(found: Sequence[FreeResponse]) -> pd.DataFrame:
    """Rates at the weights' point and sensitivities along the curve as texts, a column for each cohort."""
    columns = {}
    for one in found:
        texts = {gettext(NAMES[name]): rate(own) for name, own in one.rates.items()}
        for alarms in ALARMS:
            value, low, high = one.reached(alarms)
            hits = round(value * one.figures.curve.diseased)
            counts = f"{hits}/{one.figures.curve.diseased}"
            name = (
                gettext("Sensitivity at {alarms:g} false alarm a pair", alarms=alarms)
                if alarms == 1
                else gettext("Sensitivity at {alarms:g} false alarms a pair", alarms=alarms)
            )
            texts[name] = gettext(
                "{value:.3f} ({counts}, {low:.3f} to {high:.3f})",
                value=value,
                counts=counts,
                low=low,
                high=high,
            )
        columns[gettext("{cohort} (k/n, 95 % interval)", cohort=capital(cohort_title(one.cohort)))] = texts
    return pd.DataFrame(columns).reset_index(names=gettext("At the disease point"))


def free_response_caption(found: Sequence[FreeResponse], source: Source) -> str:
    """Which cohorts and weights the curves are of, and what counts."""
    by = gettext(" by weights {weights}", weights=source.weights[:12]) if source.weights else ""
    of = f", {source.sealed}" if source.sealed else ""
    films = f" {gettext(REAL_FILMS)}" if source.simulated else ""
    return gettext(
        "{one}{of}, every level in view read{by}, boxes unseen. Marked: the disease point. "
        "Levels with something else count neither as found nor as false alarms; diseased ones "
        "that were not found on the films count as missed. Intervals: {replicates:,} bootstrap "
        "replicates that draw patients.{films}",
        one=capital("; ".join(one.title for one in found)),
        of=of,
        by=by,
        replicates=_REPLICATES,
        films=films,
    )


def free_response_about(found: Sequence[FreeResponse], source: Source) -> tuple[str, ...]:
    """What goes into the picture under its title: weights, date and cohorts."""
    weights = gettext(", weights {weights}", weights=source.weights[:12]) if source.weights else ""
    sealed = (capital(source.sealed),) if source.sealed else ()
    return (f"{gettext(_READING)}{weights}, {today()}", *(one.title for one in found), *sealed)


def free_response_origin(found: Sequence[FreeResponse], reviewed: Review, notice: str) -> Provenance:
    """What goes with the figures into every file."""
    cohorts = "; ".join(one.title for one in found)
    return replace(
        provenance(reviewed, notice),
        reading=gettext(_READING),
        cohort=f"{cohorts}; {reviewed.source.sealed}" if reviewed.source.sealed else cohorts,
        threshold=gettext("the disease point of the weights, fitted on the tune split"),
        warnings=(gettext(REAL_FILMS),) if reviewed.source.simulated else (),
    )
