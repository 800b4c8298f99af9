"""Calibrating anew on some cases of a site."""

import numpy as np
import pandas as pd
import pytest

from mvm_core.calibrations import apply_calibration, fit_calibrations
from mvm_core.inference import SHIPPED
from mvm_core.models.registry import LEADING, SINGLE_READINGS
from mvm_core.models.weights import load_weights
from mvm_core.study.curves import local_text
from mvm_core.study.local_cases import FIGURES, SIZES, fit, local_figures


def site(cases: int, seed: int = 3) -> pd.DataFrame:
    """Logits of all single readings, of which the shipped calibration knows nothing."""
    draw = np.random.default_rng(seed)
    mvm = draw.random(cases) < 0.4
    shared = draw.normal(size=cases)
    rows = [
        {
            "case_id": f"p{number}",
            "site": "x",
            "split": "test",
            "label": "mvm" if ill else "bvf",
            "sign": "",
            "level": "L1",
            "age": 60.0,
            "sex": "F",
            "model": name,
            "logit": 4 + 3 * ill + 1.5 * shared[number] + draw.normal(),
        }
        for number, ill in enumerate(mvm)
        for name in SINGLE_READINGS
    ]
    return pd.DataFrame(rows)


def test_the_fit_is_that_of_the_command() -> None:
    table = site(80)
    calibrations = fit_calibrations(table)
    probabilities = apply_calibration(table, calibrations)
    wanted = probabilities[probabilities["model"] == LEADING].set_index("case_id")["probability"]
    wide = table.pivot_table(index="case_id", columns="model", values="logit")[list(SINGLE_READINGS)]
    positive = table.drop_duplicates("case_id").set_index("case_id")["label"].loc[wide.index].eq("mvm")
    fitted = fit(positive.to_numpy(), wide.to_numpy(), len(SINGLE_READINGS))
    assert fitted.own.points == calibrations[LEADING].points
    assert fitted.probabilities(wide.to_numpy()) == pytest.approx(wanted.loc[wide.index].to_numpy())


def test_more_cases_mend_more_of_what_is_off() -> None:
    found = local_figures(site(600), load_weights(SHIPPED), LEADING, repeats=20)
    assert [each.cases for each in found] == [0, *SIZES]
    assert [each.judged for each in found] == [600, 575, 550, 500, 400]
    before, after = found[0], found[-1]
    assert after.mean["brier"] < 0.6 * before.mean["brier"]
    assert after.mean["slope"] == pytest.approx(1, abs=0.15)
    assert after.better == 1.0
    assert after.unfitted["brier"] == pytest.approx(before.mean["brier"], rel=0.05)
    spread = [each.high["slope"] - each.low["slope"] for each in found[1:]]
    assert spread == sorted(spread, reverse=True)
    assert after.mean["specificity high"] == pytest.approx(0.9, abs=0.04)


def test_what_leaves_too_few_to_judge_by_is_left_out_and_draws_are_fixed() -> None:
    weights = load_weights(SHIPPED)
    once, again = (local_figures(site(120), weights, LEADING, repeats=3) for _ in range(2))
    assert [each.cases for each in once] == [0, 25, 50]
    assert once[1:] == again[1:]
    told = local_text({"x": once})
    assert f"| x | 50 | 70 | {once[2].mean['brier']:.3f} (" in told
    assert all(title in told for title in FIGURES.values())


def test_a_single_reading_has_no_members() -> None:
    weights = load_weights(SHIPPED)
    table = site(120)
    own = local_figures(table, weights, "concat", repeats=2)[0]
    rows = table[table["model"] == "concat"]
    positive = rows["label"].eq("mvm").to_numpy()
    calibration = weights.readings["concat"]
    said = [calibration.probability(logit) for logit in rows["logit"]]
    assert own.mean["brier"] == pytest.approx(np.mean((np.array(said) - positive) ** 2))
