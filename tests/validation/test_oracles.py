"""Every figure of the oracles, walked through by their own keys: one that nobody computes fails."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd
import pytest
from validation_samples import NAMES, ORACLE, table

from mvm_core.validation.calibration import assess_calibration
from mvm_core.validation.comparisons import paired_delong, unpaired_delong
from mvm_core.validation.operating_points import youden_point
from mvm_core.validation.partial_auc import partial_auc
from mvm_core.validation.roc import auc_with_interval, covariance, placements

Path = tuple[str, ...]
EXACT = {"abs": 1e-10}
# how each figure is computed of a table of label, a and b, and how near it is to be
OF_ONE: Mapping[Path, tuple[Callable[[pd.DataFrame], Any], Mapping[str, float]]] = {
    ("n",): (lambda t: _area(t).n, EXACT),
    ("positives",): (lambda t: _area(t).positives, EXACT),
    ("auc_a",): (lambda t: _area(t).auc, EXACT),
    ("auc_b",): (lambda t: _area(t, "b").auc, EXACT),
    ("auc_a_ci95_delong",): (lambda t: _area(t).ci95, EXACT),
    ("auc_a_variance_delong",): (lambda t: _area(t).variance, EXACT),
    ("covariance_delong",): (
        lambda t: covariance(placements(t["label"], t["a"]), placements(t["label"], t["b"])),
        EXACT,
    ),
    ("paired", "z"): (lambda t: paired_delong(t["label"], t["a"], t["b"]).z, EXACT),
    ("paired", "p"): (lambda t: paired_delong(t["label"], t["a"], t["b"]).p, {"rel": 1e-10, "abs": 0}),
    ("partial_auc_spec_90_100",): (lambda t: partial_auc(t["label"], t["a"]).raw, EXACT),
    ("partial_auc_spec_90_100_corrected",): (lambda t: partial_auc(t["label"], t["a"]).corrected, EXACT),
    ("youden", "threshold"): (lambda t: youden_point(t["label"], t["a"]).threshold, EXACT),
    ("youden", "specificity"): (lambda t: youden_point(t["label"], t["a"]).specificity, EXACT),
    ("youden", "sensitivity"): (lambda t: youden_point(t["label"], t["a"]).sensitivity, EXACT),
    ("val_prob", "Brier"): (lambda t: _calibration(t).brier, {"abs": 1e-6}),
    ("val_prob", "Intercept"): (lambda t: _calibration(t).intercept, {"abs": 1e-6}),
    ("val_prob", "Slope"): (lambda t: _calibration(t).slope, {"abs": 1e-6}),
    ("val_prob", "Emax"): (lambda t: _calibration(t).emax, {"abs": 1e-3}),
    ("val_prob", "E90"): (lambda t: _calibration(t).e90, {"abs": 1e-3}),
    ("val_prob", "Eavg"): (lambda t: _calibration(t).ici, {"abs": 1e-3}),
    ("val_prob", "U"): (lambda t: _calibration(t).quality.unreliability, {"abs": 1e-6}),
    ("val_prob", "Q"): (lambda t: _calibration(t).quality.quality, {"abs": 1e-6}),
    # rms bins the probabilities before it ranks them; pROC's area above is the exact one
    ("val_prob", "C (ROC)"): (lambda t: _area(t).auc, {"abs": 1e-4}),
}
OF_BOTH = {
    ("D",): (lambda test: test.d, EXACT),
    ("df",): (lambda test: test.df, {"rel": 1e-10, "abs": 0}),
    ("p",): (lambda test: test.p, {"rel": 1e-10, "abs": 0}),
}


def _area(scores: pd.DataFrame, name: str = "a") -> Any:
    return auc_with_interval(scores["label"], scores[name])


def _calibration(scores: pd.DataFrame) -> Any:
    return assess_calibration(scores["label"], scores["a"])


def leaves(tree: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def test_the_oracles_hold_these_tables_and_no_other() -> None:
    assert set(ORACLE) == {"versions", *NAMES, "internal_vs_external_a"}


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_a_table_is_reproduced(name: str) -> None:
    scores = table(name)
    expected = dict(leaves(ORACLE[name]))
    assert set(expected) == set(OF_ONE)
    for path, value in expected.items():
        compute, near = OF_ONE[path]
        assert compute(scores) == pytest.approx(value, **near), path


def test_every_figure_of_internal_against_external_is_reproduced() -> None:
    internal, external = table("internal"), table("external")
    test = unpaired_delong(internal["label"], internal["a"], external["label"], external["a"])
    expected = dict(leaves(ORACLE["internal_vs_external_a"]))
    assert set(expected) == set(OF_BOTH)
    for path, value in expected.items():
        compute, near = OF_BOTH[path]
        assert compute(test) == pytest.approx(value, **near), path
