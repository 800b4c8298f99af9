"""The evidence pack says what the release's files say, and nothing else."""

import dataclasses
import hashlib
import io
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pypdfium2
import pytest
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.errors import WeightsError
from mvm_core.evidence.document import document
from mvm_core.evidence.fillings import FILLINGS
from mvm_core.evidence.pack import FilledItem, Pack, Status, make_pack, read_checklists, read_items
from mvm_core.evidence.release import CARD, open_release
from mvm_core.evidence.tables import as_json, items_csv, needs_csv
from mvm_core.explain.displaced_boxes import FILE as DISPLACED
from mvm_core.explain.scorecard import FILE as SCORECARD
from mvm_core.inference import SHIPPED
from mvm_core.models.weights import MANIFEST, REAL_FILMS, load_weights
from mvm_core.sealed import RECORD as SEALED
from mvm_core.sealed import TABLES
from mvm_core.spine.weights import MANIFEST as SPINE
from mvm_core.study.section import RECORD as STUDY

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return make_pack(open_release(SHIPPED))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped weights with the networks linked, so that tables can be changed."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for file in SHIPPED.iterdir():
        if file.suffix == ".onnx":
            (folder / file.name).symlink_to(file)
        else:
            shutil.copyfile(file, folder / file.name)
    return folder


def item(pack: Pack, checklist: str, number: str) -> FilledItem:
    (found,) = [each for each in pack.items if (each.item.checklist, each.item.number) == (checklist, number)]
    return found


def test_the_checklists_are_whole() -> None:
    items = read_items()
    numbers = {
        key.key: [each.number for each in items if each.checklist == key.key] for key in read_checklists()
    }
    assert all(len(own) == len(set(own)) for own in numbers.values())
    assert {key: len(own) for key, own in numbers.items()} == {
        "tripod-ai": 52,
        "stard-ai": 48,
        "claim-2024": 44,
        "fda-model-card": 25,
    }
    for key, last in (("tripod-ai", 27), ("stard-ai", 40), ("claim-2024", 44)):
        assert {int(re.match(r"\d+", number)[0]) for number in numbers[key]} == set(range(1, last + 1))  # type: ignore[index]
    asked = {key for each in items for key in each.filled_by}
    assert asked <= set(FILLINGS)
    assert all(each.filled_by or each.not_applicable or each.lacks for each in items)
    assert not any(each.essential and not each.lacks for each in items)


def test_every_item_is_filled_or_not_applicable_with_a_reason_or_missing_with_what(pack: Pack) -> None:
    for each in pack.items:
        assert each.answer or each.status is Status.MISSING, each.item
        assert each.missing or each.status is not Status.MISSING, each.item
        assert each.files or each.status is not Status.FILLED, each.item
        assert all((SHIPPED / file).is_file() for file in each.files)
    assert pack.notice in (SHIPPED / MANIFEST).read_text()
    for never_held in (
        ("tripod-ai", "18a"),
        ("tripod-ai", "18d"),
        ("stard-ai", "39"),
        ("fda-model-card", "3.2"),
    ):
        assert item(pack, *never_held).status is Status.MISSING
        assert not item(pack, *never_held).answer


def test_figures_are_those_of_the_tables(pack: Pack) -> None:
    """Worked out here once more, from the rows."""
    table = pd.read_parquet(SHIPPED / TABLES["predictions"])
    own = table[
        (table["question"] == "mvm") & (table["model"] == "all-views") & table["label"].isin(("mvm", "bvf"))
    ]
    point = json.loads((SHIPPED / MANIFEST).read_text())["readings"]["all-views"]["high_specificity"]
    accuracy, counts = item(pack, "tripod-ai", "23a").answer, item(pack, "stard-ai", "30").answer
    for site, rows in own.groupby("site"):
        mvm, called = rows["label"] == "mvm", rows["probability"] >= point
        area = roc_auc_score(mvm, rows["probability"])
        assert re.search(rf"Site {site}, [^\n]*area {area:.3f} ", accuracy)
        assert (
            f"Site {site}, high specificity: MVM read as MVM {(mvm & called).sum()}, as not "
            f"{(mvm & ~called).sum()}; BVF read as MVM {(~mvm & called).sum()}, as not "
            f"{(~mvm & ~called).sum()}"
        ) in counts
    women = own[(own["sex"] == "F") & (own["label"] == "mvm")]
    assert re.search(
        rf"women: sensitivity \S+ \(.*\) {(women['probability'] >= point).sum()}/{len(women)}", accuracy
    )
    assert f"MVM likely from {point:.3f}" in item(pack, "tripod-ai", "15").answer
    real = json.loads((SHIPPED / REAL_FILMS).read_text())
    told = item(pack, "claim-2024", "33").answer
    assert f"{real['finding']['ap']['found']}/{real['finding']['ap']['marked']}" in told
    assert f"{real['totals']['ap']['flagged']}/{real['totals']['ap']['vertebrae']}" in told


def test_figures_are_those_of_the_model_card(pack: Pack) -> None:
    card = (SHIPPED / CARD).read_text()
    for number in ("4.1", "4.3"):
        figures = re.findall(r"\d\.\d{3}", item(pack, "fda-model-card", number).answer)
        assert len(figures) > 40
        assert [figure for figure in figures if figure not in card] == []


