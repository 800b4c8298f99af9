"""What stands around every page: the shared reader, the banner, the style, errors as one sentence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from mvm_core.errors import MvmError
from mvm_core.examination import Examiner
from mvm_core.language import gettext
from mvm_core.models import Reader, Weights
from mvm_core.models.notice import notice_in_words
from mvm_core.records import is_on
from mvm_core.service.remote import RemoteReader, open_examiner, service_address
from pages.access.permission import only_after_login
from pages.components.ahead import fetch_ahead
from pages.components.idle import leave_when_idle
from pages.components.language import choose_language

_STYLE = Path(__file__).with_name("style.css")


@st.cache_resource(show_spinner="Loading the weights 正在載入權重", max_entries=1)
def _warm_up(_reader: Reader, weights: str) -> None:
    """Load the graphs once for each set of weights, so that no first reading waits for them."""
    _reader.warm_up()


def shared_weights() -> Weights:
    """What the weights say of themselves, for which no page waits until their graphs are loaded.

    Raises
    ------
    WeightsError
        If the weights folder is not complete.
    """
    return Reader.open().weights


def shared_reader() -> Reader:
    """The one reader that all sessions share: with its graphs loaded, or the service of ``MVM_READER``.

    Raises
    ------
    WeightsError
        If the weights folder is not complete.
    """
    reader, address = Reader.open(), service_address()
    if address is not None:
        return RemoteReader(address, reader)
    _warm_up(reader, reader.weights.identity)
    return reader


def shared_examiner() -> Examiner:
    """The one examiner that all sessions share: with its graphs loaded, or the service of ``MVM_READER``.

    Raises
    ------
    WeightsError
        If the weights folder is not complete.
    """
    examiner = open_examiner()
    if service_address() is None:
        _warm_up(examiner.reader, examiner.reader.weights.identity)
    return examiner


def frame() -> None:
    """Put the style and the banner on a page; stop it without a login, or weights to show results of."""
    _leave_routing_to_the_app()
    only_after_login()
    st.html(_STYLE)
    with st.container(key="ahead-row"):
        fetch_ahead()
    leave_when_idle()
    choose_language()
    try:
        notice = notice_in_words(shared_weights().notice)
    except MvmError as error:
        banner(gettext("Not a medical device."))
        tell(error)
        st.stop()
    banner(notice)
    if is_on():
        say_that_readings_are_kept()


def _leave_routing_to_the_app() -> None:
    """Start again through app.py where Streamlit has run a page by itself.

    It does so with the files of a folder named pages, until a router has run once in the process: after a
    restart, a browser left open on another page than the first would see it without its frame.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def banner(notice: str) -> None:
    """The line at the top of every page."""
    st.markdown(f'<div class="mvm-banner" role="note">{escape(notice)}</div>', unsafe_allow_html=True)


def say_that_readings_are_kept() -> None:
    """The line on every page while a record is kept, or why none can be."""
    from pages.components.shared_record import shared_record

    try:
        record = shared_record()
    except MvmError as error:
        tell(error)
        return
    name = escape(Path(record.name).name)
    told = gettext("Readings are kept, under pseudonyms, in this clinic's record {name}.", name=name)
    if record.keeps_films:
        told += " " + gettext("Their films are kept too, sealed, with what is burnt into them.")
    st.html(f'<div class="mvm-quiet">{told}</div>')


def tell(error: MvmError) -> None:
    """Show an error as its one sentence."""
    st.error(plain(str(error)))


@contextmanager
def errors_told() -> Iterator[None]:
    """Show an error that the user can meet, and go on after the block."""
    try:
        yield
    except MvmError as error:
        tell(error)


def plain(text: str) -> str:
    """Escape what Markdown would turn into markup, pictures or links: file names come from anywhere."""
    return re.sub(r"([\\\[\]`*$<~]|:(?=\w))", r"\\\1", text)
