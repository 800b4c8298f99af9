"""What the structured report says of each level: measures, grade, angles, warnings; by codes of one table."""

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from archive import Changed
from highdicom import sr
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.codedict import Code

from mvm_core.examination import Examination, Examiner
from mvm_core.exchange import codes, open_source, results_as_dicom
from mvm_core.exchange.picture import draw_film
from mvm_core.imaging import pair_films, read_film
from mvm_core.radiograph import View
from mvm_core.spine import LEVELS
from mvm_core.spine.angles import angles
from mvm_core.spine.measures import measure

Groups = list[sr.PlanarROIMeasurementsAndQualitativeEvaluations]


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.open()


@pytest.fixture(scope="module")
def read(examiner: Examiner, ap: bytes, lateral: bytes) -> tuple[Examination, pydicom.Dataset]:
    return reported(examiner, {View.AP: ap, View.LATERAL: lateral})


def reported(examiner: Examiner, films: dict[View, bytes]) -> tuple[Examination, pydicom.Dataset]:
    given = {view: read_film(content, f"{view.value}.dcm") for view, content in films.items()}
    found = examiner.examine(pair_films(list(given.values())))
    sources = {view: open_source(films[view], film) for view, film in given.items()}
    report = next(each for each in results_as_dicom(found, sources) if each.kind == "report")
    return found, pydicom.dcmread(io.BytesIO(report.content))


def groups_of(report: pydicom.Dataset) -> Groups:
    return sr.ComprehensiveSR.from_dataset(report).content.get_planar_roi_measurement_groups()


def on(groups: Groups, film: bytes) -> Groups:
    uid = pydicom.dcmread(io.BytesIO(film), stop_before_pixels=True).SOPInstanceUID
    return [each for each in groups if each.roi.ContentSequence[0].referenced_sop_instance_uid == uid]


def warnings_of(group: sr.PlanarROIMeasurementsAndQualitativeEvaluations) -> list[str]:
    name = codes.WARNING.value
    return [
        item.TextValue
        for item in group[0].ContentSequence
        if item.ValueType == "TEXT" and item.ConceptNameCodeSequence[0].CodeValue == name
    ]


def test_heights_grade_and_angles_of_each_level_are_those_measured(
    read: tuple[Examination, pydicom.Dataset], ap: bytes, lateral: bytes
) -> None:
    found, report = read
    checked = 0
    for view, film in ((View.AP, ap), (View.LATERAL, lateral)):
        by_level = {each.level: each for each in measure(found.spines[view])}
        for group in on(groups_of(report), film):
            own = by_level.get(group.tracking_identifier)
            if own is None:
                continue
            said = group.get_measurements()
            heights = [each.value for each in said if each.name == codes.HEIGHT]
            assert heights == list((own.heights_mm or {}).values())
            numbers = {each.name.value: each.value for each in said}
            assert numbers[codes.UPPER_TILT.value] == own.upper_tilt
            assert numbers[codes.LOWER_TILT.value] == own.lower_tilt
            assert numbers[codes.BETWEEN_ENDPLATES.value] == own.lopsided
            grades = [each.value for each in group.get_qualitative_evaluations() if each.name == codes.GENANT]
            assert grades == ([codes.GENANT_GRADES[own.genant]] if own.genant is not None else [])
            checked += 1
    assert checked >= 16
    assert any(each.genant is not None for each in measure(found.spines[View.LATERAL]))
    content = sr.ComprehensiveSR.from_dataset(report).content
    whole = [
        each.value
        for group in content.get_image_measurement_groups()
        for each in group.get_measurements()
        if each.name not in (codes.PIXEL_WIDTH, codes.PIXEL_HEIGHT)
    ]
    expected = [
        angle.degrees
        for view, spine in found.spines.items()
        for angle in angles(spine, found.pair.films[view].shape[0])
    ]
    assert whole == expected
    assert len(whole) >= 3


