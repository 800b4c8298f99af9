"""What a header says of a person is nowhere in the film that leaves."""

import io
import re
from datetime import datetime

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, RLELossless

from mvm_core.deidentification import Key, deidentify_film
from mvm_core.errors import FilmError
from mvm_core.imaging import StudyFile, read_film

KEY = Key(b"a secret of the hospital")
NAME = "ZQXWVK"
WORDS = [
    "PatientName",
    "OtherPatientNames",
    "PatientBirthName",
    "PatientMotherBirthName",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "OperatorsName",
    "NameOfPhysiciansReadingStudy",
    "RequestingPhysician",
    "PhysiciansOfRecord",
    "PatientID",
    "OtherPatientIDs",
    "IssuerOfPatientID",
    "AccessionNumber",
    "StudyID",
    "PatientAddress",
    "PatientComments",
    "PatientTelephoneNumbers",
    "CountryOfResidence",
    "RegionOfResidence",
    "EthnicGroup",
    "Occupation",
    "AdditionalPatientHistory",
    "MedicalAlerts",
    "Allergies",
    "MilitaryRank",
    "BranchOfService",
    "PatientReligiousPreference",
    "MedicalRecordLocator",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "DeviceSerialNumber",
    "StudyDescription",
    "SeriesDescription",
    "ProtocolName",
    "ImageComments",
    "PerformedProcedureStepDescription",
    "RequestedProcedureDescription",
    "RequestedProcedureID",
    "ScheduledProcedureStepID",
    "AdmissionID",
    "AdmittingDiagnosesDescription",
    "CurrentPatientLocation",
    "PatientInstitutionResidence",
    "VisitComments",
    "StudyComments",
    "DerivationDescription",
    "AcquisitionDeviceProcessingDescription",
    "PlateID",
    "CassetteID",
    "GantryID",
    "DetectorID",
    "DetectorDescription",
    "SoftwareVersions",
    "AcquisitionProtocolName",
    "TextComments",
    "ContentCreatorName",
    "ResponsiblePerson",
    "ResponsibleOrganization",
    "ReasonForStudy",
    "RequestingService",
    "Manufacturer",
    "ManufacturerModelName",
]
DATED = ("PatientBirthDate", "StudyDate", "SeriesDate", "ContentDate", "AcquisitionDate")


def planted(film: bytes) -> bytes:
    """The film with a name wherever a header has room for one."""
    data = pydicom.dcmread(io.BytesIO(film))
    for keyword in WORDS:
        form = dictionary_VR(keyword)
        setattr(data, keyword, f"{NAME}^ANNA" if form == "PN" else NAME)
    block = data.private_block(0x0011, f"{NAME} CREATOR", create=True)
    block.add_new(0x01, "LO", NAME)
    block.add_new(0x02, "OB", NAME.encode())
    item, inner = Dataset(), Dataset()
    inner.PatientID = inner.CodeMeaning = NAME
    item.ReferencedSOPInstanceUID, item.CodeMeaning = "1.2.3.4", NAME
    item.PurposeOfReferenceCodeSequence = Sequence([inner])
    data.ReferencedImageSequence = data.RequestAttributesSequence = Sequence([item])
    coded = Dataset()
    coded.CodeValue, coded.CodingSchemeDesignator, coded.CodeMeaning = "399348003", "SCT", NAME
    data.ViewCodeSequence = Sequence([coded])
    named = Dataset()
    named.CodeValue, named.CodingSchemeDesignator, named.CodeMeaning = NAME, "99ME", NAME
    data.AnatomicRegionSequence = Sequence([named])
    data.add_new(0x60000010, "US", 8)
    data.add_new(0x60000022, "LO", NAME)
    data.add_new(0x60003000, "OB", NAME.encode())
    data.add_new(0x00880200, "SQ", Sequence([inner]))
    data.add_new(0x00420011, "OB", NAME.encode())
    data.add_new(0xFFFCFFFC, "OB", NAME.encode())
    data.BodyPartExamined, data.ImageType = NAME, ["ORIGINAL", NAME]
    data.PatientBirthDate, data.StudyDate, data.SeriesDate = "19530721", "20201103", "20201104"
    data.StudyTime, data.PatientAge, data.PatientSex = "101112", "067Y", "F"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.SOPInstanceUID = "1.2.77.1", "1.2.77.2", "1.2.77.3"
    data.file_meta.SourceApplicationEntityTitle = NAME
    data.file_meta.PrivateInformationCreatorUID = "1.2.77.4"
    data.file_meta.PrivateInformation = NAME.encode()
    data.preamble = NAME.encode().ljust(128, b"\0")
    kept = io.BytesIO()
    data.save_as(kept)
    return kept.getvalue()


