"""Examination -> every DICOM object of it."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from mvm_core.errors import ExchangeError
from mvm_core.examination import Examination
from mvm_core.exchange.capture import secondary_capture
from mvm_core.exchange.document import document
from mvm_core.exchange.encapsulated import encapsulated_pdf
from mvm_core.exchange.making import SERIES_BEGIN, SERIES_FROM, Making, Series
from mvm_core.exchange.presentation import presentation_state
from mvm_core.exchange.report import structured_report
from mvm_core.exchange.source import SourceFilm
from mvm_core.language import gettext
from mvm_core.radiograph import View

_SERIES = {
    "report": f"{SERIES_BEGIN}structured report",
    "presentation": f"{SERIES_BEGIN}presentation states",
    "capture": f"{SERIES_BEGIN}films with overlay",
    "document": f"{SERIES_BEGIN}PDF",
}
KINDS = tuple(_SERIES)
"""Of objects."""


@dataclass(frozen=True)
class MadeObject:
    """One DICOM object, ready to be written or sent.

    Attributes
    ----------
    name : str
        ``report``, ``document``, ``presentation-ap``, ``capture-lateral`` and the like.
    content : bytes
        A DICOM file.
    instance : str
        Its SOP Instance UID.
    """

    name: str
    content: bytes = field(repr=False)
    instance: str = ""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return self.name.split("-")[0]


def results_as_dicom(
    found: Examination, sources: Mapping[View, SourceFilm], making: Making | None = None
) -> tuple[MadeObject, ...]:
    """Make all objects of a reading: structured report, PDF, presentation state and capture of each film.

    What is drawn over a film goes into that film's study. The structured report and the PDF go into the later
    study where the films belong to two, and refer to both films;
    of studies at the same time it is that of the AP film.

    Parameters
    ----------
    found : Examination
        Of films neither turned nor mirrored since they were read.
    sources : mapping of View to SourceFilm
        Of every film of the examination.
    making : Making, optional
        New identities, and now, where not given.

    Raises
    ------
    ExchangeError
        If the films may be of two patients.
    ValueError
        If the source of a film is missing.
    """
    if set(sources) != set(found.pair.views):
        raise ValueError("a source is needed for every film of the examination, and for no other")
    _refuse_two_patients(found)
    making = making or Making()
    main = main_view(sources)
    of_study = {each.study: each.header for each in sources.values()}
    objects = []
    for name, data in _made(found, dict(sources), main, making):
        _say_study(data, of_study[str(data.StudyInstanceUID)])
        objects.append(MadeObject(name, _as_file(data), str(data.SOPInstanceUID)))
    return tuple(objects)


def _say_study(data: Dataset, header: Dataset) -> None:
    """Describe the study as the film does: some archives take its words from its newest object."""
    for keyword in ("StudyDescription", "ReferringPhysicianName", "StudyID", "AccessionNumber"):
        setattr(data, keyword, header.get(keyword, ""))


def main_view(sources: Mapping[View, SourceFilm]) -> View:
    """The film into whose study report and PDF go: of the later study, else the AP film."""
    return max((view for view in View if view in sources), key=lambda view: sources[view].taken)


def _made(
    found: Examination, sources: dict[View, SourceFilm], main: View, making: Making
) -> Iterator[tuple[str, Dataset]]:
    source = sources[main]
    others = tuple(each for view, each in sources.items() if view is not main)
    series = {
        (kind, study): Series(SERIES_FROM + number, making.uid(), description)
        for study in sorted({each.study for each in sources.values()})
        for number, (kind, description) in enumerate(_SERIES.items())
    }
    yield "report", structured_report(found, sources, main, series["report", source.study], making)
    for view, each in sources.items():
        drawn = series["presentation", each.study]
        yield f"presentation-{view.value}", presentation_state(found, view, each, drawn, making)
    for view, each in sources.items():
        burnt = series["capture", each.study]
        yield f"capture-{view.value}", secondary_capture(found, view, each, burnt, making)
    pdf = document(found, sources, main, making)
    held = series["document", source.study]
    yield "document", encapsulated_pdf(pdf, found, source, others, held, making)


def _refuse_two_patients(found: Examination) -> None:
    for concern in found.concerns:
        if concern.name == "two patients":
            raise ExchangeError(
                concern.films,
                gettext(
                    "by their headers they may be of two patients, so results belong into neither's study"
                ),
                gettext("give films of one patient, or correct the headers in the PACS"),
            )


def _as_file(data: Dataset) -> bytes:
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
