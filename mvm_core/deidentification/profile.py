"""Which attributes of a DICOM film may leave: what is not named here does not.

The basic profile of PS3.15, annex E, with its options for longitudinal modified dates, patient
characteristics (age and sex alone) and device identity (maker and model alone), by an allow-list in the place
of a list of what to remove: an attribute that nobody thought of stays at home.
"""

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

CODES = frozenset(
    [
        "ImageType",
        "Modality",
        "PresentationIntentType",
        "PhotometricInterpretation",
        "PixelSpacingCalibrationType",
        "VOILUTFunction",
        "PresentationLUTShape",
        "PixelIntensityRelationship",
        "LossyImageCompression",
        "LossyImageCompressionMethod",
        "ViewPosition",
        "PatientOrientation",
        "Laterality",
        "ImageLaterality",
        "BodyPartExamined",
        "PatientPosition",
        "DetectorType",
        "FieldOfViewShape",
        "FieldOfViewHorizontalFlip",
        "Grid",
        "PatientSex",
        "RescaleType",
        "ConversionType",
    ]
)
"""Code strings, and texts that hold such."""

NAMES_OF_DEVICES = frozenset(("Manufacturer", "ManufacturerModelName"))

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
