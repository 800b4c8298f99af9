"""A simulated film as DICOM: Digital X-Ray Image Storage, for presentation."""

import io

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from mvm_core.radiograph import View
from mvm_core.simulation.radiography import BITS
from mvm_core.simulation.settings import SITES
from mvm_core.simulation.simulator import SimulatedPatient

_DATE, _TIME = "20260101", "120000"
_STUDY = "SIMULATED SPINE"
_NAMES = {View.AP: "Thoracolumbar spine AP", View.LATERAL: "Thoracolumbar spine lateral"}


def film_to_dicom(patient: SimulatedPatient, view: View) -> bytes:
    """Write one film as a DICOM file, explicit VR little endian, the same bytes each time.

    Name and identity say that the patient is simulated; the disease is not in the file.
    """
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
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _describe_patient(data: Dataset, patient: SimulatedPatient) -> None:
    data.SpecificCharacterSet = "ISO_IR 100"
    data.PatientName = f"SIMULATED^{patient.case_id}"
    data.PatientID = f"SIM-{patient.case_id}"
    data.PatientBirthDate = f"{2026 - patient.age}0101"
    data.PatientSex = patient.sex
    data.PatientAge = f"{patient.age:03d}Y"
    data.PatientComments = "Simulated patient, no person"


def _describe_study(data: Dataset, patient: SimulatedPatient, view: View) -> None:
    site = SITES[patient.site]
    data.StudyInstanceUID = generate_uid(entropy_srcs=[patient.case_id, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[patient.case_id, view.value, "series"])
    data.StudyID = "1"
    data.SeriesNumber = 1 if view is View.AP else 2
    data.InstanceNumber = 1
    data.AccessionNumber = ""
    data.ReferringPhysicianName = ""
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = _DATE
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = data.ContentTime = _TIME
    data.StudyDescription = _STUDY
    data.SeriesDescription = _NAMES[view]
    data.Modality = "DX"
    data.PresentationIntentType = "FOR PRESENTATION"
    data.Manufacturer = "Spine film simulator"
    data.ManufacturerModelName = "Procedural spine"
    data.InstitutionName = site.station
    data.StationName = site.station
    data.BodyPartExamined = "TLSPINE"
    data.AnatomicRegionSequence = Sequence([_code("421060004", "SCT", "Vertebral column")])
    data.ViewPosition = "AP" if view is View.AP else "LL"
    data.ViewCodeSequence = Sequence(
        [
            _code("399348003", "SCT", "antero-posterior")
            if view is View.AP
            else _code("399198007", "SCT", "left lateral")
        ]
    )
    data.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])
    data.ImageLaterality = "U"
    data.PatientOrientation = ["L", "F"] if view is View.AP else ["A", "F"]
    data.AcquisitionContextSequence = Sequence([])
    data.PositionerType = ""
    data.DetectorType = "SCINTILLATOR"
    data.PatientPosition = ""


def _describe_image(data: Dataset, patient: SimulatedPatient, view: View) -> None:
    film, site = patient.films[view], SITES[patient.site]
    highest = 2**BITS - 1
    stored = highest - film.pixels if site.monochrome1 else film.pixels
    data.ImageType = ["DERIVED", "PRIMARY", ""]
    data.DerivationDescription = "Simulated radiograph"
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME1" if site.monochrome1 else "MONOCHROME2"
    data.PresentationLUTShape = "INVERSE" if site.monochrome1 else "IDENTITY"
    data.Rows, data.Columns = film.pixels.shape
    data.ImagerPixelSpacing = [film.mm_per_pixel, film.mm_per_pixel]
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, BITS, BITS - 1
    data.PixelRepresentation = 0
    data.PixelIntensityRelationship = "LOG"
    data.PixelIntensityRelationshipSign = 1 if site.monochrome1 else -1
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", "1", "US"
    data.WindowCenter, data.WindowWidth = str(2 ** (BITS - 1)), str(2**BITS)
    data.LossyImageCompression = "00"
    data.BurnedInAnnotation = "NO"
    data.QualityControlImage = "NO"
    data.PixelData = np.ascontiguousarray(stored, dtype="<u2").tobytes()


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
