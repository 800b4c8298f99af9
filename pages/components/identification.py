"""Which film is which: shown for confirmation, and told by the user where the files do not tell."""

from html import escape

import streamlit as st

from mvm_core.radiograph import FilmPair, Radiograph, View
from pages.components.frame import plain
from pages.components.study import PairToConfirm, leave_unread, place_films, read_all_the_same

_CHOICES: dict[str, View | None] = {"AP": View.AP, "lateral": View.LATERAL, "leave out": None}


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
        st.markdown("Which view does each film show?")
        for row, film in enumerate(films):
            guess = film.view or (View.LATERAL if row else View.AP)
            index = list(_CHOICES.values()).index(guess)
            st.selectbox(plain(film.name), list(_CHOICES), index=index, key=f"place-{row}")
        st.form_submit_button("Read these films", on_click=_place, args=(len(films),))


def confirmation(waiting: PairToConfirm) -> None:
    """Say what speaks against a pair, and ask whether it is to be read all the same."""
    with st.container(key="confirmation"):
        st.warning("\n\n".join(plain(concern.sentence) for concern in waiting.concerns))
        with st.container(horizontal=True):
            st.button("These films belong together: read them", on_click=read_all_the_same)
            st.button("Do not read them", on_click=leave_unread, type="primary")


def _place(count: int) -> None:
    place_films([_CHOICES[st.session_state[f"place-{row}"]] for row in range(count)])


def _description(view: View, film: Radiograph) -> str:
    rows, columns = film.shape
    spacing = "pixel spacing unknown"
    if film.mm_per_pixel is not None:
        spacing = f"{film.mm_per_pixel:.3f} mm per pixel, from {escape(film.spacing_source)}"
    known = f"view from {escape(film.view_source)}; {spacing}; {columns} × {rows} pixels"
    return (
        f"<b>{view.label[0].upper() + view.label[1:]}</b>: {escape(film.name)}<br>"
        f'<span class="from">{known}</span>'
    )
