"""Rows of labels that `import-cohort` doubts: the films with the box, to accept, move or refuse."""

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path

import cv2
import numpy as np
import streamlit as st

from mvm_core.cohort_import.doubts import in_language
from mvm_core.cohort_import.looked_at import accept, open_again, refuse
from mvm_core.cohort_import.previews import FilmToChoose, FoundVertebra, read_previews
from mvm_core.cohort_import.settled import DROP, Doubtful, read_doubtful
from mvm_core.errors import DeidentificationError
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import Box, View
from pages.components.brush import Canvas, brush, drawn_box
from pages.components.frame import plain
from pages.components.looked_at.boxes import (
    CHOSEN,
    DOUBTFUL,
    FOUND,
    Drawn,
    act,
    after,
    choose,
    tell_what_was_done,
    width_in_sight,
    with_boxes,
)

_ROW = "looked-at-row"
_TO_SETTLE, _SETTLED, _ALL = (
    gettext_noop("to settle"),
    gettext_noop("settled by a person"),
    gettext_noop("all rows"),
)
_NONE, _BY_HAND = "none", "hand"
_FURTHEST = 1.0


def show_imported(folder: Path) -> None:
    """Show the doubtful rows of a cohort.

    Raises
    ------
    TableError
        If the table is not this one any more.
    """
    rows = read_doubtful(folder)
    shown = {
        _TO_SETTLE: [row for row in rows if not row.settled],
        _SETTLED: [row for row in rows if row.settled],
        _ALL: list(rows),
    }
    told = gettext(
        "{count} doubtful rows, {waiting} of these to settle. What is settled counts when `import-cohort` is "
        "called again.",
        count=len(rows),
        waiting=len(shown[_TO_SETTLE]),
    )
    st.markdown(told)
    tell_what_was_done()
    which = st.radio(
        gettext("Which rows"), list(shown), horizontal=True, key="looked-at-which-rows",
        format_func=lambda name: f"{gettext(name)} ({len(shown[name])})",
    )  # fmt: skip
    by_case = {row.case_id: row for row in shown[which]}
    chosen = choose(gettext("Row"), list(by_case), lambda case: _title(by_case[case]), _ROW)
    if chosen is None:
        st.info(gettext("No row is here."))
        return
    _row(folder, by_case[chosen], list(by_case))


def _title(row: Doubtful) -> str:
    said = {"": "", DROP: gettext("refused")}.get(row.settled, gettext("accepted"))
    number = gettext("row {row}", row=row.row)
    return " · ".join(filter(None, (number, row.level, row.label.upper(), row.case_id, said)))


def _row(folder: Path, row: Doubtful, listed: Sequence[str]) -> None:
    said = f"{row.level}, {row.label.upper()}: {in_language(row.doubts)}"
    st.html(f'<div class="mvm-said">{escape(said)}</div>')
    films = read_previews(folder, row.case_id)
    above = st.container()
    chosen: dict[View, tuple[str, Box]] = {}
    if films:
        for column, view in zip(st.columns(2, gap="large"), View, strict=True):
            with column:
                found = _view(folder, row, view, films)
            if found is not None:
                chosen[view] = found
    else:
        st.info(gettext("There is no film to show: correct the spreadsheet, or refuse the row."))
    with above:
        _buttons(folder, row, chosen, listed)


def _view(folder: Path, row: Doubtful, view: View, films: Sequence[FilmToChoose]) -> tuple[str, Box] | None:
    """Ask for the film of a view and for the vertebra on it; the film and the box that are chosen."""
    by_name = {film.film: film for film in films}
    own = [film.film for film in films if film.view == view.value]
    others = [film.film for film in films if film.view != view.value]
    key = f"looked-at-{view.value}-{row.case_id}"
    options = [*own, *others, _NONE]
    nothing = gettext("none")
    first = row.film(view) or (own[0] if len(own) == 1 else _NONE)
    name = st.selectbox(
        gettext("{view} film", view=view.label), options, key=f"{key}-film",
        index=options.index(first) if first in options else len(options) - 1,
        format_func=lambda each: _film_title(by_name[each], len(films)) if each in by_name else nothing,
    )  # fmt: skip
    if name not in by_name:
        return None
    return _vertebra(folder, (row, view), by_name[name], f"{key}-{name}")


def _film_title(film: FilmToChoose, count: int) -> str:
    told = [View(film.view).label]
    if count > 1:
        told.append(gettext("study {number}", number=film.study))
    if film.days_before:
        told.append(gettext("{days} days before the newest", days=film.days_before))
    if film.turned_degrees:
        told.append(gettext("lies turned"))
    return " · ".join([*told, film.film])


