"""Questions to the model: what if this were covered, what if the film lay elsewhere."""

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mvm_core.explain.questions import Cover, cover
from mvm_core.explain.repeatability import change_films, map_agreement, slide
from mvm_core.language import gettext, gettext_noop
from mvm_core.models import Reading
from mvm_core.models.registry import title_of
from mvm_core.models.wording import probability_text, signed_text
from mvm_core.radiograph import Box, FilmPair, View
from pages.components.asked import call, map_label, of_what, probability_and_point
from pages.components.brush import Canvas, brush, drawn_box
from pages.components.frame import errors_told, shared_reader, shared_weights
from pages.components.maps import film_label, in_words, unit_of
from pages.components.pictures import Look, draw_film, legend, show_picture, shown_box
from pages.components.study import Study

_BLANK = gettext_noop("; no contrast in the frame, so no map")


@st.fragment
def cover_question(study: Study, chosen: str, question: str) -> None:
    """Cover a rectangle of a film and show how the probability of a question moves."""
    views = [view for view in study.pair.views if view in study.reading.results[chosen].evidence]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = st.radio(gettext("Film"), views, format_func=lambda each: each.label, horizontal=True)
        how = st.radio(
            gettext("Put in its place"), list(Cover), format_func=lambda each: each.said, horizontal=True
        )
    if view is None:
        return
    film, region = study.pair.film(view), study.reading.regions[view]
    if film is None:
        return
    side = round(region.side * film.mm_per_pixel) if film.mm_per_pixel is not None else 100
    unit = "mm" if film.mm_per_pixel is not None else gettext("% of the side")
    keys = [f"cover-{study.name}-{view.value}-{axis}" for axis in ("across", "down")]
    for key in keys:
        st.session_state.setdefault(key, (round(0.35 * side), round(0.65 * side)))
    draw, exact = st.columns(2)
    answer = exact.container()
    across = exact.slider(gettext("From left to right of the frame, {unit}", unit=unit), 0, side, key=keys[0])
    down = exact.slider(gettext("From top to bottom of the frame, {unit}", unit=unit), 0, side, key=keys[1])
    with draw:
        _draw_cover(study, view, keys, side)
    if across[0] == across[1] or down[0] == down[1]:
        st.html(
            '<div class="mvm-quiet">'
            + gettext("Nothing is covered: pull the ends of both sliders apart.")
            + "</div>"
        )
        return
    scale = region.side / side
    box = Box(
        region.x0 + across[0] * scale,
        region.y0 + down[0] * scale,
        region.x0 + across[1] * scale,
        region.y0 + down[1] * scale,
    )
    changed = replace(study.pair, **{view.value: cover(film, box, how)})  # type: ignore[arg-type]
    _before_and_after(study, changed, (chosen, question), [view], answer)
    if how is Cover.SURROUNDINGS and (across, down) == ((0, side), (0, side)):
        st.html(
            '<div class="mvm-quiet">'
            + gettext(
                "All that the networks see is covered: what stands there now is guessed from beyond the "
                "frame."
            )
            + "</div>"
        )


def _draw_cover(study: Study, view: View, keys: list[str], side: int) -> None:
    """Show the film to draw on; what is drawn moves the sliders of these keys, which run from 0 to `side`."""
    film, region = study.pair.film(view), study.reading.regions[view]
    if film is None:
        return
    look, key = Look(), f"brush-{study.name}-{view.value}"
    part, scale = shown_box(film, region, look), region.side / side
    starts = ((region.x0 - part.x0) / part.width, (region.y0 - part.y0) / part.height)
    steps = (scale / part.width, scale / part.height)
    (x0, x1), (y0, y1) = (
        tuple(start + step * value for value in st.session_state[each])
        for each, start, step in zip(keys, starts, steps, strict=True)
    )

    def take() -> None:
        corners = drawn_box(key)
        if corners is None:
            return
        for each, start, step, ends in zip(keys, starts, steps, (corners[::2], corners[1::2]), strict=True):
            low, high = (int(np.clip(round((end - start) / step), 0, side)) for end in ends)
            st.session_state[each] = (low, high)

    brush(Canvas(draw_film(film, region, None, look), film_label(study, view), (x0, y0, x1, y1)), key, take)
    st.html(
        '<div class="mvm-quiet">'
        + gettext("Draw over the film to cover that part, or use the sliders.")
        + "</div>"
    )


