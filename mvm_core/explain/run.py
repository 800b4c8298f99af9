"""Scoring a cohort: every case localised, some of them put to the dearer questions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import pandas as pd

from mvm_core.cohort import Case, Cohort
from mvm_core.errors import TableError
from mvm_core.explain.case_scores import CaseScores, MapKey, Plan, Support, Thresholds
from mvm_core.explain.catalogue import EVIDENCE
from mvm_core.explain.scorecard import Score, Source, summarise_scores
from mvm_core.explain.scores import fit_threshold
from mvm_core.models import Reader
from mvm_core.radiograph import View
from mvm_core.side_by_side import Workers, over_jobs

__all__ = ["Plan", "score_cohort"]

Tell = Callable[[str, int, int], None]


def score_cohort(
    cohort: Cohort, reader: Reader, plan: Plan, tell: Tell, workers: Workers = 1
) -> pd.DataFrame:
    """Score the maps of one set of weights on the test split of a cohort, or on its external cases.

    Parameters
    ----------
    cohort : Cohort
    reader : Reader
    plan : Plan
    tell : callable
        Called with what is done, how much of it, and how much there is.
    workers : int or Engine
        Processes side by side, or what does the work.

    Raises
    ------
    TableError
        If the cohort has neither, or no masks of lesion and vertebra.
    """
    split, cases = _cases_of(cohort)
    by = _By.of(reader, plan)
    tune = _alternating(cohort.split("tune"))[: plan.tune_cases]
    thresholds = _thresholds(by, tune, tell, workers) if tune else {}
    chosen = _alternating(cases)[: plan.cases]
    work = partial(_scored, by, thresholds)
    found = over_jobs(work, list(enumerate(chosen, start=1)), workers, partial(tell, "Scoring maps"))
    scores = [score for own in found for score in own]
    shuffled = partial(_shuffled, by, tuple(chosen[: plan.shuffled_cases]))
    jobs = by.open().shuffled_jobs()
    for own in over_jobs(shuffled, jobs, workers, partial(tell, "Shuffling weights")):
        scores += own
    simulated = cohort.simulated or reader.weights.simulated
    source = Source(cohort.fingerprint[:12], split, reader.weights.identity[:12], simulated)
    table = summarise_scores(scores, source)
    if plan.earlier is None:
        return table
    localised = replace(plan, methods=(EVIDENCE,), dear_cases=0, shuffled_cases=0, other=None, earlier=None)
    earlier = score_cohort(cohort, plan.earlier, localised, tell, workers)
    return pd.concat([table, earlier], ignore_index=True)


@dataclass(frozen=True)
class _By:
    """What scores cases, to be opened in whichever process does it."""

    weights: Path
    plan: Plan
    other: Path | None

    @classmethod
    def of(cls, reader: Reader, plan: Plan) -> "_By":
        other = plan.other.weights.folder.resolve() if plan.other is not None else None
        return cls(reader.weights.folder.resolve(), replace(plan, other=None, earlier=None), other)

    def open(self) -> CaseScores:
        return _open_shared(self)


@lru_cache(maxsize=2)
def _open_shared(by: _By) -> CaseScores:
    other = Reader.open(by.other) if by.other is not None else None
    return CaseScores(Reader.open(by.weights), replace(by.plan, other=other))


def _supports(by: _By, case: Case) -> dict[MapKey, list[Support]]:
    return by.open().supports(case)


def _scored(by: _By, thresholds: Thresholds, numbered: tuple[int, Case]) -> list[Score]:
    return list(by.open().scores(*numbered, thresholds))


def _shuffled(by: _By, cases: Sequence[Case], job: tuple[str, str]) -> list[Score]:
    return list(by.open().shuffled(*job, cases))


def _thresholds(by: _By, tune: Sequence[Case], tell: Tell, workers: Workers) -> Thresholds:
    """Threshold of the intersection over union for each question, reading and quick method."""
    pairs: dict[MapKey, list[Support]] = {}
    work, title = partial(_supports, by), "Fitting thresholds on the tune split"
    for found in over_jobs(work, tune, workers, partial(tell, title)):
        for key, own in found.items():
            pairs.setdefault(key, []).extend(own)
    fitted = {key: fit_threshold(values) for key, values in pairs.items()}
    return {key: threshold for key, threshold in fitted.items() if threshold is not None}


def _cases_of(cohort: Cohort) -> tuple[str, tuple[Case, ...]]:
    for split in ("test", "external"):
        cases = tuple(
            case
            for case in cohort.split(split)
            if any(case.lesion_mask(view) and case.vertebra_mask(view) for view in View)
        )
        if cases:
            return split, cases
    raise TableError(
        "manifest.csv",
        ["no test or external case has masks of lesion and vertebra"],
        "add the columns ap_lesion_mask, ap_vertebra_mask and those of the lateral film",
    )


def _alternating(cases: Sequence[Case]) -> list[Case]:
    """The cases with both labels in turn, so that any first few of them hold both."""
    by_label = [[case for case in cases if case.label == label] for label in ("mvm", "bvf")]
    longest = max(map(len, by_label))
    return [part[i] for i in range(longest) for part in by_label if i < len(part)]