def test_what_makes_a_level_hard_to_read_stands_with_that_level(
    examiner: Examiner,
    read: tuple[Examination, pydicom.Dataset],
    ap: bytes,
    lateral: bytes,
    changed: Changed,
) -> None:
    found, report = read
    vertebra = found.spines[View.LATERAL].by_level["L3"]
    data = pydicom.dcmread(io.BytesIO(lateral))
    pixels = data.pixel_array.copy()
    (left, top), (right, bottom) = vertebra.corners.min(0).astype(int), vertebra.corners.max(0).astype(int)
    middle = (top + bottom) // 2
    pixels[middle - (bottom - top) // 4 : middle + (bottom - top) // 4, left:right] = 4095  # a screw
    implant = changed(lateral, PixelData=pixels.astype(np.uint16).tobytes())
    found, report = reported(examiner, {View.AP: ap, View.LATERAL: implant})
    told = {group.tracking_identifier: warnings_of(group) for group in on(groups_of(report), implant)}
    assert any("L3" in warning for warning in told["L3"])
    assert not any("L3" in warning for level, own in told.items() if level != "L3" for warning in own)
    others = {group.tracking_identifier: warnings_of(group) for group in on(groups_of(report), ap)}
    assert not any("lateral.dcm" in warning for own in others.values() for warning in own)


def all_codes() -> list[Code]:
    found: list[Code] = []
    for value in vars(codes).values():
        if isinstance(value, Code):
            found.append(value)
        elif isinstance(value, dict | tuple):
            found += [each for each in (value.values() if isinstance(value, dict) else value)
                      if isinstance(each, Code)]  # fmt: skip
    return found


def test_codes_of_others_are_those_that_the_standard_lists_and_ours_are_our_own() -> None:
    listed = {
        (scheme, value) for scheme, by_name in concepts.items() for each in by_name.values() for value in each
    }
    foreign = {each for each in all_codes() if each.scheme_designator != codes.OWN}
    unlisted = {each for each in foreign if (each.scheme_designator, each.value) not in listed}
    assert unlisted == set(codes.BEYOND_THE_STANDARD)
    own = [each for each in all_codes() if each.scheme_designator == codes.OWN]
    assert len({each.value for each in own}) == len(set(own))
    words = {
        meaning.lower()
        for scheme, by_name in concepts.items()
        if scheme in ("SCT", "RADLEX", "UCUM", "DCM")
        for each in by_name.values()
        for meaning, _ in each.values()
    }
    assert not [each.meaning for each in own if each.meaning.lower() in words], "the standard has it"
    assert "cobb angle" in words


def test_every_level_has_a_code() -> None:
    assert tuple(codes.LEVELS) == LEVELS
    assert len({code.value for code in codes.LEVELS.values()}) == len(LEVELS)
    assert all(_check_digit_is_right(each.value) for each in all_codes() if each.scheme_designator == "SCT")


def _check_digit_is_right(number: str) -> bool:
    """Verhoeff's check, which identifiers of SNOMED CT end with."""
    turned = [range(10), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)]
    for _ in range(6):
        turned.append([turned[-1][each] for each in turned[1]])
    sum_ = 0
    for place, digit in enumerate(reversed(number)):
        one, other = sum_, turned[place % 8][int(digit)]
        # the product of two elements of the dihedral group of order 10
        if one < 5:
            sum_ = (one + other) % 5 if other < 5 else (one + other) % 5 + 5
        else:
            sum_ = (one - other) % 5 + 5 if other < 5 else (one - other) % 5
    return sum_ == 0


def test_every_code_in_a_report_is_of_the_table(read: tuple[Examination, pydicom.Dataset]) -> None:
    _, report = read
    table = {(each.scheme_designator, each.value) for each in all_codes()}
    used = {
        (item.CodingSchemeDesignator, item.CodeValue)
        for element in report.iterall()
        if element.VR == "SQ"
        for item in element.value
        if "CodeValue" in item
    }
    assert {each for each in used - table if each[0] == codes.OWN} == set()
    assert len({each for each in used if each[0] == codes.OWN}) >= 10
    (declared,) = [
        item for item in report.CodingSchemeIdentificationSequence if item.CodingSchemeDesignator == codes.OWN
    ]
    assert declared.CodingSchemeName == codes.OWN_NAME
    schemes = {"SCT", "DCM", "UCUM", "RFC5646", codes.OWN}
    assert {each for each in used if each[0] not in schemes} == {
        ("UMLS", codes.QUALITATIVE_EVALUATIONS.value)
    }
    assert {("SCT", "281900007"), ("SCT", "255562008")} <= used, "nothing seen, and a middle height"


def test_what_is_drawn_is_seen_in_grey_too(read: tuple[Examination, pydicom.Dataset]) -> None:
    """Lines are lighter than their dark edges by far, whatever their colour: a grey printer shows both."""
    found, _ = read
    for view, film in found.pair.films.items():
        drawn = np.asarray(draw_film(found, view, film)).astype(float)
        coloured = np.ptp(drawn, axis=2) > 60
        grey = drawn @ (0.299, 0.587, 0.114)
        assert coloured.sum() > 500
        assert np.percentile(grey[coloured], 5) > 70, view
        rows, columns = np.nonzero(coloured)
        inner = (rows > 3) & (columns > 3) & (rows < grey.shape[0] - 4) & (columns < grey.shape[1] - 4)
        darkest = np.array(
            [
                grey[row - 4 : row + 5, column - 4 : column + 5].min()
                for row, column in zip(rows[inner][::50], columns[inner][::50], strict=True)
            ]
        )
        assert np.median(grey[rows, columns]) - np.median(darkest) > 80, "no edge to be seen"


def test_words_on_paper_are_black(read: tuple[Examination, pydicom.Dataset], tmp_path: Path) -> None:
    """A page that is printed in grey loses nothing: all letters and rules are black on white."""
    import pypdfium2
    from pypdfium2 import raw

    from mvm_core.exchange.document import document
    from mvm_core.exchange.making import Making

    found, report = read
    header = pydicom.Dataset()
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "AccessionNumber"):
        setattr(header, keyword, report.get(keyword, ""))
    from mvm_core.exchange.source import SourceFilm

    sources = {view: SourceFilm("x.dcm", header) for view in found.pair.views}
    pdf = pypdfium2.PdfDocument(document(found, sources, View.AP, Making()))
    import ctypes

    colours = set()
    for each in pdf[0].get_objects():
        if each.type in (raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH):
            parts = [ctypes.c_uint() for _ in range(4)]
            raw.FPDFPageObj_GetFillColor(each.raw, *parts)
            colours.add(tuple(part.value for part in parts[:3]))
    pdf.close()
    assert colours == {(0, 0, 0)}
