"""A PDF file as a DICOM object."""

from highdicom.base import SOPClass
from pydicom import Dataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from mvm_core.examination import Examination
from mvm_core.exchange.making import Making, Series, contributing, equipment, placed, timed
from mvm_core.exchange.source import SourceFilm

_TITLE = "Reading of plain spine radiographs by software"


def encapsulated_pdf(
    pdf: bytes,
    found: Examination,
    source: SourceFilm,
    others: tuple[SourceFilm, ...],
    series: Series,
    making: Making,
) -> SOPClass:
    """Put a PDF file into the study of a film.

    Parameters
    ----------
    pdf : bytes
    found : Examination
    source : SourceFilm
        The film whose study it goes into.
    others : tuple of SourceFilm
        The other films that it shows.
    series : Series
    making : Making
    """
    header = source.header
    held = SOPClass(
        study_instance_uid=header.StudyInstanceUID,
        sop_class_uid=EncapsulatedPDFStorage,
        modality="DOC",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        patient_id=header.PatientID,
        patient_name=header.PatientName,
        patient_birth_date=header.PatientBirthDate,
        patient_sex=header.PatientSex,
        accession_number=header.AccessionNumber,
        study_id=header.StudyID,
        study_date=header.StudyDate or None,
        study_time=header.StudyTime or None,
        referring_physician_name=header.ReferringPhysicianName,
        specific_character_set="ISO_IR 192",
        **equipment(found),
        **placed(series, making, 1),
        **timed(making),
    )
    held.ConversionType = "WSD"
    held.AcquisitionDateTime = ""
    held.BurnedInAnnotation = "YES"
    held.RecognizableVisualFeatures = "NO"
    held.DocumentTitle = _TITLE
    held.ConceptNameCodeSequence = []
    held.SourceInstanceSequence = [_reference(each.header) for each in (source, *others)]
    held.MIMETypeOfEncapsulatedDocument = "application/pdf"
    held.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    held.EncapsulatedDocumentLength = len(pdf)
    held.ContributingEquipmentSequence = contributing(found, making)
    return held


def _reference(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return item
