"""Cases of a reader study to look at: those on which readers differ, from each other or from the model."""

import numpy as np
import pandas as pd

from mvm_core.language import gettext
from mvm_core.review.reader_study import ReaderReview, advice_of_cases
from mvm_core.review.reader_tables import modality_title
from mvm_core.review.words import signed
from mvm_core.validation.mrmc_study import Bools, Floats

MOST = 20


def cases_for_people(reviewed: ReaderReview, most: int = MOST) -> pd.DataFrame:
    """The cases on which readers differ most, by the spread of their ratings."""
    study = reviewed.study
    read = ~np.isnan(study.ratings)
    count = read.sum(axis=1)
    mean = np.where(read, study.ratings, 0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(read, study.ratings - mean[:, None], 0) ** 2
    # within each modality, so that what advice changes for all does not count
    spread = np.sqrt(squares.sum(axis=(0, 1)) / np.maximum(count.sum(axis=0), 1))
    advice = _advice(reviewed)
    rows = []
    for k in np.argsort(-spread, kind="stable")[:most].tolist():
        if not spread[k]:
            break
        row = _named(reviewed, k)
        for i, name in enumerate(study.modalities):
            own = study.ratings[i, read[i, :, k], k]
            row[gettext("Ratings, {name}", name=modality_title(name))] = (
                gettext("{low:g} to {high:g}", low=own.min(), high=own.max()) if own.size else ""
            )
            row |= _called(reviewed, i, k, read)
        if advice is not None:
            row[gettext("Advice")] = "" if np.isnan(advice[k]) else f"{advice[k]:.2f}"
        rows.append(row)
    return pd.DataFrame(rows)


def cases_against_the_model(reviewed: ReaderReview, most: int = MOST) -> pd.DataFrame:
    """The cases on which readers and the model differ most, whether or not readers agree among themselves.

    What readers said without advice is held against it, by the mean of their ratings, or of their calls where
    ratings are no probabilities; empty where no advice is known, or nobody read without it.
    """
    study, advice = reviewed.study, _advice(reviewed)
    said = _said(reviewed)
    if advice is None or said is None or reviewed.answers.advice is None:
        return pd.DataFrame()
    shown = np.asarray((~np.isnan(reviewed.answers.advice)).any(axis=(1, 2)))
    read = ~np.isnan(study.ratings) & ~shown[:, None, None]
    count = read.sum(axis=(0, 1))
    mean = np.where(read, said, 0).sum(axis=(0, 1)) / np.maximum(count, 1)
    apart = np.where((count > 0) & ~np.isnan(advice), mean - advice, 0.0)
    rows = []
    for k in np.argsort(-np.abs(apart), kind="stable")[:most].tolist():
        if not apart[k]:
            break
        row = _named(reviewed, k) | {
            gettext("Readers, mean"): f"{mean[k]:.2f}",
            gettext("Advice"): f"{advice[k]:.2f}",
            gettext("Readers less advice"): signed(float(apart[k])),
        }
        for i in np.flatnonzero(~shown).tolist():
            row |= _called(reviewed, i, k, read)
        rows.append(row)
    return pd.DataFrame(rows)


def _advice(reviewed: ReaderReview) -> Floats | None:
    given = reviewed.answers.advice
    return None if given is None else advice_of_cases(reviewed.study, given)


def _said(reviewed: ReaderReview) -> Floats | None:
    """What readers said, in [0, 1]."""
    study, scale = reviewed.study, reviewed.answers.scale
    if scale is not None:
        return study.ratings / scale
    return None if study.called is None else study.called.astype(float)


def _named(reviewed: ReaderReview, k: int) -> dict[str, str]:
    study = reviewed.study
    return {gettext("Case"): study.cases[k], gettext("Truth"): "MVM" if study.truth[k] else "BVF"}


def _called(reviewed: ReaderReview, i: int, k: int, read: Bools) -> dict[str, str]:
    study = reviewed.study
    if study.called is None:
        return {}
    calls = study.called[i, read[i, :, k], k]
    head = gettext("Called MVM, {name}", name=modality_title(study.modalities[i]))
    return {head: gettext("{count} of {size}", count=int(calls.sum()), size=calls.size)}