def _vertebra(
    folder: Path, asked: tuple[Doubtful, View], film: FilmToChoose, key: str
) -> tuple[str, Box] | None:
    """Ask for the vertebra on a film that stands for one view of a row."""
    row, view = asked
    picture = _picture(folder, film)
    by_level = {each.level: each for each in film.vertebrae}
    before = row.box(view) if row.film(view) == film.film else None
    first = _nearest(before, film.vertebrae) if before is not None else ""
    if before is not None and not first:
        st.session_state.setdefault(f"{key}-drawn", (before.x0, before.y0, before.x1, before.y1))
    options = [*by_level, _BY_HAND, _NONE]
    default = first or (_BY_HAND if before is not None else row.level if row.level in by_level else _NONE)
    level_key = f"{key}-level"
    chosen = st.selectbox(
        gettext("{level} lies in", level=row.level), options, index=options.index(default), key=level_key,
        format_func=lambda each: _level_title(by_level, each),
    )  # fmt: skip
    drawn = st.session_state.get(f"{key}-drawn")
    corners = by_level[chosen].box if chosen in by_level else drawn if chosen == _BY_HAND else None
    box = Box(*corners) if corners is not None else None
    boxes = [Drawn(Box(*each.box), FOUND, each.level) for each in film.vertebrae if each.level != chosen]
    boxes += [Drawn(Box(*each), DOUBTFUL, "?") for each in film.texts]
    if box is not None:
        boxes.append(Drawn(box, CHOSEN, row.level, thick=True))
    label = gettext("{film}: {chosen}", film=_film_title(film, 1), chosen=_level_title(by_level, chosen))
    with st.container(width=width_in_sight(picture.shape)):
        brush(
            Canvas(with_boxes(picture, boxes, film.scale), label, (0, 0, 0, 0)),
            f"{key}-brush",
            partial(_take_drawn, key, film, picture.shape),
        )
    if film.texts:
        st.html(
            '<div class="mvm-quiet">'
            + gettext("Yellow, with ?: there may be text, which is painted over if you accept.")
            + "</div>"
        )
    return (film.film, box) if box is not None else None


def _level_title(by_level: Mapping[str, FoundVertebra], chosen: str) -> str:
    if chosen == _NONE:
        return gettext("no box on this film: leave it out")
    if chosen == _BY_HAND:
        return gettext("a box drawn by hand")
    return gettext(
        "the vertebra found as {level} ({probability:.2f})",
        level=chosen,
        probability=by_level[chosen].probability,
    )


def _nearest(box: Box, vertebrae: Sequence[FoundVertebra]) -> str:
    """The vertebra whose box this is; empty where it is none of theirs."""
    for each in vertebrae:
        own = (box.x0, box.y0, box.x1, box.y1)
        if max(abs(one - other) for one, other in zip(own, each.box, strict=True)) <= _FURTHEST:
            return each.level
    return ""


def _take_drawn(key: str, film: FilmToChoose, shape: tuple[int, ...]) -> None:
    corners = drawn_box(f"{key}-brush")
    if corners is not None:
        sides = (shape[1], shape[0], shape[1], shape[0])
        st.session_state[f"{key}-drawn"] = tuple(
            round(share * side / film.scale, 1) for share, side in zip(corners, sides, strict=True)
        )
        st.session_state[f"{key}-level"] = _BY_HAND


def _picture(folder: Path, film: FilmToChoose) -> np.ndarray:
    grey = cv2.imread(str(folder / film.picture), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise DeidentificationError(
            Path(film.picture).name,
            gettext("this picture of a doubtful row is gone"),
            gettext("call `import-cohort` again, which makes it anew"),
        )
    return np.asarray(grey, np.uint8)


def _buttons(
    folder: Path, row: Doubtful, chosen: Mapping[View, tuple[str, Box]], listed: Sequence[str]
) -> None:
    following = after(listed, row.case_id)
    told = {"row": row.row}
    with st.container(horizontal=True):
        st.button(
            gettext("Accept with this box") if len(chosen) < 2 else gettext("Accept with these boxes"),
            type="primary", shortcut="Alt+A", key="looked-at-accept", disabled=not chosen, on_click=act,
            args=(gettext("Row {row} is accepted.", **told), _ROW, following,
                  partial(accept, folder, row.case_id, dict(chosen))),
        )  # fmt: skip
        st.button(
            gettext("Refuse this row"), shortcut="Alt+X", key="looked-at-refuse", on_click=act,
            args=(gettext("Row {row} is refused.", **told), _ROW, following,
                  partial(refuse, folder, row.case_id)),
        )  # fmt: skip
        if row.settled:
            st.button(
                gettext("Open it again"), key="looked-at-open", on_click=act,
                args=(gettext("Row {row} waits again.", **told), _ROW, following,
                      partial(open_again, folder, row.case_id)),
            )  # fmt: skip
    if row.settled:
        said = gettext("refused") if row.settled == DROP else gettext("accepted")
        st.html(f'<div class="mvm-quiet">{gettext("Now:")} {plain(said)}</div>')
