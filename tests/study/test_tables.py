"""Tables of results and their calibration."""

import pandas as pd
import pytest
from scipy.special import expit, logit

from mvm_core.calibrations import apply_calibration
from mvm_core.models.calibration import ReadingCalibration
from mvm_core.models.reading import OperatingPoints
from mvm_core.models.registry import ENSEMBLES, READING_NAMES
from mvm_core.study.results import study_results
from mvm_core.study.tables import metrics_table
from mvm_core.validation import auc_with_interval
from mvm_core.validation.calibration import assess_calibration as calibration_of
from mvm_core.validation.metrics import METRICS, Metric, Share


def test_every_metric_of_every_reading_has_its_interval_and_cases(good: pd.DataFrame) -> None:
    results = study_results({"cell": good})
    assert set(results["model"]) == set(READING_NAMES)
    assert set(results["split"]) == {"tune", "test", "external"}
    wanted = results[
        results["metric"].isin(["accuracy", "sensitivity", "specificity", "precision", "f1", "auc"])
    ]
    assert len(wanted) == 10 * 3 * 6
    assert wanted[["value", "low", "high", "n"]].notna().all(axis=None)
    assert (wanted["low"] <= wanted["value"]).all()
    assert (wanted["value"] <= wanted["high"]).all()
    rows = good[(good["split"] == "test") & (good["model"] == "ap")]
    figure = results.query("split == 'test' and model == 'ap'").set_index("metric")
    area = auc_with_interval(rows["label"].eq("mvm"), rows["probability"])
    assert figure.loc["auc", "value"] == pytest.approx(area.auc)
    threshold = figure.loc["threshold", "value"]
    shown = rows[rows["sign"] == "no-sign"]
    assert figure.loc["sensitivity_no_sign", "k"] == (shown["probability"] >= threshold).sum()
    assert figure.loc["sensitivity_no_sign", "n"] == len(shown)


def test_thresholds_come_from_the_tune_split(good: pd.DataFrame) -> None:
    without = good[good["split"] == "tune"]
    both = [
        study_results({"cell": table}).query("split == 'tune'").reset_index(drop=True)
        for table in (good, without)
    ]
    pd.testing.assert_frame_equal(*both)
    at = both[0].query("metric == 'specificity_at_75'")["value"]
    assert (at >= 0.75).all()


def test_ensembles_are_calibrated_on_the_tune_split_without_a_change_of_order(good: pd.DataFrame) -> None:
    tune = good[good["split"] == "tune"]
    for name, ensemble in ENSEMBLES.items():
        rows = tune[tune["model"] == name].set_index("case_id")
        slope = calibration_of(rows["label"].eq("mvm"), rows["probability"]).slope
        assert slope == pytest.approx(1.0, abs=1e-3), name
        members = tune[tune["model"].isin(ensemble.members)].groupby("case_id")["probability"].mean()
        assert rows["probability"].rank().equals(members[rows.index].rank())


def test_without_temperature_an_ensemble_is_the_mean(good: pd.DataFrame) -> None:
    points = OperatingPoints(0.5, 0.5)
    plain = {name: ReadingCalibration(1.0, points) for name in ("ap", "merge-ap", "ap-views")}
    table = apply_calibration(good[good["logit"].notna()], plain)
    wide = table.pivot_table(index="case_id", columns="model", values="probability")
    assert wide["ap-views"].to_numpy() == pytest.approx(wide[["ap", "merge-ap"]].mean(axis=1).to_numpy())
    moved = plain | {"ap-views": ReadingCalibration(0.5, points, -1.0)}
    again = apply_calibration(good[good["logit"].notna()], moved)
    found = again[again["model"] == "ap-views"].set_index("case_id")["probability"]
    assert found.to_numpy() == pytest.approx(expit(2 * logit(wide["ap-views"][found.index]) - 1).to_numpy())


def test_markdown_shows_every_reading_and_case(good: pd.DataFrame, poor: pd.DataFrame) -> None:
    results = study_results({"good": good, "poor": poor})
    table = metrics_table(results, "good", "test")
    assert len(table.splitlines()) == 2 + 10
    assert all("/60" in line for line in table.splitlines()[2:])


def test_a_metric_of_one_entry_is_in_the_studys_tables(
    good: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = good[good["model"] == "ap"]
    before = study_results({"cell": one})
    monkeypatch.setitem(METRICS, "alarms", Metric("alarms", "alarms", Share((1, 1, 0, 0), (1, 1, 1, 1))))
    results = study_results({"cell": one})
    pd.testing.assert_frame_equal(results[results["metric"] != "alarms"].reset_index(drop=True), before)
    row = results[(results["metric"] == "alarms") & (results["split"] == "test")].iloc[0]
    assert row["low"] < row["value"] < row["high"]
    assert f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})" in metrics_table(
        results, "cell", "test"
    )
