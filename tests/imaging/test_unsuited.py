"""Films that say of themselves that they show the neck, or are oblique, through the real reader."""

import io

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset

from mvm_core.imaging import StudyFile, read_film
from mvm_core.radiograph import CERVICAL, OBLIQUE


def read_with(file: StudyFile, **header: object) -> str:
    """What a film says of itself, its header changed."""
    film = pydicom.dcmread(io.BytesIO(file.content))
    film.BodyPartExamined = ""
    for sequence in ("AnatomicRegionSequence", "ViewCodeSequence"):
        if sequence in film:
            del film[sequence]
    film.ViewPosition, film.SeriesDescription = "", ""
    film.SpecificCharacterSet = "ISO_IR 192"
    kept = io.BytesIO()
    with disable_value_validation():
        for keyword, value in header.items():
            setattr(film, keyword, value)
        film.save_as(kept)
    return read_film(kept.getvalue(), "film.dcm").unsuited


def code(value: str, meaning: str) -> list[Dataset]:
    """A coded concept."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return [item]


@pytest.mark.parametrize(
    ("header", "unsuited"),
    [
        ({}, ""),
        ({"BodyPartExamined": "CSPINE"}, CERVICAL),
        ({"BodyPartExamined": "C SPINE"}, CERVICAL),
        ({"BodyPartExamined": "LSPINE"}, ""),
        ({"BodyPartExamined": "CTSPINE"}, ""),
        ({"AnatomicRegionSequence": code("122494005", "Cervical spine")}, CERVICAL),
        ({"AnatomicRegionSequence": code("122496007", "Lumbar spine")}, ""),
        ({"SeriesDescription": "HWS seitlich"}, CERVICAL),
        ({"SeriesDescription": "頸椎側面"}, CERVICAL),
        ({"ProtocolName": "C-Spine Lat"}, CERVICAL),
        ({"SeriesDescription": "Cervical, thoracic and lumbar spine AP"}, ""),
        ({"StudyDescription": "Cervical spine, oblique views"}, ""),
        ({"ViewPosition": "RLO"}, OBLIQUE),
        ({"ViewPosition": "LLD"}, ""),
        ({"SeriesDescription": "L-spine oblique"}, OBLIQUE),
        ({"SeriesDescription": "AP/lateral/obliques"}, ""),
        ({"ViewCodeSequence": code("399135002", "left posterior oblique")}, OBLIQUE),
    ],
)
def test_header_says_what_it_shows(
    dicom_pair: tuple[StudyFile, StudyFile], header: dict[str, object], unsuited: str
) -> None:
    assert read_with(dicom_pair[0], **header) == unsuited


@pytest.mark.parametrize(
    ("name", "unsuited"),
    [
        ("cervical_lat.png", CERVICAL),
        ("L-spine_oblique.png", OBLIQUE),
        ("lumbar_ap.png", ""),
        ("cervical/lumbar_ap.png", ""),
    ],
)
def test_a_pictures_name_says_what_it_shows(name: str, unsuited: str) -> None:
    grey = np.random.default_rng(1).integers(0, 255, (200, 100), dtype=np.uint8)
    kept = io.BytesIO()
    Image.fromarray(grey).save(kept, "PNG")
    assert read_film(kept.getvalue(), name).unsuited == unsuited
