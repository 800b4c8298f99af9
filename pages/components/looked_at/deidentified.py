"""Films that `deidentify` made: what was painted over, what is held back, and what a person does about it."""

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mvm_core.deidentification import Outcome
from mvm_core.deidentification.looked_at import (
    TextBox,
    boxes_found,
    is_settled,
    keep_back,
    paint,
    picture_of,
    release,
)
from mvm_core.deidentification.table import HELD, LEFT, NO_FILM, read_table
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Box
from pages.components.brush import Canvas, brush, drawn_box
from pages.components.looked_at.boxes import (
    DOUBTFUL,
    FOUND,
    Drawn,
    act,
    after,
    choose,
    crop,
    tell_what_was_done,
    width_in_sight,
    with_boxes,
)
from pages.components.pictures import show_picture

_FILM = "looked-at-film"
_TO_SETTLE, _PAINTED, _SETTLED, _ALL = (
    gettext_noop("held back, to settle"),
    gettext_noop("with text painted over"),
    gettext_noop("settled by a person"),
    gettext_noop("all films"),
)
_OUTCOMES = {LEFT: gettext_noop("may leave"), HELD: gettext_noop("held back")}
_CORNERS = (
    gettext_noop("Left"),
    gettext_noop("Top"),
    gettext_noop("Right"),
    gettext_noop("Bottom"),
)


def show_deidentified(folder: Path) -> None:
    """Show the films of a folder.

    Raises
    ------
    DeidentificationError
        If the table is not this one any more, or a film is gone.
    """
    rows = [row for row in read_table(folder) if row.outcome != NO_FILM]
    waiting = [row for row in rows if row.outcome == HELD and not is_settled(row)]
    told = gettext(
        "{films} films: {left} left, {held} held back, {waiting} of these to settle.",
        films=len(rows),
        left=sum(row.outcome == LEFT for row in rows),
        held=sum(row.outcome == HELD for row in rows),
        waiting=len(waiting),
    )
    st.html(f'<div class="mvm-quiet">{told}</div>')
    tell_what_was_done()
    shown = {
        _TO_SETTLE: waiting,
        _PAINTED: [row for row in rows if row.text_boxes and row.outcome == LEFT],
        _SETTLED: [row for row in rows if is_settled(row)],
        _ALL: rows,
    }
    which = st.radio(
        gettext("Which films"), list(shown), horizontal=True, key="looked-at-which",
        format_func=lambda name: f"{gettext(name)} ({len(shown[name])})",
    )  # fmt: skip
    by_number = {row.number: row for row in shown[which]}
    chosen = choose(gettext("Film"), list(by_number), lambda number: _title(by_number[number]), _FILM)
    if chosen is None:
        st.info(gettext("No film is here."))
        return
    _film(folder, by_number[chosen], list(by_number))


def _title(row: Outcome) -> str:
    return " · ".join(
        filter(None, (f"{row.number:06d}", row.patient, gettext(_OUTCOMES[row.outcome]), _count(row)))
    )


def _count(row: Outcome) -> str:
    if row.texts_doubtful:
        return gettext("{count} doubtful lines", count=row.texts_doubtful)
    return gettext("{count} lines painted over", count=row.texts_painted) if row.texts_painted else ""


def _film(folder: Path, row: Outcome, listed: Sequence[int]) -> None:
    found = boxes_found(row)
    film, beside = st.columns(2, gap="large")
    with film:
        whole = st.toggle(gettext("All grey values of the film"), key=f"looked-at-range-{row.number}")
        grey = picture_of(folder, row, whole_range=whole)
        with st.container(width=width_in_sight(grey.shape)):
            _canvas(row, grey, found)
    with beside:
        doubtful = [each for each in found if each.doubtful]
        not_text = _ask(row, grey, doubtful)
        _buttons(folder, row, not_text, listed)
        _further(folder, row, grey)
        if row.acts:
            st.html(f'<div class="mvm-quiet">{gettext("Done so far:")} {escape(row.acts)}</div>')


