"""One review: a table's cohorts, a reading, a threshold rule, and all answers to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from mvm_core.cohort import MVM, PATIENT, PREDICTION_COLUMNS, QUESTION, Question
from mvm_core.cohort.external_sites import is_external
from mvm_core.language import gettext_noop
from mvm_core.review.assessment import (
    Agreement,
    Comparison,
    Discrimination,
    agree,
    compare,
    discriminate,
    outside,
)
from mvm_core.review.operating import AtThreshold, Rule, fit_threshold, read_at, results_table, rules_of
from mvm_core.review.samples import Sample, Source, cohorts_of, readings_of, sample
from mvm_core.review.zones import Limits, fit_limits
from mvm_core.validation.comparisons import UnpairedTest

FITTING = "tune"
TUNE_TITLE = gettext_noop("tune split")


@dataclass(frozen=True)
class Review:
    """All that page and report show of one reading.

    Attributes
    ----------
    source : Source
    reading : str
        The one reviewed.
    samples : tuple of Sample
        Of that reading: first the cohort reviewed, then those it is set against; of several the one with the
        least area first.
    found : tuple of (Discrimination or None)
        Of each sample.
    agreements : tuple of (Agreement or None)
        Of each sample.
    apart : tuple of (UnpairedTest or None)
        Area of the first sample less that of each other one.
    thresholds : mapping of str to float
        Of every reading in the table, by `rule`.
    rule : Rule
    fitted_to : str
        Which cohort the thresholds were fitted to.
    of_readings : tuple of Sample
        Of every reading in the cohorts reviewed, the first cohort's first.
    groups : tuple of str
        Further columns to compare subgroups by.
    limits : Limits or None
        Of the zones; None where all cases are of one class and none were given.
    by_rule : float or None
        The threshold that the rule gave, where one moved by hand stands in its place.
    """

    source: Source
    reading: str
    samples: tuple[Sample, ...]
    found: tuple[Discrimination | None, ...]
    agreements: tuple[Agreement | None, ...]
    apart: tuple[UnpairedTest | None, ...]
    thresholds: Mapping[str, float]
    rule: Rule
    fitted_to: str
    of_readings: tuple[Sample, ...]
    groups: tuple[str, ...]
    limits: Limits | None
    by_rule: float | None = None

    @cached_property
    def results(self) -> pd.DataFrame:
        """As `results_table`, of every reading in the cohorts reviewed."""
        return results_table(self.of_readings, self.thresholds)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """With the other readings of the first cohort."""
        others = [one for one in self.of_readings if one.cohort == self.first.cohort]
        return compare(self.first, [one for one in others if one.reading != self.reading], self.thresholds)

    @cached_property
    def reads(self) -> tuple[AtThreshold, ...]:
        """Each of `samples` read at the threshold."""
        return tuple(read_at(one, self.threshold) for one in self.samples)

    @property
    def clustered(self) -> bool:
        """Whether patients have several cases, so that intervals draw patients."""
        return any(one.patients is not None for one in self.samples)

    @property
    def first(self) -> Sample:
        """The cohort reviewed."""
        return self.samples[0]

    @property
    def question(self) -> Question:
        """What the scores answer."""
        return self.first.question

    @property
    def threshold(self) -> float:
        """Of the reading reviewed."""
        return self.thresholds[self.reading]


def at_threshold(reviewed: Review, threshold: float) -> Review:
    """The same review with its reading at another threshold, moved by hand."""
    if threshold == reviewed.threshold:
        return reviewed
    by_rule = reviewed.threshold if reviewed.by_rule is None else reviewed.by_rule
    thresholds = {**reviewed.thresholds, reviewed.reading: threshold}
    return replace(reviewed, thresholds=thresholds, by_rule=by_rule)


def review(
    table: pd.DataFrame,
    source: Source,
    reading: str,
    cohorts: Sequence[str] = (),
    rule: Rule | None = None,
    points: Mapping[str, Limits] | None = None,
    question: Question = MVM,
) -> Review:
    """Review one reading of a predictions table.

    Parameters
    ----------
    table : DataFrame
        As `mvm_core.cohort.read_predictions` or `map_table` returns it.
    source : Source
    reading : str
        One of the table's.
    cohorts : sequence of str
        Some of its splits, the one reviewed first; empty takes those to be shown of `default_cohorts`.
    rule : Rule or None
        How thresholds are chosen: fitted to the tune split, where there is one, else to the cohort itself;
        None takes the question's first.
    points : mapping of str to Limits, optional
        Of the zones, by reading, where the weights bring their own; else they are fitted as the thresholds.
    question : Question
        Of those that the table holds.
    """
    table = question.rows(table)
    own = points or {}
    rule = rule or rules_of(question)[0]
    wanted = list(cohorts) or default_cohorts(table)
    shown = [one for name in wanted if (one := sample(table, name, reading)) is not None]
    judged = [(one, discriminate(one)) for one in shown]
    judged[1:] = sorted(judged[1:], key=lambda pair: pair[1].auc.auc if pair[1] else 1.0)
    samples, found = tuple(one for one, _ in judged), tuple(each for _, each in judged)
    names = readings_of(table)
    fitted_to = FITTING if (table["split"] == FITTING).any() else wanted[0]
    fitted_title = TUNE_TITLE if fitted_to == FITTING else gettext_noop("cases shown (optimistic)")
    thresholds = {
        name: _point_of(own[name], rule)
        if rule.of_weights and name in own
        else fit_threshold(sample(table, fitted_to, name), rule)
        for name in names
    }
    return Review(
        source=source,
        reading=reading,
        samples=samples,
        found=found,
        agreements=tuple(agree(one) for one in samples),
        apart=tuple(outside(found[0], other) for other in found[1:]),
        thresholds=thresholds,
        rule=rule,
        fitted_to=TUNE_TITLE if rule.of_weights and reading in own else fitted_title,
        of_readings=tuple(
            one
            for split in (each.cohort for each in samples)
            for name in names
            if (one := sample(table, split, name)) is not None
        ),
        groups=tuple(name for name in table.columns if name not in (*PREDICTION_COLUMNS, PATIENT, QUESTION)),
        limits=own.get(reading) or fit_limits(sample(table, fitted_to, reading), fitted_title),
    )


def _point_of(limits: Limits, rule: Rule) -> float:
    return limits.high if rule is Rule.UPPER_LIMIT else limits.low


def default_cohorts(table: pd.DataFrame) -> list[str]:
    """The cohort to review and, where there are some, the external ones."""
    splits = cohorts_of(table)
    shown = [name for name in splits if name not in ("train", "tune")] or splits
    own = [name for name in shown if not is_external(name)]
    return [*own[:1], *(name for name in shown if is_external(name))] if own else shown[:1]
