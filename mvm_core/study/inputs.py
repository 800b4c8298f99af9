"""The two cohorts of a study, whose problems are told together."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from mvm_core.cohort import Cohort, read_manifest
from mvm_core.errors import TableError, TrainingError

INTERNAL_SPLITS, EXTERNAL_SPLITS = ("train", "tune", "test"), ("external",)

_T = TypeVar("_T")


def read_cohorts(internal: Path, external: Path) -> tuple[Cohort, Cohort]:
    """Read both manifests.

    Raises
    ------
    TableError
        With every problem of both manifests.
    TrainingError
        If a split is missing.
    """
    inside, outside = for_both((internal, external), read_manifest)
    for cohort, splits in ((inside, INTERNAL_SPLITS), (outside, EXTERNAL_SPLITS)):
        absent = [split for split in splits if not cohort.split(split)]
        if absent:
            raise TrainingError(
                str(cohort.folder),
                f"the study needs the split {' and '.join(absent)}",
                "add such cases to its manifest.csv",
            )
    return inside, outside


def for_both(inputs: Iterable[object], read: Callable[..., _T]) -> list[_T]:
    """Do the same to both; where tables have problems, raise one error with those of all.

    Raises
    ------
    TableError
        With every problem, each after the name of its table.
    """
    found, errors = [], []
    for each in inputs:
        try:
            found.append(read(each))
        except TableError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        problems = [f"{error.subject}: {problem}" for error in errors for problem in error.problems]
        raise TableError("both cohorts", problems, errors[0].cure)
    return found
