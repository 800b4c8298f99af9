"""Which attributes of a DICOM film may leave: what is not named here does not.

The basic profile of PS3.15, annex E, with its options for longitudinal modified dates, patient
characteristics (age and sex alone) and device identity (maker and model by a table of known ones, else by a
pseudonym), by an allow-list in the place of a list of what to remove: an attribute that nobody thought of
stays at home.
"""

from functools import cache

from pydicom.sr.codedict import Collection
from pydicom.sr.coding import Code

NUMBERS = frozenset(
    [
        "SamplesPerPixel",
        "Rows",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "PlanarConfiguration",
        "PixelAspectRatio",
        "PixelSpacing",
        "ImagerPixelSpacing",
        "NominalScannedPixelSpacing",
        "EstimatedRadiographicMagnificationFactor",
        "DistanceSourceToDetector",
        "DistanceSourceToPatient",
        "KVP",
        "Exposure",
        "ExposureTime",
        "XRayTubeCurrent",
        "ExposureInuAs",
        "ExposureTimeInuS",
        "XRayTubeCurrentInuA",
        "WindowCenter",
        "WindowWidth",
        "RescaleIntercept",
        "RescaleSlope",
        "SmallestImagePixelValue",
        "LargestImagePixelValue",
        "PixelPaddingValue",
        "PixelPaddingRangeLimit",
        "PixelIntensityRelationshipSign",
        "LossyImageCompressionRatio",
        "NumberOfFrames",
        "SeriesNumber",
        "InstanceNumber",
        "FieldOfViewDimensions",
        "FieldOfViewOrigin",
        "FieldOfViewRotation",
        "DetectorElementSpacing",
        "DetectorActiveDimensions",
    ]
)
"""Geometry, exposure, grey values."""

TERMS = {
    name: frozenset(terms.split())
    for name, terms in {
        "ImageType": "ORIGINAL DERIVED PRIMARY SECONDARY RADIOGRAPH POST_PROCESSED POST_CONTRAST STITCHED",
        "Modality": "CR DX RG RF XA OT SC PX DR",
        "PresentationIntentType": "FOR PRESENTATION PROCESSING",
        "PhotometricInterpretation": "MONOCHROME1 MONOCHROME2 RGB",
        "PixelSpacingCalibrationType": "GEOMETRY FIDUCIAL",
        "VOILUTFunction": "LINEAR LINEAR_EXACT SIGMOID",
        "PresentationLUTShape": "IDENTITY INVERSE",
        "PixelIntensityRelationship": "LIN LOG DISP",
        "LossyImageCompression": "00 01",
        "LossyImageCompressionMethod": "ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_15444_15",
        "ViewPosition": "AP PA LL RL LAT LATERAL RLD LLD RLO LLO",
        "PatientOrientation": "A P L R H F AR AL AH AF PR PL PH PF LA LP LH LF RA RP RH RF HA HP HL HR FA FP "
        "FL FR",
        "Laterality": "L R",
        "ImageLaterality": "L R U B",
        "BodyPartExamined": "TLSPINE CSPINE TSPINE LSPINE SSPINE CTSPINE LSSPINE WHOLESPINE SPINE LUMBAR "
        "THORACIC CERVICAL SACRUM COCCYX CHEST ABDOMEN PELVIS WHOLEBODY",
        "PatientPosition": "HFS HFP HFDL HFDR FFS FFP FFDL FFDR",
        "DetectorType": "DIRECT SCINTILLATOR STORAGE FILM",
        "FieldOfViewShape": "RECTANGLE ROUND HEXAGONAL",
        "FieldOfViewHorizontalFlip": "YES NO",
        "Grid": "IN NONE FIXED MOVING FOCUSED PARALLEL CROSSED RECIPROCATING",
        "PatientSex": "M F O",
        "RescaleType": "US OD HU UNSPECIFIED",
        "ConversionType": "DV DI DF WSD SD SI DRW SYN",
    }.items()
}
"""Code strings by what the standard lets them say: a name is none of these words, whoever wrote it there."""

NAMES_OF_DEVICES = frozenset(("Manufacturer", "ManufacturerModelName"))
"""Free texts: they leave where `mvm_core.deidentification.devices` knows them, else as a pseudonym."""

PSEUDONYMS_OF_DEVICES = frozenset(("DeviceSerialNumber",))
"""What tells one device from others of its model; leaves as a pseudonym."""

COUNTS = {"SeriesNumber": 99_999, "InstanceNumber": 99_999}
"""Numbers with room for a patient's, and the highest that leaves."""

DATES = frozenset(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"))

UIDS = frozenset(("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"))

EMPTY = (
    "AccessionNumber",
    "PatientBirthDate",
    "ReferringPhysicianName",
    "StudyID",
    "StudyTime",
)
"""Attributes that every film must have, and that leave empty."""

TABLES = {
    "ModalityLUTSequence": frozenset(("LUTDescriptor", "LUTData", "ModalityLUTType")),
    "VOILUTSequence": frozenset(("LUTDescriptor", "LUTData")),
}
"""Sequences of look-up tables, and what may leave of their items."""

CODED = frozenset(("ViewCodeSequence", "AnatomicRegionSequence"))
"""Sequences of which code and scheme leave; the meaning, a free text, becomes the code."""

REFERENCES = frozenset(("ReferencedImageSequence", "SourceImageSequence", "ReferencedStudySequence"))
"""Sequences that name other objects: their class and their UID leave, this by the same key as the object's
own, so that references among what leaves stay whole."""

PURPOSE = "PurposeOfReferenceCodeSequence"

_GROUPS = ("CID4", "CID4009", "CID4010", "CID4031", "CID7201", "CID7202")


@cache
def known_codes() -> tuple[Code, ...]:
    """Codes of views, regions and purposes of reference as the standard lists them (PS3.16).

    Compared one by one, SNOMED's older codes equal the newer ones that mean the same.
    """
    return tuple(code for group in _GROUPS for code in Collection(group).concepts.values())


METHOD = ("113100", "113107", "113108", "113109")
"""PS3.16, CID 7050: basic profile, longitudinal modified dates, patient characteristics, device identity."""

CLEANED_PIXELS = "113101"

MEANINGS = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113109": "Retain Device Identity Option",
}
