"""How far a case's label can be guessed without looking at the lesion."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case, Cohort
from mvm_core.errors import ValidationError
from mvm_core.evaluation import read_case
from mvm_core.radiograph import View
from mvm_core.validation import AucEstimate, auc_with_interval

WANTED_AUC = 0.65
"""A cohort whose labels are guessed better than this from the outside teaches shortcuts."""

_FOLDS, _REPEATS, _LEAST = 5, 10, 20
_SEED = 1


@dataclass(frozen=True)
class Confounders:
    """What is known of each case without looking at the lesion.

    Attributes
    ----------
    labels : bool array, shape (n,)
        True for MVM.
    groups : dict of str to float array, shape (n, k)
        ``age``, ``sex``, ``level`` (a column for each level but one) and ``density`` (mean grey of the
        film, 0 to 1, a column for each view).
    """

    labels: NDArray[np.bool_]
    groups: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class ConfounderCheck:
    """Cross-validated discrimination by a logistic regression.

    Attributes
    ----------
    together : AucEstimate
        From all groups of features.
    alone : dict of str to AucEstimate
        From each group by itself.
    n, positives : int
    """

    together: AucEstimate
    alone: dict[str, AucEstimate]
    n: int
    positives: int


def read_confounders(cohort: Cohort, progress: Callable[[int, int], None] | None = None) -> Confounders:
    """Collect the features of every case; each film is read once.

    Raises
    ------
    ValidationError
        If there are too few cases of a label to cross-validate.
    FilmError
        If a film cannot be read.
    """
    _check_numbers(np.array([case.label == "mvm" for case in cohort.diseased], bool))
    densities = np.full((len(cohort.diseased), len(View)), np.nan)
    for done, case in enumerate(cohort.diseased, start=1):
        films = read_case(case)
        for column, view in enumerate(View):
            film = films.film(view)
            if film is not None:
                densities[done - 1, column] = film.pixels.mean()
        if progress is not None:
            progress(done, len(cohort.diseased))
    return confounders(cohort.diseased, densities)


def confounders(cases: tuple[Case, ...], densities: NDArray[np.float64]) -> Confounders:
    """Turn what is known of the cases into columns; what is missing becomes the mean of the others.

    Parameters
    ----------
    cases : tuple of Case
    densities : float array, shape (n, 2)
        Mean grey of the AP and the lateral film, NaN where there is none.
    """
    ages = np.array([[np.nan if case.age is None else case.age] for case in cases], float)
    levels = sorted({case.level for case in cases})
    columns = {
        "age": ages,
        "sex": np.array([[case.sex == "F"] for case in cases], float),
        "level": np.array([[case.level == level for level in levels[1:]] for case in cases], float),
        "density": densities,
    }
    return Confounders(
        np.array([case.label == "mvm" for case in cases]),
        {name: _filled(column) for name, column in columns.items()},
    )


def check_confounders(found: Confounders) -> ConfounderCheck:
    """Cross-validate a logistic regression on all features, and on each group by itself.

    Probabilities are means over ten repeats of five-fold cross-validation, stratified by label; intervals
    are DeLong's.

    Raises
    ------
    ValidationError
        If there are fewer than twenty cases of a label.
    """
    _check_numbers(found.labels)
    everything = np.hstack(list(found.groups.values()))
    return ConfounderCheck(
        together=_cross_validated(everything, found.labels),
        alone={name: _cross_validated(columns, found.labels) for name, columns in found.groups.items()},
        n=len(found.labels),
        positives=int(found.labels.sum()),
    )


def _check_numbers(labels: NDArray[np.bool_]) -> None:
    fewer = min(int(labels.sum()), int((~labels).sum()))
    if fewer < _LEAST:
        raise ValidationError(
            "cohort",
            f"a label has {fewer} cases, too few to cross-validate",
            f"give {_LEAST} of each or more",
        )


def _filled(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Constant columns left out, gaps filled with the mean."""
    known = ~np.isnan(columns)
    usual = np.where(known, columns, 0).sum(0) / np.maximum(known.sum(0), 1)
    columns = np.where(known, columns, usual)
    return columns[:, np.ptp(columns, axis=0) > 0]


def _cross_validated(columns: NDArray[np.float64], labels: NDArray[np.bool_]) -> AucEstimate:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if not columns.shape[1]:
        return auc_with_interval(labels, np.zeros(len(labels)))
    total = np.zeros(len(labels))
    for repeat in range(_REPEATS):
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED + repeat)
        for fitted, left_out in folds.split(columns, labels):
            model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
            model.fit(columns[fitted], labels[fitted])
            total[left_out] += model.predict_proba(columns[left_out])[:, 1]
    return auc_with_interval(labels, total / _REPEATS)
