"""Tables behind published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvm_core.errors import ValidationError
from mvm_core.validation.metrics import METRICS
from mvm_core.validation.published import RATES, possible_ranges, possible_tables
from mvm_core.validation.rates import ConfusionTable

EXTERNAL = {"accuracy": "0.67", "sensitivity": "0.76", "f1": "0.76"}


def rates(table: ConfusionTable) -> dict[str, float]:
    found = {
        "accuracy": table.accuracy().value,
        "sensitivity": table.sensitivity().value,
        "specificity": table.specificity().value,
        "precision": table.precision().value,
        "npv": table.npv().value,
        "f1": METRICS["f1"].value(table),
        "prevalence": table.positives / table.n,
    }
    return {name: value for name, value in found.items() if value is not None}


def test_the_external_figures_of_the_abstract() -> None:
    found = possible_ranges(EXTERNAL)
    assert found["prevalence"].low == pytest.approx(0.6546, abs=1e-4)
    assert found["prevalence"].high == pytest.approx(0.7222, abs=1e-4)
    assert found["specificity"].low == pytest.approx(0.4169, abs=1e-4)
    assert found["specificity"].high == pytest.approx(0.5174, abs=1e-4)
    tables = possible_tables(EXTERNAL, 300)
    assert len(tables) > 10
    for table in tables:
        for name, value in rates(table).items():
            assert found[name].low - 1e-6 <= value <= found[name].high + 1e-6


@given(st.tuples(*(st.integers(0, 12),) * 4).filter(any), st.sets(st.sampled_from(RATES), min_size=1))
def test_the_true_table_is_among_those_found(counts: tuple[int, int, int, int], names: set[str]) -> None:
    truth = ConfusionTable(*counts)
    figures = {name: f"{value:.2f}" for name, value in rates(truth).items() if name in names}
    found = possible_tables(figures, truth.n)
    assert truth in found
    assert possible_tables(figures, truth.n, truth.positives) == tuple(
        table for table in found if table.positives == truth.positives
    )
    for table in found[:20]:
        for name, text in figures.items():
            assert rates(table)[name] == pytest.approx(float(text), abs=0.005 + 1e-6)


@given(st.tuples(*(st.integers(1, 12),) * 4), st.sets(st.sampled_from(RATES), min_size=1))
def test_the_true_rates_are_within_the_ranges(counts: tuple[int, int, int, int], names: set[str]) -> None:
    truth = rates(ConfusionTable(*counts))
    found = possible_ranges({name: f"{truth[name]:.2f}" for name in names})
    for name, value in truth.items():
        assert found[name].low - 1e-6 <= value <= found[name].high + 1e-6


def test_figures_that_contradict_each_other_fit_no_table() -> None:
    wrong = {"accuracy": "0.90", "sensitivity": "0.50", "specificity": "0.50"}
    assert possible_ranges(wrong) is None
    assert possible_tables(wrong, 50) == ()


def test_no_figures_leave_everything_possible() -> None:
    assert all((found.low, found.high) == (0, 1) for found in possible_ranges({}).values())


def test_unfit_figures_are_told() -> None:
    for figures in ({"auc": "0.8"}, {"f1": "76 %"}, {"f1": "76"}, {"f1": "nan"}, {"f1": "1e-1"}):
        with pytest.raises(ValidationError):
            possible_ranges(figures)
    with pytest.raises(ValidationError, match="that cannot be"):
        possible_tables(EXTERNAL, 10, 11)
    with pytest.raises(ValidationError, match="too many tables"):
        possible_tables({"accuracy": "0.67"}, 1514)
