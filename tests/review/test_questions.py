"""A table of two questions and of several external sites: one question at a time, each site apart."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort import DISEASE, MVM, questions_of, read_any_predictions, read_predictions
from mvm_core.cohort.external_sites import external_by_site
from mvm_core.cohort.questions import ASKED
from mvm_core.errors import TableError
from mvm_core.models.registry import QUESTIONS
from mvm_core.review import headline, operating_tables, tables, words
from mvm_core.review.operating import Cell, Rule, in_cell
from mvm_core.review.report import report_html
from mvm_core.review.review import default_cohorts, review
from mvm_core.review.samples import Source, cohorts_of
from mvm_core.review.zones import DISEASE_ZONES, Limits
from mvm_core.validation import auc_with_interval
from mvm_core.validation.summary import summarise_predictions

SOURCE = Source("sealed_predictions.parquet", "0123456789abcdef", True, "sealed test, opened 2 times")
SHIFT = {"a": 0.0, "b": -0.3, "c": -1.5}


def made_up(sites: str = "abc", cases: int = 120) -> pd.DataFrame:
    """Two readings of both questions; disease is told worst at site c."""
    generator = np.random.default_rng(3)
    rows = []
    for site in sites:
        labels = np.array(["mvm", "bvf", "intact", "other"])[np.arange(cases) % 4]
        for place, label in enumerate(labels):
            known = {
                "case_id": f"{site}-{place}",
                "site": site,
                "split": "test" if site == "a" else "external",
                "label": label,
                "sign": "sign" if label in ("mvm", "bvf") else "",
                "level": "L1",
            }
            for model in ("ap", "all-views"):
                ill = expit(1.2 + SHIFT[site] + (generator.normal() if label != "intact" else -2.5))
                rows.append({**known, "model": model, "question": "disease", "probability": ill})
                if label in MVM.labels:
                    malignant = expit(generator.normal() + 1.5 * (label == "mvm"))
                    rows.append({**known, "model": model, "question": "mvm", "probability": malignant})
    return read_predictions(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return external_by_site(made_up())


def test_questions_are_those_of_the_networks() -> None:
    assert tuple(ASKED) == QUESTIONS


def test_labels_are_checked_by_question() -> None:
    head = "case_id,split,label,model,question,probability\n"
    good = "1,test,mvm,m,mvm,0.1\n1,test,mvm,m,disease,0.2\n2,test,intact,m,disease,0.3\n3,test,bvf,m,,0.4\n"
    found = read_predictions(io.BytesIO((head + good).encode()))
    assert found["question"].tolist() == ["mvm", "disease", "disease", "mvm"]
    bad = "1,test,intact,m,mvm,0.1\n2,test,healthy,m,disease,0.1\n3,test,mvm,m,cancer,0.1\n"
    bad += "4,test,mvm,m,mvm,0.1\n4,test,mvm,m,,0.2\n"
    with pytest.raises(TableError) as caught:
        read_predictions(io.BytesIO((head + bad).encode()))
    assert caught.value.problems == (
        "row 2, column label: 'intact' is not one of mvm, bvf, the labels of the question mvm",
        "row 3, column label: 'healthy' is not one of mvm, bvf, other, intact, the labels of the question "
        "disease",
        "row 4, column question: 'cancer' is not one of mvm, disease",
        "row 6, column case_id: case '4' has two rows for one reading",
    )


def test_table_without_questions_is_of_mvm_and_no_row_is_copied() -> None:
    plain = made_up("a").query("question == 'mvm'").drop(columns="question")
    assert questions_of(plain) == (MVM,)
    assert MVM.rows(plain) is plain
    assert DISEASE.rows(plain).empty


def test_statistics_are_those_of_each_question_alone(table: pd.DataFrame) -> None:
    told = summarise_predictions(table)
    assert {row["question"] for rows in told.values() for row in rows} == {"mvm", "disease"}
    alone = summarise_predictions(table[table["question"] == "disease"].drop(columns="question").assign(
        label=np.where(table.loc[table["question"] == "disease", "label"] == "intact", "bvf", "mvm")
    ))  # fmt: skip
    for kind, rows in told.items():
        own = [row for row in rows if row["question"] == "disease"]
        assert own == [{**row, "question": "disease"} for row in alone[kind]]
    # 30 intact of 120 cases; half of the others are asked for MVM
    counts = {(row["question"], row["n"], row["positives"]) for row in told["readings"]}
    assert counts == {("disease", 120, 90), ("mvm", 60, 30)}


def test_json_of_one_external_site_is_the_same_with_and_without_sites_apart() -> None:
    plain = made_up("ab").query("question == 'mvm'").drop(columns="question").reset_index(drop=True)
    assert external_by_site(plain) is plain
    assert [row["split"] for row in summarise_predictions(plain)["readings"]] == ["test"] * 2 + [
        "external"
    ] * 2


@pytest.mark.parametrize("sites", ["", "bcdef"], ids=["unnamed", "too many"])
def test_sites_stay_together_where_they_cannot_be_told_apart(sites: str, table: pd.DataFrame) -> None:
    mixed = made_up().assign(split="external")
    names = list(sites) or ["b", "c", ""]
    mixed["site"] = [names[place % len(names)] for place in range(len(mixed))]
    assert cohorts_of(external_by_site(mixed)) == ["external"]


def test_each_external_site_is_set_against_the_inside_the_worse_first(table: pd.DataFrame) -> None:
    assert cohorts_of(table) == ["test", "external site b", "external site c"]
    assert default_cohorts(table) == cohorts_of(table)
    found = review(table, SOURCE, "all-views", question=DISEASE)
    assert [one.cohort for one in found.samples] == ["test", "external site c", "external site b"]
    areas = [each.auc.auc for each in found.found if each is not None]
    assert areas[1] < areas[2]
    own = table.query("question == 'disease' and model == 'all-views' and site == 'c'")
    assert areas[1] == auc_with_interval(own["label"] != "intact", own["probability"]).auc
    said = headline.verdict(found)
    assert said.index("external, site c cohort") < said.index("external, site b cohort")
    assert "in the external, site c cohort, at the same threshold, sensitivity falls" in said
    heads, rows, differing = headline.shown(found)
    assert heads == [f"At {found.threshold:.3f}", "AUC", "Sensitivity", "Specificity"]
    assert [row[0].split(",")[-1] for row in rows][2::2] == ["less internal test"] * 2
    assert 2 in differing


def test_words_name_the_classes_of_the_question(table: pd.DataFrame) -> None:
    ill = review(table, SOURCE, "all-views", question=DISEASE)
    assert ill.rule is Rule.DISEASE_POINT
    assert ill.first.title == "internal test, 120 cases (90 diseased)"
    for cell, name in (
        (Cell.TRUE_POSITIVE, "diseased read as diseased"),
        (Cell.FALSE_NEGATIVE, "diseased read as intact"),
        (Cell.FALSE_POSITIVE, "intact read as diseased"),
        (Cell.TRUE_NEGATIVE, "intact read as intact"),
    ):
        assert cell.title(DISEASE) == name
        cases = ill.first.cases[in_cell(ill.first, ill.threshold, cell)]
        assert set(cases["label"]) <= ({"intact"} if name.startswith("intact") else {"mvm", "bvf", "other"})
    assert "n (diseased)" in tables.results_for_people(ill.results, DISEASE).columns
    assert "diseased" in ill.results.columns
    assert "missed disease costing" in words.rule_title(Rule.COST, "tune split", DISEASE)
    asked = review(table, SOURCE, "all-views")
    assert asked.first.title == "internal test, 60 cases (30 MVM)"
    assert asked.rule is Rule.YOUDEN
    for one in (ill, asked):
        assert "sealed test, opened 2 times" in words.caption(one.first, SOURCE)


def test_points_of_the_weights_are_used_as_they_are(table: pd.DataFrame) -> None:
    points = {name: Limits(0.7, 0.7, "of the weights", DISEASE_ZONES) for name in ("ap", "all-views")}
    found = review(table, SOURCE, "all-views", points=points, question=DISEASE)
    assert set(found.thresholds.values()) == {0.7}
    assert found.fitted_to == "tune split"
    assert review(table, SOURCE, "all-views", question=DISEASE).fitted_to == "cases shown (optimistic)"
    assert "nothing seen below the disease point 0.700" in words.zones(points["ap"], 0.7)
    shown = operating_tables.rates_table(found.samples, found.reads)
    assert "diseased read as intact" in set(shown["figure"])


def test_report_of_disease_says_so_and_shows_no_figures_of_another_question(table: pd.DataFrame) -> None:
    found = review(table, SOURCE, "all-views", question=DISEASE)
    report = report_html(found, "Simulated films.", "All Views ensemble").split("<script>/**")[0]
    assert "diseased against intact: review of" in report
    assert "external, site c" in report
    for of_mvm in ("read as MVM", "of MVM", "BVF read", "published-areas", "Chou"):
        assert of_mvm not in report


def test_command_line_tells_both_questions_and_reports_on_one(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    made_up("ab", 40).to_csv(path, index=False)
    runner = CliRunner()
    told = json.loads(runner.invoke(app, ["validate", str(path), "--json"]).stdout)
    assert [row["question"] for row in told["readings"]] == ["mvm"] * 4 + ["disease"] * 4
    text = runner.invoke(app, ["validate", str(path)]).stdout
    assert text.index("MVM against BVF") < text.index("Diseased against intact")
    html = tmp_path / "report.html"
    done = runner.invoke(app, ["validate", str(path), "--html", str(html), "--question", "disease"])
    assert done.exit_code == 0
    assert "diseased against intact" in html.read_text()
    failed = runner.invoke(app, ["validate", str(path), "--html", str(html), "--question", "cancer"])
    assert failed.exit_code != 0
    assert read_any_predictions(path)["question"].nunique() == 2