def _canvas(row: Outcome, grey: NDArray[np.uint8], found: Sequence[TextBox]) -> None:
    numbers = iter(range(1, len(found) + 1))
    drawn = [
        Drawn(each.box, DOUBTFUL, str(next(numbers)), thick=True) if each.doubtful else Drawn(each.box, FOUND)
        for each in found
    ]
    rows, columns = grey.shape
    x0, y0, x1, y1 = _corners(row, grey.shape)
    shares = (x0 / columns, y0 / rows, x1 / columns, y1 / rows)
    label = gettext(
        "Film {number}: {painted} lines painted over, {doubtful} doubtful",
        number=row.number, painted=row.texts_painted - row.texts_doubtful, doubtful=row.texts_doubtful,
    )  # fmt: skip
    key = f"looked-at-brush-{row.number}"
    brush(
        Canvas(with_boxes(grey, drawn), label, shares), key, partial(_take_drawn, row.number, grey.shape, key)
    )
    told = gettext(
        "Green: painted over. Yellow, numbered: doubtful, and still to be seen. "
        "Draw a rectangle over what else is to be painted, or give its corners at the right."
    )
    st.html(f'<div class="mvm-quiet">{told}</div>')


def _corners(row: Outcome, shape: tuple[int, ...]) -> list[float]:
    most = (shape[1], shape[0], shape[1], shape[0])
    said = [st.session_state.get(f"looked-at-{name}-{row.number}", 0) for name in _CORNERS]
    return [min(float(value), float(limit)) for value, limit in zip(said, most, strict=True)]


def _take_drawn(number: int, shape: tuple[int, ...], key: str) -> None:
    corners = drawn_box(key)
    if corners is not None:
        sides = (shape[1], shape[0], shape[1], shape[0])
        for name, share, side in zip(_CORNERS, corners, sides, strict=True):
            st.session_state[f"looked-at-{name}-{number}"] = round(share * side)


def _ask(row: Outcome, grey: NDArray[np.uint8], doubtful: Sequence[TextBox]) -> list[Box]:
    """Ask of each doubtful box whether it holds text; those that a person says hold none."""
    if not doubtful or row.outcome != HELD:
        return []
    st.header(gettext("Is this text?"), anchor=False)
    not_text = []
    for at, each in enumerate(doubtful, start=1):
        enlarged = crop(grey, each.box)
        with st.container(horizontal=True, vertical_alignment="center"):
            if enlarged is not None:
                words = gettext("Box {number}, enlarged", number=at)
                st.image(enlarged, width=min(260, enlarged.shape[1]), alt=words)
            if not st.checkbox(
                gettext("Box {number} is text: paint it over", number=at), True,
                key=f"looked-at-text-{row.number}-{at}",
            ):  # fmt: skip
                not_text.append(each.box)
    return not_text


def _buttons(folder: Path, row: Outcome, not_text: list[Box], listed: Sequence[int]) -> None:
    following = after(listed, row.number)
    with st.container(horizontal=True):
        if row.outcome == HELD:
            st.button(
                gettext("Let it leave"), type="primary", shortcut="Alt+L", key="looked-at-release",
                on_click=act,
                args=(gettext("Film {number} may leave.", number=row.number), _FILM, following,
                      partial(release, folder, row.number, not_text)),
            )  # fmt: skip
        st.button(
            gettext("Keep it back"), shortcut="Alt+K", key="looked-at-keep", on_click=act,
            args=(gettext("Film {number} is kept back.", number=row.number), _FILM, following,
                  partial(keep_back, folder, row.number)),
        )  # fmt: skip


def _further(folder: Path, row: Outcome, grey: NDArray[np.uint8]) -> None:
    """Paint over what a person has seen."""
    st.header(gettext("Paint over what was missed"), anchor=False)
    sides = (grey.shape[1], grey.shape[0], grey.shape[1], grey.shape[0])
    with st.container(horizontal=True):
        for name, side in zip(_CORNERS, sides, strict=True):
            key = f"looked-at-{name}-{row.number}"
            st.session_state.setdefault(key, 0)
            st.number_input(gettext(name), 0, side, step=1, key=key, width=120)
    x0, y0, x1, y1 = _corners(row, grey.shape)
    if not (x0 < x1 and y0 < y1):
        st.html(f'<div class="mvm-quiet">{gettext("In pixels of the film; nothing is chosen yet.")}</div>')
        return
    box = Box(x0, y0, x1, y1)
    enlarged = crop(grey, box)
    if enlarged is not None:
        show_picture(enlarged, gettext("What would be painted over, and a little around it"))
    st.button(
        gettext("Paint this over"), key="looked-at-paint", on_click=act,
        args=(gettext("Film {number}: painted over.", number=row.number), _FILM, None,
              partial(_paint, folder, row.number, box)),
    )  # fmt: skip


def _paint(folder: Path, number: int, box: Box) -> None:
    paint(folder, number, box)
    for name in _CORNERS:
        st.session_state[f"looked-at-{name}-{number}"] = 0
