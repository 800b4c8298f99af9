"""Which film is which: shown for confirmation, and told by the user where the files do not tell."""

import base64
from html import escape

import cv2
import numpy as np
import streamlit as st

from mvm_core.language import capital, gettext, gettext_noop
from mvm_core.radiograph import FilmPair, Radiograph, View
from pages.components.frame import plain
from pages.components.study import PairToConfirm, leave_unread, place_films, read_all_the_same

_THUMBNAIL_PX = 220
_CHOICES: dict[str, View | None] = {
    gettext_noop("AP"): View.AP,
    gettext_noop("lateral"): View.LATERAL,
    gettext_noop("leave out"): None,
}


def identification(pair: FilmPair) -> None:
    """Name both films: view, file, size of a pixel and of the film, and where each is known from."""
    columns = st.columns(len(pair.views))
    for column, view in zip(columns, pair.views, strict=True):
        film = pair.film(view)
        if film is not None:
            column.html(f'<div class="mvm-film">{_description(view, film)}</div>')


def placement(films: tuple[Radiograph, ...]) -> None:
    """Ask which view each film shows."""
    with st.form("placement", border=False):
        st.markdown(gettext("Which view does each film show?"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for row, film in enumerate(films):
                guess = film.view or (View.LATERAL if row else View.AP)
                index = list(_CHOICES.values()).index(guess)
                with st.container(width=240):
                    st.html(_thumbnail(film))
                    st.selectbox(
                        plain(film.name), list(_CHOICES), index=index, format_func=gettext, key=f"place-{row}"
                    )
        st.form_submit_button(gettext("Read these films"), on_click=_place, args=(len(films),))


def confirmation(waiting: PairToConfirm) -> None:
    """Say what speaks against a pair, and ask whether it is to be read all the same."""
    with st.container(key="confirmation"):
        st.warning("\n\n".join(plain(concern.sentence) for concern in waiting.concerns))
        with st.container(horizontal=True):
            st.button(gettext("These films belong together: read them"), on_click=read_all_the_same)
            st.button(gettext("Do not read them"), on_click=leave_unread, type="primary")


def _place(count: int) -> None:
    place_films([_CHOICES[st.session_state[f"place-{row}"]] for row in range(count)])


def _thumbnail(film: Radiograph) -> str:
    """The film as a small picture."""
    rows, columns = film.shape
    share = min(1.0, _THUMBNAIL_PX / rows, _THUMBNAIL_PX / columns)
    size = max(1, round(columns * share)), max(1, round(rows * share))
    small = np.rint(cv2.resize(film.pixels, size, interpolation=cv2.INTER_AREA) * 255).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", small)
    source = base64.b64encode(encoded.tobytes()).decode()
    alt = escape(gettext("The film {name}, small", name=film.name))
    return f'<img src="data:image/jpeg;base64,{source}" width="{size[0]}" height="{size[1]}" alt="{alt}">'


def _description(view: View, film: Radiograph) -> str:
    rows, columns = film.shape
    spacing = gettext("pixel spacing unknown")
    if film.mm_per_pixel is not None:
        spacing = gettext(
            "{mm_per_pixel:.3f} mm per pixel, from {source}",
            mm_per_pixel=film.mm_per_pixel,
            source=escape(gettext(film.spacing_source)),
        )
    known = gettext(
        "view from {source}; {spacing}; {columns} × {rows} pixels",
        source=escape(gettext(film.view_source)),
        spacing=spacing,
        columns=columns,
        rows=rows,
    )
    return f'<b>{capital(view.label)}</b>: {escape(film.name)}<br><span class="from">{known}</span>'
