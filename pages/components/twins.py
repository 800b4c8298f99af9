"""Twins of a simulated patient: the same body intact, with a fracture, and with a metastasis."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mvm_core.language import gettext, gettext_noop
from mvm_core.models.overlay import EVIDENCE_SCALE, HUES
from mvm_core.models.registry import title_of
from mvm_core.models.wording import QUESTION_WORDS, probability_text
from pages.components.asked import map_label, of_what, probability_and_point
from pages.components.frame import errors_told, shared_reader, shared_weights
from pages.components.maps import in_words, unit_of
from pages.components.pictures import Look, draw_difference, draw_film, legend, show_picture
from pages.components.study import Study

if TYPE_CHECKING:
    from mvm_core.models import Reading
    from mvm_core.radiograph import FilmPair

_NAMES = {
    "intact": gettext_noop("Intact"),
    "bvf": gettext_noop("With the fracture"),
    "mvm": gettext_noop("With the metastasis"),
}
_FILM_SCALE = 0.25
"""Difference of grey, as a share of the grey scale, drawn in full colour."""
_NO_FINDING = gettext_noop(
    "Asked for metastasis or fracture, the models know no intact spine: what they say of the "
    "intact twin is where the changes start from, no finding."
)


@st.fragment
def twins(study: Study, chosen: str, question: str) -> None:
    """Simulate and show the twins of the patient on the page."""
    if study.patient is None:
        st.html(
            '<div class="mvm-quiet">' + gettext("Twins can be made of a simulated patient only.") + "</div>"
        )
        return
    kept = st.session_state.get("twins")
    if kept is None or kept[0] != study.name:
        if st.session_state.pop("twins_asked_for", None) != study.name:
            st.button(gettext("Simulate the twins of this patient"), on_click=_ask, args=(study.name,))
            return
        with (
            st.spinner(gettext("Simulating the same body intact, with a fracture and with a metastasis")),
            errors_told(),
        ):
            made = _make(study)
            if made is None:
                st.html(
                    '<div class="mvm-quiet">' + gettext("This patient cannot be simulated again.") + "</div>"
                )
                return
            st.session_state["twins"] = kept = (study.name, made)
    if kept is not None:
        _show(kept[1], chosen, question)


def _ask(study: str) -> None:
    st.session_state["twins_asked_for"] = study


def _make(study: Study) -> "dict[str, tuple[FilmPair, Reading]] | None":
    from mvm_core.explain.twins import films_of, request_again
    from mvm_core.simulation import simulate_twins

    request = request_again(study.patient) if study.patient is not None else None
    if request is None:
        return None
    pairs = {name: films_of(patient) for name, patient in simulate_twins(request).items()}
    return {name: (pair, shared_reader().read(pair)) for name, pair in pairs.items()}


def _show(made: "dict[str, tuple[FilmPair, Reading]]", chosen: str, question: str) -> None:
    from mvm_core.explain.scores import share_inside
    from mvm_core.explain.twins import change_between

    st.html(
        '<div class="mvm-move">'
        + gettext("; ").join(
            f"{gettext(_NAMES[name]).lower()} "
            f"<b>{probability_text(probability_and_point(reading.results[chosen], question)[0])}</b>"
            for name, (_, reading) in made.items()
        )
        + (
            gettext(
                " probability of {condition}, {reading}; simulated films",
                condition=of_what(question),
                reading=escape(title_of(chosen)),
            )
            + "</div>"
        )
    )
    if question == "mvm":
        st.html(f'<div class="mvm-quiet">{gettext(_NO_FINDING)}</div>')
    look = Look(question=question)
    st.html(legend(unit_of(chosen), look))
    columns = st.columns(3)
    for column, (name, (pair, reading)) in zip(columns, made.items(), strict=True):
        for view, evidence in reading.results[chosen].maps(question).items():
            film = pair.film(view)
            if film is not None:
                picture = draw_film(film, reading.regions[view], evidence, look)
                which = map_label(reading.results[chosen], question)
                over = gettext(", {which}", which=which) if which else ""
                named = {"name": gettext(_NAMES[name]), "view": view.label}
                caption, alone = (
                    gettext("{name}, {view} film{over}", over=each, **named) for each in (over, "")
                )
                alt = in_words(alone, reading.results[chosen], question, evidence)
                show_picture(picture, caption, column, alt)
    st.markdown(
        gettext(
            "**What changed against the intact twin**, in the square that the networks see: film and map."
        )
    )
    st.html(
        '<div class="mvm-quiet">'
        + gettext(
            "Film: orange where it became brighter, blue where darker, full colour at "
            "{share:.0%} of the grey scale. Map: {hues}, full colour at {scale:g}.",
            share=_FILM_SCALE,
            hues=_hues(question),
            scale=EVIDENCE_SCALE,
        )
        + "</div>"
    )
    which = map_label(made["intact"][1].results[chosen], question) or gettext("map")
    for name in ("bvf", "mvm"):
        pairs = made["intact"][0], made[name][0]
        size_px = shared_weights().preprocessing.size_px
        changes = change_between(made["intact"][1], made[name][1], pairs, chosen, size_px, question)
        columns = iter(st.columns(4))
        for view, change in changes.items():
            inside = share_inside(np.abs(change.evidence), change.changed)
            said = (
                gettext("the film did not change")
                if inside is None
                else gettext("{inside:.0%} of it where the film changed", inside=inside)
            )
            label = gettext("{name}, {view}", name=gettext(_NAMES[name]), view=view.label)
            show_picture(
                draw_difference(change.film, _FILM_SCALE),
                gettext("{label}: the film", label=label),
                next(columns),
            )
            show_picture(
                draw_difference(change.evidence, EVIDENCE_SCALE, question),
                gettext("{label}: the {which}, {said}", label=label, which=which, said=said),
                next(columns),
            )


def _hues(question: str) -> str:
    """What the colours of a map's change mean."""
    words, (above, below) = QUESTION_WORDS[question], HUES[question]
    return gettext(
        "{above} where evidence {positive} was added, {below} {negative}",
        above=gettext(above),
        positive=words.positive,
        below=gettext(below),
        negative=words.negative,
    )
