"""The page of studies: search the clinic's archive, open a study as any films, send its results back."""

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mvm_core.errors import MvmError
from mvm_core.language import gettext, ngettext
from pages.access.permission import for_readers, may_change
from pages.components.archive import (
    Origin,
    fetch_and_open,
    fetching_failed,
    opened_from_archive,
    send_results,
    servers,
)
from pages.components.frame import errors_told, frame, plain, tell
from pages.components.study import Study, current_error, films_to_place, pair_to_confirm
from pages.components.verdict import in_one_line

if TYPE_CHECKING:
    from mvm_core.exchange.settings import WebServer
    from mvm_core.exchange.web_answers import FoundFilm, FoundStudy

_ASKED, _FOUND, _LISTED, _SENT = "archive_asked", "archive_found", "archive_listed", "archive_sent"
_ANY = ""
_MODALITIES = (_ANY, "DX", "CR", "RF", "OT")
_MOST_FILMS = 2


def _server() -> "WebServer":
    by_name = servers()
    names = list(by_name)
    if len(names) == 1:
        return by_name[names[0]]
    return by_name[st.selectbox(gettext("Archive"), names, key="archive-server", width=320)]


def _search(server: "WebServer") -> None:
    with st.form("archive-search", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(gettext("Patient: part of the name, or the ID"), width=280, key="archive-patient")
        st.date_input(gettext("From"), None, format="YYYY-MM-DD", width=150, key="archive-from")
        st.date_input(gettext("To"), None, format="YYYY-MM-DD", width=150, key="archive-to")
        st.selectbox(
            gettext("Modality"),
            _MODALITIES,
            format_func=lambda each: each or gettext("any"),
            width=110,
            key="archive-modality",
        )
        st.text_input(gettext("Study description"), width=220, key="archive-description")
        st.form_submit_button(gettext("Search"), type="primary", on_click=_ask)
    asked = st.session_state.pop(_ASKED, None)
    if asked is None:
        return
    from mvm_core.exchange.web import Archive

    st.session_state.pop(_FOUND, None)
    with errors_told(), st.spinner(gettext("Asking {server}", server=server.name)):
        st.session_state[_FOUND] = (server.name, Archive(server).search(**asked))


@for_readers
def _ask() -> None:
    """Let the next run of the page search for what the form says."""
    said = st.session_state
    st.session_state[_ASKED] = {
        "patient": said["archive-patient"].strip(),
        "date_from": _day(said["archive-from"]),
        "date_to": _day(said["archive-to"]),
        "modality": said["archive-modality"],
        "description": said["archive-description"].strip(),
    }


def _day(chosen: date | None) -> str:
    return f"{chosen:%Y%m%d}" if chosen else ""


def _studies(server: "WebServer") -> None:
    from mvm_core.exchange.web import MOST_STUDIES

    name, found = st.session_state.get(_FOUND, (None, ()))
    if name != server.name:
        return
    if not found:
        st.info(gettext("No study is like that."))
        return
    told = ngettext("{count} study", "{count} studies", len(found))
    if len(found) >= MOST_STUDIES:
        told = gettext("The newest {count} studies; say more to find others", count=len(found))
    table = pd.DataFrame(
        {
            gettext("Patient"): [study.patient_name for study in found],
            gettext("Patient ID"): [study.patient_id for study in found],
            gettext("Date"): [_dashed(study.date) for study in found],
            gettext("Modality"): [study.modalities for study in found],
            gettext("Study description"): [study.description for study in found],
            gettext("Objects"): [study.instances for study in found],
        }
    )
    st.html(f'<div class="mvm-quiet">{escape(told)}</div>')
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="archive-studies",
        height=min(420, 40 + 36 * len(found)),
    )
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(found):
        _offer(server, found[rows[0]])
    else:
        st.caption(gettext("Choose a study to open it."))


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else day


def _offer(server: "WebServer", study: "FoundStudy") -> None:
    """Let a study be opened; where it holds more than two films, those that are meant."""
    films = _films(server, study.uid)
    if not films:
        st.info(gettext("This study holds no film."))
        return
    chosen: Sequence[FoundFilm] = films
    if len(films) > _MOST_FILMS:
        chosen = st.multiselect(
            gettext("It holds {count} images: choose one or two films", count=len(films)),
            films,
            format_func=_film,
            max_selections=_MOST_FILMS,
            placeholder=gettext("Choose films"),
            key=f"archive-films-{study.uid}",
        )
    title = " · ".join(filter(None, (study.patient_name, _dashed(study.date), study.description)))
    if st.button(
        gettext("Open and read"),
        on_click=fetch_and_open,
        args=(server, study.uid, title, chosen),
        disabled=not chosen,
        type="primary" if chosen else "secondary",
    ):
        _go_where_it_hangs()


def _films(server: "WebServer", uid: str) -> "tuple[FoundFilm, ...]":
    """The images of a study, asked for once while it is chosen."""
    from mvm_core.exchange.web import Archive

    kept = st.session_state.get(_LISTED)
    if kept is None or kept[0] != (server.name, uid):
        kept = (server.name, uid), Archive(server).films(uid)
        st.session_state[_LISTED] = kept
    return kept[1]


def _film(film: "FoundFilm") -> str:
    return " · ".join(filter(None, (film.name, film.description, film.modality, film.size)))


def _go_where_it_hangs() -> None:
    error = fetching_failed()
    if error is None and (current_error() is None or films_to_place() or pair_to_confirm()):
        st.switch_page("pages/upload.py")
    told = error or current_error()
    if told is not None:
        tell(told)


def _results(study: Study, origin: Origin) -> None:
    """What is open, and the way of its results into the archive."""
    by_name = servers()
    with st.container(key="archive-open"):
        weights = study.examination.notice
        leading = study.reading.leading.name if study.reading is not None else ""
        line = in_one_line(study, leading, weights)
        st.html(
            f'<div class="mvm-said-of-films"><b>{escape(origin.title)}</b><br>{escape(line)}</div>',
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(gettext("Back to the films")):
                st.switch_page("pages/upload.py")
            if origin.server in by_name:
                st.button(
                    gettext("Send the results to {server}", server=plain(origin.server)),
                    on_click=_send,
                    args=(study, origin, by_name[origin.server]),
                    disabled=not study.examination.levels,
                )
        sent = st.session_state.get(_SENT)
        if sent is not None and sent[0] == (study.name, study.revision, study.level):
            _told(sent[1])


@for_readers
def _send(study: Study, origin: Origin, server: "WebServer") -> None:
    which = (study.name, study.revision, study.level)
    try:
        stored, refused = send_results(study, origin, server)
    except MvmError as error:
        st.session_state[_SENT] = which, error
        return
    st.session_state[_SENT] = which, (stored, len(refused), server.name)


def _told(sent: MvmError | tuple[int, int, str]) -> None:
    if isinstance(sent, MvmError):
        tell(sent)
        return
    stored, refused, server = sent
    if refused:
        st.error(
            gettext(
                "{server} stored {stored} objects and refused {refused}: look into the server's own log.",
                server=plain(server),
                stored=stored,
                refused=refused,
            )
        )
    else:
        st.success(
            gettext(
                "{stored} objects are in the study now, in {server}.", stored=stored, server=plain(server)
            )
        )


def _page() -> None:
    st.title(gettext("Studies"), anchor=False)
    if not may_change():
        st.caption(gettext("Studies are opened by readers; your account may look at the other pages."))
        return
    with errors_told():
        opened = opened_from_archive()
        if opened is not None:
            _results(*opened)
        server = _server()
        _search(server)
        _studies(server)


frame()
_page()
