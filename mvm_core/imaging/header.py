"""The header of a film alone: what it is of, without its image."""

import io
import warnings
from dataclasses import dataclass, replace

from pydicom import Dataset

from mvm_core.imaging.attributes import number, text
from mvm_core.imaging.dataset import read_beginning
from mvm_core.imaging.dicom import DAMAGED, view_of
from mvm_core.imaging.kinds import looks_like_dicom
from mvm_core.imaging.views import view_from_name
from mvm_core.radiograph import View


@dataclass(frozen=True)
class FilmHeader:
    """What a film's header says, or its name where it has no header.

    Attributes
    ----------
    study, series, instance : str
        Unique identifiers; empty where nothing tells.
    body_part : str
        In capitals.
    view : View or None
    pixels : int
        Rows times columns; 0 where nothing tells.
    whole : bool
        False where the content ended before the header did, so that more of the file may tell more.
    """

    study: str = ""
    series: str = ""
    instance: str = ""
    body_part: str = ""
    view: View | None = None
    pixels: int = 0
    whole: bool = True


def read_header(content: bytes, name: str) -> FilmHeader:
    """Read what the beginning of a file says; damaged headers say nothing.

    Parameters
    ----------
    content : bytes
        The file, or its beginning.
    name : str
        The file's name, which may tell the view.
    """
    if not looks_like_dicom(content):
        return FilmHeader(view=view_from_name(name)[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data, whole = read_beginning(io.BytesIO(content))
            return replace(header_of(data, name), whole=whole)
    except DAMAGED:
        return FilmHeader(view=view_from_name(name)[0], whole=False)


def header_of(data: Dataset, name: str) -> FilmHeader:
    """What attributes say that were read already; damaged ones raise one of `DAMAGED`."""
    return FilmHeader(
        study=text(data, "StudyInstanceUID"),
        series=text(data, "SeriesInstanceUID"),
        instance=text(data, "SOPInstanceUID"),
        body_part=text(data, "BodyPartExamined").upper(),
        view=view_of(data, name)[0],
        pixels=int(number(data, "Rows") or 0) * int(number(data, "Columns") or 0),
    )
