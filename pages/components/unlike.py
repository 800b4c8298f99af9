"""Films unlike the training films: said in the place of the verdict, which stays behind a click."""

from base64 import b64encode
from html import escape

import streamlit as st

from mvm_core.language import gettext, gettext_noop
from mvm_core.models.distance import UNLIKE, FilmDistance
from mvm_core.models.distance_words import further_than
from pages.components.study import Study

_KEY = "read_though_unlike"
WHY = gettext_noop(
    "What the networks say of such films was never tested. Check the level, the view and the quality of the "
    "film; read it without this program where they are right."
)


def is_withheld(study: Study) -> bool:
    """Whether the verdict gives way, because the films are unlike and nobody has asked for it."""
    return study.examination.unlike and st.session_state.get(_KEY) != _shown(study)


def unlike(study: Study) -> None:
    """Say that the films are unlike the training films, show the nearest of those, and offer the reading."""
    lines = [f'<div class="headline">{escape(gettext(UNLIKE))}</div>']
    for view, found in study.examination.distances.items():
        film = study.films.film(view)
        if film is not None and found.unlike:
            told = gettext(
                "{film}: at this level the {view} film lies {further}.",
                film=film.name,
                view=gettext(view.label),
                further=further_than(found),
            )
            lines.append(f'<div class="what">{escape(told)}</div>{_nearest(found)}')
    lines.append(f'<div class="what">{escape(gettext(WHY))}</div>')
    st.html(f'<div class="mvm-verdict" role="status">{"".join(lines)}</div>')
    if is_withheld(study):
        st.button(gettext("Show the reading all the same"), on_click=_ask, args=(_shown(study),))


def _nearest(found: FilmDistance) -> str:
    """The nearest training films, as pictures where they are kept."""
    if not found.nearest:
        return ""
    figures = "".join(
        '<figure style="margin:0;width:96px">'
        + (
            f'<img width="96" height="96" alt="{escape(film.told)}" '
            f'src="data:image/jpeg;base64,{b64encode(film.picture).decode()}">'
            if film.picture
            else ""
        )
        + f"<figcaption>{escape(film.told)}</figcaption></figure>"
        for film in found.nearest
    )
    return (
        f'<div class="what">{escape(gettext("The nearest training films:"))}</div>'
        f'<div class="what" style="display:flex;gap:8px;flex-wrap:wrap;font-size:13px">{figures}</div>'
    )


def _shown(study: Study) -> str:
    """Names the films and the level that were read: another one is asked for anew."""
    return f"{study.name} {study.examination.level_in_question}"


def _ask(shown: str) -> None:
    st.session_state[_KEY] = shown
