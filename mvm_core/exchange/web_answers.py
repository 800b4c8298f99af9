"""What a DICOMweb server's search tells: studies and images."""

from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

from mvm_core.exchange.making import SERIES_BEGIN
from mvm_core.exchange.words import film_name, person_name


@dataclass(frozen=True)
class FoundStudy:
    """A study as a search tells it; what the server does not tell is empty."""

    uid: str
    patient_name: str
    patient_id: str
    date: str
    modalities: str
    description: str
    instances: int | None


@dataclass(frozen=True)
class FoundFilm:
    """An image of a study as a search tells it."""

    series: str
    instance: str
    modality: str
    description: str
    series_number: str
    number: str
    size: str

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return film_name(self.series_number, self.number, self.instance)


def found_study(data: Dataset) -> FoundStudy:
    """A study out of an answer."""
    count = data.get("NumberOfStudyRelatedInstances")
    return FoundStudy(
        uid=str(data.StudyInstanceUID),
        patient_name=person_name(str(data.get("PatientName") or "")),
        patient_id=str(data.get("PatientID") or ""),
        date=str(data.get("StudyDate") or ""),
        modalities=_listed(data.get("ModalitiesInStudy")),
        description=str(data.get("StudyDescription") or ""),
        instances=int(count) if count not in (None, "") else None,
    )


def found_film(data: Dataset) -> FoundFilm | None:
    """An image out of an answer; None of anything else."""
    modality = str(data.get("Modality") or "")
    described = str(data.get("SeriesDescription") or "")
    if modality in ("SR", "PR", "KO", "DOC") or "SOPInstanceUID" not in data:
        return None
    if described.startswith(SERIES_BEGIN):  # a film with the overlay of an earlier reading
        return None
    rows, columns = data.get("Rows"), data.get("Columns")
    return FoundFilm(
        series=str(data.SeriesInstanceUID),
        instance=str(data.SOPInstanceUID),
        modality=modality,
        description=described,
        series_number=_text(data, "SeriesNumber"),
        number=_text(data, "InstanceNumber"),
        size=f"{columns} × {rows}" if rows and columns else "",
    )


def _text(data: Dataset, keyword: str) -> str:
    value = data.get(keyword)
    return "" if value is None else str(value)


def in_order(film: FoundFilm) -> tuple[str, ...]:
    """By which images are sorted: series, then number."""
    return film.series_number.zfill(12), film.series, film.number.zfill(12), film.instance


def _listed(value: Any) -> str:
    if value in (None, ""):
        return ""
    return value if isinstance(value, str) else ", ".join(map(str, value))
