"""What is told of spoilt films: by the rule for distances, or by a warning with a name."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distance_rule import rule, weights_with

from mvm_core.cohort import MANIFEST_COLUMNS, read_manifest
from mvm_core.errors import WeightsError
from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile
from mvm_core.models import Reader
from mvm_core.models.disease import DiseaseReader
from mvm_core.radiograph import FilmPair, View
from mvm_core.spine import Finder
from mvm_core.study import distance_check
from mvm_core.study.corruptions import corrupted
from mvm_core.study.distance_check import check_as_text, check_distance

NAMED = {
    "noise of 0.15 of full white": {"noisy"},
    "blurred by 8 pixels": {"blurred"},
    "inverted": {"inverted"},
    "left half black": {"clipped"},
    "eight grey values": {"few grey values"},
    "turned by 90 degrees": {"turned"},
    "upside down": {"turned"},
    "cut through the middle of the box": {"cut off"},
    "box 70 mm beside the spine": {"beside the spine"},
}


def examiner_of(folder: Path) -> Examiner:
    return Examiner(Reader.open(folder), Finder.open(folder), DiseaseReader.open(folder))


def test_each_way_to_spoil_a_pair_is_told_by_its_name(reader: Reader, pair: FilmPair) -> None:
    examiner = examiner_of(reader.weights.folder)
    assert {each.name for each in examiner.examine(pair).concerns} == set()
    for what, spoilt in corrupted(pair):
        concerns = examiner.examine(spoilt).concerns
        for view in View:
            names = {each.name for each in concerns if each.view is view}
            assert names & NAMED[what], (what, view, names)


def test_the_table_counts_both_ways_of_telling(
    tmp_path: Path,
    reader: Reader,
    dicom_pair: tuple[StudyFile, StudyFile],
    pair: FilmPair,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "cohort"
    folder.mkdir()
    row = dict.fromkeys(MANIFEST_COLUMNS, "") | {"site": "a", "split": "tune"}
    for view, file in zip(View, dicom_pair, strict=True):
        (folder / f"{view.value}.dcm").write_bytes(file.content)
        box = pair.box(view)
        assert box is not None
        row |= {view.value: f"{view.value}.dcm", f"{view.value}_box": box.as_text()}
    with (folder / "manifest.csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, MANIFEST_COLUMNS)
        writer.writeheader()
        writer.writerows([row | {"case_id": label, "label": label} for label in ("mvm", "bvf")])
    chosen = ("inverted", "box 70 mm beside the spine")

    def two(own: FilmPair) -> Iterator[tuple[str, FilmPair]]:
        return ((what, spoilt) for what, spoilt in corrupted(own) if what in chosen)

    monkeypatch.setattr(distance_check, "corrupted", two)
    monkeypatch.setattr(distance_check, "CORRUPTED", 1)
    weights = weights_with(tmp_path / "weights", reader.weights.folder, rule(-1e6))
    found = check_distance(examiner_of(weights), [read_manifest(folder)])
    rows = {(each["films"], each["view"]): each for each in found["shares"]}
    assert len(rows) == 2 * (1 + len(chosen))
    plain = rows["own, site a", "ap"]
    assert (plain["n"], plain["beyond"], plain["warned"], plain["told"]) == (2, 2, 0, 2)
    # The rule of this test judges no lateral film.
    aside = rows["corrupted: box 70 mm beside the spine", "lateral"]
    assert (aside["beyond"], aside["warned"], aside["told"]) == (None, 1, 1)
    assert aside["warnings"]["beside the spine"] == 1
    assert "beside the spine 1" in check_as_text(found)
    (wrong,) = (each for each in found["error"] if each["n"])
    assert (wrong["low"], wrong["high"], wrong["n"], wrong["wrong"]) == (99.0, 100.0, 2, 1)


def test_weights_without_a_rule_are_refused(reader: Reader) -> None:
    bare = examiner_of(reader.weights.folder)
    bare.reader = Reader(replace(reader.weights, distance=None))
    with pytest.raises(WeightsError, match="no rule for distances"):
        check_distance(bare, [])
