"""A DICOM header -> what of it may leave."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage, UID_dictionary

from mvm_core.deidentification.age import age_of
from mvm_core.deidentification.devices import is_maker, is_model
from mvm_core.deidentification.key import Key
from mvm_core.deidentification.profile import (
    CLEANED_PIXELS,
    CODED,
    COUNTS,
    DATES,
    EMPTY,
    MEANINGS,
    METHOD,
    NAMES_OF_DEVICES,
    NUMBERS,
    PSEUDONYMS_OF_DEVICES,
    PURPOSE,
    REFERENCES,
    TABLES,
    TERMS,
    UIDS,
    known_codes,
)
from mvm_core.imaging.attributes import UNREADABLE, number, text

_SHORTEST_WORD = 2
_OF_PERSONS = re.compile(
    r"Patient|Physician|Operator|Person|Accession|Institution|Address|Other|Responsible|Name"
)
_IMPLEMENTATION = "2.25.279541823410365190811498174028347123377"


def cleaned_header(data: Dataset, key: Key, *, painted: bool) -> tuple[Dataset, tuple[str, ...]]:
    """A new data set with what may leave, without pixels.

    Parameters
    ----------
    data : Dataset
        As read.
    key : Key
    painted : bool
        Whether text in the image was looked for and painted over.

    Returns
    -------
    cleaned : Dataset
    removed : tuple of str
        Keywords, or tags of what has none, whose value does not leave; no values.
    """
    patient = patient_of(data)
    words = set(_words_of_persons(data))
    cleaned = Dataset()
    removed = []
    for element in data:
        keyword = element.keyword
        if keyword == "PixelData":
            continue
        if keyword in (*EMPTY, "PatientID", "PatientName", "SOPClassUID"):
            continue
        value = _kept(data, keyword, key, patient, words)
        if value is None or element.tag.is_private or element.tag.group % 2:
            removed.append(keyword or str(element.tag))
        else:
            setattr(cleaned, keyword, value)
            if keyword in NAMES_OF_DEVICES | PSEUDONYMS_OF_DEVICES and value != text(data, keyword):
                removed.append(keyword)
    for keyword in EMPTY:
        setattr(cleaned, keyword, "")
    cleaned.PatientID = cleaned.PatientName = key.pseudonym(patient)
    kind = UID(text(data, "SOPClassUID"))
    cleaned.SOPClassUID = kind if kind in UID_dictionary else SecondaryCaptureImageStorage
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(cleaned, keyword, key.uid(text(data, keyword) or f"{keyword} of {patient}"))
    age = age_of(data)
    if age or "PatientAge" in data:
        cleaned.PatientAge = age
    cleaned.PatientIdentityRemoved = "YES"
    cleaned.LongitudinalTemporalInformationModified = "MODIFIED"
    cleaned.DeidentificationMethod = "Allow-list of attributes after PS3.15 annex E"
    say_how(cleaned, painted=painted)
    cleaned.file_meta = FileMetaDataset()
    cleaned.file_meta.MediaStorageSOPClassUID = cleaned.SOPClassUID
    cleaned.file_meta.MediaStorageSOPInstanceUID = cleaned.SOPInstanceUID
    cleaned.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    cleaned.file_meta.ImplementationClassUID = UID(_IMPLEMENTATION)
    return cleaned, tuple(removed)


def say_how(cleaned: Dataset, *, painted: bool) -> None:
    """Let a header say by what it was cleaned, and whether its image was too."""
    methods = (*METHOD, CLEANED_PIXELS) if painted else METHOD
    cleaned.DeidentificationMethodCodeSequence = Sequence([_code(method) for method in sorted(methods)])
    if painted:
        cleaned.BurnedInAnnotation = "NO"
    elif "BurnedInAnnotation" in cleaned:
        del cleaned.BurnedInAnnotation


def patient_of(data: Dataset) -> str:
    """What stands for the patient: the ID, else the name, else the study."""
    return next(
        (said for name in ("PatientID", "PatientName", "StudyInstanceUID") if (said := text(data, name))), ""
    )


def _kept(data: Dataset, keyword: str, key: Key, patient: str, words: set[str]) -> Any:
    """The value of an attribute as it leaves; None where it does not."""
    if keyword in NUMBERS:
        first, most = number(data, keyword), COUNTS.get(keyword)
        fits = first is not None and (most is None or 0 <= first <= most)
        return _values(data, keyword) if fits else None
    if keyword in TERMS:
        return _terms(data, keyword)
    if keyword in NAMES_OF_DEVICES:
        return _device(text(data, keyword), keyword, key, words)
    if keyword in PSEUDONYMS_OF_DEVICES:
        said = " ".join(text(data, name) for name in (*sorted(NAMES_OF_DEVICES), keyword))
        return key.device(said) if text(data, keyword) else None
    if keyword in DATES:
        return _moved(text(data, keyword), key.days(patient))
    if keyword in UIDS:
        return key.uid(text(data, keyword))
    if keyword in TABLES:
        return _part(data, keyword, TABLES[keyword])
    if keyword in CODED:
        return _codes(data, keyword)
    if keyword in REFERENCES:
        return _references(data, keyword, key)
    return None


def _device(said: str, keyword: str, key: Key, words: set[str]) -> str | None:
    """The name of a maker or a model that is known for one; a pseudonym for whatever else stands there."""
    known = is_maker(said) if keyword == "Manufacturer" else is_model(said)
    if known and not _names_someone(said, words):
        return said
    return key.device(said) if said else None


def _references(data: Dataset, keyword: str, key: Key) -> Sequence | None:
    items = []
    for item in _values(data, keyword) or ():
        kind, named = UID(text(item, "ReferencedSOPClassUID")), text(item, "ReferencedSOPInstanceUID")
        if not named:
            continue
        own = Dataset()
        if kind in UID_dictionary:
            own.ReferencedSOPClassUID = kind
        own.ReferencedSOPInstanceUID = key.uid(named)
        purpose = _codes(item, PURPOSE)
        if purpose is not None:
            setattr(own, PURPOSE, purpose)
        items.append(own)
    return Sequence(items) if items else None


def _values(data: Dataset, keyword: str) -> Any:
    try:
        return data.get(keyword)
    except UNREADABLE:
        return None


def _terms(data: Dataset, keyword: str) -> Any:
    """A code string as the standard knows it, an image type without other values; None where it is none."""
    values = _values(data, keyword)
    said = [str(each) for each in ([values] if isinstance(values, str) else values or ())]
    kept = [each for each in said if each and set(each.upper().split()) <= TERMS[keyword]]
    if len(kept) < len(said) and keyword != "ImageType":
        return None
    return (kept[0] if len(kept) == 1 else kept) or None


def _moved(date: str, days: int) -> str | None:
    try:
        return (datetime.strptime(date, "%Y%m%d") - timedelta(days=days)).strftime("%Y%m%d")
    except (ValueError, OverflowError):
        return None


def _part(data: Dataset, keyword: str, allowed: frozenset[str]) -> Sequence | None:
    items = []
    for item in _values(data, keyword) or ():
        own = Dataset()
        if not _goes_one_way(item):
            continue
        for name in allowed:
            value = item.get(tag_for_keyword(name))
            if value is not None and (name != "ModalityLUTType" or str(value.value) in TERMS["RescaleType"]):
                own.add(value)
        items.append(own)
    return Sequence(items) if items else None


def _goes_one_way(item: Dataset) -> bool:
    """Whether a look-up table has the entries it says, and rises or falls throughout, as letters do not."""
    try:
        count, raw = int(item.LUTDescriptor[0]) or 2**16, item.LUTData
        if isinstance(raw, bytes) and len(raw) < 2 * count:
            entries = np.frombuffer(raw, np.uint8).astype(int)
            entries = entries[:count] if len(raw) == count + count % 2 else entries[:0]
        else:
            entries = np.array(np.frombuffer(raw, "<u2") if isinstance(raw, bytes) else raw, int)
    except UNREADABLE:
        return False
    steps = np.diff(entries)
    return len(entries) == count and bool((steps >= 0).all() or (steps <= 0).all())


def _codes(data: Dataset, keyword: str) -> Sequence | None:
    items = []
    for item in _values(data, keyword) or ():
        code, scheme = text(item, "CodeValue"), text(item, "CodingSchemeDesignator")
        if Code(code, "SRT" if scheme == "SNM3" else scheme, "") in known_codes():
            own = Dataset()
            own.CodeValue, own.CodingSchemeDesignator, own.CodeMeaning = code, scheme, code
            items.append(own)
    return Sequence(items) if items else None


def _code(value: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", MEANINGS[value]
    return item


def _words_of_persons(data: Dataset) -> Iterator[str]:
    """Words that the header says of persons and places, to be known where they do not belong."""
    for element in data:
        try:
            if element.VR == "SQ":
                for item in element.value:
                    yield from _words_of_persons(item)
            elif element.VR == "PN" or (
                _OF_PERSONS.search(element.keyword) and element.keyword not in (*TERMS, *NAMES_OF_DEVICES)
            ):
                yield from _words(str(element.value))
        except UNREADABLE:
            continue


def _words(said: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", said.casefold()) if len(word) >= _SHORTEST_WORD]


def _names_someone(said: str, words: set[str]) -> bool:
    own = set(_words(said))
    return any(word in own or (len(word) > 2 and word in said.casefold()) for word in words)
