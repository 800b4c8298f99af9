"""Archives: one way through the code, every film in one row, runs that go on, the same rows on a cluster."""

import hashlib
import itertools
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from html import escape
from pathlib import Path

import cv2
import psutil
import pyarrow as pa
import pydicom
import pytest
from films import write_archive
from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

from mvm_core.cluster.archive import cases_at_once, score_archive
from mvm_core.cluster.folder import ResultFolder
from mvm_core.cluster.index import BEGINNING_BYTES, FilmEntry, FilmPlace
from mvm_core.cluster.memory import CALLER_MB, LEAST_MB, check_suffices, memory_told, workers_within
from mvm_core.cluster.page import STAGES, page_html
from mvm_core.cluster.pairing import pair_by_study
from mvm_core.cluster.rows import SECONDS
from mvm_core.cohort import read_any_predictions
from mvm_core.errors import FilmError, OutputError, StorageError, TableError, WeightsError, WorkersError
from mvm_core.evaluation import read_unmarked, rows_of_reading
from mvm_core.examination import Examination, Examiner
from mvm_core.imaging import FilmHeader, read_pair
from mvm_core.radiograph import FilmPair, View
from mvm_core.side_by_side import LocalProcesses, over_jobs

ROOT = Path(__file__).resolve().parents[2]
FILMS, HOSTILE = 15, 3


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """15 films, 3 of them hostile, of 2 simulated patients under many names."""
    folder = tmp_path_factory.mktemp("archive") / "films"
    write_archive(folder, FILMS, HOSTILE, patients=2)
    return folder


@pytest.fixture(scope="module")
def alone(archive: Path) -> ResultFolder:
    """The results of one process."""
    out = archive.parent / "alone"
    score_archive(str(archive), out, batch=3)
    return ResultFolder(out)


def tables(folder: ResultFolder) -> dict[str, pa.Table]:
    found = {kind: folder.table(kind) for kind in ("levels", "films", "unread")}
    return {
        kind: table.drop([SECONDS]) if SECONDS in table.column_names else table
        for kind, table in found.items()
    }


def test_every_film_ends_in_one_row(archive: Path, alone: ResultFolder) -> None:
    found = tables(alone)
    files = [str(path.relative_to(archive)) for path in archive.rglob("*") if path.is_file()]
    told = [*found["films"]["file"].to_pylist(), *found["unread"]["file"].to_pylist()]
    assert sorted(told) == sorted(files)
    assert found["unread"].num_rows == HOSTILE
    assert all(found["unread"]["reason"].to_pylist())


def test_the_index_tells_of_each_file_what_its_header_says(archive: Path, alone: ResultFolder) -> None:
    rows = {row["path"]: row for row in alone.index_rows()}
    assert len(rows) == FILMS
    for name, row in rows.items():
        content = (archive / name).read_bytes()
        assert row["size"] == len(content)
        assert row["header_sha256"] == hashlib.sha256(content[:BEGINNING_BYTES]).hexdigest()
        if "study" in name:
            film = pydicom.dcmread(archive / name, stop_before_pixels=True)
            assert (row["study"], row["series"]) == (film.StudyInstanceUID, film.SeriesInstanceUID)
            assert f"_{row['view']}.dcm" in name


