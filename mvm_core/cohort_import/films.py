"""Which films a folder holds, by patient and study, from their headers alone."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydicom import Dataset

from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.spelling import folded
from mvm_core.deidentification.age import age_of
from mvm_core.errors import FilmError
from mvm_core.imaging.attributes import text
from mvm_core.imaging.dataset import read_beginning
from mvm_core.imaging.dicom import DAMAGED
from mvm_core.imaging.kinds import looks_like_dicom, looks_like_film
from mvm_core.language import gettext

_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class FilmFile:
    """A file that may be a film.

    Attributes
    ----------
    name : str
        For messages, and for the view where the header tells none.
    patient, accession, study, date : str
        As its header says; of a picture the name of its folder is the patient and the study.
    identity : str
        By which it is known again: its path, or its SOP Instance UID.
    mark : str
        Changes with its content.
    read : callable
        Gives its content.
    age, sex : str
        As ``67`` and ``F``; empty where not told.
    """

    name: str
    patient: str
    accession: str
    study: str
    date: str
    identity: str
    mark: str
    read: Callable[[], bytes] = field(repr=False, compare=False)
    age: str = ""
    sex: str = ""


class FolderFilms:
    """The films of a folder and its folders, listed once.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._by_number: dict[str, list[FilmFile]] = defaultdict(list)
        self._by_patient: dict[str, list[FilmFile]] = defaultdict(list)
        self._by_study: dict[str, list[FilmFile]] = defaultdict(list)
        for film in _films(folder):
            self._by_number[folded(film.accession)].append(film)
            self._by_patient[folded(film.patient)].append(film)
            self._by_study[film.study].append(film)

    def films_for(self, row: LabelRow) -> Sequence[FilmFile]:
        """All films of studies that a row of labels may mean, however its patient or number is written."""
        number, patient = folded(row.accession), folded(row.patient)
        own = [
            *(self._by_number.get(number, ()) if number else ()),
            *(self._by_patient.get(patient, ()) if patient else ()),
        ]
        studies = dict.fromkeys(film.study for film in own)
        return [film for study in studies for film in self._by_study[study]]


def from_header(data: Dataset, name: str, identity: str, mark: str, read: Callable[[], bytes]) -> FilmFile:
    """What the header of a DICOM film says; without a study it is one of its own folder."""
    age = age_of(data)
    return FilmFile(
        name=name,
        patient=text(data, "PatientID"),
        accession=text(data, "AccessionNumber"),
        study=text(data, "StudyInstanceUID") or f"folder {identity.rpartition('/')[0]}",
        date=text(data, "StudyDate"),
        identity=identity,
        mark=mark,
        read=read,
        age=str(int(age[:3])) if age.endswith("Y") else "",
        sex=sex if (sex := text(data, "PatientSex")) in ("F", "M") else "",
    )


def _films(folder: Path) -> Iterator[FilmFile]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        identity, read = path.relative_to(folder).as_posix(), partial(_content, path)
        try:
            about = path.stat()
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            continue  # it was moved away, or may not be read: its study lacks it, which is told there
        mark = f"{identity} {about.st_size} {about.st_mtime_ns}"
        if looks_like_dicom(head):
            try:
                with path.open("rb") as file:
                    data, _ = read_beginning(file)
                yield from_header(data, path.name, identity, mark, read)
            except DAMAGED:
                continue
        elif looks_like_film(head):
            named = path.parent.name if path.parent != folder else path.stem.split("_")[0]
            study = f"folder {path.parent.relative_to(folder)} {named}"
            yield FilmFile(path.name, named, "", study, "", identity, mark, read)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FilmError(
            path.name,
            gettext("it cannot be read ({reason})", reason=error.strerror or type(error).__name__),
            gettext("see to it that all films can be read and nothing is moved meanwhile, and start again"),
        ) from None
