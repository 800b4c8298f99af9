"""Cases of a reader study that are worth a look: readers against each other, and against the model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mvm_core.cohort.reader_answers import read_answers
from mvm_core.review.reader_cases import cases_against_the_model, cases_for_people
from mvm_core.review.reader_report import reader_report_html
from mvm_core.review.reader_study import ReaderReview, review_readers
from mvm_core.review.reader_tables import calibration_for_people, components_for_people
from mvm_core.review.words import signed, written
from mvm_core.validation.mrmc_table import answers_of

AGREED_AGAINST, SPLIT = "x3", "x4"


def reviewed(*, advised: bool = True) -> ReaderReview:
    """Two readers: one case on which both say the same against the model, one on which they are at odds."""
    rows = []
    for k in range(12):
        truth, case = k % 2 == 0, f"x{k}"
        for place, reader in enumerate(("ann", "bob")):
            for modality in ("unaided", "aided"):
                rating = 70 + place + k if truth else 30 - place - k
                rating = 90 if case == AGREED_AGAINST else 80 if case == SPLIT else rating
                rating = 30 if case == SPLIT and place else rating
                # with advice before him everybody says what the model says
                advice = 0.05 if case == AGREED_AGAINST else 0.75 if truth else 0.25
                rating = 100 * advice if modality == "aided" else rating
                rows.append(
                    (reader, modality, case, truth, rating, advice if modality == "aided" else np.nan)
                )
    table = pd.DataFrame(rows, columns=["reader", "modality", "case", "truth", "rating", "advice"])
    if not advised:
        table = table.drop(columns="advice")
    return review_readers(answers_of(table), "t.csv", simulated=True)


def test_a_case_on_which_all_readers_agree_against_the_model_comes_first() -> None:
    found = reviewed()
    first = cases_against_the_model(found).iloc[0]
    assert first["Case"] == AGREED_AGAINST
    assert first["Readers, mean"] == "0.90"
    assert first["Advice"] == "0.05"
    assert first["Readers less advice"] == "+0.850"
    assert first["Called MVM, unaided"] == "2 of 2"
    among = cases_for_people(found)
    assert among["Case"].iloc[0] == SPLIT
    assert AGREED_AGAINST not in set(among["Case"]), "nobody differs from anybody there"


def test_answers_given_with_the_advice_are_not_held_against_it() -> None:
    table = cases_against_the_model(reviewed())
    assert "Called MVM, aided" not in table.columns
    apart = table["Readers less advice"].str.replace("−", "-").astype(float).abs()
    assert apart.is_monotonic_decreasing


def test_without_advice_nothing_is_held_against_a_model() -> None:
    assert cases_against_the_model(reviewed(advised=False)).empty
    assert "readers and the model differ most" not in reader_report_html(reviewed(advised=False))


def test_the_report_lists_them() -> None:
    report = reader_report_html(reviewed())
    section = report[report.index("Cases on which readers and the model differ most") :]
    assert AGREED_AGAINST in section[: section.index("</table>")]


@pytest.mark.parametrize("table", [components_for_people, calibration_for_people])
def test_numbers_below_zero_have_a_minus(table) -> None:  # type: ignore[no-untyped-def]
    oracle = Path(__file__).parent / "data" / "mrmc" / "mrmc.csv"
    found = review_readers(answers_of(read_answers(oracle)), "mrmc.csv")
    told = " ".join(table(found).astype(str).to_numpy().ravel())
    assert "−0.0" in told or "−0.2" in told
    assert "-0" not in told


def test_what_rounds_to_zero_has_no_minus() -> None:
    assert (signed(-1e-9), signed(-0.0006), written(-1e-9, 2)) == ("+0.000", "−0.001", "0.00")
