"""What the sealed test amounts to, site by site."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mvm_core.cohort import MVM, read_predictions
from mvm_core.cohort.level_predictions import read_level_predictions
from mvm_core.cohort.predictions import load_table
from mvm_core.level_evaluation import LevelFigures, level_figures
from mvm_core.models.registry import READING_NAMES, leading_of
from mvm_core.models.weights import Weights, load_weights
from mvm_core.sealed import Seal
from mvm_core.study.sealed_levels import (
    QuestionLevel,
    asked_at_their_own,
    healthy_alarms,
    question_levels,
    sensitivity_by_label,
)
from mvm_core.validation import AucEstimate, Rate, auc_with_interval, rate_with_interval
from mvm_core.validation.calibration import Calibration, assess_calibration
from mvm_core.validation.clustered import rate_by_patients
from mvm_core.validation.rates import ConfusionTable, confusion_table

POINTS = ("high sensitivity", "high specificity")
_ALWAYS = ("always MVM", "always BVF")


@dataclass(frozen=True)
class AtPoint:
    """Rates at one threshold fitted on the tune split.

    Attributes
    ----------
    threshold : float
    sensitivity, specificity, accuracy : Rate
    """

    threshold: float
    sensitivity: Rate
    specificity: Rate
    accuracy: Rate


@dataclass(frozen=True)
class KindFigures:
    """What is said of one kind of patient's own level, boxes unseen.

    Attributes
    ----------
    flagged : Rate
        Said to be diseased.
    said : mapping of str to int
        How many of those flagged are said to be what, by zone.
    """

    flagged: Rate
    said: Mapping[str, int]


@dataclass(frozen=True)
class SiteFigures:
    """One site of the sealed test.

    Attributes
    ----------
    site : str
    reading : str
        The reading that all but `areas` is of.
    mvm, bvf, healthy : int
        Patients.
    at_points : mapping of str to AtPoint
        By the name of the operating point.
    naive : mapping of str to float
        Accuracy of the answers that look at no film.
    areas : mapping of str to AucEstimate
        MVM against BVF at marked levels, by reading.
    unmarked : AucEstimate
        The same without boxes, of `reading`, at whatever level is asked about.
    boxes : tuple of AucEstimate, or None
        Of the patients whose own level is asked about, without boxes and at their marked ones: of others the
        two read different vertebrae. None without patients of both labels.
    calibration : Calibration
        Of its probability of MVM.
    by_sign : mapping of str to Rate
        Sensitivity at high specificity of metastases with and without a sign.
    levels : LevelFigures
        Of every level, boxes unseen.
    by_label : mapping of str to Rate
        Share flagged of diseased levels, by label.
    question : mapping of str to QuestionLevel
        Which level is asked about, by group of patients.
    healthy_alarms : float
        Levels flagged a film of healthy patients, those with something else (a screw, a haemangioma) too.
    intact_alarms : float
        Of these the ones on intact levels, and where no vertebra lies.
    kinds : mapping of str to KindFigures
        By label and kind of disease.
    findings : mapping of str to Rate
        Share flagged of diseased levels that show a finding.
    """

    site: str
    reading: str
    mvm: int
    bvf: int
    healthy: int
    at_points: Mapping[str, AtPoint]
    naive: Mapping[str, float]
    areas: Mapping[str, AucEstimate]
    unmarked: AucEstimate
    boxes: tuple[AucEstimate, AucEstimate] | None
    calibration: Calibration
    by_sign: Mapping[str, Rate]
    levels: LevelFigures
    by_label: Mapping[str, Rate]
    question: Mapping[str, QuestionLevel]
    healthy_alarms: float
    intact_alarms: float
    kinds: Mapping[str, KindFigures]
    findings: Mapping[str, Rate]


def sealed_figures(seal: Seal) -> tuple[SiteFigures, ...]:
    """Work out the figures of every site from the sealed test's tables.

    Raises
    ------
    WeightsError
        If the weights beside the tables are damaged.
    TableError
        If a table is unfit.
    ValidationError
        If a site holds too few patients for a figure.
    """
    weights = load_weights(seal.folder)
    tables = (
        MVM.rows(read_predictions(seal.predictions)),
        MVM.rows(read_predictions(seal.unmarked)),
        read_level_predictions(seal.levels),
        load_table(seal.cases)[0],
    )
    return tuple(
        _of_site(site, weights, *(table[table["site"] == site] for table in tables))
        for site in dict.fromkeys(tables[-1]["site"])
    )


def _of_site(
    site: str,
    weights: Weights,
    predictions: pd.DataFrame,
    unmarked: pd.DataFrame,
    levels: pd.DataFrame,
    cases: pd.DataFrame,
) -> SiteFigures:
    reading = leading_of(set(predictions["model"]))
    own = predictions[predictions["model"] == reading]
    positive, probability = _scores(own)
    points = weights.readings[reading].points
    thresholds = dict(zip(POINTS, (points.high_sensitivity, points.high_specificity), strict=True))
    counts = cases["label"].value_counts()
    mvm, bvf = int(counts.get("mvm", 0)), int(counts.get("bvf", 0))
    alarms = healthy_alarms(levels, cases)
    without_box = unmarked[unmarked["model"] == reading]
    return SiteFigures(
        site=site,
        reading=reading,
        mvm=mvm,
        bvf=bvf,
        healthy=alarms.patients,
        at_points={name: _at(positive, probability, point) for name, point in thresholds.items()},
        naive=dict(zip(_ALWAYS, (mvm / (mvm + bvf), bvf / (mvm + bvf)), strict=True)),
        areas={
            name: auc_with_interval(*_scores(predictions[predictions["model"] == name]))
            for name in READING_NAMES
            if name in set(predictions["model"])
        },
        unmarked=auc_with_interval(*_scores(without_box)),
        boxes=_boxes(own, without_box, asked_at_their_own(levels, cases)),
        calibration=assess_calibration(positive, probability),
        by_sign={
            sign: _share(own.loc[own["sign"].eq(sign) & positive, "probability"] >= thresholds[POINTS[1]])
            for sign in ("sign", "no-sign")
        },
        levels=level_figures(levels),
        by_label=sensitivity_by_label(levels, cases),
        question=question_levels(levels, cases),
        healthy_alarms=alarms.levels,
        intact_alarms=alarms.intact,
        kinds=dict(_kinds(levels, cases)),
        findings=dict(_findings(levels)),
    )


def _boxes(
    marked: pd.DataFrame, unmarked: pd.DataFrame, asked: Collection[str]
) -> tuple[AucEstimate, AucEstimate] | None:
    same = set(asked) & set(marked["case_id"]) & set(unmarked["case_id"])
    without, at_marked = (rows[rows["case_id"].isin(same)] for rows in (unmarked, marked))
    if without["label"].nunique() < 2:
        return None
    return auc_with_interval(*_scores(without)), auc_with_interval(*_scores(at_marked))


def _scores(rows: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    return MVM.positives(rows), rows["probability"].to_numpy(float)


def _at(positive: NDArray[np.bool_], probability: NDArray[np.float64], threshold: float) -> AtPoint:
    table: ConfusionTable = confusion_table(positive, probability, threshold)
    return AtPoint(threshold, table.sensitivity(), table.specificity(), table.accuracy())


def _share(flags: "pd.Series[bool]") -> Rate:
    return rate_with_interval(int(flags.sum()), len(flags)) if len(flags) else Rate(0, 0, None, None, None)


def _kinds(levels: pd.DataFrame, cases: pd.DataFrame) -> Iterator[tuple[str, KindFigures]]:
    """Each kind of disease at the patient's own level, told by level and case."""
    own = levels.merge(
        cases[["case_id", "level", "kind", "label"]], on=["case_id", "level"], suffixes=("", "_case")
    )
    own = own[own["label_case"].ne("intact")]
    for (label, kind), rows in own.groupby(["label_case", "kind"], sort=True):
        flagged = rows["flagged"]
        said = rows.loc[flagged, "zone"].value_counts().to_dict()
        yield (
            f"{label} {kind}".strip(),
            KindFigures(_share(flagged), {str(k): int(v) for k, v in said.items()}),
        )


def _findings(levels: pd.DataFrame) -> Iterator[tuple[str, Rate]]:
    diseased = levels[levels["label"].isin(("mvm", "bvf"))]
    told = diseased["findings"].str.split()
    for finding in sorted({each for findings in told for each in findings}):
        shown = told.map(lambda findings, finding=finding: finding in findings)
        own = diseased[shown]
        yield finding, rate_by_patients(own["flagged"], own["case_id"])