@st.fragment
def slide_question(study: Study, chosen: str, question: str) -> None:
    """Slide the films under the frame and show whether the evidence moves with them."""
    columns = st.columns(2)
    right = columns[0].slider(gettext("Slide the films to the right, mm"), -10, 10, 3)
    down = columns[1].slider(gettext("Slide the films down, mm"), -10, 10, 3)
    if any((film := study.pair.film(view)) and film.mm_per_pixel is None for view in study.pair.views):
        st.html(
            '<div class="mvm-quiet">'
            + gettext("The pixel spacing is unknown: 0.4 mm a pixel are assumed.")
            + "</div>"
        )
    changed = change_films(study.pair, lambda film: slide(film, right, down))
    views = [view for view in study.pair.views if view in study.reading.results[chosen].evidence]
    after = _before_and_after(study, changed, (chosen, question), views)
    if after is not None:
        readings, size_px = (study.reading, after), shared_weights().preprocessing.size_px
        same = map_agreement(study.pair, readings, chosen, size_px, (right, down), question)
        st.html(
            '<div class="mvm-quiet">'
            + gettext(
                "The map of the slid films and the first map slid alike correlate with {same}: 1 "
                "where the evidence moves with the films.",
                same=signed_text(same, 2),
            )
            + "</div>"
        )


def _before_and_after(
    study: Study,
    changed: FilmPair,
    asked: tuple[str, str],
    views: list[View],
    answer: DeltaGenerator | None = None,
) -> Reading | None:
    """Show probability and maps before and after; the probability stands in `answer`, else above the maps.

    `asked` is the reading and the question.
    """
    chosen, question = asked
    look = Look(question=question)
    with errors_told():
        with st.spinner(gettext("Reading the changed films")):
            after = shared_reader().read(changed)
        with answer or st.container():
            _tell_probability(study, after, chosen, question)
        st.html(legend(unit_of(chosen), look))
        for view in views:
            before_column, after_column = st.columns(2)
            for column, pair, reading, word in (
                (before_column, study.pair, study.reading, gettext("as it is")),
                (after_column, changed, after, gettext("changed")),
            ):
                film = pair.film(view)
                if film is None:
                    continue
                region = reading.regions[view]
                evidence = reading.results[chosen].maps(question)[view]
                seen = view not in reading.blank
                picture = draw_film(film, region, evidence if seen else None, look)
                label = map_label(reading.results[chosen], question)
                over = gettext(", {which}", which=label) if label else ""
                named = f"{film_label(study, view)}, {word}"
                alt = in_words(named, reading.results[chosen], question, evidence if seen else None)
                show_picture(picture, f"{named}{over if seen else gettext(_BLANK)}", column, alt)
        return after
    return None


def _tell_probability(study: Study, after: Reading, chosen: str, question: str) -> None:
    results = study.reading.results[chosen], after.results[chosen]
    first, second = (probability_and_point(each, question)[0] for each in results)
    calls = " → ".join(call(each, question) for each in results)
    st.html(
        '<div class="mvm-move">'
        + gettext(
            "<b>{first} → {second}</b> probability of {question}, {chosen} ({text}); {calls}",
            first=probability_text(first),
            second=probability_text(second),
            question=of_what(question),
            chosen=escape(title_of(chosen)),
            text=moved(first, second),
            calls=calls,
        )
        + "</div>"
    )


def moved(first: float, second: float) -> str:
    """How far a probability moved: the difference of the figures as they are shown, each rounded once."""
    return signed_text(round(second, 2) - round(first, 2), 2)
