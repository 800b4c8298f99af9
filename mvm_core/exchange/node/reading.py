"""The films of one study -> readings with their DICOM objects, by the same way as `predict`."""

import hashlib
import io
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage

from mvm_core import __version__
from mvm_core.errors import ExchangeError, FilmError
from mvm_core.examination import Examiner
from mvm_core.exchange.making import MAKER, Making
from mvm_core.exchange.node.keeping import ReadingToKeep, reading_to_keep
from mvm_core.exchange.node.pairing import SpineFilm, as_pair, sort_films
from mvm_core.exchange.results import MadeObject, results_as_dicom
from mvm_core.exchange.source import open_source
from mvm_core.exchange.words import film_name
from mvm_core.imaging import patients_differ, read_film
from mvm_core.imaging.attributes import text
from mvm_core.radiograph import Radiograph, View

_TAKEN = (
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "SeriesNumber",
    "InstanceNumber",
)


@dataclass(frozen=True)
class StudyReading:
    """One pair of films, read.

    Attributes
    ----------
    key : str
        Of the films, the weights and the program's version; the same again gives the same objects.
    films : tuple of str
        Instances.
    objects : tuple of MadeObject
        Empty where the key was known already.
    report : dict
        Instance and series of its structured report.
    replaces : tuple of str
        Keys of readings of these films that were sent before.
    to_keep : ReadingToKeep or None
        For the clinic's record; None where the key was known already.
    """

    key: str
    films: tuple[str, ...]
    objects: tuple[MadeObject, ...] = ()
    report: dict[str, str] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    to_keep: ReadingToKeep | None = None

    def as_state(self) -> dict[str, Any]:
        """As the queue notes it."""
        return {"key": self.key, "films": list(self.films), "report": self.report}


@dataclass(frozen=True)
class StudyRead:
    """What came of a study.

    Attributes
    ----------
    readings : tuple of StudyReading
    let_pass : dict
        Of films that no reading uses, by instance, why.
    """

    readings: tuple[StudyReading, ...]
    let_pass: dict[str, str]


def read_queued(
    study: str,
    films: Mapping[str, bytes],
    examiner: Examiner,
    known: Sequence[dict[str, Any]] = (),
    withdraw: Callable[[str], bool] = lambda key: False,
) -> StudyRead:
    """Find the spine on each film, pair those that belong together, read each pair and make its objects.

    Parameters
    ----------
    study : str
    films : mapping of str to bytes
        DICOM files by instance.
    examiner : Examiner
    known : sequence of dict
        Readings made before, as `StudyReading.as_state` tells them.
    withdraw : callable
        Takes back one of these by its key, if nothing of it was sent yet, and says whether it could.

    Raises
    ------
    ExchangeError
        If the headers say that the films may be of two patients.
    MvmError
        If a pair cannot be read.
    """
    let_pass: dict[str, str] = {}
    read: dict[str, Radiograph] = {}
    headers = {instance: _header(content) for instance, content in films.items()}
    for instance, content in films.items():
        header = headers[instance]
        if text(header, "Manufacturer") == MAKER:
            let_pass[instance] = "it is a result of this program"
            continue
        try:
            read[instance] = read_film(
                content, film_name(text(header, "SeriesNumber"), text(header, "InstanceNumber"), instance)
            )
        except FilmError as error:
            let_pass[instance] = f"{error.problem}; {error.cure}"
    _refuse_two_patients(study, read)
    with_spine = []
    for instance, film in read.items():
        spine = examiner.finder.find(film)
        if spine.refused is not None:
            let_pass[instance] = spine.refused
        else:
            with_spine.append(SpineFilm(instance, film, spine, _taken(headers[instance])))
    found = sort_films(with_spine)
    let_pass |= found.left_out
    readings = []
    for together in found.together:
        if not any(each.levels for each in together):
            let_pass |= {each.instance: _no_level(each) for each in together}
        else:
            readings.append(_read(study, together, films, examiner, known, withdraw))
    return StudyRead(tuple(readings), let_pass)


def _read(
    study: str,
    together: tuple[SpineFilm, ...],
    films: Mapping[str, bytes],
    examiner: Examiner,
    known: Sequence[dict[str, Any]],
    withdraw: Callable[[str], bool],
) -> StudyReading:
    instances = tuple(each.instance for each in together)
    key = _key(study, {each.view: films[each.instance] for each in together}, instances, examiner)
    before = next((each for each in known if each["key"] == key), None)
    if before is not None:
        return StudyReading(key, instances, report=before["report"])
    pair = as_pair(together)
    found = examiner.examine(pair, {each.view: each.spine for each in together})
    sources = {
        each.view: open_source(films[each.instance], pair.films[each.view])
        for each in sorted(together, key=lambda each: list(View).index(each.view))
    }
    older = [each for each in known if set(each["films"]) & set(instances)]
    replaced = [each for each in older if not withdraw(each["key"])]
    making = Making.keyed(key, datetime.now(), tuple(_reference(study, each["report"]) for each in replaced))
    objects = results_as_dicom(found, sources, making)
    report = next(each for each in objects if each.kind == "report")
    data = pydicom.dcmread(io.BytesIO(report.content), specific_tags=["SeriesInstanceUID", "SOPInstanceUID"])
    told = {"series": str(data.SeriesInstanceUID), "instance": report.instance}
    to_keep = reading_to_keep(key, found, {each.view.value: each.instance for each in together})
    return StudyReading(key, instances, objects, told, tuple(each["key"] for each in replaced), to_keep)


def _key(study: str, films: Mapping[View, bytes], instances: tuple[str, ...], examiner: Examiner) -> str:
    """What the identities of a reading's objects follow from."""
    said = {
        "study": study,
        "films": {view.value: hashlib.sha256(content).hexdigest() for view, content in films.items()},
        "instances": sorted(instances),
        "weights": examiner.reader.weights.identity,
        "finder": examiner.finder.weights.identity,
        "disease": examiner.disease.weights.identity,
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _reference(study: str, report: Mapping[str, str]) -> Dataset:
    data = Dataset()
    data.SOPClassUID = ComprehensiveSRStorage
    data.StudyInstanceUID = study
    data.SeriesInstanceUID, data.SOPInstanceUID = report["series"], report["instance"]
    return data


def _refuse_two_patients(study: str, films: Mapping[str, Radiograph]) -> None:
    differing = patients_differ(list(films.values()))
    if differing:
        raise ExchangeError(
            f"study {study}",
            f"the headers of its films differ in {' and '.join(differing)}, so they may be of two patients "
            "and none is read",
            "correct the headers in the PACS and send the study again",
        )


def _no_level(film: SpineFilm) -> str:
    if film.spine.turned_degrees:
        degrees = film.spine.turned_degrees
        return f"the film lies turned by {degrees} degrees; set it upright in the PACS and send it again"
    return "no vertebra can be told on it"


def _header(content: bytes) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, force=True)


def _taken(header: Dataset) -> tuple[str, ...]:
    return tuple(_values(header))


def _values(header: Dataset) -> Iterator[str]:
    for keyword in _TAKEN:
        value = text(header, keyword)
        yield value.zfill(12) if keyword.endswith("Number") else value
