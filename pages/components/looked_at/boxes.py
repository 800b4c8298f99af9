"""Films with boxes drawn on them, and lists of them to go through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.errors import MvmError
from mvm_core.language import gettext
from mvm_core.radiograph import Box
from pages.access.permission import may_change
from pages.components.frame import tell
from pages.components.pictures import Picture

FOUND, DOUBTFUL, CHOSEN = (92, 200, 180), (255, 176, 0), (255, 220, 60)
"""Colours as red, green and blue: of what was found, of what is doubtful, of what is chosen."""

_HIGHEST = 1400
_CROP_PX = 420
_IN_SIGHT, _NARROWEST = 780, 260
"""Height on the page at which a film is in sight as a whole, and its least width, in pixels."""

_TOLD = "looked-at-told"
Key = TypeVar("Key")


@dataclass(frozen=True)
class Drawn:
    """A box on a picture.

    Attributes
    ----------
    box : Box
        In pixels of what the picture shows.
    colour : tuple of int
    name : str
        Stands beside it; empty for none.
    thick : bool
    """

    box: Box
    colour: tuple[int, int, int]
    name: str = ""
    thick: bool = False


def with_boxes(grey: NDArray[np.uint8], boxes: Sequence[Drawn], scale: float = 1.0) -> Picture:
    """A film with boxes on it, no higher than a screen; `scale` is pixels of it in one of the boxes'."""
    shrink = min(1.0, _HIGHEST / grey.shape[0])
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else grey
    picture = cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)
    width = max(1, round(picture.shape[0] / 500))
    for drawn in boxes:
        corners = [
            round(each * scale * shrink) for each in (drawn.box.x0, drawn.box.y0, drawn.box.x1, drawn.box.y1)
        ]
        thickness = 2 * width if drawn.thick else width
        cv2.rectangle(picture, corners[:2], corners[2:], drawn.colour, thickness, cv2.LINE_AA)
        if drawn.name:
            _write(picture, drawn.name, (corners[2] + 2 * width, corners[1] + 8 * width), drawn.colour)
    return np.asarray(picture, np.uint8)


def width_in_sight(shape: tuple[int, ...]) -> int:
    """Width on the page, in pixels, at which a whole film is in sight."""
    return max(_NARROWEST, round(_IN_SIGHT * shape[1] / shape[0]))


def crop(grey: NDArray[np.uint8], box: Box) -> Picture | None:
    """What a box holds and a little around it, enlarged; None where it lies beside the film."""
    margin = 0.5 * min(box.width, box.height) + 6
    x0, y0 = (max(0, int(value - margin)) for value in (box.x0, box.y0))
    part = grey[y0 : int(np.ceil(box.y1 + margin)), x0 : int(np.ceil(box.x1 + margin))]
    if not part.size:
        return None
    enlarged = min(8.0, _CROP_PX / part.shape[1])
    method = cv2.INTER_CUBIC if enlarged > 1 else cv2.INTER_AREA
    shown = cv2.resize(part, None, fx=enlarged, fy=enlarged, interpolation=method)
    return np.asarray(cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB), np.uint8)


def choose(label: str, options: Sequence[Key], name: Callable[[Key], str], key: str) -> Key | None:
    """Ask for one of a list, with buttons and keys for the next and the one before; None if it is empty."""
    if not options:
        return None
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    at = options.index(st.session_state[key])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(label, options, format_func=name, key=key, width=520)
        for told, step, shortcut in ((gettext("Previous"), -1, "Alt+P"), (gettext("Next"), 1, "Alt+N")):
            there = 0 <= at + step < len(options)
            st.button(
                told, key=f"{key}-{step}", shortcut=shortcut, disabled=not there, on_click=_go,
                args=(key, options[at + step] if there else None),
            )  # fmt: skip
        st.html(f'<div class="mvm-quiet">{gettext("{at} of {count}", at=at + 1, count=len(options))}</div>')
    return chosen


def act(done: str, key: str, following: object, function: Callable[[], object]) -> None:
    """Do what a button says, keep the sentence for it or why it failed, and go on to the next of the list."""
    if not may_change():
        return
    try:
        function()
    except MvmError as error:
        st.session_state[_TOLD] = error
        return
    st.session_state[_TOLD] = done
    if following is not None:
        st.session_state[key] = following


def tell_what_was_done() -> None:
    """Say what came of the button pressed last."""
    told = st.session_state.pop(_TOLD, None)
    if isinstance(told, MvmError):
        tell(told)
    elif told:
        st.html(f'<div class="mvm-quiet" role="status">{told}</div>')


def after(options: Sequence[Key], chosen: Key) -> Key | None:
    """What comes next in a list; the one before at its end."""
    at = options.index(chosen)
    return options[at + 1] if at + 1 < len(options) else options[at - 1] if at else None


def _go(key: str, to: object) -> None:
    if to is not None:
        st.session_state[key] = to


def _write(picture: Picture, words: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    size = picture.shape[0] / 1500
    for ink, width in (((0, 0, 0), 3), (colour, 1)):
        thickness = max(1, round(width * picture.shape[0] / 700))
        cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, size, ink, thickness, cv2.LINE_AA)
