"""Cohen's kappa against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from mvm_core.errors import ValidationError
from mvm_core.validation.agreement import cohen_kappa

GRADES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@given(GRADES)
def test_kappa_is_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs).T
    assume(len(set(one) | set(other)) > 1)
    assert cohen_kappa(one, other) == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)
    weighted = cohen_kappa_score(one, other, labels=range(4), weights="linear")
    assert cohen_kappa(one, other, weighted=True) == pytest.approx(weighted, abs=1e-12)


def test_one_grade_for_all_leaves_nothing_beyond_chance() -> None:
    assert cohen_kappa([2, 2], [2, 2]) is None


@pytest.mark.parametrize(("one", "other"), [([], []), ([1], [1, 2])])
def test_gradings_of_different_cases_are_told(one: list[int], other: list[int]) -> None:
    with pytest.raises(ValidationError, match="same cases"):
        cohen_kappa(one, other)
