"""A visual analogue scale from 0 to 100 without a start value: nothing is said until somebody says it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mvm_core.language import gettext

LEAST, MOST = 0, 100
_HERE = Path(__file__).parent
_HTML = (
    '<div class="scale"><input type="range" step="1"><div class="ends"><span></span><span></span></div>'
    "<output></output></div>"
)
_scale = st.components.v2.component(
    "mvm_analogue_scale",
    html=_HTML,
    css=(_HERE / "scale.css").read_text(encoding="utf-8"),
    js=(_HERE / "scale.js").read_text(encoding="utf-8"),
)


def analogue_scale(
    name: str, label: str, ends: tuple[str, str], words: Sequence[tuple[int, str]] = ()
) -> int | None:
    """Ask where between two ends something lies.

    Parameters
    ----------
    name : str
        Where the session keeps what was said; another name asks anew.
    label : str
        The question, for whoever cannot see the scale.
    ends : tuple of str
        What 0 and 100 mean.
    words : sequence of (int, str)
        What is said beside the number up to each place.

    Returns
    -------
    int or None
        From 0 to 100; None until a place was clicked, dragged to, or given by a key.
    """
    _scale(
        key=_key(name),
        data={
            "value": said(name),
            "least": LEAST,
            "most": MOST,
            "label": label,
            "ends": list(ends),
            "words": [list(each) for each in words],
            "open": gettext("not answered yet"),
        },
        on_said_change=_taker(name),
    )
    return said(name)


def said(name: str) -> int | None:
    """What was said on a scale; None where nothing was."""
    # what the browser has sent with a click on something else may not have been taken yet
    for found in (_sent(name), st.session_state.get(name)):
        if _is_place(found):
            return found
    return None


def _taker(name: str) -> Callable[[], None]:
    def take() -> None:
        # the browser's word is checked like any other input
        if _is_place(sent := _sent(name)):
            st.session_state[name] = sent

    return take


def _sent(name: str) -> Any:
    return (st.session_state.get(_key(name)) or {}).get("said")


def _key(name: str) -> str:
    return f"scale-{name}"


def _is_place(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and LEAST <= value <= MOST
