"""Results of films that are not the usual pair: one alone, oblong pixels, turned, of two studies."""

import io
import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from archive import Changed
from highdicom import sr
from pydicom.uid import generate_uid

from mvm_core.examination import Examination, Examiner
from mvm_core.exchange import MadeObject, codes, open_source, results_as_dicom
from mvm_core.exchange.document import columns_shown
from mvm_core.exchange.making import Making
from mvm_core.imaging import pair_films, read_film
from mvm_core.radiograph import View
from mvm_core.spine.angles import angles
from mvm_core.spine.measures import measure


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.open()


def made_of(
    examiner: Examiner, films: Mapping[View, bytes]
) -> tuple[Examination, dict[str, pydicom.Dataset], tuple[MadeObject, ...]]:
    """The examination and its objects, sound each."""
    read = {view: read_film(content, f"{view.value}.dcm") for view, content in films.items()}
    found = examiner.examine(pair_films(list(read.values())))
    sources = {view: open_source(films[view], film) for view, film in read.items()}
    objects = results_as_dicom(found, sources)
    return found, {each.name: pydicom.dcmread(io.BytesIO(each.content)) for each in objects}, objects


def check_sound(objects: tuple[MadeObject, ...], folder: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is missing")
    for each in objects:
        path = folder / f"{each.name}.dcm"
        path.write_bytes(each.content)
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        assert "Error" not in said.stdout + said.stderr, (each.name, said.stderr)


def regions(report: pydicom.Dataset) -> dict[tuple[str, str], np.ndarray]:
    """Outlines by level and film."""
    return {
        (group.tracking_identifier, group.roi.ContentSequence[0].referenced_sop_instance_uid): group.roi.value
        for group in sr.ComprehensiveSR.from_dataset(report).content.get_planar_roi_measurement_groups()
    }


@pytest.mark.parametrize("view", [View.AP, View.LATERAL])
def test_one_film_alone(examiner: Examiner, ap: bytes, lateral: bytes, view: View, tmp_path: Path) -> None:
    film = ap if view is View.AP else lateral
    found, objects, files = made_of(examiner, {view: film})
    assert set(objects) == {"report", f"presentation-{view.value}", f"capture-{view.value}", "document"}
    check_sound(files, tmp_path)
    assert len(regions(objects["report"])) == len(found.spines[view].vertebrae)


def test_oblong_pixels_are_drawn_where_they_are_stored(
    examiner: Examiner, lateral: bytes, changed: Changed, tmp_path: Path
) -> None:
    data = pydicom.dcmread(io.BytesIO(lateral))
    rows = data.Rows // 2
    low = cv2.resize(data.pixel_array, (data.Columns, rows), interpolation=cv2.INTER_AREA)
    spacing = [float(data.ImagerPixelSpacing[0]) * data.Rows / rows, float(data.ImagerPixelSpacing[1])]
    oblong = changed(lateral, PixelData=low.tobytes(), Rows=rows, ImagerPixelSpacing=spacing)
    found, objects, files = made_of(examiner, {View.LATERAL: oblong})
    check_sound(files, tmp_path)
    square = examiner.examine(pair_films([read_film(lateral, "lateral.dcm")]))
    by_level = {level: outline for (level, _), outline in regions(objects["report"]).items()}
    assert {"L1", "L2", "L3", "L4"} <= by_level.keys()
    for level in ("L1", "L2", "L3", "L4"):
        expected = square.spines[View.LATERAL].by_level[level].corners * (1, rows / data.Rows)
        assert np.abs(by_level[level][:4] - expected).max() < 6, level
    drawn = objects["presentation-lateral"]
    shown = [
        graphic.GraphicData
        for annotation in drawn.GraphicAnnotationSequence
        if annotation.GraphicLayer == "VERTEBRAE"
        for graphic in annotation.GraphicObjectSequence
    ]
    assert max(max(points[1::2]) for points in shown) <= rows
    (whole,) = sr.ComprehensiveSR.from_dataset(objects["report"]).content.get_image_measurement_groups()
    said = {each.name: each.value for each in whole.get_measurements()}
    assert said[codes.PIXEL_HEIGHT] == pytest.approx(spacing[0], rel=2e-3)
    assert said[codes.PIXEL_WIDTH] == pytest.approx(spacing[1], rel=2e-3)
    one, other = ({each.level: each.probability_disease for each in read.levels} for read in (found, square))
    assert one.keys() == other.keys()
    assert max(one, key=one.__getitem__) == max(other, key=other.__getitem__)
    assert max(abs(one[level] - other[level]) for level in one) < 0.15


def test_a_turned_film_has_results_without_levels_of_it(
    examiner: Examiner, ap: bytes, lateral: bytes, changed: Changed, tmp_path: Path
) -> None:
    data = pydicom.dcmread(io.BytesIO(ap))
    pixels = np.ascontiguousarray(np.rot90(data.pixel_array))
    turned = changed(ap, PixelData=pixels.tobytes(), Rows=pixels.shape[0], Columns=pixels.shape[1])
    found, objects, files = made_of(examiner, {View.AP: turned, View.LATERAL: lateral})
    assert found.spines[View.AP].turned_degrees
    assert all(level.ap_box is None for level in found.levels)
    check_sound(files, tmp_path)
    groups = sr.ComprehensiveSR.from_dataset(objects["report"]).content.get_planar_roi_measurement_groups()
    on_turned = [
        group
        for group in groups
        if group.roi.ContentSequence[0].referenced_sop_instance_uid == objects_of(turned)
    ]
    names = {measured.name.meaning for group in on_turned for measured in group.get_measurements()}
    assert not {"Height", "Tilt of the upper endplate, right end lower is positive"} & names
    assert any("turned" in warning for warning in found.warnings)


def objects_of(film: bytes) -> str:
    return str(pydicom.dcmread(io.BytesIO(film), stop_before_pixels=True).SOPInstanceUID)


def test_films_of_two_studies_each_get_their_own(
    examiner: Examiner, ap: bytes, lateral: bytes, changed: Changed, tmp_path: Path
) -> None:
    later = changed(lateral, StudyInstanceUID=generate_uid(), StudyDate="20270101")
    found, objects, files = made_of(examiner, {View.AP: ap, View.LATERAL: later})
    check_sound(files, tmp_path)
    studies = {
        view: str(pydicom.dcmread(io.BytesIO(film), stop_before_pixels=True).StudyInstanceUID)
        for view, film in ((View.AP, ap), (View.LATERAL, later))
    }
    for name, data in objects.items():
        view = View.AP if name.endswith("-ap") else View.LATERAL
        assert data.StudyInstanceUID == studies[view], name
    report = objects["report"]
    evidence = (*report.CurrentRequestedProcedureEvidenceSequence, *report.PertinentOtherEvidenceSequence)
    assert {each.StudyInstanceUID for each in evidence} == set(studies.values())
    assert any("two studies" in warning for warning in found.warnings)


def test_films_on_paper_are_high_and_keep_every_vertebra(
    examiner: Examiner, ap: bytes, lateral: bytes
) -> None:
    found, _, _ = made_of(examiner, {View.AP: ap, View.LATERAL: lateral})
    # The highest films whose vertebrae all find room beside each other.
    height = next(height for height in range(206, 117, -8) if columns_shown(found, height, whole=False))
    assert height >= 166
    shown = columns_shown(found, height, whole=False)
    widths = [
        height * (last - first) / found.pair.films[view].shape[0] for view, (first, last) in shown.items()
    ]
    assert sum(widths) < 178.5
    for view, (first, last) in shown.items():
        corners = np.concatenate([each.corners[:, 0] for each in found.spines[view].vertebrae])
        assert first < corners.min() - 20
        assert last > corners.max() + 20
    assert columns_shown(found, 700, whole=False) == {}
    assert columns_shown(found, 700, whole=True) == {
        view: (0, film.shape[1]) for view, film in found.pair.films.items()
    }
    alone, _, _ = made_of(examiner, {View.AP: ap})
    assert columns_shown(alone, 190, whole=False) == {View.AP: (0, alone.pair.films[View.AP].shape[1])}


def test_identities_follow_from_a_key(examiner: Examiner, lateral: bytes) -> None:
    film = read_film(lateral, "lateral.dcm")
    found = examiner.examine(pair_films([film]))
    sources = {View.LATERAL: open_source(lateral, film)}
    now = datetime(2026, 1, 1)
    one, again, other = (
        [each.instance for each in results_as_dicom(found, sources, Making.keyed(key, now))]
        for key in ("a", "a", "b")
    )
    assert one == again
    assert not set(one) & set(other)
    assert all(uid.startswith("2.25.") and len(uid) <= 44 for uid in one)


def test_a_reader_of_javascript_finds_the_same_numbers(
    examiner: Examiner, ap: bytes, lateral: bytes, tmp_path: Path
) -> None:
    """Where Node.js is and `npm install dcmjs` was done in a folder of NODE_PATH."""
    node = shutil.which("node")
    if (
        node is None
        or subprocess.run([node, "-e", "require('dcmjs')"], capture_output=True, check=False).returncode
    ):
        pytest.skip("dcmjs is missing: npm install dcmjs, and set NODE_PATH to its node_modules")
    found, _, files = made_of(examiner, {View.AP: ap, View.LATERAL: lateral})
    report = tmp_path / "report.dcm"
    report.write_bytes(next(each for each in files if each.name == "report").content)
    script = Path(__file__).with_name("read_report.cjs")
    said = subprocess.run([node, script, report], capture_output=True, text=True, check=True)
    told = json.loads(said.stdout)
    numbers: dict[tuple[str | None, str, str | None], list[float]] = {}
    for level_said, name, place, value in told["numbers"]:
        numbers.setdefault((level_said, name, place), []).append(value)
    assert len(found.levels) > 5

    def same(key: tuple[str | None, str, str | None], values: list[float]) -> None:
        assert numbers.pop(key, []) == pytest.approx(values, abs=0, rel=1e-12), key

    own = {view: {each.level: each for each in measure(spine)} for view, spine in found.spines.items()}
    levels = {level.level: level for level in found.levels}
    for name in {*levels, *(each for spine in found.spines.values() for each in spine.by_level)}:
        films = [view for view in View if name in found.spines[view].by_level]
        shown = [view for view in View if view in films or (name in levels and levels[name].box(view))]
        if name in levels:
            level = levels[name]
            same((name, "P-DISEASE", None), [level.probability_disease] * len(shown))
            same((name, "DISEASE-POINT", None), [level.disease_point] * len(shown))
            of_mvm = level.probability_mvm
            same((name, "P-MVM", None), [of_mvm] * len(shown) if of_mvm is not None else [])
        vertebrae = [found.spines[view].by_level[name] for view in films]
        same((name, "P-VERTEBRA", None), [each.probability for each in vertebrae])
        same((name, "P-LEVEL", None), [each.level_probability for each in vertebrae])
        measured = [own[view][name] for view in films if name in own[view]]
        for place, code in codes.PLACES.items():
            heights = [(each.heights_mm or {}).get(place) for each in measured]
            key = name, codes.HEIGHT.value, code.value
            same(key, [float(height) for height in heights if height is not None])
        same((name, codes.UPPER_TILT.value, None), [each.upper_tilt for each in measured])
        same((name, codes.LOWER_TILT.value, None), [each.lower_tilt for each in measured])
        same((name, codes.BETWEEN_ENDPLATES.value, None), [each.lopsided for each in measured])
        same((name, codes.HEIGHT_LOST.value, None), [each.lost for each in measured if each.lost is not None])
        grades = [codes.GENANT_GRADES[each.genant].value for each in measured if each.genant is not None]
        assert [
            code for level_said, kind, code in told["codes"] if (level_said, kind) == (name, "GENANT")
        ] == (grades)
    # What is left is of the films as a whole.
    for view, spine in found.spines.items():
        for code in (codes.PIXEL_WIDTH, codes.PIXEL_HEIGHT):
            same((f"{view.label} film", code.value, None), [found.pair.films[view].mm_per_pixel])
        for angle in angles(spine, found.pair.films[view].shape[0]):
            whole = codes.ANGLES.get(angle.name, codes.COBB).value
            assert angle.degrees in numbers[f"{view.label} film", whole, None]
            numbers[f"{view.label} film", whole, None].remove(angle.degrees)
    assert not any(numbers.values())