def test_rows_are_what_predict_says(archive: Path, alone: ResultFolder) -> None:
    table = tables(alone)["levels"].to_pylist()
    ap = next(row["ap"] for row in table)
    rows = [row for row in table if row["ap"] == ap]
    files = [str(archive / rows[0][view.value]) for view in View]
    done = subprocess.run(
        [sys.executable, "-m", "mvm_core", "predict", "--json", "--ap", files[0], "--lateral", files[1]],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    said = json.loads(done.stdout)
    by_scan = {row["level"]: row for row in rows if row["model"] == "disease network"}
    assert {each["level"] for each in said["levels"]} == set(by_scan)
    for each in said["levels"]:
        row = by_scan[each["level"]]
        assert row["probability"] == each["probability_disease"]
        assert (row["ap_box"], row["lateral_box"]) == (each["ap_box"], each["lateral_box"])
        assert row["zone"] == each["zone"]
    in_full = {
        row["model"]: row["probability"] for row in rows if row["in_question"] and row["question"] == "mvm"
    }
    assert in_full == {name: each["probability_mvm"] for name, each in said["readings"].items()}
    assert rows[0]["warnings"] == said["warnings"]


def test_cases_of_a_task_are_read_side_by_side_with_the_rows_of_one_by_one(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Examiner.examine

    def scored(count: int) -> dict[str, pa.Table]:
        met, turn = threading.Barrier(count), itertools.count()

        def examine(examiner: Examiner, pair: FilmPair) -> Examination:
            if next(turn) < count:
                met.wait(60)
            return one(examiner, pair)

        monkeypatch.setattr(Examiner, "examine", examine)
        monkeypatch.setattr("mvm_core.cluster.archive.processors", lambda: count)
        score_archive(str(archive), tmp_path / f"{count}")
        assert next(turn) > count
        return tables(ResultFolder(tmp_path / f"{count}"))

    assert scored(2) == scored(1)


def test_what_reads_side_by_side_leaves_others_their_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mvm_core.cluster.archive.processors", lambda: 4)
    assert [cases_at_once(workers, None) for workers in (1, 2, 3, 8)] == [2, 2, 1, 1]
    assert cases_at_once(1, LEAST_MB) == cases_at_once(LocalProcesses(1, LEAST_MB), None) == 1


def test_a_stopped_run_goes_on_and_does_nothing_twice(
    archive: Path, alone: ResultFolder, tmp_path: Path
) -> None:
    out = tmp_path / "stopped"
    command = [sys.executable, "-m", "mvm_core", "score", str(archive), "--out", str(out), "--batch", "3"]
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _wait_for(lambda: len(list(out.glob("done/*.json"))) >= 1)
    running.send_signal(signal.SIGKILL)
    running.wait()
    kept = {path: path.stat().st_mtime_ns for path in out.glob("done/*.json")}
    again = score_archive(str(archive), out, batch=3)
    assert again.done_now == again.parts - len(kept) < again.parts
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert tables(ResultFolder(out)) == tables(alone)


def test_a_killed_worker_is_told_and_what_it_had_is_read_again(
    archive: Path, alone: ResultFolder, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one(title: str, *_: int) -> None:
        if title == "Reading films" and not killed:
            workers = [each for each in psutil.Process().children() if "spawn_main" in str(each.cmdline())]
            assert len(workers) == 2
            killed.append(workers[0].pid)
            workers[0].kill()

    with pytest.raises(WorkersError, match="a process was killed"):
        score_archive(str(archive), tmp_path / "out", workers=2, batch=3, show=kill_one)
    again = score_archive(str(archive), tmp_path / "out", workers=2, batch=3)
    assert 0 < again.done_now < again.parts
    assert tables(ResultFolder(tmp_path / "out")) == tables(alone)


def test_other_weights_or_another_archive_are_refused(
    archive: Path, alone: ResultFolder, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(archive, other)
    before = sorted(path.stat().st_mtime_ns for path in alone.path.rglob("*"))
    with pytest.raises(OutputError, match="another run \\(source differ"):
        score_archive(str(other), alone.path, batch=3)
    with pytest.raises(OutputError, match="lies within"):
        score_archive(str(archive), archive / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(OutputError, match="neither empty"):
        score_archive(str(archive), tmp_path / "mine")
    assert sorted(path.stat().st_mtime_ns for path in alone.path.rglob("*")) == before
    with pytest.raises(StorageError, match="no such place"):
        score_archive(str(tmp_path / "nowhere"), tmp_path / "new")


def test_weights_that_differ_from_the_callers_are_refused(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mvm_core.cluster.archive.identities_of", lambda _examiner: ("0" * 64,) * 3)
    with pytest.raises(WeightsError, match="its weights are others than those of the run; put the same"):
        score_archive(str(archive), tmp_path / "out")
    assert list((tmp_path / "out").glob("done/*")) == []


def test_no_process_takes_more_memory_than_it_may(archive: Path, tmp_path: Path) -> None:
    assert workers_within(2 * LEAST_MB + CALLER_MB, 4) == (2, LEAST_MB)
    with pytest.raises(WorkersError, match=r"--memory-gb 0\.5: one process that reads films takes"):
        workers_within(500, 1)
    check_suffices(LEAST_MB)
    with pytest.raises(WorkersError, match=r"--memory-gb 1: one process that reads films takes 1\.3 GB"):
        check_suffices(1000)
    with pytest.raises(MemoryError):
        list(over_jobs(bytearray, [2_000_000_000], LocalProcesses(1, LEAST_MB)))
    for raised in (MemoryError(), cv2.error("Failed to allocate"), RuntimeException("std::bad_alloc")):
        if isinstance(raised, cv2.error):
            raised.code = -4
        with pytest.raises(FilmError, match=r"^a: reading it takes more memory"), memory_told("a"):
            raise raised
    with pytest.raises(RuntimeException, match="other"), memory_told("a"):
        raise RuntimeException("other")
    few = tmp_path / "few"
    few.mkdir()
    for path in archive.rglob("study00000_*.dcm"):
        shutil.copy(path, few)
    engine = LocalProcesses(1, LEAST_MB)
    assert score_archive(str(few), tmp_path / "least", workers=engine, memory_mb=LEAST_MB).unread == 0
    data = pydicom.dcmread(next(archive.rglob("study00000_ap.dcm")))
    data.Rows = data.Columns = 7000
    data.PixelData = bytes(2 * 7000 * 7000)
    (tmp_path / "films").mkdir()
    data.save_as(tmp_path / "films" / "large_ap.dcm")
    score_archive(str(tmp_path / "films"), tmp_path / "out", memory_mb=LEAST_MB)
    (row,) = ResultFolder(tmp_path / "out").table("unread").to_pylist()
    assert row["reason"] == "reading it takes more memory than a process may have"


def test_zip_archives_and_lists_give_the_same_rows(
    archive: Path, alone: ResultFolder, tmp_path: Path
) -> None:
    studies = sorted(archive.rglob("study00000_*.dcm"))
    packed = tmp_path / "disc.zip"
    with zipfile.ZipFile(packed, "w") as archived:
        for path in studies:
            archived.write(path, f"DICOM/{path.name}")
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join([*map(str, studies), str(tmp_path / "gone.dcm")]))
    expected = [row for row in tables(alone)["levels"].to_pylist() if "study00000" in row["ap"]]
    for source, unread in ((packed, 0), (listed, 1)):
        out = tmp_path / source.stem
        scored = score_archive(str(source), out)
        assert scored.unread == unread
        rows = tables(ResultFolder(out))["levels"].to_pylist()
        where = ("ap", "lateral")
        assert [{k: v for k, v in row.items() if k not in where} for row in rows] == [
            {k: v for k, v in row.items() if k not in where} for row in expected
        ]


def test_predictions_of_labelled_cases_are_read_as_a_table(archive: Path, tmp_path: Path) -> None:
    studies = sorted(archive.rglob("study0000[01]_*.dcm"))
    small = tmp_path / "small"
    small.mkdir()
    for path in studies:
        shutil.copy(path, small)
    labels = tmp_path / "labels.csv"
    labels.write_text("case_id,label\nstudy00000_ap.dcm,mvm\nstudy00001_ap.dcm,bvf\n")
    score_archive(str(small), tmp_path / "out", labels=labels)
    read = read_any_predictions(tmp_path / "out")
    # One file of them goes onto the cohort page, which takes no folder.
    assert read_any_predictions(tmp_path / "out" / "predictions.parquet").equals(read)
    examiner = Examiner.open()
    for number, label in enumerate(("mvm", "bvf")):
        own = read[read["label"] == label]
        pair = read_pair(*(small / f"study{number:05d}_{view.value}.dcm" for view in View))
        said = rows_of_reading({"label": label}, read_unmarked(pair, examiner))
        assert own["probability"].tolist() == [row["probability"] for row in said]
    labels.write_text("case_id,label\nnobody.dcm,mvm\n")
    with pytest.raises(TableError, match=r"no case of the archive is 'nobody\.dcm'"):
        score_archive(str(small), tmp_path / "out2", labels=labels)
    with pytest.raises(TableError, match="--labels"):
        read_any_predictions(small)


def test_films_of_a_study_are_paired_or_read_alone() -> None:
    def entry(name: str, view: View | None, study: str = "1", part: str = "") -> FilmEntry:
        return FilmEntry(FilmPlace("/a", name, 1), "", FilmHeader(study=study, view=view, body_part=part))

    ap, lateral = View.AP, View.LATERAL
    (pair,) = pair_by_study([entry("b", lateral), entry("a", ap)])
    assert pair.ap is not None
    assert pair.lateral is not None
    (guessed,) = pair_by_study([entry("b", None), entry("a", ap)])
    assert guessed.lateral is not None
    assert "nothing tells its view" in guessed.notes[0]
    parts = [
        (name, view, part) for part in ("LSPINE", "TSPINE") for name, view in (("a", ap), ("b", lateral))
    ]
    by_part = pair_by_study([entry(f"{part}{name}", view, part=part) for name, view, part in parts])
    assert [sorted(film.place.path for film in each.films.values()) for each in by_part] == [
        ["LSPINEa", "LSPINEb"],
        ["TSPINEa", "TSPINEb"],
    ]
    three = pair_by_study([entry("a", ap), entry("b", lateral), entry("c", ap)])
    assert [len(each.films) for each in three] == [1, 1, 1]
    assert len(pair_by_study([entry("a", ap, study=""), entry("b", lateral, study="")])) == 2


def test_page_tells_how_it_went(archive: Path, alone: ResultFolder) -> None:
    scored = score_archive(str(archive), alone.path, batch=3)
    page = page_html(scored, "an <archive>")
    assert "an &lt;archive&gt;" in page
    assert f"{FILMS} films: {FILMS - HOSTILE} read, {HOSTILE} could not be read." in page
    assert "simulated films" in page
    for title in ("Throughput over time", "Time by stage", *STAGES.values()):
        assert title in page
    assert sum(scored.reasons.values()) == HOSTILE
    assert all(escape(reason) in page for reason in scored.reasons)


def _wait_for(happened, most_s: float = 120) -> None:  # type: ignore[no-untyped-def]
    latest = time.monotonic() + most_s
    while not happened():
        assert time.monotonic() < latest, "it never happened"
        time.sleep(0.05)
