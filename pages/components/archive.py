"""The clinic's archive: its servers from the file that MVM_NODE names, and the study that came from it."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core import __version__
from mvm_core.errors import ExchangeError, MvmError
from mvm_core.imaging import StudyFile
from mvm_core.language import ENGLISH, gettext, speaking
from pages.access.permission import for_readers
from pages.components.study import Study, current_study, examined_in_english, open_study

if TYPE_CHECKING:
    from mvm_core.exchange.settings import WebServer
    from mvm_core.exchange.web_answers import FoundFilm

VARIABLE = "MVM_NODE"
_ORIGIN, _ERROR = "archive_origin", "archive_error"


@dataclass(frozen=True)
class Origin:
    """Where the films of a study came from.

    Attributes
    ----------
    server : str
        Its name.
    uid : str
        Study Instance UID.
    title : str
        The study for people.
    files : mapping of str to bytes
        By film name.
    """

    server: str
    uid: str
    title: str
    files: Mapping[str, bytes] = field(repr=False)


def servers() -> "Mapping[str, WebServer]":
    """The servers of the file that MVM_NODE names, by name.

    Raises
    ------
    ExchangeError
        If a package is missing, or the file is not sound or names no server.
    """
    path = Path(os.environ.get(VARIABLE, ""))
    try:
        from mvm_core.exchange.settings import read_settings
    except ModuleNotFoundError as error:
        raise ExchangeError(
            gettext("This page"),
            gettext("the package {name} is not installed", name=error.name),
            "pip install -r requirements-clinic.txt",
        ) from None
    try:
        found = {each.name: each for each in read_settings(path).servers}
    except ExchangeError:
        raise ExchangeError(
            path.name,
            gettext("the file that {variable} names is not sound", variable=VARIABLE),
            gettext("`python -m mvm_core node --check {name}` says why", name=path.name),
        ) from None
    if not found:
        raise ExchangeError(
            path.name, gettext("it names no DICOMweb server"), gettext("add a [[server]] to it")
        )
    return found


@for_readers
def fetch_and_open(server: "WebServer", uid: str, title: str, films: "Sequence[FoundFilm]") -> None:
    """Fetch films and give them to the upload page's own intake; where that fails keep the sentence why."""
    from mvm_core.exchange.web import Archive

    st.session_state.pop(_ERROR, None)
    try:
        files = Archive(server).fetch(uid, films)
    except MvmError as error:
        st.session_state[_ERROR] = error
        return
    st.session_state[_ORIGIN] = Origin(server.name, uid, title, {each.name: each.content for each in files})
    open_study([StudyFile(each.name, each.content) for each in files])


def fetching_failed() -> MvmError | None:
    """Why films could not be fetched."""
    return st.session_state.get(_ERROR)


def opened_from_archive() -> tuple[Study, Origin] | None:
    """The study on the upload page, if its films came from an archive, and where from."""
    study, origin = current_study(), st.session_state.get(_ORIGIN)
    if study is None or origin is None or study.patient is not None:
        return None
    names = {film.name for film in study.films.films.values()}
    return (study, origin) if names <= origin.files.keys() else None


def send_results(study: Study, origin: Origin, server: "WebServer") -> tuple[int, Mapping[str, int]]:
    """Make the results of a study and store them in its archive.

    Sent again, by whomever, the same reading of the same films is the same objects.

    Returns
    -------
    int, mapping of str to int
        How many were stored, and of each that was refused the reason as DICOM numbers it.

    Raises
    ------
    MvmError
        If the films were changed since, or are of two patients, or the server cannot be reached.
    """
    from datetime import datetime

    from mvm_core.exchange import open_source, results_as_dicom
    from mvm_core.exchange.making import Making
    from mvm_core.exchange.source import check_unchanged
    from mvm_core.exchange.web import Archive

    films = study.examination.pair.films
    sources = {view: open_source(origin.files[film.name], film) for view, film in films.items()}
    for film in films.values():
        check_unchanged(origin.files[film.name], film)
    found = examined_in_english(study)
    key = _key(study, [str(source.header.SOPInstanceUID) for source in sources.values()])
    with speaking(ENGLISH):
        made = results_as_dicom(found, sources, Making.keyed(key, datetime.now()))
    refused = Archive(server).store([each.content for each in made])
    return len(made) - len(refused), refused


def _key(study: Study, instances: Sequence[str]) -> str:
    """What the identities of a reading's objects follow from: the films, the program, what people changed."""
    from mvm_core.exchange.making import weights_named

    found = study.examination
    said = {
        "films": list(instances),
        "program": [__version__, weights_named(found)],
        "level": study.level,
        "boxes": {view.value: astuple(box) for view, box in study.films.boxes.items()},
        "corners": {
            view.value: [[each.level, each.corners.tolist()] for each in spine.vertebrae]
            for view, spine in found.spines.items()
            if study.corrected
        },
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
