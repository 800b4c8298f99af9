"""The tables of one threshold: counts, rates and zones; and of the cases that a new validation needs."""

from collections.abc import Sequence

import pandas as pd

from mvm_core.cohort import MVM, Question
from mvm_core.errors import ValidationError
from mvm_core.language import capital, gettext
from mvm_core.review.operating import AtThreshold, Cell
from mvm_core.review.samples import Sample, cohort_title
from mvm_core.review.words import figure, rate
from mvm_core.review.zones import Limits, ZoneShare
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.rates import Rate, rate_with_interval
from mvm_core.validation.sample_size import SampleSize, cases_for_auc, cases_for_rates


def rates_table(samples: Sequence[Sample], reads: Sequence[AtThreshold]) -> pd.DataFrame:
    """Counts and rates of each cohort, plain numbers, with the exact interval beside the one shown.

    Returns
    -------
    DataFrame
        ``cohort, reading, threshold, figure, value, low, high, k, n, exact_low, exact_high``; the last two
        are Clopper and Pearson's, of rates alone, empty where patients have several cases.
    """
    rows: list[dict[str, object]] = []
    for sample, read in zip(samples, reads, strict=True):
        own = {
            "cohort": cohort_title(sample.cohort),
            "reading": sample.reading,
            "threshold": read.threshold,
        }
        rows += [{**own, "figure": name, "value": count} for name, count in _counts(sample, read).items()]
        for key, metric in METRICS.items():
            found = read.figures[key]
            row = {**own, "figure": metric.title, "value": found.value}
            if metric.has_interval:
                row |= {"low": found.low, "high": found.high}
            if isinstance(found, Rate):
                exact = _exact(found) if sample.patients is None else None
                row |= {
                    "k": found.successes,
                    "n": found.total,
                    "exact_low": exact.low if exact else None,
                    "exact_high": exact.high if exact else None,
                }
            rows.append(row)
    return pd.DataFrame(rows).astype({"k": "Int64", "n": "Int64"})


def rates_for_people(samples: Sequence[Sample], reads: Sequence[AtThreshold]) -> pd.DataFrame:
    """Rates as texts with k/n and 95 % interval, a column for each cohort."""
    columns = {}
    # three columns and more are too narrow for it
    many = len(samples) > 2
    for sample, read in zip(samples, reads, strict=True):
        cohort = cohort_title(sample.cohort)
        columns[cohort if many else gettext("{cohort} (k/n, 95 % interval)", cohort=cohort)] = {
            gettext(metric.title): figure(metric, read.figures[key]) for key, metric in METRICS.items()
        }
    return pd.DataFrame(columns).reset_index(
        names=gettext("At {threshold:.3f}", threshold=reads[0].threshold)
    )


def counts_for_people(samples: Sequence[Sample], reads: Sequence[AtThreshold]) -> pd.DataFrame:
    """The 2×2 tables as texts, a column for each cohort."""
    columns = {
        cohort_title(sample.cohort): {name: str(count) for name, count in _counts(sample, read).items()}
        for sample, read in zip(samples, reads, strict=True)
    }
    return pd.DataFrame(columns).reset_index(
        names=gettext("Cases, at {threshold:.3f}", threshold=reads[0].threshold)
    )


def zones_table(
    zones: Sequence[ZoneShare], limits: Limits, threshold: float, question: Question = MVM
) -> pd.DataFrame:
    """Zones as plain numbers."""
    positive = question.keys[0]
    rows = []
    for zone in zones:
        row: dict[str, object] = {"zone": zone.name, "low_limit": limits.low, "high_limit": limits.high}
        row["threshold"] = threshold
        shares = {"cases": zone.cases, positive: zone.positive, f"read_as_{positive}": zone.read_as_positive}
        for key, found in shares.items():
            row |= {
                f"{key}_k": found.successes,
                f"{key}_n": found.total,
                key: found.value,
                f"{key}_low": found.low,
                f"{key}_high": found.high,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def zones_for_people(zones: Sequence[ZoneShare], threshold: float, question: Question = MVM) -> pd.DataFrame:
    """Zones as texts."""
    positive = question.positive
    return pd.DataFrame(
        {
            gettext("Zone"): gettext(zone.name),
            gettext("Cases"): gettext(
                "{successes} of {total}", successes=zone.cases.successes, total=zone.cases.total
            ),
            gettext("{positive} among them (k/n, 95 % interval)", positive=capital(positive)): rate(
                zone.positive
            ),
            gettext("Read as {positive} at {threshold:.3f}", positive=positive, threshold=threshold): (
                gettext(
                    "{successes} of {total}",
                    successes=zone.read_as_positive.successes,
                    total=zone.read_as_positive.total,
                )
            ),
        }
        for zone in zones
    )


def sample_size_table(
    auc: float | None, read: AtThreshold, width: float, prevalence: float, question: Question = MVM
) -> pd.DataFrame:
    """Cases that an external validation needs for intervals no wider than `width`, plain numbers.

    Parameters
    ----------
    auc : float or None
        Area expected; None leaves it out.
    read : AtThreshold
        Whose sensitivity and specificity are expected.
    width, prevalence : float
        Full width of the intervals; share of the positive class among the cases.

    Returns
    -------
    DataFrame
        ``expected, width, prevalence, cases``, and the cases of both classes, as ``mvm, bvf``; no numbers
        where none can be computed.
    """
    positive, negative = question.keys
    rows = []
    if auc is not None:
        rows.append((gettext("AUC {auc:.3f}", auc=auc), _needed_for_auc(auc, width, prevalence)))
    sensitivity, specificity = read.rates["sensitivity"].value, read.rates["specificity"].value
    if sensitivity is not None and specificity is not None:
        name = gettext(
            "Sensitivity {sensitivity:.3f}, specificity {specificity:.3f}",
            sensitivity=sensitivity,
            specificity=specificity,
        )
        rows.append((name, _needed_for_rates(sensitivity, specificity, width, prevalence)))
    frame = pd.DataFrame(
        [
            {
                "expected": name,
                "width": width,
                "prevalence": prevalence,
                "cases": size.n if size else None,
                positive: size.positives if size else None,
                negative: size.negatives if size else None,
            }
            for name, size in rows
        ],
        columns=["expected", "width", "prevalence", "cases", positive, negative],
    )
    return frame.astype({"cases": "Int64", positive: "Int64", negative: "Int64"})


def _counts(sample: Sample, read: AtThreshold) -> dict[str, int]:
    return {cell.title(sample.question): cell.count(read.table) for cell in Cell}


def _exact(found: Rate) -> Rate:
    return rate_with_interval(found.successes, found.total, "exact")


def _needed_for_auc(auc: float, width: float, prevalence: float) -> SampleSize | None:
    try:
        return cases_for_auc(auc, width, prevalence)
    except ValidationError:
        return None


def _needed_for_rates(
    sensitivity: float, specificity: float, width: float, prevalence: float
) -> SampleSize | None:
    try:
        return cases_for_rates(sensitivity, specificity, width, prevalence)
    except ValidationError:
        return None
