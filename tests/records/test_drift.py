"""Drift by moving averages, the table by month, and how many cases are missing."""

from dataclasses import replace

import numpy as np
import pytest
from record_words import document

from mvm_core.errors import ValidationError
from mvm_core.records.case import KeptCase, Statement
from mvm_core.records.drift import by_month, ewma, missing_cases, series
from mvm_core.validation.sample_size import cases_for_auc

NIST = [
    *(52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5),
    *(49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1),
]
"""Data of the NIST/SEMATECH e-Handbook, 6.3.2.4: centre 50, standard deviation 2.0539, weight 0.3."""

NIST_AVERAGES = [
    *(50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33),
    *(50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99),
]


def case(number: int, kept_at: str, probability: float, zone: str, truth: str = "") -> KeptCase:
    reading = document(probability, zone)
    reading["distances"] = {
        "ap": {"percentile": 10.0, "distance": -0.5},
        "lateral": {"percentile": float(number), "distance": number / 10},
    }
    said = Statement(truth=truth, reference="mri" if truth else "")
    return KeptCase(f"{number:016x}", f"p{number}", f"s{number}", kept_at, "anna", "0", "w", "L2", zone,
                    reading, said)  # fmt: skip


def test_averages_and_limits_are_those_of_the_handbook() -> None:
    # Two values with the handbook's centre and deviation for a baseline.
    reach = 2.0539 / np.sqrt(2)
    found = ewma([50 - reach, 50 + reach, *NIST], baseline=2, weight=0.3)
    assert found.centre == pytest.approx(50)
    assert found.deviation == pytest.approx(2.0539)
    np.testing.assert_allclose(found.average, NIST_AVERAGES, atol=0.006)
    assert found.lower[-1] == pytest.approx(47.4115, abs=0.003)
    assert found.upper[-1] == pytest.approx(52.5884, abs=0.003)
    assert not found.outside.any()
    assert ewma([50 - reach, 50 + reach, *NIST, 58, 58], baseline=2, weight=0.3).outside[-1]


def test_false_alarms_are_rare_and_a_shift_is_found() -> None:
    random = np.random.default_rng(5)
    steady = [ewma(random.normal(size=600), baseline=300).outside.mean() for _ in range(40)]
    assert np.mean(steady) < 0.02
    shifted = np.concatenate([random.normal(size=300), random.normal(1.0, size=40)])
    assert ewma(shifted, baseline=300).outside[10:].mean() > 0.7


@pytest.mark.parametrize("values", [[1.0] * 30, [1.0] * 40, []])
def test_too_little_or_no_variation_is_told(values: list[float]) -> None:
    with pytest.raises(ValidationError, match="wait for more cases"):
        ewma(values)


def test_each_month_has_its_shares_and_rates() -> None:
    cases = [
        case(1, "2026-10-01T00:00:00", 0.8, "MVM likely", "mvm"),
        case(2, "2026-10-31T23:59:59", 0.2, "BVF likely", "mvm"),
        case(3, "2026-10-20T00:00:00", 0.6, "indeterminate", "bvf"),
        case(4, "2026-10-21T00:00:00", 0.7, "MVM likely"),
        case(50, "2026-11-01T00:00:00", 0.4, "nothing seen"),
    ]
    table = by_month(cases)
    october = table.iloc[0].to_dict()
    assert table["month"].tolist() == ["2026-10", "2026-11"]
    assert (october["readings"], october["settled"]) == (4, 3)
    assert [october[name] for name in ("mvm", "indeterminate", "bvf", "intact")] == [0.5, 0.25, 0.25, 0]
    assert (october["sensitivity"], october["specificity"]) == (0.5, 1.0)
    assert october["probability"] == pytest.approx(0.65)
    assert table["percentile"].tolist() == [10, 50]
    assert np.isnan(table["sensitivity"][1])
    assert series(cases, "mvm") == [1, 0, 1, 0, 0]
    assert series(cases, "distance") == [0.1, 0.3, 0.4, 0.2, 5.0]
    without = replace(cases[0], reading={"leading": None})
    assert series([without], "probability") == series([without], "distance") == []


def test_films_that_all_lie_beyond_the_training_films_may_still_drift() -> None:
    def beyond(number: int, distance: float) -> KeptCase:
        own = case(number, f"2026-10-01T00:00:{number:02d}", 0.5, "indeterminate")
        reading = {**own.reading, "distances": {"ap": {"percentile": 100.0, "distance": distance}}}
        return replace(own, reading=reading)

    away = [*np.random.default_rng(3).normal(5, 0.4, 30), *(7.0,) * 10]
    found = ewma(series([beyond(number, each) for number, each in enumerate(away)], "distance"))
    assert found.outside.tolist()[1:] == [True] * 9


def test_missing_cases_are_those_needed_less_those_there() -> None:
    found = missing_cases(0.85, 0.8, 0.7, 30, 70, 0.1)
    assert found.auc == cases_for_auc(0.85, 0.1, 0.3).n - 100
    assert missing_cases(0.85, 0.8, 0.7, 3000, 7000, 0.2) == replace(found, auc=0, rates=0)
    assert missing_cases(0.5, 1.0, 1.0, 5, 5, 0.2).auc is None
    assert missing_cases(1.0, 1.0, 1.0, 5, 5, 0.2).rates > 0
