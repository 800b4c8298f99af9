"""What every function of this package asks of its arrays."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mvm_core.errors import ValidationError

_CURE = "give one finite score and one label, 0 or 1, for each case"


def labels_of(labels: ArrayLike) -> NDArray[np.bool_]:
    """Labels as booleans, True for the positive class (MVM).

    Raises
    ------
    ValidationError
        If they are not one row of 0 and 1 (or False and True), or there are none.
    """
    array = np.asarray(labels)
    if array.ndim != 1 or not array.size:
        raise ValidationError("labels", "there are none, or they are not one row of cases", _CURE)
    if array.dtype != np.bool_ and not (array.dtype.kind in "iuf" and np.isin(array, (0, 1)).all()):
        raise ValidationError("labels", "they are other than 0 and 1", _CURE)
    return array.astype(np.bool_)


def finite(values: ArrayLike, name: str, length: int) -> NDArray[np.float64]:
    """Values as float64, one for each case.

    Raises
    ------
    ValidationError
        If their number is not `length`, or one of them is no finite number.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.shape != (length,):
        raise ValidationError(name, f"there is not one number for each of the {length} cases", _CURE)
    if not np.isfinite(array).all():
        raise ValidationError(name, "some of them are not finite", _CURE)
    return array.astype(np.float64)


def two_classes(
    labels: ArrayLike, values: ArrayLike, name: str = "scores"
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Labels and values of the same cases, with at least one case of each class.

    Raises
    ------
    ValidationError
        As in `labels_of` and `finite`, and if all cases are of one class.
    """
    positive = labels_of(labels)
    array = finite(values, name, positive.size)
    if positive.all() or not positive.any():
        raise ValidationError("labels", "all cases are of one class", "add cases of the other class")
    return positive, array


def probabilities_of(values: ArrayLike, length: int) -> NDArray[np.float64]:
    """Values as float64 in [0, 1], one for each case.

    Raises
    ------
    ValidationError
        As in `finite`, and if one lies outside [0, 1].
    """
    array = finite(values, "probabilities", length)
    if array.min() < 0 or array.max() > 1:
        raise ValidationError(
            "probabilities", "some of them are outside 0 to 1", "treat them as scores, without calibration"
        )
    return array


def patients_of(patients: ArrayLike, size: int) -> NDArray[Any]:
    """The patient of each of so many cases.

    Raises
    ------
    ValidationError
        If there is not one for each.
    """
    named = np.asarray(patients)
    if named.shape != (size,):
        raise ValidationError("patients", "there is not one for each case", "name the patient of each case")
    return named
