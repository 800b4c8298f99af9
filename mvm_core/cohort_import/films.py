"""Which films a folder holds, by patient and study, from their headers alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from mvm_core.cohort_import.labels import LabelRow
from mvm_core.imaging.attributes import text
from mvm_core.imaging.dicom import looks_like_dicom
from mvm_core.imaging.film import looks_like_film

_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class FilmFile:
    """A file that may be a film.

    Attributes
    ----------
    path : Path
    patient, accession, study, date : str
        As its header says; of a picture the name of its folder is the patient and the study.
    age, sex : str
        As ``67`` and ``F``; empty where not told.
    """

    path: Path
    patient: str
    accession: str
    study: str
    date: str
    age: str = ""
    sex: str = ""


def find_films(folder: Path) -> tuple[FilmFile, ...]:
    """All files of a folder that may be films, by path."""
    return tuple(_films(folder))


def studies_of(row: LabelRow, films: Sequence[FilmFile]) -> Mapping[str, list[FilmFile]]:
    """The studies that a row of labels may mean, by their UID: by accession number, else patient and date."""
    own = [film for film in films if row.accession and film.accession == row.accession]
    if not own:
        own = [film for film in films if row.patient and film.patient == row.patient]
    if row.date and any(film.date == row.date for film in own):
        own = [film for film in own if film.date == row.date]
    found: dict[str, list[FilmFile]] = {}
    for film in own:
        found.setdefault(film.study, []).append(film)
    return found


def _films(folder: Path) -> Iterator[FilmFile]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if looks_like_dicom(head):
            found = _from_header(path)
            if found is not None:
                yield found
        elif looks_like_film(head):
            named = path.parent.name if path.parent != folder else path.stem.split("_")[0]
            yield FilmFile(path, named, "", f"folder {path.parent.relative_to(folder)} {named}", "")


def _from_header(path: Path) -> FilmFile | None:
    try:
        data = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    except (InvalidDicomError, OSError, ValueError, EOFError, NotImplementedError, KeyError):
        return None
    age = text(data, "PatientAge")
    return FilmFile(
        path,
        text(data, "PatientID"),
        text(data, "AccessionNumber"),
        text(data, "StudyInstanceUID") or f"folder {path.parent}",
        text(data, "StudyDate"),
        str(int(age[:3])) if age[:3].isdigit() and age.endswith("Y") else "",
        sex if (sex := text(data, "PatientSex")) in ("F", "M") else "",
    )
