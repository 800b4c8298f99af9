"""What stands around every page: the shared reader, the banner, the style, errors as one sentence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import streamlit as st

from mvm_core.errors import MvmError
from mvm_core.models import Reader

_STYLE = Path(__file__).with_name("style.css")


@st.cache_resource(show_spinner="Loading the weights", max_entries=1)
def _warm_up(_reader: Reader, weights: str) -> None:
    """Load the graphs once for each set of weights, so that no first reading waits for them."""
    _reader.warm_up()


def shared_reader() -> Reader:
    """The one reader that all sessions share, its graphs loaded.

    Raises
    ------
    WeightsError
        If the weights folder is not complete.
    """
    reader = Reader.open()
    _warm_up(reader, reader.weights.identity)
    return reader


def frame() -> None:
    """Put the style and the banner on a page; stop the page where there are no weights to show results of."""
    st.html(_STYLE)
    try:
        notice = shared_reader().weights.notice
    except MvmError as error:
        banner("Not a medical device.")
        tell(error)
        st.stop()
    banner(notice)


def banner(notice: str) -> None:
    """The line at the top of every page."""
    st.html(f'<div class="mvm-banner" role="note">{escape(notice)}</div>')


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