@pytest.fixture(scope="module")
def film(dicom_pair: tuple[StudyFile, StudyFile]) -> bytes:
    return planted(dicom_pair[0].content)


def test_a_name_in_60_places_is_in_none(film: bytes) -> None:
    assert film.count(NAME.encode()) >= 60, "the search finds what is there"
    found = deidentify_film(film, "film", KEY, None)
    for words in (NAME, "ANNA", "1.2.77.", "1.2.3.4", "19530721", "20201103", "101112"):
        for encoding in ("ascii", "utf-16-le", "utf-16-be"):
            assert words.encode(encoding) not in found.content, words
    assert len(found.removed) >= 60
    assert not [each for each in found.removed if NAME in each]


def test_geometry_exposure_view_and_pixels_stay(film: bytes, dicom_pair: tuple[StudyFile, StudyFile]) -> None:
    before = pydicom.dcmread(io.BytesIO(film))
    after = pydicom.dcmread(io.BytesIO(deidentify_film(film, "film", KEY, None).content))
    assert np.array_equal(after.pixel_array, before.pixel_array)
    for keyword in (
        "Rows",
        "BitsStored",
        "PhotometricInterpretation",
        "Modality",
        "PatientSex",
        "PatientAge",
    ):
        assert after[keyword].value == before[keyword].value, keyword
    was, is_now = read_film(dicom_pair[0].content), read_film(io.BytesIO(after_bytes(after)).getvalue())
    assert is_now.mm_per_pixel == was.mm_per_pixel
    assert is_now.view is was.view
    assert np.array_equal(is_now.pixels, was.pixels)
    assert after.ViewCodeSequence[0].CodeValue == "399348003"
    assert after.PatientIdentityRemoved == "YES"
    assert {item.CodeValue for item in after.DeidentificationMethodCodeSequence} >= {"113100", "113107"}
    assert after.get("BurnedInAnnotation") != "NO", "nobody looked at the image"


def looked_up(entries: bytes) -> Sequence:
    table = Dataset()
    table.LUTDescriptor = [256, 0, 16]
    table.add_new(0x00283006, "OW", entries)
    return Sequence([table])


