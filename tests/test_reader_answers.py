"""Tables of readers' answers, good and bad, and the command that reads them."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.cohort.reader_answers import read_answers
from mvm_core.errors import TableError
from mvm_core.language import TAIWAN, speaking
from mvm_core.review.reader_json import as_dict
from mvm_core.review.reader_report import reader_report_html
from mvm_core.review.reader_study import ReaderReview, review_readers
from mvm_core.validation.mrmc_results import Fixed
from mvm_core.validation.mrmc_simulation import RoeMetz, draw_study
from mvm_core.validation.mrmc_study import Design
from mvm_core.validation.mrmc_table import answers_of

ORACLE = Path(__file__).parent / "data" / "mrmc" / "mrmc.csv"


def whole_table() -> pd.DataFrame:
    """Three readers with levels, times and advice; the advice is wrong on every fifth case."""
    rng = np.random.default_rng(6)
    rows = []
    for k in range(30):
        truth = k % 2 == 0
        advice = 0.8 if truth != (k % 5 == 0) else 0.2
        for reader in ("ann", "bob", "cy"):
            for modality in ("unaided", "aided"):
                rating = 50 + (12 if truth else -12) + 22 * rng.normal()
                rating += 30 * (advice - 0.5) * (modality == "aided")
                rows.append(
                    {
                        "reader": reader,
                        "modality": modality,
                        "case": f"a000001-{k:05d}",
                        "truth": "mvm" if truth else "bvf",
                        "rating": round(float(np.clip(rating, 0, 100))),
                        "level": "l1" if rng.random() < 0.7 else "",
                        "true_level": "L1 L3" if k % 3 else "L1",
                        "seconds": round(float(np.exp(3 + 0.3 * rng.normal())), 1),
                        "advice": advice if modality == "aided" else "",
                    }
                )
    return pd.DataFrame(rows)


def as_file(table: pd.DataFrame) -> io.BytesIO:
    stream = io.BytesIO(table.to_csv(index=False).encode())
    stream.name = "answers.csv"
    return stream


def reviewed() -> ReaderReview:
    answers = answers_of(read_answers(as_file(whole_table())))
    return review_readers(answers, "answers.csv", margin=0.1, simulated=True)


def test_everything_that_a_table_holds_is_worked_out() -> None:
    found = json.loads(json.dumps(as_dict(reviewed())))
    assert set(found["merits"]) == {"auc", "sensitivity", "specificity", "lroc", "weighted_afroc"}
    assert found["merits"]["auc"]["differences"][0]["non_inferiority"]["margin"] == 0.1
    assert [row["readers"] for row in found["next_study"]] == [4, 6, 8, 10, 15, 20]
    assert len(found["calibration"]) == 6
    assert found["times"]["ratios"][0]["modality"] == "aided"
    assert found["advice"]["modality"] == "aided"
    # the advice is 0.8 or 0.2: an area of its own, by hand 12/15 right of each class
    assert found["advice_alone_auc"] == pytest.approx(0.8)
    assert {row["modality"] for row in found["agreement"]} == {"unaided", "aided"}
    *readers, everybody = found["advice"]["by_reader"]
    assert [row["reader"] for row in readers] == ["ann", "bob", "cy"]
    assert everybody["reader"] is None
    for kind in ("agreed_right", "agreed_wrong", "went_over_right", "went_over_wrong"):
        assert sum(row[kind] for row in readers) == everybody[kind]
        for row in (*readers, everybody):
            assert row[f"{kind}_low"] < row[kind] / row[f"{kind}_of"] < row[f"{kind}_high"]


def test_the_report_is_one_file_that_says_simulated() -> None:
    document = reader_report_html(reviewed())
    followed = document[document.index("How advice was followed") :]
    followed = followed[: followed.index("</table>")]
    # every share with its interval and counts: three readers and all of them, four shares each
    assert len(re.findall(r"0\.\d\d \(\d\.\d\d to \d\.\d\d\), \d+/\d+", followed)) == 16
    for head in ("Variance components", "Times", "How advice was followed", "Methods"):
        assert f"<h2>{head}</h2>" in document
    assert document.count("SIMULATED FILMS") >= 6
    assert "The films are simulated: the figure says nothing about real films." in document
    own = re.sub(r"<script>.*?</script>", "", document, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)=["']|url\(""", own)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: pd.concat([t, t.tail(1)]), "row 182, column case: reader cy has two answers in aided"),
        (lambda t: t.assign(truth=["", *t["truth"][1:]]), "empty: case 'a000001-00000' has no truth"),
        (lambda t: t.assign(truth=["bvf", *t["truth"][1:]]), "another truth in a row above"),
        (lambda t: t.assign(truth="mvm"), "holds mvm, and two classes"),
        (lambda t: t.assign(truth=["odd", *t["truth"][1:]]), "holds 3 values where two are wanted"),
        (lambda t: t.assign(mood="good"), "column mood: unknown column"),
        (lambda t: t.drop(columns="rating"), "column rating: missing"),
        (lambda t: t.drop(columns="true_level"), "column true_level: missing"),
        (lambda t: t.assign(rating=["x", *t["rating"][1:]]), "'x' is not a finite number"),
        (lambda t: t.assign(rating=["", *t["rating"][1:]]), "'' is not a finite number"),
        (lambda t: t.assign(seconds=0), "is not above 0"),
        (lambda t: t.assign(advice=7), "is outside 0 to 1"),
        (lambda t: t.assign(positive="maybe"), "'maybe' is not one of 1, 0"),
        (lambda t: t.assign(reader=["", *t["reader"][1:]]), "row 2, column reader: empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_told(change: object, said: str) -> None:
    with pytest.raises(TableError) as error:
        read_answers(as_file(change(whole_table())))  # type: ignore[operator]
    assert said in str(error.value)
    assert str(error.value).startswith("answers.csv: ")


@pytest.mark.parametrize(
    ("design", "groups", "areas", "readers", "fixed"),
    [
        (Design.SPLIT_PLOT, 3, 2, 6, Fixed.NEITHER),
        (Design.SPLIT_PLOT, 6, 2, 6, Fixed.READERS),
        (Design.READERS_NESTED, 1, 2, 4, Fixed.NEITHER),
        (Design.CASES_NESTED, 1, 2, 4, Fixed.CASES),
        (Design.CROSSED, 1, 3, 4, Fixed.NEITHER),
        (Design.CROSSED, 1, 1, 3, Fixed.NEITHER),
        (Design.CROSSED, 1, 2, 1, Fixed.READERS),
    ],
)
def test_every_design_has_a_report(
    design: Design, groups: int, areas: int, readers: int, fixed: Fixed
) -> None:
    rng = np.random.default_rng(3)
    study = draw_study(RoeMetz(auc=(0.8,) * areas), readers, 8, 9, rng, design, groups)
    rows = [
        (study.readers[j], study.modalities[i], study.cases[k], int(study.truth[k]))
        for i, j, k in np.argwhere(~np.isnan(study.ratings))
    ]
    table = pd.DataFrame(rows, columns=["reader", "modality", "case", "truth"])
    table["rating"] = np.clip(35 + 20 * study.ratings[~np.isnan(study.ratings)], 0, 100)
    found = review_readers(answers_of(read_answers(as_file(table))), "t.csv", fixed=fixed, margin=0.1)
    assert found.layout.design is design
    assert json.dumps(as_dict(found), allow_nan=False)
    assert design.value in reader_report_html(found)
    assert bool(found.plans) == (design is Design.CROSSED and areas == 2 and readers > 1)


def test_readers_who_all_answer_alike_leave_nothing_to_test() -> None:
    table = whole_table().assign(rating=lambda t: np.where(t["truth"] == "mvm", 90, 10))
    found = review_readers(answers_of(read_answers(as_file(table))), "t.csv", margin=0.1)
    assert found.analyses[0].means[0].value == 1
    assert "p not computable" in reader_report_html(found)
    assert json.dumps(as_dict(found), allow_nan=False)


def test_a_scale_that_tells_no_threshold_gives_no_calls() -> None:
    table = whole_table().assign(rating=lambda t: t["rating"] // 25 + 1)
    answers = answers_of(read_answers(as_file(table)))
    assert (answers.threshold, answers.scale, answers.study.called) == (None, None, None)
    assert [one.merit for one in review_readers(answers, "t").analyses] == ["auc", "lroc", "weighted_afroc"]
    assert answers_of(read_answers(as_file(table)), 3).study.called is not None


def test_the_command_prints_writes_and_refuses(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    run = CliRunner().invoke
    done = run(app, ["validate-readers", str(ORACLE), "--json", "--html", str(report)])
    assert done.exit_code == 0
    area = json.loads(done.stdout)["merits"]["auc"]["differences"][0]
    assert area["estimate"]["value"] == pytest.approx(0.0366898148148148)
    assert report.read_text().startswith("<!doctype html>")
    done = run(app, ["validate-readers", str(ORACLE), "--non-inferiority", "0.05", "--fixed", "cases"])
    assert "aided not inferior by 0.05: shown" in done.stdout
    done = run(app, ["validate-readers", str(ORACLE), "--fixed", "films"])
    assert done.exit_code == 2
    assert "give readers or cases" in done.stderr


def test_the_report_speaks_the_language_in_use() -> None:
    with speaking(TAIWAN):
        document = reader_report_html(reviewed())
    text = re.sub(r"<(style|script)[^>]*>.*?</\1>|<[^>]*>", " ", document, flags=re.DOTALL)
    assert '<html lang="zh-TW">' in document
    assert "模擬影像的判讀；非醫療器材。" in text
    assert not {"Methods", "Reader", "Variance", "Area", "average", "medical", "Case"} & set(text.split())
