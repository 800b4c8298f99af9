"""A simulated film as DICOM: Digital X-Ray Image Storage, for presentation, with its site's habits."""

import io

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    generate_uid,
)

from mvm_core.imaging.simulated import DERIVATION, SIMULATOR
from mvm_core.radiograph import View
from mvm_core.simulation.radiography import BITS
from mvm_core.simulation.simulator import SimulatedPatient
from mvm_core.simulation.sites import SITES

_DATE, _TIME = "20260101", "120000"
_NAMES = {View.AP: "Thoracolumbar spine AP", View.LATERAL: "Thoracolumbar spine lateral"}
_VIEW_CODES = {
    View.AP: ("399348003", "SCT", "antero-posterior"),
    View.LATERAL: ("399198007", "SCT", "left lateral"),
}
_DETECTORS = {"CsI": "SCINTILLATOR", "BaFBr": "STORAGE"}


def film_to_dicom(patient: SimulatedPatient, view: View) -> bytes:
    """Write one film as a DICOM file, the same bytes each time.

    Site A stores plain MONOCHROME2, explicit VR little endian; site B MONOCHROME1, JPEG-LS lossless, and
    leaves out every tag that the standard lets it leave out. Name, identity and derivation say that the
    patient is simulated; the disease is not in the file.
    """
    site = SITES[patient.site]
    uid = generate_uid(entropy_srcs=[patient.case_id, view.value])
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = uid
    _describe_patient(data, patient)
    _describe_study(data, patient, view)
    _describe_image(data, patient, view)
    if not site.habits.sparse_tags:
        _describe_at_length(data, patient, view)
    if site.habits.compressed:
        data.compress(JPEGLSLossless, encoding_plugin="pyjpegls", generate_instance_uid=False)
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _describe_patient(data: Dataset, patient: SimulatedPatient) -> None:
    data.SpecificCharacterSet = "ISO_IR 100"
    data.PatientName = f"SIMULATED^{patient.case_id}"
    data.PatientID = f"SIM-{patient.case_id}"
    data.PatientBirthDate = ""
    data.PatientSex = patient.sex


def _describe_study(data: Dataset, patient: SimulatedPatient, view: View) -> None:
    site = SITES[patient.site]
    data.StudyInstanceUID = generate_uid(entropy_srcs=[patient.case_id, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[patient.case_id, view.value, "series"])
    data.StudyID = "1"
    data.SeriesNumber = 1 if view is View.AP else 2
    data.InstanceNumber = 1
    data.AccessionNumber = ""
    data.ReferringPhysicianName = ""
    data.StudyDate = data.AcquisitionDate = data.ContentDate = _DATE
    data.StudyTime = data.AcquisitionTime = data.ContentTime = _TIME
    data.Modality = "DX"
    data.PresentationIntentType = "FOR PRESENTATION"
    data.Manufacturer = SIMULATOR
    data.StationName = site.station
    data.AnatomicRegionSequence = Sequence([_code("421060004", "SCT", "Vertebral column")])
    data.ViewCodeSequence = Sequence([_code(*_VIEW_CODES[view])])
    data.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])
    data.ImageLaterality = "U"
    data.PatientOrientation = ["L", "F"] if view is View.AP else ["A", "F"]
    data.AcquisitionContextSequence = Sequence([])
    data.PositionerType = ""
    data.DetectorType = _DETECTORS[site.detector.phosphor]
    data.PatientPosition = ""


def _describe_image(data: Dataset, patient: SimulatedPatient, view: View) -> None:
    film, inverted = patient.films[view], SITES[patient.site].habits.monochrome1
    stored = 2**BITS - 1 - film.pixels if inverted else film.pixels
    data.ImageType = ["DERIVED", "PRIMARY", ""]
    data.DerivationDescription = DERIVATION
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    data.PresentationLUTShape = "INVERSE" if inverted else "IDENTITY"
    data.Rows, data.Columns = film.pixels.shape
    data.ImagerPixelSpacing = [film.mm_per_pixel, film.mm_per_pixel]
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, BITS, BITS - 1
    data.PixelRepresentation = 0
    data.PixelIntensityRelationship = "LOG"
    data.PixelIntensityRelationshipSign = 1 if inverted else -1
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", "1", "US"
    data.WindowCenter, data.WindowWidth = str(2 ** (BITS - 1)), str(2**BITS)
    data.LossyImageCompression = "00"
    data.BurnedInAnnotation = "NO"
    data.PixelData = np.ascontiguousarray(stored, dtype="<u2").tobytes()


def _describe_at_length(data: Dataset, patient: SimulatedPatient, view: View) -> None:
    """Tags that the standard leaves to the institution."""
    site, film = SITES[patient.site], patient.films[view]
    data.PatientBirthDate = f"{2026 - patient.age}0101"
    data.PatientAge = f"{patient.age:03d}Y"
    data.PatientComments = "Simulated patient, no person"
    data.SeriesDate, data.SeriesTime = _DATE, _TIME
    data.StudyDescription = "SIMULATED SPINE"
    data.SeriesDescription = _NAMES[view]
    data.ManufacturerModelName = "Procedural spine"
    data.InstitutionName = site.station
    data.BodyPartExamined = "TLSPINE"
    data.ViewPosition = "AP" if view is View.AP else "LL"
    data.QualityControlImage = "NO"
    data.KVP = f"{film.kvp:.1f}"
    data.DistanceSourceToDetector = f"{film.beam.source_to_detector:g}"
    data.DistanceSourceToPatient = f"{film.beam.source_to_patient(view):g}"
    data.EstimatedRadiographicMagnificationFactor = f"{film.beam.magnification(view):.4f}"


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