def coded(value: str, scheme: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, "view"
    return Sequence([item])


def referred(instance: str, purpose: str) -> Sequence:
    item = Dataset()
    with pydicom.config.disable_value_validation():
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.MEIHUA", instance
    item.PurposeOfReferenceCodeSequence = coded(purpose, "DCM")
    return Sequence([item])


RISING = np.arange(256, dtype="<u2").tobytes()


@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("BodyPartExamined", "MEIHUA LIN"),
        ("ImageType", ["DERIVED", "PRIMARY", "MEIHUA LIN"]),
        ("ConversionType", "MEIHUA"),
        ("PatientOrientation", ["L", "MEIHUA"]),
        ("SOPClassUID", "1.2.MEIHUA"),
        ("ViewCodeSequence", coded("MEIHUA", "SCT")),
        ("ViewCodeSequence", coded("399348003", "99MEIHUA")),
        ("Manufacturer", "MEIHUA LIN"),
        ("Manufacturer", "Philips MEIHUA"),
        ("ManufacturerModelName", "MEIHUA LIN"),
        ("ManufacturerModelName", "DRX MEIHUA 67"),
        ("DeviceSerialNumber", "MEIHUA"),
        ("StationName", "MEIHUA"),
        ("SoftwareVersions", "1.2 MEIHUA"),
        ("SourceImageSequence", referred("1.2.MEIHUA", "MEIHUA")),
        ("VOILUTSequence", looked_up(RISING[:90] + b"MEIHUA" + RISING[96:])),
        ("VOILUTSequence", looked_up(RISING + b"MEIHUA")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_name_that_stands_nowhere_else_does_not_leave(
    dicom_pair: tuple[StudyFile, StudyFile], keyword: str, value: object
) -> None:
    data = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    setattr(data, keyword, value)
    written = after_bytes(data)
    assert b"MEIHUA" in written
    assert b"MEIHUA" not in deidentify_film(written, "film", KEY, None).content


TEXTS = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}


def test_a_name_in_any_text_that_the_standard_knows_does_not_leave(
    dicom_pair: tuple[StudyFile, StudyFile],
) -> None:
    data = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    sets = {"PhotometricInterpretation", "SpecificCharacterSet"}  # without these it is no image, or no text
    planted = 0
    for tag, (form, _, _, _, keyword) in DicomDictionary.items():
        if form in TEXTS and keyword and keyword not in sets and tag >> 16 not in (0x0000, 0x0002, 0x0004):
            data.add_new(tag, form, "MEIHUA")
            planted += 1
    data.Modality = "DX"
    written = after_bytes(data)
    assert planted > 900
    assert written.count(b"MEIHUA") >= planted - 1
    assert b"MEIHUA" not in deidentify_film(written, "film", KEY, None).content


@pytest.mark.parametrize("number", ["SeriesNumber", "InstanceNumber"])
def test_a_number_that_may_be_the_patients_does_not_leave(
    dicom_pair: tuple[StudyFile, StudyFile], number: str
) -> None:
    data = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    setattr(data, number, "123456789")
    data.ViewCodeSequence = coded("123456789", "SCT")
    assert b"123456789" not in deidentify_film(after_bytes(data), "film", KEY, None).content


@pytest.mark.parametrize(
    ("maker", "model"),
    [
        ("Philips Medical Systems", "DigitalDiagnost"),
        ('"GE Healthcare"', "Optima XR646"),
        ("FUJIFILM Corporation", "FDR AcSelerate"),
        ("CARESTREAM HEALTH", "DRX-Evolution Plus"),
        ("SIEMENS", "Ysio Max"),
        ("Agfa HealthCare", "DX-D 600"),
    ],
)
def test_makers_and_models_that_are_known_stay(
    dicom_pair: tuple[StudyFile, StudyFile], maker: str, model: str
) -> None:
    data = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    data.Manufacturer, data.ManufacturerModelName, data.DeviceSerialNumber = maker, model, "QX-4711"
    films = []
    for serial in ("QX-4711", "QX-4711", "QX-4712"):
        data.DeviceSerialNumber = serial
        left = deidentify_film(after_bytes(data), "film", KEY, None).content
        films.append(pydicom.dcmread(io.BytesIO(left)))
    assert films[0].Manufacturer == maker
    if model != "FDR AcSelerate":
        assert films[0].ManufacturerModelName == model
    else:
        assert re.fullmatch("D[0-9A-F]{12}", films[0].ManufacturerModelName), "unknown: a pseudonym"
    serials = [film.DeviceSerialNumber for film in films]
    assert serials[0] == serials[1] != serials[2], "films of one device are known to be of one"
    assert "4711" not in serials[0]


def test_references_between_films_that_leave_stay_whole(dicom_pair: tuple[StudyFile, StudyFile]) -> None:
    films = [pydicom.dcmread(io.BytesIO(file.content)) for file in dicom_pair]
    for film, other in zip(films, films[::-1], strict=True):
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = other.SOPClassUID, other.SOPInstanceUID
        item.PurposeOfReferenceCodeSequence = coded("121322", "DCM")
        film.ReferencedImageSequence = film.SourceImageSequence = Sequence([item])
    ap, lateral = (
        pydicom.dcmread(io.BytesIO(deidentify_film(after_bytes(film), "film", KEY, None).content))
        for film in films
    )
    for film, other in ((ap, lateral), (lateral, ap)):
        for keyword in ("ReferencedImageSequence", "SourceImageSequence"):
            (item,) = film[keyword].value
            assert item.ReferencedSOPInstanceUID == other.SOPInstanceUID
            assert item.ReferencedSOPClassUID == other.SOPClassUID
            assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"


@pytest.mark.parametrize(
    ("said", "born", "taken", "left"),
    [
        ("", "19530721", "20201103", "067Y"),
        ("", "19530721", "20200720", "066Y"),
        ("", "19300101", "20201103", "090Y"),
        ("", "19310101", "20201103", "089Y"),
        ("097Y", "", "20201103", "090Y"),
        ("054Y", "19530721", "20201103", "054Y"),
        ("018M", "", "20201103", "001Y"),
        ("", "19530721", "", ""),
        ("", "2053", "20201103", ""),
        ("", "20210101", "20201103", ""),
    ],
)
def test_the_age_is_told_and_the_birth_date_is_not(
    dicom_pair: tuple[StudyFile, StudyFile], said: str, born: str, taken: str, left: str
) -> None:
    data = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    data.PatientAge, data.StudyDate = said, taken
    data.AcquisitionDate = data.ContentDate = data.SeriesDate = ""
    with pydicom.config.disable_value_validation():
        data.PatientBirthDate = born
    after = pydicom.dcmread(io.BytesIO(deidentify_film(after_bytes(data), "film", KEY, None).content))
    assert (after.PatientAge, after.PatientBirthDate) == (left, "")


@pytest.mark.parametrize("keyword", ["BodyPartExamined", "ManufacturerModelName"])
def test_a_name_of_two_letters_is_known_again(dicom_pair: tuple[StudyFile, StudyFile], keyword: str) -> None:
    data = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    data.PatientName = "WU^LI"
    setattr(data, keyword, "QX WU LI")
    assert b"QX WU LI" not in deidentify_film(after_bytes(data), "film", KEY, None).content


def test_a_look_up_table_stays(dicom_pair: tuple[StudyFile, StudyFile]) -> None:
    data = pydicom.dcmread(io.BytesIO(dicom_pair[0].content))
    data.VOILUTSequence = looked_up(RISING)
    after = pydicom.dcmread(io.BytesIO(deidentify_film(after_bytes(data), "film", KEY, None).content))
    assert after.VOILUTSequence[0].LUTData == RISING


def after_bytes(data: Dataset) -> bytes:
    kept = io.BytesIO()
    data.save_as(kept)
    return kept.getvalue()


def test_one_patient_stays_one_patient_and_intervals_stay(dicom_pair: tuple[StudyFile, StudyFile]) -> None:
    films = [pydicom.dcmread(io.BytesIO(file.content)) for file in dicom_pair]
    for film, date in zip(films, ("20200110", "20200305"), strict=True):
        film.PatientID, film.StudyInstanceUID, film.StudyDate = "17", "1.2.3", date
    left = [
        pydicom.dcmread(io.BytesIO(deidentify_film(after_bytes(film), "film", KEY, None).content))
        for film in films
    ]
    assert left[0].PatientID == left[1].PatientID != "17"
    assert left[0].StudyInstanceUID == left[1].StudyInstanceUID != "1.2.3"
    assert left[0].SOPInstanceUID != left[1].SOPInstanceUID
    days = [datetime.strptime(film.StudyDate, "%Y%m%d") for film in left]
    assert (days[1] - days[0]).days == 55
    assert left[0].StudyDate != "20200110"
    other = pydicom.dcmread(
        io.BytesIO(deidentify_film(after_bytes(films[0]), "film", Key(b"x" * 16), None).content)
    )
    assert other.PatientID != left[0].PatientID


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_films_leave_uncompressed(film: bytes, syntax: str) -> None:
    data = pydicom.dcmread(io.BytesIO(film))
    pixels = data.pixel_array
    data.compress(syntax, generate_instance_uid=False)
    after = pydicom.dcmread(io.BytesIO(deidentify_film(after_bytes(data), "film", KEY, None).content))
    assert not after.file_meta.TransferSyntaxUID.is_compressed
    assert np.array_equal(after.pixel_array, pixels)


def test_the_very_old_are_90_and_odd_dates_do_not_leave(film: bytes) -> None:
    data = pydicom.dcmread(io.BytesIO(film))
    data.PatientAge = "097Y"
    with pydicom.config.disable_value_validation():
        data.StudyDate = "Tuesday"
    after = pydicom.dcmread(io.BytesIO(deidentify_film(after_bytes(data), "film", KEY, None).content))
    assert after.PatientAge == "090Y"
    assert "StudyDate" not in after


def test_what_is_no_film_is_named() -> None:
    with pytest.raises(FilmError):
        deidentify_film(b"no film at all", "letter", KEY, None)


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_pseudonyms_and_uids_are_keyed_and_well_formed(one: str, other: str) -> None:
    assert (KEY.pseudonym(one) == KEY.pseudonym(other)) is (one == other)
    assert re.fullmatch(r"2\.25\.\d{1,39}", KEY.uid(one))
    assert 1 <= KEY.days(one) <= 3650
    assert tag_for_keyword("PatientID") is not None
