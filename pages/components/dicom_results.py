"""The reading on the upload page as DICOM objects, for films that came with a header; in memory alone."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec

import streamlit as st

from mvm_core.errors import MvmError, StudyError
from mvm_core.imaging import StudyFile
from mvm_core.imaging.archive import is_archive, members_of
from mvm_core.imaging.kinds import looks_like_dicom
from mvm_core.language import ENGLISH, gettext, speaking
from mvm_core.radiograph import FilmPair, Radiograph
from pages.access.permission import for_readers
from pages.components.frame import tell
from pages.components.study import (
    Study,
    current_study,
    examined_in_english,
    films_to_place,
    pair_to_confirm,
)

_HEADERS, _MADE = "film_headers", "dicom_made"
_LARGEST_HEADER = 2**20


@dataclass(frozen=True)
class _Header:
    """A film's header as a DICOM file without pixels, and the film that it belongs to."""

    content: bytes = field(repr=False)
    film: str


def remember_headers(files: Sequence[StudyFile]) -> None:
    """Keep the headers of the films that were just opened, as long as they are on the page."""
    st.session_state.pop(_MADE, None)
    if find_spec("highdicom") is None:
        return
    known: dict[str, _Header] = st.session_state.get(_HEADERS, {})
    there = {film.name: _digest(film) for film in _films_on_page()}
    found = {name: header for name, header in known.items() if there.get(name) == header.film}
    for file in _single(files):
        if file.name in there and looks_like_dicom(file.content):
            header = _without_pixels(file.content)
            if header:
                found[file.name] = _Header(header, there[file.name])
    st.session_state[_HEADERS] = found


def offer_dicom(study: Study) -> None:
    """Offer the results as DICOM objects where every film has its header and hangs as it was given."""
    headers: dict[str, _Header] = st.session_state.get(_HEADERS, {})
    films = study.examination.pair.films.values()
    if study.patient is not None or not films or not all(film.name in headers for film in films):
        return
    which = (study.name, study.revision, study.level)
    made = st.session_state.get(_MADE)
    if made is None or made[0] != which:
        st.button("DICOM", on_click=_make, args=(study, which), help=gettext("Objects for the films' study"))
    elif isinstance(made[1], MvmError):
        tell(made[1])
    else:
        st.download_button(
            gettext("DICOM objects (ZIP)"), made[1], "dicom.zip", "application/zip", on_click="ignore"
        )


@for_readers
def _make(study: Study, which: tuple[object, ...]) -> None:
    """Make the objects; where that fails keep the one sentence why."""
    from mvm_core.errors import ExchangeError
    from mvm_core.exchange import open_source, results_as_dicom
    from mvm_core.exchange.making import Making

    headers: dict[str, _Header] = st.session_state.get(_HEADERS, {})
    films = study.examination.pair.films
    try:
        for film in films.values():
            if headers[film.name].film != _digest(film):
                raise ExchangeError(
                    film.name,
                    gettext(
                        "it was turned or mirrored here, so results would lie elsewhere on the film in its "
                        "study"
                    ),
                    gettext("set it right in the PACS and read it again"),
                )
        sources = {view: open_source(headers[film.name].content, film) for view, film in films.items()}
        found = examined_in_english(study)
        key = " ".join(map(str, (*which, study.examination.weights_id)))
        with speaking(ENGLISH):
            made = results_as_dicom(found, sources, Making.keyed(key, datetime.now()))
    except MvmError as error:
        st.session_state[_MADE] = which, error
        return
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for each in made:
            packed.writestr(f"{each.name}.dcm", each.content)
    st.session_state[_MADE] = which, buffer.getvalue()


def _single(files: Sequence[StudyFile]) -> Iterator[StudyFile]:
    for file in files:
        if is_archive(file):
            with suppress(StudyError):  # told as it was opened
                yield from members_of(file)
        else:
            yield file


def _films_on_page() -> Iterator[Radiograph]:
    study, waiting = current_study(), pair_to_confirm()
    pairs: list[FilmPair] = [study.films] if study is not None else []
    pairs += [waiting.pair] if waiting is not None else []
    for pair in pairs:
        yield from pair.films.values()
    yield from films_to_place()


def _without_pixels(content: bytes) -> bytes:
    """A file of the header alone; empty where it is very long, or cannot be written again."""
    import pydicom

    from mvm_core.imaging.dicom import DAMAGED

    buffer = io.BytesIO()
    try:
        pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, force=True).save_as(buffer)
    except DAMAGED:
        return b""
    return buffer.getvalue() if buffer.tell() <= _LARGEST_HEADER else b""


def _digest(film: Radiograph) -> str:
    return hashlib.sha256(film.pixels.tobytes()).hexdigest()
