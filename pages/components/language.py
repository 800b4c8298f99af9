"""Which language the pages speak: as chosen, as the address says, else as the browser asks for."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mvm_core.language import ENGLISH, LANGUAGES, ask, gettext, language, nearest

PARAMETER = "lang"
_CHOSEN, _WIDGET, _BY_HAND = "language", "language-choice", "language-by-hand"
_KEPT = (
    "source-choice",
    "reading",
    "cohort",
    "against",
    "question",
    "rule",
    "disease-rule",
    "record-rule",
    "section",
)
"""Choices that stand in the address by their names in one language, and are to survive another one."""


def choose_language() -> None:
    """A quiet choice at the head of each page; what is spoken stands in the address, unless it is English."""
    spoken = language()
    if spoken != ENGLISH or PARAMETER in st.query_params or st.session_state.get(_BY_HAND):
        st.query_params[PARAMETER] = spoken
    if spoken != ENGLISH:
        st.html(_uploader_in_words())
    st.session_state[_WIDGET] = spoken
    with st.container(key="language", width="content"):
        st.segmented_control(
            "Language 語言", list(LANGUAGES), format_func=LANGUAGES.__getitem__, required=True, key=_WIDGET,
            on_change=_choose, label_visibility="collapsed",
        )  # fmt: skip


def _uploader_in_words() -> str:
    """Style that writes another language over what Streamlit's own uploader says in English."""
    size = gettext("{size} MB per file", size=st.get_option("server.maxUploadSize"))
    places = {'Dropzone"] button p': gettext("Upload"), 'DropzoneInstructions"] span': size}
    rules = "".join(
        f'[data-testid="stFileUploader{place} {{ font-size: 0; }}'
        f'[data-testid="stFileUploader{place}::after {{ content: "{text}"; font-size: 15px; }}'
        for place, text in places.items()
    )
    return f"<style>{rules}</style>"


def _choose() -> None:
    st.session_state[_CHOSEN] = st.session_state[_WIDGET]
    st.session_state[_BY_HAND] = True
    st.query_params[PARAMETER] = st.session_state[_WIDGET]
    for key in _KEPT:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
    # what was said of the films was said in the other language
    from pages.components.study import examine_anew

    examine_anew()


def _spoken() -> str:
    """The session's language; English outside of a session, as in a file that is written later."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    chosen = st.session_state.get(_CHOSEN)
    if chosen not in LANGUAGES:
        chosen = st.session_state[_CHOSEN] = _at_first()
    return chosen


def _at_first() -> str:
    told = st.query_params.get(PARAMETER)
    if told in LANGUAGES:
        return told
    # an address without a language, but with choices, names them in English
    return ENGLISH if len(st.query_params) else nearest(st.context.locale)


ask(_spoken)