def test_a_changed_figure_changes_the_pack(pack: Pack, copied: Path) -> None:
    table = pd.read_parquet(copied / TABLES["predictions"])
    table["probability"] = 1 - table["probability"]
    content = table.to_parquet(index=False)
    (copied / TABLES["predictions"]).write_bytes(content)
    record = json.loads((copied / SEALED).read_text())
    record["tables"]["predictions"] = hashlib.sha256(content).hexdigest()
    (copied / SEALED).write_text(json.dumps(record))
    real = json.loads((copied / REAL_FILMS).read_text())
    real["totals"]["ap"]["flagged"] = 444
    (copied / REAL_FILMS).write_text(json.dumps(real))
    changed = make_pack(open_release(copied))
    before, after = (
        float(re.search(r"area (\d\.\d{3})", item(each, "tripod-ai", "23a").answer)[1])  # type: ignore[index]
        for each in (pack, changed)
    )
    assert after == pytest.approx(1 - before, abs=0.002)
    assert "444/" in item(changed, "claim-2024", "33").answer
    assert item(changed, "stard-ai", "30").answer != item(pack, "stard-ai", "30").answer


LOST = {
    SCORECARD: [("claim-2024", "31"), ("fda-model-card", "4.2")],
    DISPLACED: [("claim-2024", "30")],
    STUDY: [("claim-2024", "26"), ("tripod-ai", "12c")],
    CARD: [("tripod-ai", "26"), ("stard-ai", "33"), ("claim-2024", "40"), ("tripod-ai", "24")],
    REAL_FILMS: [("claim-2024", "33")],
    SPINE: [("tripod-ai", "9c")],
}
SEALED_LOST = [("tripod-ai", "23a"), ("stard-ai", "30"), ("claim-2024", "39"), ("fda-model-card", "4.1")]


@pytest.mark.parametrize("gone", [LOST, {TABLES["levels"]: SEALED_LOST}], ids=["records", "sealed"])
def test_an_item_whose_source_vanished_is_missing(
    pack: Pack, copied: Path, gone: dict[str, list[tuple[str, str]]]
) -> None:
    for file in gone:
        (copied / file).unlink()
    found = make_pack(open_release(copied))
    for file, items in gone.items():
        for checklist, number in items:
            assert item(pack, checklist, number).status is Status.FILLED
            after = item(found, checklist, number)
            assert after.status is Status.MISSING
            assert file in after.missing
        assert all(file not in each.files for each in found.items)


def test_tables_of_other_weights_are_not_taken(copied: Path) -> None:
    table = (copied / DISPLACED).read_text()
    (copied / DISPLACED).write_text(table.replace(open_release(copied).short_identity, "0123456789ab"))
    record = json.loads((copied / SEALED).read_text())
    (copied / SEALED).write_text(json.dumps({**record, "weights": "0" * 64}))
    found = make_pack(open_release(copied))
    for checklist, number in (("claim-2024", "30"), ("stard-ai", "31")):
        assert item(found, checklist, number).status is Status.MISSING
    assert "area" not in item(found, "claim-2024", "30").answer


def test_reasons_that_hold_of_simulated_films_alone_are_none_for_others() -> None:
    release = open_release(SHIPPED)
    own = dataclasses.replace(release, weights=dataclasses.replace(release.weights, simulated=False))
    told = make_pack(own)
    assert item(told, "tripod-ai", "8b").status is Status.MISSING
    assert item(told, "tripod-ai", "8b").missing == "Who judged the outcome."
    assert not any("simulated" in each.answer for each in told.items if each.status is Status.NOT_APPLICABLE)


def test_tables_hold_the_whole_pack(pack: Pack) -> None:
    table = pd.read_csv(io.StringIO(items_csv(pack, NOW)), comment="#", keep_default_na=False, dtype=str)
    assert list(table["status"]) == [each.status.value for each in pack.items]
    assert list(table["answer"]) == [each.answer for each in pack.items]
    for text in (items_csv(pack, NOW), needs_csv(pack, NOW)):
        assert text.startswith(f"# {pack.notice}\n")
        assert pack.identity in text
    whole = json.loads(as_json(pack, NOW))
    assert whole["notice"] == pack.notice
    assert [each["answer"] for each in whole["items"]] == list(table["answer"])
    assert len(whole["clinical_validation"]) == len(pack.needs)


def test_the_pdf_says_on_each_page_what_the_weights_learnt_from(pack: Pack) -> None:
    read = pypdfium2.PdfDocument(document(pack, NOW))
    pages = [" ".join(page.get_textpage().get_text_bounded().split()) for page in read]
    assert pages[0].count(pack.notice) == 2
    assert all(pack.notice in page and f"page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1))
    whole = " ".join(pages)
    for checklist in pack.checklists:
        assert checklist.title in whole
        counts = " ".join(str(pack.count(checklist, status)) for status in Status)
        assert f"{checklist.title} {len(pack.of(checklist))} {counts}" in pages[0]
    for figure in set(re.findall(r"\d\.\d{3}", item(pack, "tripod-ai", "23a").answer)):
        assert figure in whole


def test_the_command_writes_all_or_says_in_one_sentence_why_not(copied: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["evidence-pack", str(copied), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert sorted(file.name for file in out.iterdir()) == [
        "clinical_validation.csv",
        "evidence_items.csv",
        "evidence_pack.json",
        "evidence_pack.pdf",
    ]
    assert "simulated films" in done.output
    identity = load_weights(copied).identity[:12]
    (copied / REAL_FILMS).write_text(json.dumps({"weights": identity, "totals": {"ap": {}}}))
    done = CliRunner().invoke(app, ["evidence-pack", str(copied), "--out", str(tmp_path / "other")])
    assert isinstance(done.exception, WeightsError)
    assert REAL_FILMS in str(done.exception)
    assert not (tmp_path / "other").exists()
