"""Every figure of the oracles of R's MRMCaov, walked through by their own keys."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from readers_samples import oracle_figures, oracle_study

from mvm_core.validation.mrmc import analyse
from mvm_core.validation.mrmc_covariance import Estimator, figures_and_covariance
from mvm_core.validation.mrmc_mean_squares import averages, mean_squares
from mvm_core.validation.mrmc_merits import AUC, SENSITIVITY, SPECIFICITY
from mvm_core.validation.mrmc_results import Analysis, Estimate, Fixed

MERITS = {"empirical_auc": AUC, "binary_sens": SENSITIVITY, "binary_spec": SPECIFICITY}
ESTIMATORS = {
    "DeLong": Estimator.DELONG,
    "jackknife": Estimator.JACKKNIFE,
    "unbiased": Estimator.UNBIASED,
}
FIXED = {"random": Fixed.NEITHER, "fixed_readers": Fixed.READERS, "fixed_cases": Fixed.CASES}
STUDY = oracle_study()
ORACLES = oracle_figures()


def by_key(key: str) -> Analysis:
    merit, estimator, fixed = key.split("|")
    return analyse(STUDY, MERITS[merit], ESTIMATORS[estimator], FIXED[fixed])


def interval(found: Estimate) -> dict[str, Any]:
    return {
        "Estimate": found.value,
        "StdErr": found.standard_error,
        "df": found.df,
        "CI.Lower": found.low,
        "CI.Upper": found.high,
    }


def our_rows(key: str) -> Mapping[str, list[dict[str, Any]]]:
    """Our figures under the oracles' names."""
    merit, estimator, fixed = key.split("|")
    found = by_key(key)
    figures, covariance = figures_and_covariance(STUDY, found.layout, MERITS[merit], ESTIMATORS[estimator])
    squares, average = mean_squares(figures, found.layout), averages(covariance, found.layout)
    parts = found.components
    assert found.equality is not None
    components = {
        "reader": parts.reader,
        "modality:reader": parts.modality_reader,
        "Error": parts.error,
        "Cov1": parts.cov1,
        "Cov2": parts.cov2,
        "Cov3": parts.cov3,
    }
    ratio = {"F": found.equality.statistic, "df1": found.equality.df1, "df2": found.equality.df2}
    if fixed == "fixed_readers":
        ratio = {"X2": found.equality.statistic, "df": found.equality.df1}
    letter = "z" if fixed == "fixed_readers" else "t"
    order = [found.modalities.index(name) for name in ("aided", "unaided")]
    (difference,) = found.differences
    assert (difference.modality, difference.reference) == ("aided", "unaided")
    return {
        "vcov_comps": [
            {
                "name": name,
                "Estimate": value,
                "Correlation": value / parts.error if name.startswith("Cov") and value is not None else None,
            }
            for name, value in components.items()
        ],
        "test_equality": [
            {
                "name": "1",
                "MS(T)": found.equality.mean_square,
                "MS(T:R)": squares.residual,
                "Cov1": parts.cov1,
                "Cov2": parts.cov2,
                "Cov3": parts.cov3,
                "Denominator": found.equality.denominator,
                **ratio,
                "p-value": found.equality.p,
            }
        ],
        "test_diffs": [
            {
                "name": "1",
                "Comparison": "aided - unaided",
                **interval(difference.estimate),
                letter: difference.statistic,
                "p-value": difference.p,
            }
        ],
        "test_means": [
            {
                "name": found.modalities[i],
                "MS(R)": squares.readers[i],
                "Cov2": average.cov2[i],
                "Var(Error)": average.error[i],
                **interval(found.means[i]),
            }
            for i in order
        ],
        "reader_test_diffs": [
            {
                "name": reader,
                "Reader": reader,
                "Comparison": "aided - unaided",
                **interval(one.estimate),
                "z": one.statistic,
                "p-value": one.p,
            }
            for reader, (one,) in found.differences_by_reader.items()
        ],
        "reader_means": [
            {
                "name": str(place + 1),
                "modality": modality,
                "reader": reader,
                **interval(found.by_reader[modality, reader]),
                merit: found.by_reader[modality, reader].value,
            }
            for place, (modality, reader) in enumerate(
                (modality, reader) for modality in ("aided", "unaided") for reader in found.readers
            )
        ],
    }


@pytest.mark.parametrize("key", ORACLES)
def test_every_figure_is_that_of_mrmcaov(key: str) -> None:
    ours = our_rows(key)
    compared = 0
    for table, rows in ORACLES[key].items():
        assert len(ours[table]) == len(rows)
        for row, own in zip(rows, ours[table], strict=True):
            for name, value in row.items():
                if isinstance(value, int | float):
                    assert math.isclose(own[name], value, rel_tol=1e-8, abs_tol=1e-14), (
                        table,
                        name,
                        own[name],
                        value,
                    )
                    compared += 1
                else:
                    assert own[name] == value, (table, name)
    assert compared >= 14


def test_the_oracles_are_these_and_no_other() -> None:
    assert len(ORACLES) == 17
    assert {tuple(key.split("|")) for key in ORACLES} <= {
        (merit, estimator, fixed) for merit in MERITS for estimator in ESTIMATORS for fixed in FIXED
    }
