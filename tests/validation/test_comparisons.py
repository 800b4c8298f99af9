"""Tests for a difference against pROC, statsmodels and their definitions."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from validation_samples import ORACLE, labelled_scores, table

from mvm_core.errors import ValidationError
from mvm_core.validation.comparisons import holm, mcnemar, paired_delong, unpaired_delong

Oracle = tuple[pd.DataFrame, dict[str, Any]]


def test_paired_test_is_that_of_proc(oracle: Oracle) -> None:
    scores, expected = oracle
    test = paired_delong(scores["label"], scores["a"], scores["b"])
    assert test.z == pytest.approx(expected["paired"]["z"], abs=1e-10)
    assert test.p == pytest.approx(expected["paired"]["p"], rel=1e-10)
    assert test.n == expected["n"]
    assert test.difference == pytest.approx(expected["auc_a"] - expected["auc_b"], abs=1e-10)
    assert (test.ci95[0] > 0) == (test.p < 0.05)


def test_unpaired_test_is_that_of_proc() -> None:
    internal, external = table("internal"), table("external")
    test = unpaired_delong(internal["label"], internal["a"], external["label"], external["a"])
    expected = ORACLE["internal_vs_external_a"]
    assert test.d == pytest.approx(expected["D"], abs=1e-10)
    assert test.df == pytest.approx(expected["df"], abs=1e-8)
    assert test.p == pytest.approx(expected["p"], rel=1e-10)
    assert test.ci95[0] < test.difference < test.ci95[1]


@given(labelled_scores())
def test_a_reading_does_not_differ_from_itself(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = data
    test = paired_delong(labels, scores, 2 * scores)
    assert (test.difference, test.z, test.p) == (0, None, None)


def test_no_variance_no_test() -> None:
    test = unpaired_delong([0, 0, 1, 1], [1, 2, 3, 4], [0, 0, 1, 1], [1, 2, 3, 4])
    assert (test.d, test.df, test.p, test.ci95) == (None, None, None, None)
    assert unpaired_delong([0, 1], [1, 2], [0, 0, 1, 1], [1, 3, 2, 4]).p is None


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(*(st.lists(st.booleans(), min_size=n, max_size=n),) * 2))
)
def test_mcnemar_is_that_of_statsmodels(right: tuple[list[bool], list[bool]]) -> None:
    test = mcnemar(*right)
    counts = np.zeros((2, 2), int)
    np.add.at(counts, tuple(np.array(right).astype(int)), 1)
    if counts[0, 1] + counts[1, 0]:
        assert test.p == pytest.approx(statsmodels_mcnemar(counts, exact=True).pvalue)
    else:
        assert test.p == 1
    assert test.difference == pytest.approx(np.mean(right[0]) - np.mean(right[1]))


@settings(max_examples=25)  # a call of theirs takes 60 ms
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist(), abs=1e-12)


def test_holm_passes_over_tests_that_could_not_be_computed() -> None:
    assert holm([0.01, None, 0.04]) == [0.02, None, 0.04]
    assert holm([]) == []
    for wrong in (1.2, -0.1, float("nan")):
        with pytest.raises(ValidationError, match="outside 0 to 1"):
            holm([0.5, wrong])


def test_readings_of_other_cases_are_told() -> None:
    with pytest.raises(ValidationError, match="different cases"):
        mcnemar([1, 0], [1, 0, 1])
    with pytest.raises(ValidationError, match="one number for each of the 2 cases"):
        paired_delong([0, 1], [0.1, 0.2], [0.1, 0.2, 0.3])
